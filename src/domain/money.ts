import { assert } from '../lib/assert.ts'

/** An exact amount: `minor` units of `currency`, at the scale that ISO 4217 gives the currency. */
export interface Money {
  readonly minor: bigint
  readonly currency: string
}

/**
 * ISO 4217 active codes by number of decimal places; every other active code has two. Funds codes and metals (no minor
 * unit) are left out: an invoice is not written in them. Source: ISO 4217 list one, published 2024-06-25.
 */
const SCALES: ReadonlyMap<string, number> = new Map(
  Object.entries({
    BIF: 0,
    CLP: 0,
    DJF: 0,
    GNF: 0,
    ISK: 0,
    JPY: 0,
    KMF: 0,
    KRW: 0,
    PYG: 0,
    RWF: 0,
    UGX: 0,
    VND: 0,
    VUV: 0,
    XAF: 0,
    XOF: 0,
    XPF: 0,
    BHD: 3,
    IQD: 3,
    JOD: 3,
    KWD: 3,
    LYD: 3,
    OMR: 3,
    TND: 3,
  }),
)
const TWO = new Set(
  (
    'AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE CZK ' +
    'DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK ' +
    'LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON ' +
    'RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST ' +
    'XCD XCG YER ZAR ZMW ZWG'
  ).split(' '),
)

/** Decimal places of an ISO 4217 currency; undefined for a code that is none. */
export function scaleOf(currency: string): number | undefined {
  return SCALES.get(currency) ?? (TWO.has(currency) ? 2 : undefined)
}

/**
 * A decimal text as an integer at `scale` places, or undefined when it is no plain decimal or holds digits other than zero
 * beyond the scale: an amount is never rounded silently.
 */
export function parseDecimal(text: string, scale: number): bigint | undefined {
  // Read by hand, without a pattern: this runs some dozens of times for every invoice.
  const signed = text.charCodeAt(0) === MINUS || text.charCodeAt(0) === PLUS
  const start = signed ? 1 : 0
  let point = -1
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === POINT && point < 0) point = at
    else if (code < ZERO || code > NINE) return undefined
  }
  const whole = point < 0 ? text.slice(start) : text.slice(start, point)
  let fraction = point < 0 ? '' : text.slice(point + 1)
  if (whole.length < 1 || whole.length > LONGEST || fraction.length > LONGEST) return undefined
  if (fraction.length > scale) {
    for (let at = scale; at < fraction.length; at++) if (fraction.charCodeAt(at) !== ZERO) return undefined
    fraction = fraction.slice(0, scale)
  }
  const digits = whole + fraction
  // A number of up to 15 digits is exact, and a quarter of the cost of parsing the text as a bigint.
  const value = (digits.length <= 15 ? BigInt(Number(digits)) : BigInt(digits)) * powerOfTen(scale - fraction.length)
  return text.charCodeAt(0) === MINUS ? -value : value
}

const [MINUS, PLUS, POINT, ZERO, NINE] = [45, 43, 46, 48, 57]
/** Digits before the point, and after it. */
const LONGEST = 18

const POWERS = Array.from({ length: 40 }, (_, exponent) => 10n ** BigInt(exponent))
const powerOfTen = (exponent: number): bigint => POWERS[exponent] ?? 10n ** BigInt(exponent)

/** The decimal text of an integer at `scale` places, e.g. (-5n, 2) → "-0.05". */
export function formatDecimal(minor: bigint, scale: number): string {
  const digits = (minor < 0n ? -minor : minor).toString().padStart(scale + 1, '0')
  const sign = minor < 0n ? '-' : ''
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

/** `text` in `currency`; undefined for an unknown currency, a text that is no decimal, or too many decimal places. */
export function parseMoney(text: string, currency: string): Money | undefined {
  const scale = scaleOf(currency)
  const minor = scale === undefined ? undefined : parseDecimal(text, scale)
  return minor === undefined ? undefined : { minor, currency }
}

/** The amount as a decimal text at its currency's scale: "1234.50". */
export function formatMoney(money: Money): string {
  const scale = scaleOf(money.currency)
  assert(scale !== undefined, `money in a known currency, not ${money.currency}`)
  return formatDecimal(money.minor, scale)
}

export function absolute(minor: bigint): bigint {
  return minor < 0n ? -minor : minor
}

/** How much an amount is, whatever its sign; in 10⁻¹⁸ of the currency, 0 for what is no amount. */
export const sizeOf = (amount: string): bigint => absolute(parseDecimal(amount, 18) ?? 0n)
