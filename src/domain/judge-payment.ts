/** The decisions about payments and payment files: who may be paid, how far it is, what it settles. */
import { minuteOf, type Instant } from '../lib/time.ts'
import { bankDaysOf, bankDeadline } from './bank-deadline.ts'
import { runGate } from './controls/control.ts'
import { PAYEE_CONTROLS, RELEASE_CONTROLS } from './controls/payment.ts'
import { exceptionDecisions, type WantedException } from './exception.ts'
import { expectBatch, expectPayment } from './expect-payment.ts'
import { warranted } from './headline.ts'
import type { InvoiceState } from './invoice-state.ts'
import { sumOf } from './invoice-content.ts'
import { bookedNeighbours, judgeBooked } from './judge-booked.ts'
import { diverge, unmappedWords } from './judge-cells.ts'
import { batchName } from './names.ts'
import { aliasOf, type Judgement, type Look, type Neighbours, type ObjectRecord } from './object.ts'
import {
  evolveBatch,
  evolvePayment,
  isAsPassed,
  isAtBank,
  itemsBeside,
  type BatchState,
  type PaymentState,
  type Progress,
  type Settled,
} from './payment.ts'
import { Scratch } from './scratch.ts'
import { casesOfSent, isInDoubt } from './sent.ts'
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
  progress(laws, sheet, batch, new Map([...invoices].map(([id, item]) => [id, item.amount])))
  const wanted = payee(laws, sheet, batch, look, [...invoices.keys()])
  wanted.push(...voidedTooLate(laws, sheet, batch), ...allocate(sheet, invoices))
  const [own] = Object.entries(sheet.state.entries).find(([, { kind }]) => kind === 'settles') ?? []
  if (batch && (own ? !batch.state.entry : sheet.state.progress !== 'settled' && sheet.state.progress !== 'returned'))
    sheet.waitFor([batch.id])
  const withFile = entryOfFile(laws, sheet.state, fileOf(sheet.state, batch))
  if (own && withFile && sheet.state.answers['bank-entry-unknown']?.action !== 'explained')
    wanted.push({ cause: 'bank-entry-unknown', says: `Booked twice: settled by ${own} alone, and by ${withFile.entry} with its file.` })
  sheet.waitFor(instructed.items.flatMap((item) => (look(item.posting) ? [] : [item.posting])))
  wanted.push(...failed(sheet, batch, invoices, look))
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

