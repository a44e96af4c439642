/** Their words and what each claims in ours. A word that is not here is reported as it stands, with no meaning: it is never guessed. */
import type { StatusTable } from '../../connector/contract.ts'

/** Raise the version with every change of the words: the same word then says something else, and reading it again is another fact. */
export const STATUS: StatusTable = { name: 'status', version: 1, words: { OPEN: 'open', BOOKED: 'posted', VOID: 'reversed' } }

export const STATUSES: readonly StatusTable[] = [STATUS]
