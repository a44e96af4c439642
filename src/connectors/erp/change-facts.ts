/** One row of the change feed as facts, by what it is about. A verb that is not in its table is reported as it stands. */
import type { z } from 'zod'
import { meaningOf, type Observation, type StatusTable } from '../../connector/contract.ts'
import { shaped } from '../../connector/json.ts'
import type { BookedDocument } from '../../domain/event-data.ts'
import type { Facet, Ref } from '../../domain/object.ts'
import { aliasOf } from '../../domain/object.ts'
import { negative } from '../../domain/headline.ts'
import { sumOf } from '../../domain/invoice-content.ts'
import { paymentName, postingName } from '../../domain/names.ts'
import type { Instant } from '../../lib/time.ts'
import { entityOf, isOpen, isOrdinary, orderOf, supplierOf } from './answers.ts'
import { zoneOf, type Setting } from './config.ts'
import { booked, parked } from './document-facts.ts'
import { CLEARING_KINDS, DOCUMENT_VERBS, MAP_VERSION, PAY_BLOCK, PAYMENT_VERBS, RUN_VERBS } from './map.ts'
import {
  bookedClearing,
  clearingAlias,
  companyAlias,
  companyRef,
  documentAlias,
  documentRef,
  NAMED_LINES,
  orderRef,
  person,
  vendorRef,
} from './names.ts'
import {
  Clearing,
  CompanyCode,
  Document,
  DocumentChange,
  PaymentDoc,
  PostingPeriod,
  PurchaseOrder,
  Revaluation,
  User,
  Vendor,
  type Change,
} from './wire.ts'

export type Facts = { readonly facts: readonly Observation[] } | { readonly trouble: string }
type Reader = (setting: Setting, change: Change) => Facts

/** Readers by `what`. RUN RELEASED, DOCUMENT STORNO and TAX need another call and are not read here. */
export const READERS: { readonly [what: string]: Reader } = {
  DOCUMENT: (setting, change) =>
    change.verb === 'BOOKED' || change.verb === 'PARKED'
      ? row(change, Document, (document) => whole(setting, change, document))
      : row(change, DocumentChange, (document) => changed(setting, change, document)),
  RUN: (setting, change) => {
    const about: Ref = { names: [aliasOf(setting.system, 'run', change.key)] }
    return { facts: strange(setting, change, RUN_VERBS, about, 'transmission') }
  },
  PAYMENT: (setting, change) => row(change, PaymentDoc, (payment) => paymentFacts(setting, change, payment)),
  CLEARING: (setting, change) =>
    row(change, Clearing, (clearing) => [...clearingFacts(setting, clearing), ...clearingAlone(setting, clearing)]),
  REVALUATION: (setting, change) => row(change, Revaluation, (revaluation) => revalued(setting, revaluation)),
  VENDOR: (setting, change) =>
    row(change, Vendor, (vendor) => [
      {
        ...master(change),
        type: 'reference.read',
        about: [vendorRef(setting.system, vendor)],
        data: { asked: 'supplier', readAt: change.at, found: true, supplier: supplierOf(vendor) },
      },
    ]),
  COMPANY: (setting, change) =>
    row(change, CompanyCode, (company) => [
      {
        // The zone is our configuration's; another one is another answer.
        ...master(change, zoneOf(setting, company.companyCode)),
        type: 'reference.read',
        about: [companyRef(setting.system, company)],
        data: { asked: 'entity', readAt: change.at, found: true, entity: entityOf(setting, company) },
      },
    ]),
  ORDER: (setting, change) =>
    row(change, PurchaseOrder, (order) => [
      {
        ...master(change),
        type: change.verb === 'CREATED' ? 'order.issued' : 'order.changed',
        about: [orderRef(setting.system, order)],
        data: orderOf(order) as unknown as Observation['data'],
      },
    ]),
  PERIOD: (setting, change) =>
    row(change, PostingPeriod, (period) =>
      isOrdinary(setting, period)
        ? [
            {
              ...master(change),
              type: isOpen(period) ? 'period.opened' : 'period.closed',
              about: [{ names: [companyAlias(setting.system, period.companyCode)], create: 'entity' }],
              data: {
                entity: period.companyCode,
                month: period.from.slice(0, 7),
                from: period.from,
                to: period.to,
                accounts: period.accounts,
              },
            },
          ]
        : [],
    ),
  USER: (_setting, change) => row(change, User, (user) => authority(change, user)),
}

