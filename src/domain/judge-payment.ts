/** The decisions about payments, payment files and bank entries: who may be paid, how far it is, what a booked entry settles. */
import { minuteOf, type Instant } from '../lib/time.ts'
import { bankDaysOf, bankDeadline } from './bank-deadline.ts'
import { runGate } from './controls/control.ts'
import { PAYEE_CONTROLS, RELEASE_CONTROLS } from './controls/payment.ts'
import { exceptionDecisions, type WantedException } from './exception.ts'
import { expectBatch, expectPayment } from './expect-payment.ts'
import { amountDue, liveAllocations, negative } from './headline.ts'
import type { InvoiceState } from './invoice-state.ts'
import { sumOf } from './invoice-content.ts'
import { bookedNeighbours, judgeBooked } from './judge-booked.ts'
import { diverge, unmappedWords } from './judge-cells.ts'
import { batchName, endToEndName, paymentInfoName, paymentName, remittanceName } from './names.ts'
import { aliasOf, type Judgement, type Look, type Neighbours, type ObjectRecord } from './object.ts'
import { evolveBatch, evolvePayment, type BatchState, type PaymentState, type Progress, type Settled } from './payment.ts'
import { UNROUTED } from './routes.ts'
import { Scratch } from './scratch.ts'
import { casesOfSent } from './sent.ts'
import { evolveEntry, type EntryState } from './statement.ts'
import type { BatchRecord, Laws, PaymentRecord } from './view.ts'

export const supplierAlias = (laws: Laws, number: string): string => aliasOf(laws.policy.systems.erp, 'supplier', number)

export function paymentNeighbours(laws: Laws, { state }: PaymentRecord): Neighbours {
  if (!state.instructed) return bookedNeighbours(state)
  const { messageId, supplier, items } = state.instructed
  const invoices = items.map((item) => item.posting)
  return { read: [batchName(messageId), supplierAlias(laws, supplier)], write: invoices }
}

export function judgePayment(laws: Laws, record: PaymentRecord, look: Look, asOf: Instant): Judgement {
  const sheet = new Scratch<PaymentState>(record.id, record.version, record.state, asOf, evolvePayment)
  const { instructed } = record.state
  if (!instructed) return judgeBooked(laws, record, look, asOf)
  const batch = look(batchName(instructed.messageId)) as BatchRecord | undefined
  // Several postings may be one invoice.
  const invoices = new Map<string, { readonly invoice: ObjectRecord<InvoiceState>; readonly amount: string }>()
  for (const item of instructed.items) {
    const invoice = look(item.posting) as ObjectRecord<InvoiceState> | undefined
    if (invoice) invoices.set(invoice.id, { invoice, amount: sumOf([invoices.get(invoice.id)?.amount ?? '0', item.amount]) })
  }
  const wanted = payee(laws, sheet, batch, look)
  progress(sheet, batch, new Map([...invoices].map(([id, item]) => [id, item.amount])))
  allocate(sheet, invoices)
  if (sheet.state.progress !== 'settled' && sheet.state.progress !== 'returned' && batch) sheet.waitFor([batch.id])
  sheet.waitFor(instructed.items.flatMap((item) => (look(item.posting) ? [] : [item.posting])))
  if (sheet.state.progress === 'rejected')
    wanted.push({
      cause: 'payment-rejected',
      says: `${sheet.state.rejected?.code ?? batch?.state.rejected?.code ?? ''} ${sheet.state.rejected?.reason ?? batch?.state.rejected?.reason ?? ''}`.trim(),
    })
  if (sheet.state.progress === 'returned')
    wanted.push({
      cause: 'payment-returned',
      says: Object.values(sheet.state.entries).find((entry) => entry.kind === 'returns')?.says ?? 'The bank gave no reason.',
    })
  const expected = expectPayment(laws, { id: sheet.id, state: sheet.state })
  wanted.push(...casesOfSent(laws.policy.owners, sheet.state.sent, expected), ...bankLate(laws, sheet, batch))
  wanted.push(...unmappedWords(sheet.state), ...diverge(laws, sheet, expected.cells))
  const company = [...invoices.values()].map(({ invoice }) => invoice.state.parties).find((parties) => parties !== null)
  const context = {
    amount: instructed.amount,
    currency: instructed.currency,
    party: null,
    ...(company ? { entity: company.entity, zone: company.zone } : {}),
  }
  for (const decision of exceptionDecisions(laws, sheet.id, sheet.state.exceptions, wanted, context, asOf)) sheet.add(decision)
  return { decisions: sheet.decisions, wakeAt: sheet.wakeAt, waits: [...sheet.waits].sort() }
}

