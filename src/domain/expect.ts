/**
 * What every system should show of an object, and which command leads there. A command is wanted only when all earlier
 * warrants of the route hold; what happened without us is observed, never caused.
 */
import { dateIn } from '../lib/time.ts'
import { correctedBy, holdReasons, isWaived, liveAllocations, liveHolds, livePostings, reversalAsked, warranted } from './headline.ts'
import { settlementOf } from './axes.ts'
import { attachmentCells, attachmentStep, evidenceCells, evidenceStep, fileCells, fileSteps } from './evidence.ts'
import type { Filed } from './filing.ts'
import type { Granted, InvoiceState } from './invoice.ts'
import { loginOf } from './names.ts'
import type { Cell, EffectMark, Expectation, Facet, WantedEffect } from './object.ts'
import type { BatchState, PaymentState } from './payment.ts'
import type { ReferenceState } from './reference.ts'
import { askedAbout } from './policy.ts'
import { toldAgain } from './reconcile.ts'
import { foundIn, readOf } from './reference.ts'
import { UNROUTED, type HeadlineState, type Route } from './routes.ts'
import type { Laws } from './view.ts'

interface Subject<State> {
  readonly id: string
  readonly state: State
}

/** Others are not told of the archive: one that is archived is for them what it was before. */
type Reached = Exclude<HeadlineState, 'archived'>
const reached = (state: InvoiceState): Reached | null =>
  state.headline !== 'archived' ? state.headline : warranted(state, ['paid']) ? 'paid' : 'rejected'

/** What the AP tool is told, by headline; it knows its own approvals, so it hears of what comes after them. */
const TOLD_TO_AP: { readonly [state in Reached]: string | null } = {
  received: null,
  validated: null,
  matched: null,
  approved: null,
  posted: 'posted',
  paid: 'paid',
  rejected: 'rejected',
}

/** What procurement is told of invoices on its orders: what it has to do about one, and how far the others have come. */
const TOLD_TO_PROCUREMENT: { readonly [state in Reached]: string | null } = {
  received: null,
  validated: null,
  matched: 'matched',
  approved: 'matched',
  posted: 'posted',
  paid: 'paid',
  rejected: 'rejected',
}

export function expectInvoice(laws: Laws, { id, state }: Subject<InvoiceState>): Expectation {
  const { erp, ap, procurement } = laws.policy.systems
  const route = (state.routed ?? UNROUTED).rules
  const effects: WantedEffect[] = []
  const submit = submission(ap, id, state, route)
  if (submit) effects.push(submit)
  const post = posting(erp, id, state, route)
  if (post) effects.push(post)
  effects.push(...reversing(erp, id, state), ...blocking(erp, id, state))
  const live = livePostings(state)
  for (const [postingNo, booked] of live) {
    if (booked.confirmed?.settled) continue
    effects.push({
      target: erp,
      command: 'lookup.posting',
      object: id,
      occurrence: postingNo,
      subject: id,
      content: { question: 'posting', postingNo, entity: state.parties?.entity, reference: id },
    })
  }
  effects.push(...clearings(erp, id, state, route))
  const word = wordForAp(state)
  const ticket = state.approval.ticket ?? state.sent[`invoice.submit@${ap}`]?.receipt ?? null
  if (ticket !== null && word !== null) {
    effects.push({
      target: ap,
      command: 'invoice.status',
      object: id,
      occurrence: `${word}#${state.movedBy}${toldAgain(state, ap, word)}`,
      subject: id,
      content: { on: dayOf(state, word), reference: id, refs: { posting: live[0]?.[0] }, ticket, word },
    })
  }
  effects.push(...attachmentStep(laws, id, state), ...evidenceStep(laws, id, state))
  const told = procurement === undefined ? null : wordForProcurement(state)
  if (procurement !== undefined && told !== null) {
    effects.push({
      target: procurement,
      command: 'invoice.status',
      object: id,
      occurrence: `${told.word}#${told.since}${toldAgain(state, procurement, told.word)}`,
      subject: id,
      content: {
        reference: id,
        word: told.word,
        order: state.content?.value.orders[0],
        entity: state.parties?.entity,
        number: state.content?.value.number,
      },
    })
  }
  const settled = live.some(([, booked]) => booked.confirmed?.settled)
  return {
    cells: [
      cellOf(id, state, ap, 'approval', submit || state.approval.ticket ? 'submitted' : null),
      {
        ...cellOf(id, state, erp, 'posting', post || live.length > 0 ? 'posted' : null),
        ...(settled ? { reported: postedAs(state, erp, live) } : {}),
      },
      cellOf(id, state, erp, 'settlement', warranted(state, ['paid']) ? 'settled' : null),
      cellOf(id, state, ap, 'status', ticket === null ? null : word),
      ...attachmentCells(laws, id, state),
      ...evidenceCells(laws, id, state),
      ...(procurement === undefined ? [] : [cellOf(id, state, procurement, 'status', told?.word ?? null)]),
    ].filter((cell) => cell.expected !== null || cell.told !== null || cell.reported !== null),
    effects,
    marks: [...postingMarks(erp, id, state), ...blockMarks(erp, id, state)],
  }
}