/** A restored ERP gives its marks anew: what happens under one then is another change, at another instant. */
export const changeId = ({ mark, at }: Pick<Change, 'mark' | 'at'>, ...parts: readonly string[]): string =>
  ['change', mark, at, ...parts].join('|')

/** Facts of master data are about the row as it is after the change; each change is a fact of its own. */
function master(change: Change, ...parts: readonly string[]): Pick<Observation, 'eventId' | 'occurredAt' | 'readBack' | 'reference'> {
  return { eventId: changeId(change, ...parts), occurredAt: change.at, readBack: true, reference: change.key }
}

function row<T extends z.ZodType>(change: Change, shape: T, facts: (row: z.infer<T>) => readonly Observation[]): Facts {
  const read = shaped(change.row, shape)
  return 'value' in read ? { facts: facts(read.value) } : read
}

function whole(setting: Setting, change: Change, document: Document): Observation[] {
  const facts = change.verb === 'PARKED' ? [parked(setting, document)] : booked(setting, document)
  return document.payBlock === '' ? facts : [...facts, ...holds(setting, change, document, documentRef(setting.system, document))]
}

/** CLEARED and REOPENED are the ERP's word on settlement; a block comes as a verb of its own or with another one (a bounce sets `B`). */
function changed(setting: Setting, change: Change, document: DocumentChange): Observation[] {
  const about: Ref = { names: [documentAlias(setting.system, document.docNo)], ...lastClearing(setting, document.clearings) }
  const claims = meaningOf(DOCUMENT_VERBS, change.verb)
  const shown = claims === 'settled' || claims === 'open' ? [status(setting, change, about, 'settlement', change.verb, claims)] : []
  return [...shown, ...strange(setting, change, DOCUMENT_VERBS, about, 'posting'), ...holds(setting, change, document, about)]
}

/** The one that caused the change; those before it came with changes of their own. */
function lastClearing({ system }: Setting, clearings: readonly string[]): Pick<Ref, 'offers'> {
  const last = clearings.at(-1)
  return last === undefined ? {} : { offers: [clearingAlias(system, last)] }
}

/** The hold of a document is one and the same whatever its letter: the row that lifts it does not say which one it was. */
function holds(setting: Setting, change: Change, document: Pick<DocumentChange, 'payBlock'>, about: Ref): Observation[] {
  const { payBlock } = document
  if (payBlock === undefined) return []
  const hold = `${setting.system} payment block ${change.key}`
  const common = { eventId: changeId(change, 'hold'), occurredAt: change.at, about: [about], reference: change.key }
  const told = status(setting, change, about, 'hold', payBlock, meaningOf(PAY_BLOCK, payBlock))
  return payBlock === ''
    ? [{ ...common, type: 'hold.released', data: { hold, reason: `The ERP lifted the payment block of ${change.key}.` } }, told]
    : [{ ...common, type: 'hold.placed', data: { hold, kind: 'payment-block', reason: `The ERP shows payment block ${payBlock}.` } }, told]
}

function paymentFacts(setting: Setting, change: Change, payment: PaymentDoc): Observation[] {
  const about: Ref = {
    names: [paymentName(payment.msgId, payment.endToEndId), aliasOf(setting.system, 'payment-doc', payment.payDocNo)],
    ...lastClearing(setting, payment.clearings),
  }
  const claims = meaningOf(PAYMENT_VERBS, change.verb)
  if (claims === 'cancelled') {
    return [
      {
        ...master(change),
        readBack: false,
        type: 'payment.cancelled',
        about: [about],
        data: {
          messageId: payment.msgId,
          endToEndId: payment.endToEndId,
          reason: `Payment document ${payment.payDocNo} was made void in the ERP.`,
        },
      },
    ]
  }
  // What is instructed is said by the file itself.
  if (claims === 'instructed') return []
  const shown = status(setting, change, about, 'settlement', change.verb, claims)
  return [claims === null ? shown : madeThere(shown, documentOf(payment))]
}

