/** Procurement's words and what they claim in ours. Total: a word that is not here is reported as it stands and means nothing. */
import type { StatusTable } from '../../connector/contract.ts'

/** Raised whenever a table changes: the same word then says something else, and reading it again is another fact. */
export const MAP_VERSION = 1

/** Our status → what a claim then shows. */
export const SHOWS_OF = {
  'awaiting-receipt': 'GOODS_AWAITED',
  mismatched: 'IN_QUESTION',
  matched: 'AGREED',
  posted: 'LEDGERED',
  paid: 'PAID_OUT',
  returned: 'CAME_BACK',
  rejected: 'SENT_BACK',
} as const
export type Word = keyof typeof SHOWS_OF

export const SHOWN: StatusTable = {
  name: 'note.shows',
  version: MAP_VERSION,
  words: Object.fromEntries(Object.entries(SHOWS_OF).map(([ours, theirs]) => [theirs, ours])),
}

export const CLEARANCE: StatusTable = {
  name: 'merchant.clearance',
  version: MAP_VERSION,
  words: { CLEARED: 'active', BARRED: 'blocked', PROPOSED: 'not-active' },
}
export const PHASE: StatusTable = { name: 'purchase.phase', version: MAP_VERSION, words: { ISSUED: 'open', SHUT: 'not-open' } }
/** Only goods are counted at the door. A sort that is not here is taken for goods: nobody pays on a guess. */
export const SORT: StatusTable = {
  name: 'position.sort',
  version: MAP_VERSION,
  words: { GOODS: 'goods', SERVICE: 'service', LIMIT: 'limit' },
}

export const PURCHASE_DEEDS: StatusTable = {
  name: 'purchase.deed',
  version: MAP_VERSION,
  words: { ISSUED: 'order.issued', EDITED: 'order.changed', REOPENED: 'order.changed', SHUT: 'order.closed' },
}
export const SLIP_DEEDS: StatusTable = {
  name: 'slip.deed',
  version: MAP_VERSION,
  words: { COUNTED: 'receipt.recorded', TAKEN_BACK: 'receipt.reversed' },
}

/** The words that are reported as they stand with what they claim; deeds become facts of their own. */
export const STATUSES: readonly StatusTable[] = [SHOWN]