/** Pending for as long as the bank has time, and pending still afterwards: nobody concludes anything, but somebody asks the bank. */
function bankLate(laws: Laws, sheet: Scratch<PaymentState>, batch: BatchRecord | undefined): WantedException[] {
  const { instructed, progress: now } = sheet.state
  // Where it never said that it took our file, its word on the file shows that it has it.
  const since = [batch?.state.told[`${laws.policy.systems.bank}|transmission`], batch?.state.accepted]
    .flatMap((has) => has?.at ?? [])
    .sort()[0]
  if (!instructed || since === undefined || (now !== 'released' && now !== 'accepted')) return []
  const until = bankDeadline(bankDaysOf(laws.policy, instructed.from), instructed.executeOn, since)
  if (sheet.asOf < until) {
    sheet.wake(until)
    return []
  }
  return [
    {
      cause: 'bank-late',
      says: `The bank has it since ${since.slice(0, 10)}${now === 'accepted' ? ' and accepted it' : ''}; a booked entry was to be here by ${minuteOf(until)}.`,
      system: laws.policy.systems.bank,
    },
  ]
}

/** The payee is judged when people have released the file, with what the supplier master says then. */
function payee(laws: Laws, sheet: Scratch<PaymentState>, batch: BatchRecord | undefined, look: Look): WantedException[] {
  const { instructed, payee: known } = sheet.state
  if (!instructed || !batch?.state.released || batch.state.release?.pass) return []
  if (known?.pass) return []
  const result = runGate(PAYEE_CONTROLS, {
    ...laws,
    id: sheet.id,
    payment: instructed,
    allocated: Object.values(sheet.state.allocated),
    look,
  })
  sheet.waitFor(result.waits)
  if (result.outcome === 'wait') return []
  const failed = result.failed.map((control) => control.says)
  const pass = result.outcome === 'pass'
  if (known === null || known.pass !== pass || known.failed.join() !== failed.join()) {
    sheet.decide(
      'rule.evaluated',
      'payee',
      { gate: 'payee', pass, was: known?.pass ?? null, subject: instructed.endToEndId, failed, controls: result.controls as never },
      [batch.id],
    )
  }
  return pass || sheet.state.cancelled ? [] : [{ cause: 'payment-stopped', says: failed.join(' ') }]
}

function progress(sheet: Scratch<PaymentState>, batch: BatchRecord | undefined, amounts: ReadonlyMap<string, string>): void {
  const { state } = sheet
  const settles = Object.entries(state.entries).find(([, entry]) => entry.kind === 'settles')
  const rejected = state.rejected !== null || (batch?.state.rejected ?? null) !== null
  const booked = !rejected && !state.cancelled ? batch?.state.entry : null
  const settled: Settled | null = settles
    ? { entry: settles[0], bookedOn: settles[1].bookedOn, bankReference: settles[1].bankReference }
    : booked
      ? { entry: booked.entry, bookedOn: booked.bookedOn, bankReference: booked.bankReference }
      : null
  const now: Progress = Object.values(state.entries).some((entry) => entry.kind === 'returns')
    ? 'returned'
    : settled
      ? 'settled'
      : rejected
        ? 'rejected'
        : state.cancelled
          ? 'cancelled'
          : batch?.state.accepted
            ? 'accepted'
            : batch?.state.release?.pass
              ? 'released'
              : 'instructed'
  const reaches = [...amounts].map(([id, amount]) => `${id} ${amount}`).sort()
  if (now === state.progress && reaches.join() === state.reaches.join()) return
  const others = now === 'rejected' && batch && state.progress !== 'rejected' ? [batch.id, ...amounts.keys()] : [...amounts.keys()]
  sheet.decide(
    'payment.moved',
    'payment',
    {
      payment: sheet.id,
      progress: now,
      amount: state.instructed?.amount,
      amounts: Object.fromEntries(amounts),
      ...(settled ? { settled } : {}),
    },
    others,
  )
}

