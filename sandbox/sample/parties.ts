import { Dice } from './dice.ts'
import { makeBic, makeIban, makeVatId } from './numbers.ts'

/** The invented companies of the sample. Any likeness to a real one is chance. */

export interface Buyer {
  readonly companyCode: string
  readonly name: string
  readonly vatReg: string
  readonly country: string
  readonly street: string
  readonly zip: string
  readonly city: string
  readonly ccy: string
  readonly iban: string
  readonly bic: string
}
export interface Ware {
  readonly itemNo: string
  readonly name: string
  readonly unit: string
  readonly price: string
  readonly per: string
  readonly reduced?: boolean
}
export interface Vendor {
  readonly vendorNo: string
  readonly name: string
  readonly vatReg: string
  readonly country: string
  readonly street: string
  readonly zip: string
  readonly city: string
  readonly ccy: string
  readonly iban: string
  readonly bic: string
  /** Goods cross a border otherwise than services do, as far as value added tax goes. */ readonly sells: 'goods' | 'services'
  readonly wares: readonly Ware[]
  /** A vendor who fetches his money himself. */ readonly collects: boolean
  /** How his bill numbers look; # is a digit of the running number. */ readonly numbering: string
}

/** Standard and reduced rate of value added tax, in per cent. Source: European Commission, "VAT rates in the Member States", 2025. */
export const RATES: Readonly<Record<string, { standard: string; reduced: string }>> = {
  AT: { standard: '20', reduced: '10' },
  BE: { standard: '21', reduced: '6' },
  DE: { standard: '19', reduced: '7' },
  DK: { standard: '25', reduced: '25' },
  FR: { standard: '20', reduced: '5.5' },
  IT: { standard: '22', reduced: '10' },
  NL: { standard: '21', reduced: '9' },
  PL: { standard: '23', reduced: '8' },
  SE: { standard: '25', reduced: '12' },
}

const BUYERS = [
  ['1000', 'Nordlicht Handel GmbH', 'DE', 'Speicherallee 12', '20457', 'Hamburg', 'EUR'],
  ['2000', 'Nordlicht Benelux B.V.', 'NL', 'Havenweg 4', '3011 AB', 'Rotterdam', 'EUR'],
  ['3000', 'Nordlicht Sverige AB', 'SE', 'Skeppsgatan 8', '211 11', 'Malmö', 'SEK'],
] as const

const ware = (itemNo: string, name: string, unit: string, price: string, more: Partial<Ware> = {}): Ware => ({
  itemNo,
  name,
  unit,
  price,
  per: '1',
  ...more,
})

