/** What the gates of an invoice share: how they see it, how they wait, and how they say what came out. */
import type { Json } from '../lib/canonical-json.ts'
import { dateIn, type Instant } from '../lib/time.ts'
import type { Evaluated, GateResult } from './controls/control.ts'
import type { Kind } from './event.ts'
import type { WantedException } from './exception.ts'
import type { Cause } from './exception-causes.ts'
import { warranted } from './headline.ts'
import type { Granted, InvoiceState, Verdict } from './invoice-state.ts'
import { sumOf } from './invoice-content.ts'
import { endedLookups } from './judge-reference.ts'
import { periodQuestion, taxCodeQuestion } from './names.ts'
import type { Look, ObjectRecord } from './object.ts'
import type { ReferenceState } from './reference.ts'
import { routeOf, type Routed } from './routes.ts'
import type { Scratch } from './scratch.ts'
import type { Terms } from './terms.ts'
import { entityOf, type InvoiceView, type Laws } from './view.ts'

export type Sheet = Scratch<InvoiceState>

export const viewOf = (laws: Laws, sheet: Sheet, look: Look): InvoiceView => ({
  ...laws,
  id: sheet.id,
  state: sheet.state,
  look,
  asOf: sheet.asOf,
})

export const decidedOn = (verdict: Verdict | null, state: InvoiceState): boolean =>
  verdict !== null && verdict.pass && verdict.subject === state.content?.event
export const routed = (laws: Laws, state: InvoiceState): Routed => routeOf(laws.policy.routing, state)
export const closed = (state: InvoiceState): boolean => warranted(state, ['rejected'])

/** A missing answer is waited for; after a while a person is told, once, in plain words. */
export function patience(laws: Laws, sheet: Sheet, look: Look, since: Instant, result: GateResult): WantedException[] {
  // Who was asked and cannot say, or did not for so long that it is asked no more, will not say later either.
  const asks = questionsOf(laws, sheet, look)
  const silent = result.waits.flatMap((name) => silentOf(look(name), asks))[0]
  if (silent) return [silent]
  const until = sheet.after(since, laws.policy.indeterminateAfterMs)
  if (sheet.asOf < until) {
    sheet.wake(until)
    return []
  }
  const open = result.controls.find((control) => control.verdict === 'indeterminate')
  return [{ cause: 'control-indeterminate', says: open?.says ?? 'Information is missing.' }]
}

/** Whether this invoice needs the answer: of its company others ask for other taxes and months. */
function questionsOf(laws: Laws, sheet: Sheet, look: Look): (question: string) => boolean {
  const content = sheet.state.content?.value
  const zone = content && entityOf({ ...laws, look, asOf: sheet.asOf }, content).found?.entity?.zone
  const needs = new Set([
    'supplier',
    'entity',
    'order',
    ...(content?.taxes ?? []).map(({ category, rate }) => taxCodeQuestion(category, sumOf([rate]))),
    periodQuestion(dateIn(zone ?? 'UTC', sheet.asOf).slice(0, 7)),
  ])
  return (question) => needs.has(question)
}

const ASKED_ABOUT: ReadonlySet<Kind> = new Set<Kind>(['supplier', 'entity', 'order'])

function silentOf(record: ObjectRecord | undefined, asks: (question: string) => boolean): WantedException[] {
  if (!record || !ASKED_ABOUT.has(record.kind)) return []
  return endedLookups(record.state as unknown as ReferenceState)
    .filter(({ question }) => asks(question))
    .map(({ input, system, command, says }) => {
      const end = input === 'refused' ? 'cannot answer' : 'was asked, gave no answer and is not asked any more'
      return { cause: 'control-indeterminate', says: `${system} ${end}: ${says}`, system, command }
    })
}

export const exceptionOf = (control: Evaluated): WantedException => ({
  cause: control.cause ?? 'control-indeterminate',
  says: control.says,
})

/** What an event says of a verdict, in canonical order. */
interface VerdictEvent {
  readonly gate?: 'approval' | 'posting'
  readonly granted?: Granted
  readonly parties?: { readonly [key: string]: Json }
  readonly pass?: boolean
  readonly terms?: Terms
}
export function verdictData(
  result: GateResult,
  subject: string,
  rests: readonly string[],
  { gate, granted, parties, pass, terms }: VerdictEvent = {},
): { readonly [key: string]: Json } {
  return {
    controls: result.controls as unknown as Json,
    ...(gate === undefined ? {} : { gate }),
    ...(granted === undefined ? {} : { granted }),
    ...(parties === undefined ? {} : { parties }),
    ...(pass === undefined ? {} : { pass }),
    rests,
    subject,
    ...(terms === undefined ? {} : { terms }),
  }
}

/** True when a failure is news: another subject or other grounds, a passed verdict before, or other controls or words. */
export function differs(
  known: Verdict | null,
  subject: string,
  rests: readonly string[],
  failed: readonly { readonly cause?: Cause | undefined; readonly id: string; readonly says: string }[],
): boolean {
  if (!known || known.pass || known.subject !== subject || known.rests.join() !== rests.join()) return true
  return known.failed.join('\n') !== failed.map((control) => `${control.cause ?? control.id}: ${control.says}`).join('\n')
}