/** A settled payment covers its invoices; one that came back, or was rejected after all, no longer does. */
function allocate(
  sheet: Scratch<PaymentState>,
  invoices: ReadonlyMap<string, { readonly invoice: ObjectRecord<InvoiceState>; readonly amount: string }>,
): void {
  const { progress: now, allocated, settled } = sheet.state
  if (now === 'settled' && settled) {
    for (const [id, { invoice, amount }] of invoices) {
      const known = allocated[id] === undefined ? undefined : invoice.state.allocations[allocated[id]]
      if (known?.amount === amount) continue
      // Another posting of the same invoice has become known since.
      if (known)
        sheet.add({
          type: 'settlement.unallocated',
          objects: [id, sheet.id],
          actor: 'rule:settlement',
          data: { invoice: id, payment: sheet.id, allocation: allocated[id] },
        })
      sheet.add({
        type: 'settlement.allocated',
        objects: [id, sheet.id],
        actor: 'rule:settlement',
        data: {
          kind: 'bank',
          invoice: id,
          payment: sheet.id,
          amount,
          currency: sheet.state.instructed?.currency,
          entry: settled.entry,
          bookedOn: settled.bookedOn,
        },
      })
    }
  }
  if (now !== 'settled') {
    const [entry, back] = Object.entries(sheet.state.entries).find(([, known]) => known.kind === 'returns') ?? []
    for (const [id, allocation] of Object.entries(allocated)) {
      sheet.add({
        type: 'settlement.unallocated',
        objects: [id, sheet.id],
        actor: 'rule:settlement',
        data: { invoice: id, payment: sheet.id, allocation, ...(back ? { entry, bookedOn: back.bookedOn } : {}) },
      })
    }
  }
}

export function judgeBatch(laws: Laws, record: BatchRecord, asOf: Instant): Judgement {
  const sheet = new Scratch<BatchState>(record.id, record.version, record.state, asOf, evolveBatch)
  const wanted: WantedException[] = []
  const { released, file, release } = record.state
  if (released && file && !release?.pass) {
    const result = runGate(RELEASE_CONTROLS, record.state)
    const failed = result.failed.map((control) => control.says)
    if (
      result.outcome !== 'wait' &&
      (!release || release.pass !== (result.outcome === 'pass') || release.failed.join() !== failed.join())
    ) {
      sheet.decide('rule.evaluated', 'release', {
        gate: 'release',
        pass: result.outcome === 'pass',
        was: release?.pass ?? null,
        subject: file.document,
        failed,
        controls: result.controls as never,
      })
    }
    if (result.outcome === 'fail') wanted.push({ cause: 'payment-file-differs', says: failed.join(' ') })
  }
  wanted.push(...casesOfSent(laws.policy.owners, sheet.state.sent, expectBatch(laws, { id: sheet.id, state: sheet.state })))
  const context = { amount: file?.sum ?? null, currency: null, party: null }
  for (const decision of exceptionDecisions(laws, sheet.id, sheet.state.exceptions, wanted, context, asOf)) sheet.add(decision)
  return { decisions: sheet.decisions, wakeAt: null, waits: [] }
}

type EntryRecordOf = ObjectRecord<EntryState>

/** The names under which what the entry settles may be known, best first. Locked: of two entries only one may have it. */
function candidates(entry: NonNullable<EntryState['entry']>): string[] {
  const about = entry.returns ?? entry
  const names: string[] = []
  if (about.endToEndId)
    names.push(...(about.messageId ? [paymentName(about.messageId, about.endToEndId)] : []), endToEndName(about.endToEndId))
  else names.push(...(about.messageId ? [batchName(about.messageId)] : []), ...(entry.batch ? [paymentInfoName(entry.batch)] : []))
  return [...names, ...tokens(entry.remittance ?? '').map(remittanceName)]
}