/** That the bank does not pay it is somebody's work until something else has paid all that it was for. */
function failed(
  sheet: Scratch<PaymentState>,
  batch: BatchRecord | undefined,
  invoices: ReadonlyMap<string, { readonly invoice: ObjectRecord<InvoiceState> }>,
  look: Look,
): WantedException[] {
  const { progress: now, rejected, entries, instructed } = sheet.state
  if (now !== 'rejected' && now !== 'returned') return []
  sheet.waitFor([...invoices.keys()])
  const known = instructed?.items.every((item) => look(item.posting)) && invoices.size > 0
  if (known && [...invoices.values()].every(({ invoice }) => warranted(invoice.state, ['paid']))) return []
  if (now === 'returned')
    return [
      {
        cause: 'payment-returned',
        says: Object.values(entries).find(({ kind }) => kind === 'returns')?.says ?? 'The bank gave no reason.',
      },
    ]
  const why = rejected ?? batch?.state.rejected
  return [{ cause: 'payment-rejected', says: `${why?.code ?? ''} ${why?.reason ?? ''}`.trim() }]
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

/**
 * The payee is judged from when people have released the file until all of it has passed, with what the supplier master and the invoices
 * say then: a pass while the rest of the file is stopped may be old by the time it goes.
 */
function payee(
  laws: Laws,
  sheet: Scratch<PaymentState>,
  batch: BatchRecord | undefined,
  look: Look,
  invoices: readonly string[],
): WantedException[] {
  const { instructed, cancelled, payee: known, progress: now } = sheet.state
  if (!instructed || cancelled || !batch?.state.released || batch.state.release?.pass) return []
  // What the bank has carried out past us is not stopped any more.
  if (known?.pass && now !== null && now !== 'instructed') return []
  const result = runGate(PAYEE_CONTROLS, {
    ...laws,
    id: sheet.id,
    payment: instructed,
    allocated: Object.values(sheet.state.allocated),
    look,
  })
  sheet.waitFor([...result.waits, ...invoices, supplierAlias(laws, instructed.supplier)])
  if (result.outcome === 'wait') return []
  const failed = result.failed.map((control) => control.says)
  const pass = result.outcome === 'pass'
  if (known === null || known.pass !== pass || known.failed.join() !== failed.join()) {
    sheet.decide(
      'rule.evaluated',
      'payee',
      {
        gate: 'payee',
        payment: sheet.id,
        pass,
        was: known?.pass ?? null,
        subject: instructed.endToEndId,
        failed,
        controls: result.controls as never,
      },
      // The invoices hear it, too: of two payments that are judged beside each other the second sees what the first one claims.
      [batch.id, ...invoices],
    )
  }
  return pass ? [] : [{ cause: 'payment-stopped', says: failed.join(' ') }]
}

function progress(laws: Laws, sheet: Scratch<PaymentState>, batch: BatchRecord | undefined, amounts: ReadonlyMap<string, string>): void {
  const { state } = sheet
  const settles = Object.entries(state.entries).find(([, entry]) => entry.kind === 'settles')
  const file = fileOf(state, batch)
  const rejected = state.rejected !== null || (file !== undefined && isRejected(file))
  const booked = entryOfFile(laws, state, file)
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
        : isVoid(laws, state, file)
          ? 'cancelled'
          : file?.accepted
            ? 'accepted'
            : file?.release?.pass
              ? 'released'
              : 'instructed'
  const reaches = [...amounts].map(([id, amount]) => `${id} ${amount}`).sort()
  const voids = state.cancelled !== null && !state.voided
  if (now === state.progress && !voids && reaches.join() === state.reaches.join()) return
  const tells = voids || (now === 'rejected') !== (state.progress === 'rejected')
  const others = tells && batch ? [batch.id, ...amounts.keys()] : [...amounts.keys()]
  sheet.decide(
    'payment.moved',
    'payment',
    {
      payment: sheet.id,
      progress: now,
      was: state.progress,
      amount: state.instructed?.amount,
      amounts: Object.fromEntries(amounts),
      ...(settled ? { settled } : {}),
      ...(voids ? { voids } : {}),
    },
    others,
  )
}

/** Its file; what came under its MsgId after all of the file had passed was not in it. */
const fileOf = ({ payee: judged }: PaymentState, batch: BatchRecord | undefined): BatchState | undefined =>
  batch?.state.release?.pass && judged === null ? undefined : batch?.state

/** The entry that booked its file as one amount, which a payment that was refused or cancelled is no part of. */
const entryOfFile = (laws: Laws, state: PaymentState, file: BatchState | undefined): BatchState['entry'] =>
  state.rejected === null && !isVoid(laws, state, file) ? (file?.entry ?? null) : null

/** A file's rejection holds unless the bank books the file, or says by it only that it has it already. */
const isRejected = ({ rejected, accepted, entry }: BatchState): boolean =>
  rejected !== null && entry === null && !(accepted && DUPLICATE.has(rejected.code))

/** ISO 20022 external status reasons: a message, or what is in it, that came before. Where that was ours, ours stands. */
const DUPLICATE: ReadonlySet<string> = new Set(['AM05', 'DU01', 'DU02', 'DU03', 'DU04', 'DU05'])

/** The ERP may take back what has not left; of what the bank has, or may have, the bank alone can say that it will not be. */
function isVoid(laws: Laws, { cancelled }: PaymentState, file: BatchState | undefined): boolean {
  if (cancelled === null || cancelled.byBank || !file) return cancelled !== null
  if (file.entry) return file.entry.withoutVoided === true
  const sent = file.sent[`payment.transmit@${laws.policy.systems.bank}`]
  return !isAtBank(laws, file) && !(sent && isInDoubt(sent))
}

/** The ERP counts it as void, and would pay again; the bank has it. */
function voidedTooLate(laws: Laws, { state }: Scratch<PaymentState>, batch: BatchRecord | undefined): WantedException[] {
  const { cancelled, progress: now, instructed, answers } = state
  if (!cancelled || now === null || !['released', 'accepted', 'settled'].includes(now) || answers['voided-at-bank']) return []
  const far = now === 'settled' ? 'has booked it' : batch && isAtBank(laws, batch.state) ? 'has it' : 'may have it'
  return [{ cause: 'voided-at-bank', says: `The ERP made ${instructed?.paymentDoc} void; the bank ${far}.` }]
}

/** A settled payment covers its invoices; one that came back, or was rejected after all, no longer does. */
function allocate(
  sheet: Scratch<PaymentState>,
  invoices: ReadonlyMap<string, { readonly invoice: ObjectRecord<InvoiceState>; readonly amount: string }>,
): WantedException[] {
  const { progress: now, allocated, settled, instructed, answers } = sheet.state
  const items = instructed && itemsBeside(instructed)
  if (now === 'settled' && settled && items !== null) {
    const says = `${instructed?.amount} ${instructed?.currency} was booked on ${settled.bookedOn}; what it is for adds up to ${items}. Nothing is settled by it.`
    return answers['amount-differs'] ? [] : [{ cause: 'amount-differs', says }]
  }
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
  return []
}

/** What has become otherwise since the file passed. */
function sincePassed({ release, released, file, seen, messageId }: BatchState): string[] {
  if (!release?.pass || !released || !file) return []
  return [
    ...(isAsPassed({ release, released })
      ? []
      : [
          `Other bytes were released under ${messageId} (${released.document.slice(0, 12)}) than those that passed (${release.document?.slice(0, 12)}).`,
        ]),
    ...(seen.count > file.count
      ? [`${seen.count} payments are known under ${messageId}; the file that was read last holds ${file.count}.`]
      : []),
  ]
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
    // A file of which all was cancelled is none any more.
    const { voidedItems } = record.state
    if (result.outcome === 'fail' && !(voidedItems && voidedItems.count >= file.count))
      wanted.push({ cause: 'payment-file-differs', says: failed.join(' ') })
  }
  const since = sincePassed(record.state)
  if (since.length > 0) wanted.push({ cause: 'payment-file-differs', says: since.join(' ') })
  wanted.push(...casesOfSent(laws.policy.owners, sheet.state.sent, expectBatch(laws, { id: sheet.id, state: sheet.state })))
  const context = { amount: file?.sum ?? null, currency: null, party: null }
  for (const decision of exceptionDecisions(laws, sheet.id, sheet.state.exceptions, wanted, context, asOf)) sheet.add(decision)
  return { decisions: sheet.decisions, wakeAt: null, waits: [] }
}
