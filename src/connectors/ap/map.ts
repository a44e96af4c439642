/** The AP tool's words and what they claim in ours. Total: a word that is not here is reported as it stands and means nothing. */
import type { StatusTable } from '../../connector/contract.ts'
import type { Terms } from '../../domain/terms.ts'
import type { HeldTerms } from './wire.ts'

/** Raised whenever a table changes: the same word then says something else, and reading it again is another fact. */
export const MAP_VERSION = 1

/** Stages become approval facts; a stage that is not here becomes none. */
export const STAGES: StatusTable = {
  name: 'ticket.stage',
  version: MAP_VERSION,
  words: {
    INBOX: 'requested',
    CODING: 'requested',
    SIGNOFF: 'requested',
    GREENLIT: 'completed',
    DECLINED: 'refused',
    RECALLED: 'withdrawn',
  },
}

/** What a badge shows by itself. Several of our words share one: which of them was told stands in its `refs` (see `wordOf`). */
export const BADGES: StatusTable = {
  name: 'ticket.badge',
  version: MAP_VERSION,
  words: {
    AT_LEDGER: 'posted',
    IN_RUN: 'in-payment',
    MONEY_OUT: 'paid',
    BOUNCED: 'returned',
    HELD: 'held',
    CLOSED: 'rejected',
    NONE: 'received',
  },
}

/** Our status → the badge that shows it. */
export const BADGE_OF = {
  received: 'NONE',
  validated: 'NONE',
  matched: 'NONE',
  approved: 'NONE',
  posted: 'AT_LEDGER',
  'in-payment': 'IN_RUN',
  paid: 'MONEY_OUT',
  returned: 'BOUNCED',
  rejected: 'CLOSED',
  held: 'HELD',
} as const
export type Word = keyof typeof BADGE_OF

export const VERDICTS: StatusTable = {
  name: 'signer.verdict',
  version: MAP_VERSION,
  words: { WAITING: 'open', SIGNED: 'granted', DECLINED: 'refused' },
}

/** Our kind of invoice → the tool's. */
export const BILL_KINDS = { invoice: 'BILL', 'credit-note': 'CREDIT' } as const

/** The fields of a ticket that hold our terms → those terms. Our name for the company travels in `remitTo`, too (see terms.ts). */
export const TERMS_IN: { readonly [field in Exclude<keyof HeldTerms, 'rev' | 'coding'>]: readonly (keyof Terms)[] } = {
  creditor: ['supplier'],
  remitTo: ['payee', 'entity'],
  legalUnit: ['entity'],
  dueOn: ['dueOn'],
  ccy: ['currency'],
  netTotal: ['net'],
  taxTotal: ['tax'],
  grossTotal: ['gross'],
  poRefs: ['orders'],
}

/** The words that are reported as they stand with what they claim; stages and verdicts become facts of their own. */
export const STATUSES: readonly StatusTable[] = [BADGES]