/** Words of a remittance text that may be an invoice number: at most ten, of 3 to 35 characters with a digit. */
function tokens(text: string): string[] {
  return [...new Set(text.split(/[\s,;:]+/u).filter((word) => word.length >= 3 && word.length <= 35 && /\d/u.test(word)))].slice(0, 10)
}

export function entryNeighbours({ state }: EntryRecordOf): Neighbours {
  return state.entry?.booked && !state.matched ? { read: [], write: candidates(state.entry) } : { read: [], write: [] }
}

export function judgeEntry(laws: Laws, record: EntryRecordOf, look: Look, asOf: Instant): Judgement {
  const sheet = new Scratch<EntryState>(record.id, record.version, record.state, asOf, evolveEntry)
  const { entry, matched } = record.state
  if (!entry?.booked) return { decisions: [], wakeAt: null, waits: [] }
  const { answers } = sheet.state
  const wanted = matched ? [] : settle(laws, sheet, entry, look).filter(({ cause }) => answers[cause]?.action !== 'explained')
  const context = { amount: entry.amount, currency: entry.currency, party: entry.counterparty ?? null }
  for (const decision of exceptionDecisions(laws, sheet.id, sheet.state.exceptions, wanted, context, asOf)) sheet.add(decision)
  return { decisions: sheet.decisions, wakeAt: sheet.wakeAt, waits: [...sheet.waits].sort() }
}

function settle(laws: Laws, sheet: Scratch<EntryState>, entry: NonNullable<EntryState['entry']>, look: Look): WantedException[] {
  const names = candidates(entry)
  const found = names
    .map((name) => look(name))
    .find((record) => record !== undefined && (record.kind !== 'invoice' || collected(seenAs<InvoiceState>(record))))
  const says = `${entry.direction === 'debit' ? 'Paid' : 'Received'} ${entry.amount} ${entry.currency} on ${entry.bookedOn ?? 'an unknown day'}${entry.counterparty ? `, ${entry.counterparty}` : ''}${entry.remittance ? `: ${entry.remittance.slice(0, 140)}` : ''}`
  const booked: Settled = {
    entry: sheet.id,
    bookedOn: entry.bookedOn ?? '',
    bankReference: entry.bankReference ?? `${entry.statement} ${entry.position}`,
  }
  const returning = entry.returns !== undefined || entry.reversal || entry.direction === 'credit'
  if (found?.kind === 'payment') {
    const { state } = seenAs<PaymentState>(found)
    if (returning)
      return bind(
        sheet,
        found.id,
        'returns',
        entry,
        booked,
        entry.returns ? `${entry.returns.code} ${entry.returns.reason ?? ''}`.trim() : says,
      )
    const other = Object.entries(state.entries).find(([, known]) => known.kind === 'settles')
    if (other) return [{ cause: 'bank-entry-unknown', says: `${says}. The payment was already settled by ${other[0]}.` }]
    if (!equal(state.instructed?.amount, entry.amount) || state.instructed?.currency !== entry.currency)
      return [{ cause: 'amount-differs', says: `${says}. Instructed were ${state.instructed?.amount} ${state.instructed?.currency}.` }]
    return bind(sheet, found.id, 'settles', entry, booked, says)
  }
  if (found?.kind === 'payment-batch' && !returning && whole(seenAs<BatchState>(found).state)) {
    const { state } = seenAs<BatchState>(found)
    const due = sumOf([state.seen.sum, negative(state.rejectedItems.sum)])
    if (state.entry) return [{ cause: 'bank-entry-unknown', says: `${says}. The file was already booked by ${state.entry.entry}.` }]
    if (!equal(due, entry.amount)) {
      sheet.waitFor([found.id])
      return [{ cause: 'amount-differs', says: `${says}. The file less what was rejected is ${due}.` }]
    }
    return bind(sheet, found.id, 'settles', entry, booked, says)
  }
  if (found?.kind === 'invoice' && !returning) {
    const { state } = seenAs<InvoiceState>(found)
    if (
      !liveAllocations(state).some(([, allocation]) => CASH.has(allocation.kind)) &&
      equal(amountDue(state) ?? undefined, entry.amount) &&
      state.content?.value.currency === entry.currency
    ) {
      settleInvoice(sheet, found.id, entry, booked, says, { kind: paying(state) === 'card' ? 'card' : 'bank' })
      return []
    }
  }
  sheet.waitFor(names)
  const until = sheet.after(entry.at, laws.policy.entryGraceMs)
  if (sheet.asOf < until) {
    sheet.wake(until)
    return []
  }
  const outside = found || returning ? undefined : paidOutside(names, entry, look)
  if (!outside) return [{ cause: 'bank-entry-unknown', says }]
  settleInvoice(sheet, outside, entry, booked, says, { kind: 'bank', outside: true })
  return []
}