/** What the ERP shows as paid stands for itself until somebody knows it. */
export const madeThere = (shown: Observation, document: BookedDocument): Observation => ({
  ...shown,
  about: shown.about.map((ref) => ({ ...ref, create: 'payment' })),
  data: { ...shown.data, document },
})

export const documentOf = ({ payDocNo, companyCode, vendorNo, amt, waers, executeOn }: PaymentDoc): BookedDocument => ({
  number: payDocNo,
  entity: companyCode,
  supplier: vendorNo,
  amount: amt,
  currency: waers,
  on: executeOn,
})

/**
 * Clearings settle without cash by netting and by differences. A difference is the clearing's, not a line's: where one with
 * several documents has one, which of them it belongs to is not said, and nothing is claimed but the word itself.
 */
function clearingFacts(setting: Setting, clearing: Clearing): Observation[] {
  if (meaningOf(CLEARING_KINDS, clearing.means) === 'intercompany') return betweenCompanies(setting, clearing)
  const [, another] = clearing.lines
  const netting = meaningOf(CLEARING_KINDS, clearing.means) === 'netting'
  const facts = netting
    ? clearing.lines.map((line, index) => cleared(setting, clearing, line.docNo, clearing.means, line.amt, `line ${index}`))
    : []
  const differences = clearing.differences.flatMap(({ reasonKey, amt }, index) =>
    clearing.lines.map(({ docNo }) => {
      if (another === undefined) return cleared(setting, clearing, docNo, reasonKey, amt, `difference ${index}`)
      return untold(setting, clearing, docNo, `${reasonKey} ${amt} of clearing ${clearing.clearingDocNo}`, `difference ${index} ${docNo}`)
    }),
  )
  // A netting settles all of its lines; one with a single line is settled by its difference and by nothing else.
  return netting && (another !== undefined || differences.length === 0) ? facts : differences
}

/** By no payment and not told by us: a thing for itself, in case that nobody knows its documents. */
function clearingAlone({ system, config }: Setting, clearing: Clearing): Observation[] {
  const { clearingDocNo: number, companyCode, vendorNo, payDocNo, means, waers, bookedOn, bookedAt, lines, by } = clearing
  if (payDocNo !== null || by === config.user) return []
  const shown: Observation = {
    eventId: `clearing|${number}|${bookedAt}|${MAP_VERSION}`,
    type: 'status.reported',
    occurredAt: bookedAt,
    reference: number,
    about: [{ names: [bookedClearing(system, clearing)] }],
    data: { system, facet: 'settlement', word: means, claims: 'settled' },
  }
  return [
    madeThere(shown, {
      number,
      entity: companyCode,
      supplier: vendorNo,
      amount: sumOf(lines.map(({ amt }) => amt)),
      currency: waers,
      on: bookedOn,
      clears: lines.map(({ docNo, amt }) => ({ posting: postingName(system, companyCode, docNo), amount: amt })),
    }),
  ]
}

function cleared(setting: Setting, clearing: Clearing, docNo: string, word: string, amount: string, part: string): Observation {
  const kind = meaningOf(CLEARING_KINDS, word)
  if (kind === null) return untold(setting, clearing, docNo, word, part)
  return {
    eventId: `clearing|${clearing.clearingDocNo}|${clearing.bookedAt}|${part}`,
    type: 'clearing.recorded',
    occurredAt: clearing.bookedAt,
    readBack: true,
    reference: clearing.clearingDocNo,
    about: [clearedRef(setting, clearing, docNo)],
    data: {
      postingNo: docNo,
      kind,
      amount,
      currency: clearing.waers,
      reason: `${word} in clearing ${clearing.clearingDocNo}`,
      bookedOn: clearing.bookedOn,
    },
  }
}

/** What one company's books clear against another's: a fact about its own documents and, with the sign turned, about the other's. */
function betweenCompanies(setting: Setting, clearing: Clearing): Observation[] {
  const own = clearing.lines.map(({ docNo, amt }, index) => cleared(setting, clearing, docNo, clearing.means, amt, `line ${index}`))
  const { partner } = clearing
  if (!partner) return own
  const total = negative(sumOf(clearing.lines.map(({ amt }) => amt)))
  const facts = [
    ...own,
    cleared(setting, { ...clearing, companyCode: partner.companyCode }, partner.docNo, clearing.means, total, 'partner'),
  ]
  return facts.map((fact) => ({ ...fact, data: { ...fact.data, ledger: clearing.companyCode } }))
}

