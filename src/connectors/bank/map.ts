/** The bank's status codes and what they claim in ours. Total: a code that is not here is reported as it stands and means nothing. */
import type { StatusTable } from '../../connector/contract.ts'

/** Raised whenever a table changes: the same code then says something else, and reading it again is another fact. */
export const MAP_VERSION = 1

/**
 * GrpSts, PmtInfSts and TxSts of a pain.002: ISO 20022 external code sets ExternalPaymentGroupStatus1Code and
 * ExternalPaymentTransactionStatus1Code, https://www.iso20022.org/catalogue-messages/additional-content-messages/external-code-sets.
 * `accepted` is not settled: only a booked entry is.
 */
export const PAYMENT_STATUS: StatusTable = {
  name: 'pain.002 status',
  version: MAP_VERSION,
  words: {
    ACTC: 'accepted',
    ACCP: 'accepted',
    ACFC: 'accepted',
    ACSP: 'accepted',
    ACSC: 'accepted',
    ACCC: 'accepted',
    ACWC: 'accepted',
    ACWP: 'accepted',
    PART: 'accepted',
    RCVD: 'received',
    PDNG: 'pending',
    RJCT: 'rejected',
    CANC: 'cancelled',
  },
}

/** Sts of an entry: ExternalEntryStatus1Code. Only BOOK in a statement is booked. */
export const ENTRY_STATUS: StatusTable = {
  name: 'entry status',
  version: MAP_VERSION,
  words: { BOOK: 'booked', PDNG: 'announced', INFO: 'announced', FUTR: 'announced' },
}

/** The codes that are reported as they stand with what they claim; the others become facts of their own. */
export const STATUSES: readonly StatusTable[] = [
  {
    ...PAYMENT_STATUS,
    words: Object.fromEntries(Object.entries(PAYMENT_STATUS.words).filter(([, claims]) => claims === 'received' || claims === 'pending')),
  },
]