/** A posting that was read back is there until a look at that very one says something else. */
function postedAs(state: InvoiceState, erp: string, live: ReturnType<typeof livePostings>): string {
  const last = state.reported[`${erp}|posting`]
  return last?.of !== undefined && live.some(([postingNo, { confirmed }]) => postingNo === last.of && confirmed?.settled)
    ? last.word
    : 'posted'
}

function cellOf(
  object: string,
  state: Pick<InvoiceState, 'told'> & Partial<Pick<InvoiceState, 'reported'>>,
  system: string,
  facet: Facet,
  expected: string | null,
): Cell {
  const key = `${system}|${facet}`
  return { object, system, facet, expected, told: state.told[key]?.word ?? null, reported: state.reported?.[key]?.word ?? null }
}

function wordForAp(state: InvoiceState): string | null {
  const settlement = settlementOf(state)
  if (settlement === 'returned') return 'returned'
  if (state.headline === 'posted' && liveHolds(state).length > 0) return 'held'
  if (state.headline === 'posted' && ['instructed', 'released', 'accepted', 'part'].includes(settlement)) return 'in-payment'
  const standing = reached(state)
  return standing === null ? null : TOLD_TO_AP[standing]
}

/** The day of what is told: of the posting, of the last settlement, or of the one that came back. */
function dayOf(state: InvoiceState, word: string): string | undefined {
  const [, posting] = livePostings(state)[0] ?? []
  const allocations = Object.values(state.allocations)
  const days =
    word === 'paid'
      ? allocations.filter(({ undone }) => undone === null).map(({ on }) => on)
      : word === 'returned'
        ? allocations.map(({ undoneOn }) => undoneOn)
        : []
  return (
    days
      .filter((on) => on !== null)
      .sort()
      .at(-1) ?? posting?.confirmed?.postedOn
  )
}

/** `since`: the event that made it so. Nothing before it is certain that the order is theirs. */
function wordForProcurement(state: InvoiceState): { readonly word: string; readonly since: string } | null {
  const { match } = state.verdicts
  const content = state.content
  if (!content || !state.parties || content.value.orders.length === 0 || !(state.routed ?? UNROUTED).rules.requires.includes('matched'))
    return null
  const standing = reached(state)
  const word = settlementOf(state) === 'returned' ? 'returned' : standing === null ? null : TOLD_TO_PROCUREMENT[standing]
  if (word !== null && state.movedBy !== null) return { word, since: state.movedBy }
  if (!match || match.pass || match.subject !== content.event) return null
  return {
    word: match.failed.some((control) => control.startsWith('receipt-missing:')) ? 'awaiting-receipt' : 'mismatched',
    since: match.event,
  }
}

function submission(ap: string, id: string, state: InvoiceState, route: Route): WantedEffect | null {
  const before = route.requires.slice(0, route.requires.indexOf('approved')).filter((step) => step !== 'posted')
  const booked = livePostings(state).length > 0 && !route.releaseAfter.includes('approved')
  const { content, terms, parties } = state
  const waived = isWaived(state) && warranted(state, ['approved'])
  if (
    !route.submits ||
    waived ||
    booked ||
    !content ||
    !terms ||
    !parties ||
    !warranted(state, before) ||
    warranted(state, ['rejected']) ||
    correctedBy(state)
  )
    return null
  const { value } = content
  return {
    target: ap,
    command: 'invoice.submit',
    object: id,
    occurrence: content.event,
    subject: id,
    ...(value.dueOn ? { dueOn: value.dueOn } : {}),
    content: {
      currency: value.currency,
      dueOn: value.dueOn,
      entity: parties.entity,
      gross: terms.value.gross,
      issuedOn: value.issuedOn,
      kind: value.kind,
      lines: (value.lines ?? []).map((line) => ({
        id: line.id,
        name: line.name,
        net: line.net,
        order: line.orderLine,
        price: line.price,
        quantity: line.quantity,
      })),
      net: terms.value.net,
      number: value.number,
      orders: value.orders,
      payable: value.totals.payable,
      reference: id,
      supplier: { name: value.supplier.name, names: value.supplier.names, number: parties.supplier },
      tax: terms.value.tax,
      terms: terms.value,
    },
  }
}