const VENDORS: readonly (readonly [
  string,
  string,
  string,
  string,
  string,
  string,
  'goods' | 'services',
  readonly Ware[],
  string,
  boolean?,
])[] = [
  [
    'Papierhaus Weserland GmbH',
    'DE',
    'Uferstr. 3',
    '28195',
    'Bremen',
    'EUR',
    'goods',
    [
      ware('P-80', 'Copy paper A4, 80 g, box of 2500', 'BX', '18.40'),
      ware('P-EN', 'Envelopes C5', 'C62', '31.00', { per: '1000' }),
      ware('P-BK', 'Trade journal, yearly volume', 'C62', '96.00', { reduced: true }),
    ],
    'RE-{Y}-####',
  ],
  [
    'Kessler & Söhne Werkzeugbau OHG',
    'DE',
    'Hammerweg 77',
    '42651',
    'Solingen',
    'EUR',
    'goods',
    [
      ware('W-110', 'Clamp, steel, 110 mm', 'C62', '42.75'),
      ware('W-220', 'Cutter head, 22 mm', 'C62', '128.90'),
      ware('W-OIL', 'Cutting oil', 'LTR', '6.35'),
    ],
    '{Y}######',
  ],
  [
    'Stadtwerke Fördeland AG',
    'DE',
    'Am Netz 1',
    '24103',
    'Kiel',
    'EUR',
    'services',
    [ware('E-K', 'Electricity', 'KWH', '0.2890'), ware('E-G', 'Basic fee', 'MON', '14.50')],
    'SW########',
    true,
  ],
  [
    'Atelier Lumière & Fils SARL',
    'FR',
    '18 rue des Verriers',
    '54000',
    'Nancy',
    'EUR',
    'goods',
    [ware('LUM-3', 'Lampe d’atelier, 3 bras', 'C62', '214.00'), ware('LUM-V', 'Verre de rechange', 'C62', '17.20')],
    'F{Y}/###',
  ],
  [
    'Blauwal Logistiek B.V.',
    'NL',
    'Kade 221',
    '1019 DZ',
    'Amsterdam',
    'EUR',
    'services',
    [ware('TR-1', 'Transport per pallet', 'PF', '64.50'), ware('TR-ST', 'Opslag', 'DAY', '11.80')],
    'BW-#####',
  ],
  [
    'Donauglas Manufaktur GmbH',
    'AT',
    'Lände 9',
    '4020',
    'Linz',
    'EUR',
    'goods',
    [ware('G-40', 'Schauglas 40 mm', 'C62', '23.60'), ware('G-60', 'Schauglas 60 mm', 'C62', '31.15')],
    '####/{Y}',
  ],
  [
    'Brouwers IT Diensten BV',
    'BE',
    'Lindelaan 30',
    '9000',
    'Gent',
    'EUR',
    'services',
    [ware('SUP-2', 'Support, tweede lijn', 'HUR', '92.00'), ware('DEV-1', 'Softwareontwikkeling', 'HUR', '118.00')],
    'VF{Y}-####',
  ],
  [
    'Officine Bellavista S.r.l.',
    'IT',
    'Via del Porto 5',
    '16126',
    'Genova',
    'EUR',
    'goods',
    [ware('OB-7', 'Guarnizione in gomma', 'C62', '8.90'), ware('OB-9', 'Valvola DN 25', 'C62', '156.30')],
    '###/{Y}',
  ],
  [
    'Bałtyk Opakowania Sp. z o.o.',
    'PL',
    'ul. Portowa 14',
    '81-339',
    'Gdynia',
    'EUR',
    'goods',
    [ware('KRT-1', 'Karton klapowy 600×400', 'C62', '1.18'), ware('KRT-2', 'Folia stretch', 'RO', '9.45')],
    'FV/####/{Y}',
  ],
  [
    'Øresund Analyse ApS',
    'DK',
    'Strandvejen 40',
    '2900',
    'Hellerup',
    'EUR',
    'services',
    [ware('LAB-1', 'Laboratory analysis', 'C62', '340.00')],
    '#####',
  ],
  [
    'Skogsby Trävaror AB',
    'SE',
    'Sågvägen 2',
    '331 35',
    'Värnamo',
    'SEK',
    'goods',
    [ware('TV-45', 'Regel 45×95 mm', 'MTR', '38.50'), ware('TV-PL', 'Plywood 12 mm', 'C62', '412.00')],
    '########',
  ],
  [
    'Måsens Städservice AB',
    'SE',
    'Bryggan 7',
    '252 20',
    'Helsingborg',
    'SEK',
    'services',
    [ware('ST-H', 'Städning', 'HUR', '465.00')],
    'MS-####',
  ],
  [
    'Fischer Rechtsanwälte PartG mbB',
    'DE',
    'Kanzleiplatz 2',
    '50667',
    'Köln',
    'EUR',
    'services',
    [ware('RA-1', 'Legal advice', 'HUR', '280.00')],
    'RA{Y}/###',
  ],
]

export function buyersOf(seed: number): Buyer[] {
  return BUYERS.map(([companyCode, name, country, street, zip, city, ccy]) => ({
    companyCode,
    name,
    country,
    street,
    zip,
    city,
    ccy,
    ...identity(seed, name, country),
  }))
}

export function vendorsOf(seed: number): Vendor[] {
  return VENDORS.map(([name, country, street, zip, city, ccy, sells, wares, numbering, collects = false], at) => ({
    vendorNo: `K-${100_001 + at * 7}`,
    name,
    country,
    street,
    zip,
    city,
    ccy,
    sells,
    wares,
    numbering,
    collects,
    ...identity(seed, name, country),
  }))
}

function identity(seed: number, name: string, country: string): { vatReg: string; iban: string; bic: string } {
  const dice = new Dice(seed, name)
  const iban = makeIban(country, dice)
  return { vatReg: makeVatId(country, dice), iban, bic: makeBic(iban) }
}
