/** What the ERP should book of an invoice: its posting, the reversal of one, the block of its payment, and how it was cleared. */
import { covers, thingPosted, thingReversed } from './answers.ts'
import { dateIn } from '../lib/time.ts'
import { correctedBy, holdReasons, liveAllocations, livePostings, postingsOf, reversalAsked, warranted } from './headline.ts'
import type { Granted, InvoiceState, ReversalPlan } from './invoice-state.ts'
import { dueBy, type Cell, type EffectMark, type WantedEffect } from './object.ts'
import type { Route } from './routes.ts'
import { cellOf } from './cell.ts'
import { whoIs } from './names.ts'
import { HAPPENED, isInDoubt } from './sent.ts'

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

export function posting(erp: string, id: string, state: InvoiceState, route: Route): WantedEffect | null {
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
    ...dueBy(value.dueOn),
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

/** Whether nobody knows if what is to be posted was posted already. */
export function postingInDoubt(erp: string, state: InvoiceState): boolean {
  const sent = state.sent[`invoice.post@${erp}`]
  return sent !== undefined && sent.occurrence === String(reversals(state).length) && isInDoubt(sent)
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

interface Reversal {
  readonly asked: NonNullable<ReturnType<typeof reversalAsked>>
  readonly postings: readonly string[]
  /** The ERP's number of the company in whose books they stand. */
  readonly entity: string
  /** The day on which it is to be booked; another one than it was asked on where that one's period was closed. */
  readonly on: string
  readonly plan: ReversalPlan | undefined
}

/** Two persons said so after it was posted; a posting is reversed once, and one that only a reply named may be another's. */
export function toBeReversed(state: InvoiceState): Reversal | null {
  const asked = reversalAsked(state)
  if (!asked) return null
  const live = livePostings(state).filter(
    ([postingNo, { confirmed }]) => confirmed?.settled && covers(asked, [thingPosted(postingNo)]) && asked.keeps !== postingNo,
  )
  const plan = state.reversalPlan?.of === asked.event ? state.reversalPlan : undefined
  // Never before what it takes back.
  const days = [dateIn(state.parties?.zone ?? 'UTC', asked.at), ...live.map(([, { confirmed }]) => confirmed?.postedOn ?? '')]
  const [first] = live
  if (!first) return null
  const on = plan?.on ?? days.sort().at(-1) ?? ''
  return { asked, postings: live.map(([postingNo]) => postingNo), entity: first[1].confirmed?.entity ?? '', on, plan }
}

/** Once it is known that its period is open; of a posting without an invoice nobody knows whom to ask, and the ERP says so itself. */
export function reversing(erp: string, id: string, state: InvoiceState): WantedEffect[] {
  const reversal = toBeReversed(state)
  if (!reversal || (state.content && reversal.plan?.held !== null)) return []
  const { asked, postings, on } = reversal
  return postings.map((postingNo) => ({
    target: erp,
    command: 'invoice.reverse',
    object: `${id} ${postingNo}`,
    occurrence: postingNo,
    subject: id,
    ...dueBy(state.content?.value.dueOn),
    content: {
      reference: id,
      posting: postingNo,
      reason: asked.reason,
      requestedBy: whoIs(asked.person),
      agreedBy: whoIs(asked.second),
      reversedOn: on,
    },
  }))
}

/** Whether nobody knows if what is to be reversed was reversed already, or it was and the ERP's journal has yet to show it. */
export const reversalUnderWay = (erp: string, { sent }: InvoiceState, postings: readonly string[]): boolean =>
  Object.entries(sent).some(
    ([place, one]) =>
      place.startsWith(`invoice.reverse@${erp}`) && postings.includes(one.occurrence) && (isInDoubt(one) || HAPPENED.has(one.input)),
  )

/** A block for as long as there is a reason for one, and its lifting afterwards. A block that somebody else set is left alone. */
export function blocking(erp: string, id: string, state: InvoiceState): WantedEffect[] {
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
        ...dueBy(state.content?.value.dueOn),
        content: { posting: postingNo, reason },
      },
    ]
    if (!confirmed?.settled || warranted(state, ['paid'])) return []
    if (reasons.length > 0) return held > lifted ? [] : effect('payment.hold', reasons.join('; '))
    return held > lifted ? effect('payment.unhold', 'no reason stands any more') : []
  })
}

/** Whether the ERP should keep it out of payment; what was told with the posting was told, too. Paid, or of several documents, it says nothing. */
export function holdCell(erp: string, id: string, state: InvoiceState): Cell {
  const [first, second] = livePostings(state)
  const cell = cellOf(id, state, erp, 'hold', null)
  if (!first || second || !first[1].confirmed?.settled) return cell
  const { held, lifted } = blocksOf(state, first[0])
  if (held <= lifted) return cell
  return { ...cell, expected: holdReasons(state).length > 0 && !warranted(state, ['paid']) ? 'held' : null, told: 'held' }
}

/** What is posted with a block has been held once already. */
const blocksOf = (state: InvoiceState, postingNo: string): { held: number; lifted: number } => {
  const { held, lifted } = state.blocks[postingNo] ?? { held: 0, lifted: 0 }
  return { held: Math.max(held, state.routed?.rules.releaseAfter.length && state.postings[postingNo]?.confirmed?.ours ? 1 : 0), lifted }
}

/** A block that was lifted, and a lifting after which it was blocked again, can be asked for once more. */
export function blockMarks(erp: string, id: string, state: InvoiceState): EffectMark[] {
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
export function clearings(erp: string, id: string, state: InvoiceState, route: Route): WantedEffect[] {
  // The one that was read back and found to be this invoice: a reply may have named another's document.
  const [posting] = postingsOf(state.verdicts.posting?.subject ?? '')
  const { content, parties } = state
  if ((route.pays !== 'collected' && route.pays !== 'card') || !posting || !content || !parties || !warranted(state, ['posted', 'paid']))
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
            ...dueBy(booked.bookedOn),
            content: {
              reference: id,
              posting,
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
  const reversed = Object.entries(state.postings).flatMap(([postingNo, booked]) => (booked.reversed ? [thingReversed(postingNo)] : []))
  const answer = state.answers['posting-reversed']
  return reversed.length === 0 || (answer?.action === 'post-again' && covers(answer, reversed))
}

/** What came back may be collected once more, and is cleared once more then. */
export function clearingMarks(erp: string, id: string, { allocations }: InvoiceState): EffectMark[] {
  return Object.values(allocations).flatMap(({ evidence, returned }): EffectMark[] =>
    returned === undefined ? [] : [{ target: erp, command: 'settlement.clear', object: id, occurrence: evidence, input: 'undone' }],
  )
}

/** Our postings that the ERP shows, whoever told us: each proves the effect with its number of earlier reversals. */
export function postingMarks(erp: string, id: string, state: InvoiceState): EffectMark[] {
  const all = reversals(state)
  return Object.values(state.postings).flatMap((booked): EffectMark[] => {
    const { confirmed } = booked
    if (!confirmed?.ours) return []
    const occurrence = String(all.filter((at) => at <= confirmed.at).length)
    return [{ target: erp, command: 'invoice.post', object: id, occurrence, input: booked.reversed ? 'undone' : 'evidence' }]
  })
}