/** A counter-entry says the same with the sign turned. */
function revalued(setting: Setting, { revalNo, companyCode, waers, bookedOn, bookedAt, lines }: Revaluation): Observation[] {
  return lines.map(({ docNo, diffAmt }) => ({
    eventId: `revaluation|${revalNo}|${bookedAt}|${docNo}`,
    type: 'revaluation.recorded',
    occurredAt: bookedAt,
    readBack: true,
    reference: revalNo,
    about: [lineRef(setting, { companyCode }, docNo)],
    data: { postingNo: docNo, revaluation: revalNo, amount: diffAmt, currency: waers, bookedOn },
  }))
}

function untold({ system }: Setting, clearing: Clearing, docNo: string, word: string, part: string): Observation {
  return {
    eventId: `clearing|${clearing.clearingDocNo}|${clearing.bookedAt}|${part}|${MAP_VERSION}`,
    type: 'status.reported',
    occurredAt: clearing.bookedAt,
    reference: clearing.clearingDocNo,
    about: [clearedRef({ system }, clearing, docNo)],
    data: { system, facet: 'settlement', word },
  }
}

const lineRef = ({ system }: Pick<Setting, 'system'>, clearing: Pick<Clearing, 'companyCode'>, docNo: string): Ref => ({
  names: [postingName(system, clearing.companyCode, docNo), documentAlias(system, docNo)],
})

/** The partner's document is none of the clearing's lines: it comes after them. */
function clearedRef(setting: Pick<Setting, 'system'>, clearing: Clearing, docNo: string): Ref {
  const found = clearing.lines.findIndex((line) => line.docNo === docNo)
  const line = found < 0 ? clearing.lines.length : found
  const ref = lineRef(setting, clearing, docNo)
  return line < NAMED_LINES ? { ...ref, offers: [clearingAlias(setting.system, clearing.clearingDocNo, line)] } : ref
}

/**
 * Limits that hold in all companies. One for a single company is left out: the hub's table of authority knows no companies,
 * and there it would hold everywhere. Their days are UTC, for the ERP names no place of a person: on the day of a change a grant near
 * midnight where the company is may be held against the limit on the other side of it.
 */
function authority(change: Change, user: User): Observation[] {
  const day = change.at.slice(0, 10)
  const about: Ref[] = [{ names: [person(user.userId)], create: 'person' }]
  const ended: Observation[] =
    change.verb === 'CREATED'
      ? []
      : [
          {
            ...master(change, 'ended'),
            type: 'authority.revoked',
            about,
            data: { person: person(user.userId), on: dayBefore(day) },
          },
        ]
  return [
    ...ended,
    ...user.limits
      .filter((limit) => limit.companyCode === '*')
      .map((limit, index): Observation => ({
        ...master(change, `limit ${index}`),
        type: 'authority.granted',
        about,
        data: { person: person(user.userId), name: user.name, limit: limit.upTo, currency: limit.waers, from: day },
      })),
  ]
}

const dayBefore = (day: string): string => new Date(Date.parse(`${day}T00:00:00.000Z`) - 86_400_000).toISOString().slice(0, 10)

/** A word that the table does not have, as it stands and without a claim; nothing for one that it has. */
function strange(setting: Setting, change: Change, table: StatusTable, about: Ref, facet: Facet): Observation[] {
  return meaningOf(table, change.verb) === null ? [status(setting, change, about, facet, change.verb, null)] : []
}

function status(
  { system }: Setting,
  change: { readonly mark: string; readonly at: Instant; readonly key: string },
  about: Ref,
  facet: Facet,
  word: string,
  claims: string | null,
): Observation {
  return {
    eventId: changeId(change, 'status', facet, String(MAP_VERSION)),
    type: 'status.reported',
    occurredAt: change.at,
    about: [about],
    reference: change.key,
    data: { system, facet, word, ...(claims === null ? {} : { claims }) },
  }
}