/** On what and on which day it is to be posted; null while, or because, it is not. Whether its period is open is another question. */
export function toBePosted(state: InvoiceState, route: Route): Booking | null {
  const booking = bookingOf(state, route)
  if (
    route.postAfter.length === 0 ||
    !state.content ||
    !booking ||
    !state.parties ||
    !warranted(state, route.postAfter) ||
    warranted(state, ['rejected'])
  )
    return null
  if (livePostings(state).length > 0 || !mayPostAgain(state) || correctedBy(state)) return null
  return { ...booking, postOn: state.postingPlan?.on ?? booking.postOn }
}

function posting(erp: string, id: string, state: InvoiceState, route: Route): WantedEffect | null {
  const { content, parties } = state
  const booking = toBePosted(state, route)
  if (!booking || !content || !parties || (state.postingPlan?.held ?? null) !== null) return null
  const { value } = content
  const [tax] = Object.values(parties.taxCodes)
  return {
    target: erp,
    command: 'invoice.post',
    object: id,
    occurrence: String(reversals(state).length),
    subject: id,
    ...(value.dueOn ? { dueOn: value.dueOn } : {}),
    content: {
      approvedAt: booking.approvedAt,
      approvers: booking.approvers,
      authority: booking.authority,
      blocked: holdReasons(state).length > 0,
      correlation: id,
      currency: value.currency,
      dueOn: value.dueOn,
      entity: parties.entity,
      gross: booking.terms.gross,
      issuedOn: value.issuedOn,
      kind: value.kind,
      lines: (booking.terms.coding ?? []).map((line) => ({
        ...line,
        ...(Object.keys(parties.taxCodes).length === 1 ? { taxCode: tax } : {}),
      })),
      method: METHODS[route.pays],
      net: booking.terms.net,
      number: value.number,
      orders: value.orders,
      payable: value.totals.payable,
      policy: booking.policy,
      postedOn: booking.postOn,
      reference: id,
      supplier: parties.supplier,
      tax: booking.terms.tax,
    },
  }
}

export type Booking = Pick<Granted, 'terms' | 'postOn' | 'approvers' | 'authority'> & {
  readonly policy: string
  readonly approvedAt: string
}

/** On what it is booked: what was granted; or, where the route posts before that, our own terms on the route's account. */
function bookingOf(state: InvoiceState, route: Route): Booking | null {
  const { granted, terms, parties, verdicts } = state
  if (granted && warranted(state, ['approved'])) return { ...granted, policy: `terms ${granted.hash.slice(0, 16)}` }
  if (!terms || route.account === null || route.postAfter.includes('approved')) return null
  const readyAt = verdicts.match?.at ?? terms.at
  return {
    terms: { ...terms.value, coding: [{ account: route.account, amount: terms.value.net }] },
    postOn: dateIn(parties?.zone ?? 'UTC', readyAt),
    policy: `route ${state.routed?.name ?? ''}`,
    approvers: [],
    authority: 'posted before approval, not to be paid until then',
    approvedAt: '',
  }
}

/** Two persons said so after it was posted; a posting is reversed once. */
function reversing(erp: string, id: string, state: InvoiceState): WantedEffect[] {
  const asked = reversalAsked(state)
  if (!asked) return []
  return livePostings(state)
    .filter(([postingNo, posting]) => asked.at > (posting.confirmed?.at ?? '') && asked.keeps !== postingNo)
    .map(([postingNo]) => ({
      target: erp,
      command: 'invoice.reverse',
      object: `${id} ${postingNo}`,
      occurrence: postingNo,
      subject: id,
      content: { reference: id, posting: postingNo, reason: asked.reason, requestedBy: whoIs(asked.person), agreedBy: whoIs(asked.second) },
    }))
}

/** As the other system knows the person: an actor of ours is `person:` and the login. */
const whoIs = (actor: string): string => loginOf(actor.replace(/^person:/u, ''))

