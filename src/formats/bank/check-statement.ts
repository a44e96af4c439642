import type {
  Balance,
  BankFinding,
  BankFindingCode,
  Statement,
  StatementEntry,
  StatementFileHead,
  WrittenAmount,
} from '../../domain/bank-document.ts'
import { isIban } from '../../domain/iban.ts'
import { exact, figureOf, isBeyondScale } from './exact.ts'
import { some } from './fields.ts'
import { MAX_ID } from './message.ts'

/** BOOK booked, PDNG pending, INFO for information, FUTR due later (ISO external code list ExternalEntryStatus1Code). */
const STATUSES = new Set(['BOOK', 'PDNG', 'INFO', 'FUTR'])

/** What the entries of one statement add up to, and what is odd about single ones. */
export interface Tally {
  credits: { count: number; sum: bigint }
  debits: { count: number; sum: bigint }
  /** Booked entries by currency, credits less debits. */
  readonly booked: Map<string, bigint>
  readonly currencies: Map<string, number>
  readonly findings: BankFinding[]
}

export function newTally(): Tally {
  return { credits: { count: 0, sum: 0n }, debits: { count: 0, sum: 0n }, booked: new Map(), currencies: new Map(), findings: [] }
}

/**
 * Takes an entry in. A reversal is counted on the side that it stands on: the indicator says what the entry does to the
 * account, not what the reversed one did.
 */
export function tally(sums: Tally, entry: StatementEntry, statement: number): void {
  const about = `statement ${statement}, entry ${entry.position}`
  const add = (code: BankFindingCode, values: Pick<BankFinding, 'declared' | 'found'> = {}): void => {
    sums.findings.push({ code, about, ...values })
  }
  const value = exact(entry.amount)
  const own = entry.side === 'credit' ? sums.credits : sums.debits
  own.count++
  own.sum += value
  if (!sums.currencies.has(entry.currency)) sums.currencies.set(entry.currency, entry.position)
  if (entry.status === 'BOOK') {
    sums.booked.set(entry.currency, (sums.booked.get(entry.currency) ?? 0n) + (entry.side === 'credit' ? value : -value))
  }
  if (!STATUSES.has(entry.status)) add('status-unknown', { found: entry.status })
  if (entry.status === 'BOOK' && entry.bookedOn === undefined) add('booking-date-missing')
  const inDetails = entry.details.map(({ amount = '0', currency = '' }): WrittenAmount => ({ amount, currency }))
  for (const one of [entry, ...inDetails]) if (isBeyondScale(one)) add('amount-beyond-scale', { found: one.amount })
  const inside = new Map<number | undefined, number>()
  for (const { batch } of entry.details) inside.set(batch, (inside.get(batch) ?? 0) + 1)
  entry.batches.forEach(({ count }, index) => {
    // A batch without details is told by its sum alone.
    const found = inside.get(index)
    if (count === undefined || found === undefined || found === count) return
    add('count-differs', { declared: String(count), found: String(found) })
  })
}

/** All findings of a statement: those of its entries, then the declared totals and the proof by balances. */
export function checkStatement(kind: StatementFileHead['kind'], statement: Omit<Statement, 'findings'>, sums: Tally): BankFinding[] {
  const about = `statement ${statement.ordinal}`
  const findings = sums.findings
  const add = (code: BankFindingCode, where: string, declared?: string, found?: string): void => {
    findings.push({ code, about: where, ...some('declared', declared), ...some('found', found) })
  }
  const { account } = statement
  if (statement.id.length > MAX_ID) add('id-too-long', about)
  if (account.scheme === 'iban' && !isIban(account.id)) add('iban-wrong', about)
  for (const balance of statement.balances) if (isBeyondScale(balance)) add('amount-beyond-scale', about, undefined, balance.amount)
  for (const [currency, position] of sums.currencies) {
    if (currency !== (account.currency ?? currency)) add('currency-differs', `${about}, entry ${position}`, account.currency, currency)
  }
  findings.push(...totalFindings(about, statement, sums))
  if (kind === 'camt.053') findings.push(...balanceFindings(about, statement, sums))
  return findings
}

function totalFindings(about: string, { declared }: Pick<Statement, 'declared'>, { credits, debits }: Tally): BankFinding[] {
  if (declared === undefined) return []
  const findings: BankFinding[] = []
  const compare = (code: 'count-differs' | 'sum-differs', which: string, said: string | undefined, found: bigint): void => {
    if (said === undefined || exact(said) === found) return
    findings.push({ code, about: `${about}, ${which}`, declared: said, found: figureOf(found) })
  }
  const all = { count: credits.count + debits.count, sum: credits.sum + debits.sum }
  for (const [which, found] of [
    ['entries', all],
    ['credits', credits],
    ['debits', debits],
  ] as const) {
    const said = declared[which]
    compare('count-differs', which, said?.count?.toString(), exact(String(found.count)))
    compare('sum-differs', which, said?.sum, found.sum)
  }
  compare('sum-differs', 'net', declared.net, credits.sum - debits.sum)
  return findings
}

/**
 * Opening booked balance and booked entries make the closing booked balance. A statement over several days may carry a pair
 * for each: the first opening and the last closing are then proved. A statement in pages is proved only by all of its pages.
 */
function balanceFindings(about: string, { balances, page }: Pick<Statement, 'balances' | 'page'>, { booked }: Tally): BankFinding[] {
  const ofType = (type: string): Balance[] => balances.filter((one) => one.type === type).sort(byDate)
  const opening = ofType('OPBD')[0] ?? ofType('PRCD')[0]
  const closing = ofType('CLBD').at(-1)
  const inPages = page !== undefined && !(page.number === 1 && page.last)
  if (!opening || !closing) return inPages ? [] : [{ code: 'balance-missing', about }]
  if (opening.currency !== closing.currency) {
    return [{ code: 'currency-differs', about: `${about}, closing balance`, declared: opening.currency, found: closing.currency }]
  }
  const found = signed(opening) + (booked.get(opening.currency) ?? 0n)
  if (found === signed(closing)) return []
  return [{ code: inPages ? 'balance-unproved' : 'balance-differs', about, declared: figureOf(signed(closing)), found: figureOf(found) }]
}

function byDate({ on: a = '' }: Balance, { on: b = '' }: Balance): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function signed(balance: Balance): bigint {
  return balance.side === 'credit' ? exact(balance.amount) : -exact(balance.amount)
}
