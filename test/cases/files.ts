/** Cases that public files make: each file as it is, in a company that knows its parties and its order. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileFacts } from '../../src/connectors/bank/file-facts.ts'
import { BankConfig } from '../../src/connectors/bank/config.ts'
import { orderName, taxCodeQuestion } from '../../src/domain/names.ts'
import { aliasOf, type Arrival, type Ref } from '../../src/domain/object.ts'
import { sumOf } from '../../src/domain/invoice-content.ts'
import { corpus } from '../corpora.ts'
import { ACCOUNT, BUYER, fact, PERSON, TENANT } from '../facts.ts'
import { readInvoice } from '../read-invoice.ts'
import { sha256 } from '../world.ts'
import { NOW, type Case } from './case.ts'
import { approved, arrives, bill, billOf, books, company, day, debits, NO_ORDER, over, paidInFull, run, takes, type Bill } from './story.ts'

interface FileCase {
  readonly corpus: string
  readonly file: string
  readonly axes: NonNullable<Case['axes']>
  readonly story: string
  readonly facts: (bytes: Uint8Array) => readonly Arrival[]
}

const XRECHNUNG = 'src/test/business-cases/standard'
const entryOf = (invoice: Bill): Arrival =>
  debits('', invoice.content.totals.payable, day(20), {
    endToEndId: undefined as never,
    remittance: `Invoice ${invoice.content.number}`,
    currency: invoice.content.currency,
  })

const prepaid = (bytes: Uint8Array): Arrival[] => {
  const invoice = billIn(bytes)
  return [...knowing(invoice), arrives(invoice), ...approved(invoice), books(invoice, '5100')]
}

const FILES: readonly FileCase[] = [
  {
    corpus: 'xrechnung-testsuite',
    file: `${XRECHNUNG}/02.03a-INVOICE_ubl.xml`,
    axes: ['posting', 'settlement'],
    story: 'Gross 12,829.69, all of it prepaid: posted, and nothing is left to pay.',
    facts: prepaid,
  },
  {
    corpus: 'xrechnung-testsuite',
    file: `${XRECHNUNG}/02.04a-INVOICE_ubl.xml`,
    axes: ['posting', 'settlement'],
    story: 'Nothing due: every total is 0.',
    facts: prepaid,
  },
  {
    corpus: 'xrechnung-testsuite',
    file: `${XRECHNUNG}/01.18a-INVOICE_ubl.xml`,
    axes: ['posting', 'settlement'],
    story: 'Type 384, corrects PRG1502168, which never came here: a document of its own.',
    facts: (bytes) => {
      const invoice = billIn(bytes)
      return [...knowing(invoice), arrives(invoice), ...approved(invoice), ...paidInFull(invoice)]
    },
  },
  {
    corpus: 'xrechnung-testsuite',
    file: `${XRECHNUNG}/01.20a-INVOICE_ubl.xml`,
    axes: ['match', 'approval', 'settlement'],
    story: 'Type 389, self-billed on an order that a person approved.',
    facts: (bytes) => {
      const invoice = billIn(bytes)
      return [...knowing(invoice), arrives(invoice), ...paidInFull(invoice)]
    },
  },
  {
    corpus: 'cen-en16931',
    file: 'ubl/examples/ubl-tc434-example5.xml',
    axes: ['settlement'],
    story: 'Payment means 49: the supplier collects the 2,337.50 that are due; never instructed.',
    facts: (bytes) => {
      const invoice = billIn(bytes, false)
      return [...knowing(invoice), arrives(invoice), ...approved(invoice), books(invoice, '5100'), entryOf(invoice)]
    },
  },
  {
    corpus: 'oioubl-basic-procurement',
    file: 'phive-rules-oioubl/src/test/resources/external/test-files/2.0.2/COMPAY_01_01_00_Invoice_v2p2.xml',
    axes: ['settlement'],
    story: 'Payment means 48: paid by card, never instructed. Its totals do not add up, so nobody was asked to approve it.',
    facts: (bytes) => {
      const invoice = billIn(bytes, false)
      return [...knowing(invoice), arrives(invoice), ...approved(invoice), books(invoice, '5100'), entryOf(invoice)]
    },
  },
  {
    corpus: 'iso20022-bank-samples',
    file: 'test/assets/ing/example_camt.xml',
    axes: ['settlement'],
    story:
      'A statement whose entries 8 and 9, over 30.00, carry one bank reference; the second is a reversal, of another payment by its end-to-end id: what 8 paid stays paid.',
    facts: (bytes) => [
      ...company(),
      arrives(THIRTY),
      ...approved(THIRTY),
      books(THIRTY, '5100'),
      ...run('M1', { 6010512558977000: { 5100: '30.00' } }),
      takes('M1'),
      ...statement(bytes),
    ],
  },
]
/** 25.21 and 19 % are 30.00. */
const THIRTY = bill({ ...NO_ORDER, ...over('25.21') })

