/** The table of what must hold for a run to tie out, and of what an open case means for it. */
import type { Cause } from '../domain/exception-causes.ts'
import { leftOf, type Fed } from './feed.ts'
import type { Summary } from './picture.ts'
import { plainText } from './terminal.ts'

/**
 * `held`: it stands still before a gate until a person decides, every system shows it so, and nothing has happened that should not have.
 * `differs`: a system holds or did something else than it should, or nobody can say.
 */
export const CASES: { readonly [cause in Cause]: 'held' | 'differs' } = {
  // Nobody knows what it says, and so not what any system should show of it.
  'unreadable-document': 'differs',
  'unreadable-bank-file': 'differs',
  'unreadable-record': 'differs',
  'supplier-unknown': 'held',
  'supplier-blocked': 'held',
  'entity-unknown': 'held',
  'currency-refused': 'held',
  'tax-code-unknown': 'held',
  'period-closed': 'held',
  'posting-refused-by-policy': 'held',
  // The cost stands in the ledger twice, or for an invoice that is none.
  'accrual-to-take-back': 'differs',
  // The ERP has a posting that is not to stand.
  'reversal-held': 'differs',
  arithmetic: 'held',
  'duplicate-suspected': 'held',
  // Of these two one was posted or paid already, or may have been.
  superseded: 'differs',
  'corrects-paid': 'differs',
  'order-unknown': 'held',
  'order-differs': 'held',
  mismatch: 'held',
  'receipt-missing': 'held',
  // The invoice went on, and what it was matched with is no longer so.
  'receipt-reversed': 'differs',
  'order-repriced': 'differs',
  'orders-disagree': 'differs',
  'lines-not-paired': 'held',
  'control-indeterminate': 'held',
  'approval-incomplete': 'held',
  'authority-exceeded': 'held',
  'duties-conflict': 'held',
  'approval-terms-differ': 'differs',
  'approval-refused': 'held',
  'approval-taken-back': 'differs',
  'posting-differs': 'differs',
  'posted-twice': 'differs',
  // The ERP and we agree that it is not posted; whether it shall be is a person's to say.
  'posting-reversed': 'held',
  'refused-by-target': 'differs',
  'outcome-unknown': 'differs',
  'found-other': 'differs',
  'changed-after-sent': 'differs',
  'dead-letter': 'differs',
  'not-let-in': 'differs',
  'system-silent': 'differs',
  'payment-file-differs': 'differs',
  'paid-outside': 'differs',
  overpaid: 'differs',
  'cleared-unexplained': 'differs',
  'difference-outside-policy': 'differs',
  'settled-in-another-currency': 'differs',
  'intercompany-unequal': 'differs',
  'payment-stopped': 'differs',
  'bank-late': 'differs',
  'payment-rejected': 'differs',
  'payment-returned': 'differs',
  'voided-at-bank': 'differs',
  'bank-entry-unknown': 'differs',
  'erp-payment-unknown': 'differs',
  'amount-differs': 'differs',
  'statement-incomplete': 'differs',
  divergence: 'differs',
  bypass: 'differs',
  'unmapped-status': 'differs',
}

export interface Look {
  readonly summary: Summary
  readonly fed: Fed
  /** It ended while it was still needed: what it said last may no longer be so. */
  readonly hubEnded: boolean
}

/** Whatever counts more than nothing keeps a run from tying out. An invoice may wait for its turn elsewhere, or be held by a named person. */
const MUST_BE_NONE: readonly { readonly counts: (look: Look) => number; readonly says: (count: number) => string }[] = [
  { counts: ({ hubEnded }) => Number(hubEnded), says: () => 'the hub ended before it was over' },
  { counts: ({ fed }) => fed.notTaken.length, says: (n) => `${plural(n, 'file')} not taken` },
  { counts: ({ fed }) => leftOf(fed), says: (n) => `${plural(n, 'file')} not sent` },
  { counts: ({ summary }) => summary.busy, says: (n) => `${plural(n, 'step')} left for the hub to do` },
  { counts: ({ summary }) => behindOf(summary), says: (n) => `${plural(n, 'entry', 'entries')} in other systems not as they should be` },
  { counts: ({ summary }) => summary.breaches, says: (n) => `${plural(n, 'invoice')} without the evidence for an earlier state` },
  { counts: ({ summary }) => differing(summary), says: (n) => `${plural(n, 'open case')} about records that differ` },
]

/** Why it does not tie out; empty when it does. */
export const untied = (look: Look): string[] =>
  MUST_BE_NONE.flatMap(({ counts, says }) => {
    const count = counts(look)
    return count > 0 ? [says(count)] : []
  })

/** What a run ends with: how it came out and why, and by name what the hub does not have. */
export function closingLines({ summary, fed, hubEnded }: Look, once: boolean): string[] {
  const lost = fed.notTaken.map(({ file, says, whatToDo }) => plainText(`${file}: ${says} ${whatToDo}`))
  return [
    ...(once ? ['', `  ${verdict(summary, fed, untied({ summary, fed, hubEnded }))}`] : []),
    ...(lost.length > 0 ? ['', '  Not taken; start again with them corrected, for nothing is taken twice:'] : []),
    ...lost.map((line) => `    ${line}`),
  ]
}

function verdict({ received, refused, states, moving, exceptions, log }: Summary, { files }: Fed, why: readonly string[]): string {
  if (received + refused === 0) return files === 0 ? 'There was nothing to do: no files to send.' : `Nothing came in: ${why.join(', ')}.`
  const archived = states['archived'] ?? 0
  const cases = Object.entries(exceptions).map(([cause, count]) => `${count} ${cause}`)
  return [
    why.length === 0 ? 'Everything ties out' : `Not everything ties out (${why.join(', ')})`,
    `: ${(states['paid'] ?? 0) + archived} of ${received} invoices paid, ${archived} archived`,
    moving > 0 ? `, ${moving} waiting for their turn elsewhere` : '',
    cases.length > 0 ? `; with people: ${cases.join(', ')}` : '',
    `; ${log.size} events in the log${log.sealed < log.size ? `, ${log.sealed} of them sealed` : ''}.`,
  ].join('')
}

/** What was told and is shown nowhere is in step: it is the system's own answer that it did so, and not every system shows what it holds. */
export const behindOf = ({ systems }: Summary): number => Object.values(systems).reduce((sum, { behind }) => sum + behind, 0)

/** A cause that this table does not have may be anything. */
const differing = ({ exceptions }: Summary): number =>
  Object.entries(exceptions).reduce(
    (sum, [cause, count]) => ((CASES as { readonly [cause: string]: string })[cause] === 'held' ? sum : sum + count),
    0,
  )

export const plural = (count: number, one: string, more = `${one}s`): string => `${count} ${count === 1 ? one : more}`
