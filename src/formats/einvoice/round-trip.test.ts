import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readInvoice } from '../../../test/read-invoice.ts'
import { sha256 } from '../../../test/world.ts'
import { writeCii } from '../../../test/write-cii.ts'
import { writeUbl } from '../../../test/write-ubl.ts'
import type {
  Address,
  AllowanceCharge,
  Attachment,
  InvoiceDocument,
  InvoiceLine,
  Party,
  PaymentMeans,
} from '../../domain/invoice-document.ts'
import { hexOf } from '../../lib/hash.ts'

/** Any invoice that both syntaxes can hold, written in each and read again: the same to the last character. */
const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000)

const word = fc
  .string({ unit: fc.constantFrom(...Array.from('abcXYZ 0123456789&<>"\'].-/äß€漢😀')), minLength: 1, maxLength: 10 })
  .map((text) => text.trim())
  .filter((text) => text !== '')
const code = fc.string({ unit: fc.constantFrom(...Array.from('ABCDEFGH12345')), minLength: 1, maxLength: 5 })
const amount = fc
  .tuple(
    fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }),
    fc.string({ unit: fc.constantFrom(...Array.from('0123456789')), maxLength: 6 }),
  )
  .map(([whole, fraction]) => (fraction === '' ? String(whole) : `${whole}.${fraction}`))