/** Undefined where one of the files is not here, as on a user's machine. */
export function fileCases(): readonly Case[] | undefined {
  const folders = FILES.map((given) => corpus(given.corpus))
  if (folders.includes(undefined)) return undefined
  return FILES.map(({ file, axes, story, facts }, at) => ({
    name: file.split('/').at(-1)!,
    axes,
    story,
    facts: facts(readFileSync(join(folders[at]!, file))),
  }))
}

function billIn(bytes: Uint8Array, payee = true): Bill {
  const read = readInvoice(bytes)
  if ('refused' in read) throw new Error(read.refused.says)
  return billOf(read.invoices[0]!, payee)
}

/** What the ERP answers about the parties, taxes and order of this invoice. */
function knowing({ content }: Bill): Arrival[] {
  const at = '2026-01-02T08:00:00.000Z'
  const read = (ref: Ref, asked: string, found: object): Arrival =>
    fact('reference.read', 'erp', `read ${asked}`, at, [ref], { asked, readAt: NOW, found: true, ...found })
  const supplier: Ref = { names: [...content.supplier.names, aliasOf('erp', 'supplier', 'V1')], create: 'supplier' }
  const entity: Ref = { names: [...content.entity.names, aliasOf('erp', 'entity', '1000')], create: 'entity' }
  const { currency } = content
  return [
    read(supplier, 'supplier', {
      supplier: { number: 'V1', name: content.supplier.name, active: true, blocked: false, accounts: [...content.accounts, ACCOUNT] },
    }),
    read(entity, 'entity', {
      entity: { number: '1000', name: content.entity.name, currency, currencies: [currency], active: true, zone: 'Europe/Berlin' },
    }),
    read(entity, 'period 2026-01', { period: { open: true } }),
    ...content.taxes.map(({ category, rate }) =>
      read(entity, taxCodeQuestion(category, sumOf([rate])), { taxCode: { code: `${category}${rate}`, category, rate, active: true } }),
    ),
    ...content.orders.map((number) =>
      read({ names: [orderName(content.entity.names[0]!, number)], create: 'order' }, 'order', {
        order: {
          number,
          entity: '1000',
          supplier: 'V1',
          currency,
          open: true,
          approvedBy: BUYER,
          lines: (content.lines ?? []).map((line) => ({
            id: line.orderLine ?? line.id,
            name: line.name,
            quantity: line.quantity,
            price: line.price,
            priceQuantity: line.per,
            unit: 'C62',
          })),
        },
      }),
    ),
    fact('authority.granted', 'hr', 'limit anna', at, [{ names: [PERSON], create: 'person' }], {
      person: PERSON,
      name: 'Anna',
      limit: '100000.00',
      currency: '*',
      from: '2025-01-01',
    }),
  ]
}

function statement(bytes: Uint8Array): Arrival[] {
  const read = fileFacts({ system: 'bank', sha256, config: BankConfig.parse({ put: '/in', read: '/out' }) }, bytes, 'example_camt.xml')
  if ('unreadable' in read) throw new Error(read.unreadable)
  return read.observations.map(({ reference: _reference, ...observation }) => ({
    ...observation,
    tenant: TENANT,
    source: { system: 'bank', role: 'bank' },
    actor: 'system:bank',
  }))
}