/** A block for as long as there is a reason for one, and its lifting afterwards. A block that somebody else set is left alone. */
function blocking(erp: string, id: string, state: InvoiceState): WantedEffect[] {
  const reasons = holdReasons(state)
  return livePostings(state).flatMap(([postingNo, { confirmed }]): WantedEffect[] => {
    const { held, lifted } = blocksOf(state, postingNo)
    const effect = (command: 'payment.hold' | 'payment.unhold', reason: string): WantedEffect[] => [
      {
        target: erp,
        command,
        object: `${id} ${postingNo}`,
        occurrence: `${postingNo}#${lifted}`,
        subject: id,
        content: { posting: postingNo, reason },
      },
    ]
    if (!confirmed?.settled || warranted(state, ['paid'])) return []
    if (reasons.length > 0) return held > lifted ? [] : effect('payment.hold', reasons.join('; '))
    return held > lifted ? effect('payment.unhold', 'no reason stands any more') : []
  })
}

/** What is posted with a block has been held once already. */
const blocksOf = (state: InvoiceState, postingNo: string): { held: number; lifted: number } => {
  const { held, lifted } = state.blocks[postingNo] ?? { held: 0, lifted: 0 }
  return { held: Math.max(held, state.routed?.rules.releaseAfter.length && state.postings[postingNo]?.confirmed?.ours ? 1 : 0), lifted }
}

/** A block that was lifted, and a lifting after which it was blocked again, can be asked for once more. */
function blockMarks(erp: string, id: string, state: InvoiceState): EffectMark[] {
  return Object.entries(state.blocks).flatMap(([postingNo, { held, lifted }]) => {
    const undone = (command: 'payment.hold' | 'payment.unhold', times: number): EffectMark[] =>
      Array.from({ length: Math.max(0, times) }, (_, before) => ({
        target: erp,
        command,
        object: `${id} ${postingNo}`,
        occurrence: `${postingNo}#${before}`,
        input: 'undone',
      }))
    return [...undone('payment.hold', lifted), ...undone('payment.unhold', held - 1)]
  })
}

/** As the ERP is told how it is paid. */
const METHODS = { transfer: 'transfer', collected: 'collected', card: 'card', nothing: 'none' } as const satisfies Record<
  Route['pays'],
  string
>

/** What the other side took from our account has no payment document in the ERP: it is told to clear the posting with that entry. */
function clearings(erp: string, id: string, state: InvoiceState, route: Route): WantedEffect[] {
  const [posted] = livePostings(state)
  const { content, parties } = state
  if ((route.pays !== 'collected' && route.pays !== 'card') || !posted || !content || !parties || !warranted(state, ['posted', 'paid']))
    return []
  return liveAllocations(state).flatMap(([, { amount, evidence, booked }]): WantedEffect[] =>
    booked
      ? [
          {
            target: erp,
            command: 'settlement.clear',
            object: id,
            occurrence: evidence,
            subject: id,
            content: {
              reference: id,
              posting: posted[0],
              entity: parties.entity,
              supplier: parties.supplier,
              amount,
              currency: content.value.currency,
              ...booked,
            },
          },
        ]
      : [],
  )
}

const reversals = (state: InvoiceState): string[] =>
  Object.values(state.postings)
    .flatMap((booked) => (booked.reversed ? [booked.reversed.at] : []))
    .sort()

/** After a reversal in the ERP the hub does not fight it: a person says that it shall be posted again. */
function mayPostAgain(state: InvoiceState): boolean {
  const last = reversals(state).at(-1)
  const answer = state.answers['posting-reversed']
  return last === undefined || (answer?.action === 'post-again' && answer.at > last)
}

/** Our postings that the ERP shows, whoever told us: each proves the effect with its number of earlier reversals. */
function postingMarks(erp: string, id: string, state: InvoiceState): EffectMark[] {
  const all = reversals(state)
  return Object.values(state.postings).flatMap((booked): EffectMark[] => {
    const { confirmed } = booked
    if (!confirmed?.ours) return []
    const occurrence = String(all.filter((at) => at <= confirmed.at).length)
    return [{ target: erp, command: 'invoice.post', object: id, occurrence, input: booked.reversed ? 'undone' : 'evidence' }]
  })
}