/** The only invoice that the entry names, whose whole open amount it is, and for which no payment of ours is under way. */
function paidOutside(names: readonly string[], entry: NonNullable<EntryState['entry']>, look: Look): string | undefined {
  const named = new Map(
    names
      .map((name) => look(name))
      .filter((record) => record?.kind === 'invoice')
      .map((record) => [record!.id, seenAs<InvoiceState>(record!).state]),
  )
  const [[id, state] = [], another] = [...named]
  if (
    id === undefined ||
    state === undefined ||
    another !== undefined ||
    state.content?.value.currency !== entry.currency ||
    state.content.value.kind !== 'invoice'
  )
    return undefined
  if (Object.values(state.payments).some(({ progress }) => UNDER_WAY.has(progress))) return undefined
  const open = sumOf([amountDue(state) ?? '0', ...liveAllocations(state).map(([, allocation]) => negative(allocation.amount))])
  return equal(open, entry.amount) ? id : undefined
}

function settleInvoice(
  sheet: Scratch<EntryState>,
  invoice: string,
  entry: NonNullable<EntryState['entry']>,
  booked: Settled,
  says: string,
  how: { readonly kind: 'bank' | 'card'; readonly outside?: true },
): void {
  sheet.decide('statement.entry-matched', 'settlement', { to: invoice, kind: 'invoice', amount: entry.amount, says, ...booked })
  sheet.add({
    type: 'settlement.allocated',
    objects: [invoice],
    actor: 'rule:settlement',
    data: {
      ...how,
      invoice,
      amount: entry.amount,
      entry: sheet.id,
      booked: { bankReference: booked.bankReference, bookedOn: booked.bookedOn },
    },
  })
}

function bind(
  sheet: Scratch<EntryState>,
  to: string,
  kind: 'settles' | 'returns',
  entry: NonNullable<EntryState['entry']>,
  booked: Settled,
  says: string,
): WantedException[] {
  sheet.decide('statement.entry-matched', 'settlement', { to, kind, amount: entry.amount, says, ...booked }, [to])
  return []
}

/** Of a file that is not known whole the sum says nothing. */
const whole = ({ file, seen }: BatchState): boolean => file !== null && seen.count >= file.count
/** A neighbour whose kind was looked at. */
const seenAs = <S>(record: ObjectRecord): ObjectRecord<S> => record as unknown as ObjectRecord<S>
const paying = (state: InvoiceState): string => (state.routed ?? UNROUTED).rules.pays
const collected = ({ state }: ObjectRecord<InvoiceState>): boolean => paying(state) === 'collected' || paying(state) === 'card'
const UNDER_WAY: ReadonlySet<Progress> = new Set<Progress>(['instructed', 'released', 'accepted', 'settled'])
/** Only these allocations are money that left an account. */
const CASH = new Set(['bank', 'card'])
const equal = (a: string | undefined, b: string): boolean => a !== undefined && sumOf([a]) === sumOf([b])
