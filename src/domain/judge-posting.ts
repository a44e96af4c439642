/** The posting gate: what the ERP booked is what was approved, in one posting or in several that are the invoice together. */
import { runGate, type GateResult } from './controls/control.ts'
import { otherwiseCoded, POSTING_CONTROLS } from './controls/posting.ts'
import type { WantedException } from './exception.ts'
import { differs, verdictData, viewOf, type Sheet } from './gate.ts'
import { livePostings, postingsOf, SPLIT, warranted } from './headline.ts'
import type { Posting } from './invoice-state.ts'
import { sumOf } from './invoice-content.ts'
import type { Look } from './object.ts'
import type { Laws } from './view.ts'

export function checkPosting(laws: Laws, sheet: Sheet, look: Look): WantedException[] {
  const live = livePostings(sheet.state)
  // Only what was read back counts: a reply may name a number that is not ours.
  const proved = live.filter(([, posting]) => posting.confirmed?.settled)
  const several: WantedException[] =
    proved.length > 1 ? [{ cause: 'posted-twice', says: `The ERP holds ${proved.map(([postingNo]) => postingNo).join(' and ')}.` }] : []
  if (proved.length === 0) return []
  const known = sheet.state.verdicts.posting
  // Decided with the invoice at hand: a posting that came before it stood for itself, and is compared once there is something to compare.
  const { content } = sheet.state
  const decided = warranted(sheet.state, ['posted']) && (content === null || known?.rests.includes(content.event))
  const before = decided && known ? confirmedOf(postingsOf(known.subject).map((postingNo) => sheet.state.postings[postingNo])) : null
  // It may have come before its approval: then nobody knew on which accounts it was to be.
  const otherwise = before !== null && otherwiseCoded(laws, sheet.state, before).length > 0
  // Nothing else to compare it with: nobody is looked at any more.
  if (live.length === 1 && decided && !otherwise && known?.subject === proved[0]?.[0]) return []
  // Of several postings the oldest that is what was approved is the one; if none is, the oldest is what is wrong.
  const judged = proved.map(([postingNo, posting]) => ({
    postingNo,
    posting,
    result: runGate(POSTING_CONTROLS, { ...viewOf(laws, sheet, look), postingNo, posting }),
  }))
  const whole = judged.find((candidate) => candidate.result.outcome === 'pass')
  const split = whole || proved.length < 2 ? undefined : together(laws, sheet, look, proved)
  const { postingNo, posting, result } = whole ?? split ?? judged[0]!
  const twice = split ? [] : several
  sheet.waitFor(result.waits)
  if (result.outcome === 'wait' || (decided && known?.subject === postingNo && !(otherwise && result.outcome === 'fail'))) return twice
  const rests = [
    ...(content ? [content.event] : []),
    ...(split
      ? proved.flatMap(([, part]) => (part.confirmed ? [part.confirmed.event] : []))
      : posting.confirmed
        ? [posting.confirmed.event]
        : []),
  ]
  if (result.outcome === 'pass') {
    sheet.decide('rule.evaluated', 'posting', verdictData(result, postingNo, rests, { gate: 'posting', pass: true }))
    return twice
  }
  if (differs(known, postingNo, rests, result.failed))
    sheet.decide('rule.evaluated', 'posting', verdictData(result, postingNo, rests, { gate: 'posting', pass: false }))
  // Whoever looks at one that differs is told of the others, too.
  const says = judged.flatMap((candidate) => candidate.result.failed.map((control) => control.says))
  return [...twice, { cause: 'posting-differs', says: says.join(' ').slice(0, 400) }]
}

/** Several postings of one supplier, number and currency that are the invoice together: somebody split it. */
function together(
  laws: Laws,
  sheet: Sheet,
  look: Look,
  proved: readonly (readonly [string, Posting])[],
): { postingNo: string; posting: Posting; result: GateResult } | undefined {
  const parts = proved.flatMap(([, { confirmed }]) => (confirmed ? [confirmed] : []))
  const [first] = parts
  // What we asked for before the invoice was corrected is no part of the corrected one: twice the old amount may happen to be the new.
  const { content } = sheet.state
  if (content?.corrected && parts.some((part) => part.ours && part.at < content.at)) return undefined
  if (!first || parts.some((part) => part.supplier !== first.supplier || part.currency !== first.currency || part.number !== first.number))
    return undefined
  const postingNo = proved.map(([name]) => name).join(SPLIT)
  const posting = { confirmed: confirmedOf(proved.map(([, part]) => part)), reversed: null }
  const result = runGate(POSTING_CONTROLS, { ...viewOf(laws, sheet, look), postingNo, posting })
  return result.outcome === 'pass' ? { postingNo, posting, result } : undefined
}

/** What several postings book together; what one of them does not say of itself is not known of all. */
function confirmedOf(postings: readonly (Posting | undefined)[]): Posting['confirmed'] {
  const parts = postings.flatMap((posting) => posting?.confirmed ?? [])
  const [first] = parts
  if (!first) return null
  const taxes = parts.flatMap(({ tax }) => tax ?? [])
  const codings = parts.flatMap(({ coding }) => (coding === null ? [] : [coding]))
  return {
    ...first,
    amount: sumOf(parts.map((part) => part.amount)),
    tax: taxes.length === parts.length ? sumOf(taxes) : null,
    coding: codings.length === parts.length ? codings.flat() : null,
  }
}
