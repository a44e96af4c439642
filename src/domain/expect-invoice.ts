/**
 * What every system should show of an object, and which command leads there. A command is wanted only when all earlier
 * warrants of the route hold; what happened without us is observed, never caused.
 */
import { correctedBy, isWaived, liveHolds, livePostings, ticketOf, warranted } from './headline.ts'
import { settlementOf } from './axes.ts'
import { attachmentCells, attachmentStep, evidenceCells, evidenceStep } from './evidence.ts'
import type { InvoiceState } from './invoice-state.ts'
import { dueBy, type Expectation, type WantedEffect } from './object.ts'
import { toldAgain } from './reconcile.ts'
import { UNROUTED, type HeadlineState, type Route } from './routes.ts'
import type { Laws } from './view.ts'
import { cellOf, type Subject } from './cell.ts'
import { blocking, blockMarks, clearingMarks, clearings, holdCell, posting, postingMarks, reversing } from './expect-posting.ts'

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
  const ticket = ticketOf(state, ap)
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
      holdCell(erp, id, state),
      cellOf(id, state, ap, 'status', ticket === null ? null : word),
      ...attachmentCells(laws, id, state),
      ...evidenceCells(laws, id, state),
      ...(procurement === undefined ? [] : [cellOf(id, state, procurement, 'status', told?.word ?? null)]),
    ].filter((cell) => cell.expected !== null || cell.told !== null || cell.reported !== null),
    effects,
    marks: [...postingMarks(erp, id, state), ...blockMarks(erp, id, state), ...clearingMarks(erp, id, state)],
  }
}

/** A posting that was read back is there until a look at that very one says something else. */
function postedAs(state: InvoiceState, erp: string, live: ReturnType<typeof livePostings>): string {
  const last = state.reported[`${erp}|posting`]
  return last?.of !== undefined && live.some(([postingNo, { confirmed }]) => postingNo === last.of && confirmed?.settled)
    ? last.word
    : 'posted'
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
    ...dueBy(value.dueOn),
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