export function expectPayment(laws: Laws, { id, state }: Subject<PaymentState>): Expectation {
  const { erp } = laws.policy.systems
  const { instructed, settled } = state
  const record: WantedEffect | null =
    instructed && settled && state.progress === 'settled'
      ? {
          target: erp,
          command: 'settlement.record',
          object: id,
          occurrence: settled.entry,
          subject: id,
          content: {
            paymentDoc: instructed.paymentDoc,
            bankReference: settled.bankReference,
            bookedOn: settled.bookedOn,
            amount: instructed.amount,
            currency: instructed.currency,
            reference: id,
          },
        }
      : null
  const asked = state.answers['payment-stopped']
  // Only before the bank has it: what it was sent is the bank's to give back.
  const cancel: WantedEffect[] =
    instructed && state.progress === 'instructed' && asked?.action === 'cancel' && asked.second !== null && asked.second !== asked.person
      ? [
          {
            target: erp,
            command: 'payment.cancel',
            object: id,
            occurrence: asked.event,
            subject: id,
            content: {
              paymentDoc: instructed.paymentDoc,
              reason: asked.reason,
              requestedBy: whoIs(asked.person),
              agreedBy: whoIs(asked.second),
              reference: id,
            },
          },
        ]
      : []
  const undone: EffectMark[] =
    settled && state.progress === 'returned'
      ? [{ target: erp, command: 'settlement.record', object: id, occurrence: settled.entry, input: 'undone' }]
      : []
  return {
    cells: [cellOf(id, state, erp, 'settlement', record ? 'settled' : null)].filter((cell) => cell.expected !== null || cell.told !== null),
    effects: [...cancel, ...(record ? [record] : [])],
    marks: undone,
  }
}

export function expectBatch(laws: Laws, { id, state }: Subject<BatchState>): Expectation {
  const { bank } = laws.policy.systems
  const transmit: WantedEffect | null =
    state.release?.pass && state.released && state.messageId !== null
      ? {
          target: bank,
          command: 'payment.transmit',
          object: state.messageId,
          occurrence: state.messageId,
          subject: id,
          content: { messageId: state.messageId, document: state.released.document },
        }
      : null
  // What the bank says of the file proves that the bank has it, whatever became of our call: it is never sent again.
  const has = state.messageId !== null && (state.accepted ?? state.rejected ?? state.entry) !== null
  return {
    cells: [cellOf(id, state, bank, 'transmission', transmit ? 'transmitted' : null), ...fileCells(laws, id, state)].filter(
      (cell) => cell.expected !== null || cell.told !== null,
    ),
    effects: [...(transmit ? [transmit] : []), ...fileSteps(laws, id, state)],
    marks: has
      ? [{ target: bank, command: 'payment.transmit', object: state.messageId, occurrence: state.messageId, input: 'evidence' }]
      : [],
  }
}

export function expectStatement(laws: Laws, { id, state }: Subject<Filed>): Expectation {
  return { cells: fileCells(laws, id, state), effects: fileSteps(laws, id, state), marks: [] }
}

/** A lookup per question whose answer is missing or older than wanted; tax codes and periods only once the company is known. */
export function expectReference(laws: Laws, { id, state }: Subject<ReferenceState>): Expectation {
  const { erp } = laws.policy.systems
  const entity = foundIn(state, 'entity', erp)?.entity?.number
  const asked = Object.entries(state.wants).flatMap(([question, since]) =>
    askedAbout(laws.policy, question).map((target) => [question, since, target] as const),
  )
  const effects = asked.flatMap(([question, since, target]): WantedEffect[] => {
    const read = readOf(state, question, target)
    if (read && read.answer.readAt >= since) return []
    const common = { target, object: id, occurrence: `${question}#${since}`, subject: id }
    const [what, ...words] = question.split(' ')
    switch (what) {
      case 'supplier':
        return [
          { ...common, command: 'lookup.supplier', content: { question, names: state.ask?.names ?? [], name: state.ask?.name ?? '' } },
        ]
      case 'entity':
        return [{ ...common, command: 'lookup.entity', content: { question, names: state.ask?.names ?? [], name: state.ask?.name ?? '' } }]
      case 'order':
        return [{ ...common, command: 'lookup.order', content: { question, number: state.ask?.name ?? '', entity: state.ask?.entity } }]
      case 'tax-code':
        return entity === undefined
          ? []
          : [{ ...common, command: 'lookup.tax-code', content: { question, entity, category: words[0] ?? '', rate: words[1] ?? '0' } }]
      case 'period':
        return entity === undefined ? [] : [{ ...common, command: 'lookup.period', content: { question, entity, month: words[0] ?? '' } }]
      default:
        return []
    }
  })
  return { cells: [], effects, marks: [] }
}
