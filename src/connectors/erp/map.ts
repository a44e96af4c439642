/** The ERP's words and what they claim in ours. Total: a word that is not here is reported as it stands and means nothing. */
import type { StatusTable } from '../../connector/contract.ts'

/** Raised whenever a table changes: the same word then says something else, and reading it again is another fact. */
export const MAP_VERSION = 1

/** Verbs of DOCUMENT rows in the change feed; of them CLEARED and REOPENED are shown as they are. */
export const DOCUMENT_VERBS: StatusTable = {
  name: 'document.verb',
  version: MAP_VERSION,
  words: {
    PARKED: 'parked',
    BOOKED: 'posted',
    STORNO: 'reversed',
    BLOCKED: 'held',
    UNBLOCKED: 'free',
    CLEARED: 'settled',
    REOPENED: 'open',
    ATTACHED: 'evidence-attached',
  },
}

export const DOCUMENT_LIFECYCLE: StatusTable = {
  name: 'document.lifecycle',
  version: MAP_VERSION,
  words: { PARKED: 'parked', BOOKED: 'posted', STORNO: 'reversed', CLEARED: 'settled' },
}

/** "`payBlock` one letter or empty": which letter means what is the company's own; each keeps the document out of payment. */
export const PAY_BLOCK: StatusTable = {
  name: 'document.payBlock',
  version: MAP_VERSION,
  words: { '': 'free', ...Object.fromEntries('ABCDEFGHIJKLMNOPQRSTUVWXYZ'.split('').map((letter) => [letter, 'held'])) },
}

export const PAYMENT_VERBS: StatusTable = {
  name: 'payment.verb',
  version: MAP_VERSION,
  words: { INSTRUCTED: 'instructed', CONFIRMED: 'settled', BOUNCED: 'returned', VOID: 'cancelled' },
}

/** Clearings that a payment document of this lifecycle has when it was confirmed once; a bounce adds its counter-entry. */
export const CLEARINGS: Readonly<Record<string, number>> = { CONFIRMED: 1, BOUNCED: 2 }

export const RUN_VERBS: StatusTable = {
  name: 'run.verb',
  version: MAP_VERSION,
  words: { PROPOSED: 'proposed', HALF_RELEASED: 'half-released', RELEASED: 'released', DISCARDED: 'discarded' },
}

/** Kinds of clearing without cash, by the reason key of a difference or the means of the clearing. */
export const CLEARING_KINDS: StatusTable = {
  name: 'clearing.kind',
  version: MAP_VERSION,
  words: {
    SKONTO: 'discount',
    FX: 'fx',
    FEE: 'fee',
    ROUND: 'rounding',
    WHT: 'withholding',
    NETTING: 'netting',
    INTERCO: 'intercompany',
    BANK: 'bank',
  },
}

/** What a line of the sub-ledger books. */
export const LINE_KINDS = { POSTING: 'posted', STORNO: 'reversed', CLEARING: 'settled', REVAL: 'revalued' } as const

export const VENDOR_STANDING: StatusTable = {
  name: 'vendor.standing',
  version: MAP_VERSION,
  words: { ACTIVE: 'active', DORMANT: 'not-active' },
}
export const ORDER_STANDING: StatusTable = {
  name: 'order.standing',
  version: MAP_VERSION,
  words: { RELEASED: 'open', HELD: 'not-open', CLOSED: 'not-open', CANCELLED: 'not-open' },
}
export const PERIOD_GATE: StatusTable = { name: 'period.gate', version: MAP_VERSION, words: { OPEN: 'open', SHUT: 'not-open' } }

/** The words that are reported as they stand with what they claim; all others become facts of their own. */
export const STATUSES: readonly StatusTable[] = [
  of(DOCUMENT_VERBS, 'CLEARED', 'REOPENED'),
  of(PAYMENT_VERBS, 'CONFIRMED', 'BOUNCED'),
  PAY_BLOCK,
]

function of(table: StatusTable, ...words: readonly string[]): StatusTable {
  return { ...table, words: Object.fromEntries(Object.entries(table.words).filter(([word]) => words.includes(word))) }
}

/** Our payment method → the ERP's letter. */
export const PAY_METHODS = { transfer: 'T', collected: 'E', card: 'K', none: 'N' } as const
/** Our kind of invoice → the ERP's document type. */
export const DOCUMENT_TYPES: StatusTable = { name: 'document.docType', version: MAP_VERSION, words: { KR: 'invoice', KG: 'credit-note' } }
export const DOC_TYPES = { invoice: 'KR', 'credit-note': 'KG' } as const