const day = fc
  .date({ min: new Date('1990-01-01'), max: new Date('2090-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10))
const identified = fc.record({ id: word, scheme: code }, { requiredKeys: ['id'] })
/** Some members of a group, at least one: a group of nothing is no group. */
const some = <T extends object>(members: { [K in keyof T]-?: fc.Arbitrary<Exclude<T[K], undefined>> }): fc.Arbitrary<T> =>
  (fc.record(members as Record<string, fc.Arbitrary<unknown>>, { requiredKeys: [] }) as fc.Arbitrary<T>).filter(
    (group) => Object.keys(group).length > 0,
  )

const address: fc.Arbitrary<Address> = fc.record(
  {
    lines: fc.array(word, { maxLength: 3 }),
    city: word,
    postCode: word,
    subdivision: word,
    country: fc.constantFrom('DE', 'FR', 'NO'),
  },
  { requiredKeys: ['lines', 'country'] },
)
const legal = { legalId: word, legalScheme: code }
const withoutOrphans = <T extends { legalId?: string; legalScheme?: string }>({ legalScheme, ...party }: T): Omit<T, 'legalScheme'> =>
  party.legalId === undefined || legalScheme === undefined ? party : { ...party, legalScheme }
/** An identifier without a scheme stands before those with one in CII. */
const ids = fc
  .array(identified, { maxLength: 3 })
  .map((all) => [...all.filter(({ scheme }) => scheme === undefined), ...all.filter(({ scheme }) => scheme !== undefined)])
const party: fc.Arbitrary<Party> = fc
  .record(
    {
      name: word,
      tradingName: word.map((name) => `${name} (trading)`),
      vatId: code.map((id) => `DE${id}`),
      taxId: word,
      ...legal,
      legalInformation: word,
      ids,
      endpoint: identified,
      address,
      contact: some<NonNullable<Party['contact']>>({ name: word, phone: word, email: word }),
    },
    { requiredKeys: ['name', 'ids'] },
  )
  .map(withoutOrphans)
const period = some<NonNullable<InvoiceDocument['period']>>({ from: day, to: day })

const items = (taxed: boolean): fc.Arbitrary<AllowanceCharge[]> =>
  fc.array(
    fc.record(
      {
        kind: fc.constantFrom('allowance', 'charge'),
        amount,
        base: amount,
        percentage: amount,
        reason: word,
        reasonCode: code,
        ...(taxed && { taxCategory: fc.constantFrom('S', 'Z', 'E'), taxRate: amount }),
      },
      { requiredKeys: ['kind', 'amount', ...(taxed ? ['taxCategory' as never] : [])] },
    ),
    { maxLength: 3 },
  )

const line: fc.Arbitrary<InvoiceLine> = fc
  .record(
    {
      id: word,
      note: word,
      quantity: amount,
      unit: code,
      net: amount,
      orderLine: word,
      orderReference: word,
      invoicedObject: identified,
      accountingReference: word,
      period,
      allowancesCharges: items(false),
      price: amount,
      priceDiscount: amount,
      grossPrice: amount,
      priceQuantity: amount,
      priceUnit: code,
      taxCategory: fc.constantFrom('S', 'Z', 'O'),
      taxRate: amount,
      name: word,
      description: word,
      supplierItem: word,
      buyerItem: word,
      standardItem: word,
      standardItemScheme: code,
      originCountry: fc.constantFrom('DE', 'CN'),
      classifications: fc.array(fc.record({ code: word, list: code, version: code }, { requiredKeys: ['code'] }), {
        minLength: 1,
        maxLength: 3,
      }),
      attributes: fc.array(fc.record({ name: word, value: word }), { minLength: 1, maxLength: 3 }),
    },
    { requiredKeys: ['id', 'quantity', 'net', 'allowancesCharges', 'price', 'name', 'taxCategory'] },
  )
  .map(({ priceUnit, priceDiscount, standardItemScheme, ...rest }) => ({
    ...rest,
    ...(rest.priceQuantity !== undefined && priceUnit !== undefined && { priceUnit }),
    ...(rest.grossPrice !== undefined && priceDiscount !== undefined && { priceDiscount }),
    ...(rest.standardItem !== undefined && standardItemScheme !== undefined && { standardItemScheme }),
  }))

const remittance = fc.option(word, { nil: undefined })
const means: fc.Arbitrary<PaymentMeans[]> = fc
  .tuple(
    remittance,
    fc.oneof(
      fc.array(
        fc.oneof(
          fc.record(
            { code: fc.constantFrom('30', '58'), meansText: word, account: word, accountName: word, bic: code },
            { requiredKeys: ['code', 'account'] },
          ),
          fc.record({ code: fc.constant('48'), card: word, cardHolder: word }, { requiredKeys: ['code', 'card'] }),
        ),
        { minLength: 1, maxLength: 3 },
      ),
      fc
        .record(
          { code: fc.constantFrom('49', '59'), mandate: word, creditorId: word, debitedAccount: word },
          { requiredKeys: ['code', 'mandate'] },
        )
        .map((one) => [one]),
    ),
  )
  .map(([text, all]) => all.map((one) => ({ ...one, ...(text !== undefined && { remittance: text }) })))

interface Kept {
  readonly attachment: Attachment
  readonly file?: Uint8Array
}
const attachment: fc.Arbitrary<Kept> = fc.oneof(
  fc.record({ id: word, description: word, url: word }, { requiredKeys: ['id', 'url'] }).map((one) => ({ attachment: one })),
  fc
    .tuple(
      fc.record({ id: word, description: word, fileName: word, mediaType: word }, { requiredKeys: ['id', 'fileName', 'mediaType'] }),
      fc.uint8Array({ minLength: 1, maxLength: 40 }),
    )
    .map(([one, file]) => ({ attachment: { ...one, bytes: file.length, sha256: hexOf(sha256(file)) }, file })),
)

const invoice = fc
  .tuple(
    fc.constantFrom('invoice', 'credit-note'),
    fc.array(attachment, { maxLength: 3 }),
    fc.boolean(),
    amount,
    fc.record(
      {
        number: word,
        issuedOn: day,
        dueOn: day,
        taxPointOn: day,
        taxPointCode: fc.constantFrom('3', '35', '432'),
        customisation: word,
        process: word,
        notes: fc.array(fc.record({ text: word, subject: fc.constantFrom('ADU', 'REG') }, { requiredKeys: ['text'] }), { maxLength: 3 }),
        buyerReference: word,
        orderReference: word,
        salesOrderReference: word,
        contractReference: word,
        projectReference: word,
        tenderReference: word,
        invoicedObject: identified,
        receiptReference: word,
        despatchReference: word,
        accountingReference: word,
        precedingInvoices: fc.array(fc.record({ number: word, issuedOn: day }, { requiredKeys: ['number'] }), { maxLength: 2 }),
        supplier: party,
        buyer: party,
        payee: fc.record({ name: word, ids, ...legal }, { requiredKeys: ['name', 'ids'] }).map(withoutOrphans),
        taxRepresentative: fc.record(
          { name: word, ids: fc.constant([]), vatId: code.map((id) => `FR${id}`), address },
          { requiredKeys: ['name', 'ids', 'vatId'] },
        ),
        delivery: some<NonNullable<InvoiceDocument['delivery']>>({ name: word, location: identified, deliveredOn: day, address }),
        period,
        paymentMeans: means,
        paymentTerms: word,
        allowancesCharges: items(true),
        taxBreakdown: fc.array(
          fc.record(
            {
              taxable: amount,
              tax: amount,
              category: fc.constantFrom('S', 'Z', 'E'),
              rate: amount,
              exemptionReason: word,
              exemptionCode: code,
            },
            { requiredKeys: ['taxable', 'tax', 'category'] },
          ),
          { minLength: 1, maxLength: 3 },
        ),
        totals: fc.record(
          {
            lines: amount,
            allowances: amount,
            charges: amount,
            taxExclusive: amount,
            tax: amount,
            taxInclusive: amount,
            prepaid: amount,
            rounding: amount,
            payable: amount,
          },
          { requiredKeys: ['lines', 'taxExclusive', 'tax', 'taxInclusive', 'payable'] },
        ),
        lines: fc.array(line, { minLength: 1, maxLength: 4 }),
      },
      {
        requiredKeys: [
          'number',
          'issuedOn',
          'notes',
          'precedingInvoices',
          'supplier',
          'buyer',
          'paymentMeans',
          'allowancesCharges',
          'taxBreakdown',
          'totals',
          'lines',
        ],
      },
    ),
  )
  .map(([kind, kept, foreign, foreignTax, rest]) => ({
    files: new Map(kept.flatMap(({ attachment: { sha256: hash }, file }) => (file && hash !== undefined ? [[hash, file] as const] : []))),
    document: {
      ...rest,
      kind,
      typeCode: kind === 'invoice' ? '380' : '381',
      currency: 'EUR',
      attachments: kept.map((one) => one.attachment),
      ...(foreign && { taxCurrency: 'SEK', totals: { ...rest.totals, taxInTaxCurrency: foreignTax } }),
    } as unknown as InvoiceDocument,
  }))

test('an invoice that is written and read is the same, in UBL and in CII', () => {
  const reached = new Map<string, number>()
  fc.assert(
    fc.property(invoice, ({ document, files }) => {
      for (const term of [
        document.kind,
        ...Object.keys(document),
        ...document.lines.flatMap((one) => Object.keys(one).map((name) => `lines.${name}`)),
      ])
        reached.set(term, (reached.get(term) ?? 0) + 1)
      expect(readInvoice(writeUbl(document, files))).toEqual({ invoices: [{ ...document, syntax: 'UBL' }] })
      expect(readInvoice(writeCii(document, files))).toEqual({ invoices: [{ ...document, syntax: 'CII' }] })
    }),
    { seed: SEED, numRuns: Number(process.env['TIEOUT_RUNS'] ?? 300) },
  )
  console.log(`round trip: SEED=${SEED}, ${reached.size} terms written`)
  for (const term of [
    'invoice',
    'credit-note',
    'payee',
    'taxRepresentative',
    'delivery',
    'taxCurrency',
    'lines.grossPrice',
    'lines.attributes',
  ])
    expect(reached.get(term), term).toBeGreaterThan(0)
}, 600_000)
