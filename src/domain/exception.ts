/**
 * Business cases for people, of the causes in `exception-causes.ts`. An object says which
 * causes it has now; what is new is raised, what is gone is resolved, what is otherwise than was said is said anew, and a person's answer
 * is a fact like any other: of the case as it was when he looked at it.
 */
import { derivedId } from '../lib/ids.ts'
import type { CalendarDate, Instant } from '../lib/time.ts'
import { afterBusinessHours, calendarOf, instantAt, nextDay } from './business-calendar.ts'
import type { EffectInput } from './effect.ts'
import type { Event } from './event.ts'
import type { FactData } from './event-data.ts'
import { CAUSES, SEVERITIES, type Cause, type OwnerTeam } from './exception-causes.ts'
import type { Decision, Judgement, ObjectRecord } from './object.ts'
import type { Policy } from './policy.ts'
import { overBy, type SentMap } from './sent.ts'
import type { Laws } from './view.ts'
import { personsOf, wordIn, type Word } from './words.ts'

export type ExceptionMap = {
  readonly [cause: string]: {
    readonly id: string
    readonly open: boolean
    readonly times: number
    /** While it is open: what whoever looks at it reads. */
    readonly says?: string
    /** Which command it is about, where it is about one. */
    readonly command?: string
  }
}

/** One case as its own object. */
export interface ExceptionState {
  readonly cause: string
  readonly about: string
  readonly says: string
  readonly owner: string
  readonly severity: string
  readonly amount: string | null
  readonly currency: string | null
  readonly party: string | null
  readonly raisedAt: Instant
  readonly dueAt: Instant
  readonly actions: readonly string[]
  readonly open: boolean
  readonly assigned: string | null
  readonly answered: {
    readonly action: string
    readonly person: string
    readonly reason: string
    /** The other person, where two were asked for. */
    readonly second?: string
    /** The second one's own reason, and by which access key each of them said so, where they did in two requests. */
    readonly agrees?: { readonly reason: string; readonly through: readonly [string, string] }
  } | null
  /** The word of one person that waits for another's. */
  readonly said?: Word
  /** The company whose calendar its deadlines are on, and how often one has passed. */
  readonly entity: string | null
  readonly zone: string | null
  /** The system on whose side it lies, as we name it. */
  readonly system: string | null
  readonly escalations: number
  /** Which command it is about (`commandName`), where it is about one. */
  readonly command?: string
}

export interface WantedException {
  readonly cause: Cause
  readonly says: string
  /** Where it is not the cause's. */
  readonly owner?: OwnerTeam
  /** Our name of the system on whose side it lies, where it is one's. */
  readonly system?: string
  /** Which command it is about (`commandName`), where it is about one. */
  readonly command?: string
  /** It is no case, or none any more: what ended it, and `says` is why. */
  readonly over?: EffectInput
}
export interface ExceptionContext {
  readonly amount: string | null
  readonly currency: string | null
  readonly party: string | null
  /** The company that it is about, and its zone. */
  readonly entity?: string
  readonly zone?: string
  /** When the money is due: a case is not to take longer. */
  readonly moneyOn?: CalendarDate | undefined
}

/** So many business hours from now, or the end of the day on which the money is due when that is before and has not passed. */
function deadline(
  policy: Policy,
  of: Pick<ExceptionContext, 'entity' | 'zone'>,
  asOf: Instant,
  hours: number,
  moneyOn?: CalendarDate,
): Instant {
  const calendar = calendarOf(policy, of.entity, of.zone)
  const due = afterBusinessHours(calendar, asOf, hours)
  const money = moneyOn === undefined ? due : instantAt(calendar.zone, nextDay(moneyOn), '00:00')
  return money > asOf && money < due ? money : due
}

/** A case whose deadline has passed goes to the next owner, with a deadline of its own; judged again then. */
export function judgeException({ policy }: Laws, { id, state }: ObjectRecord<ExceptionState>, asOf: Instant): Judgement {
  const next = state.open ? (policy.escalation[state.assigned ?? state.owner] ?? null) : null
  if (next === null) return { decisions: [], wakeAt: null, waits: [] }
  if (asOf < state.dueAt) return { decisions: [], wakeAt: state.dueAt, waits: [] }
  const hours = Object.hasOwn(CAUSES, state.cause) ? CAUSES[state.cause as Cause].dueHours : 24
  const dueAt = deadline(
    policy,
    { ...(state.entity === null ? {} : { entity: state.entity }), ...(state.zone === null ? {} : { zone: state.zone }) },
    asOf,
    hours,
  )
  const escalated: Decision = {
    type: 'exception.escalated',
    objects: [id],
    actor: 'rule:escalation',
    data: { exception: id, from: state.assigned ?? state.owner, to: next, was: state.dueAt, dueAt },
  }
  return { decisions: [escalated], wakeAt: policy.escalation[next] === null ? null : dueAt, waits: [] }
}

/**
 * Decisions that bring the object's open exceptions to what is wanted now: nothing when they agree. There is one case of a cause at a time,
 * of the first that is wanted; one that is about a command ends with the trouble of that very command, and what is next has another.
 */
export function exceptionDecisions(
  { sha256, policy }: Laws,
  about: string,
  known: ExceptionMap,
  wanted: readonly WantedException[],
  { moneyOn, ...context }: ExceptionContext,
  asOf: Instant,
): Decision[] {
  const decisions: Decision[] = []
  const standing = Map.groupBy(
    wanted.filter(({ over }) => over === undefined),
    ({ cause }) => cause as string,
  )
  const resolve = (cause: string, { id, times, command }: ExceptionMap[string]): void => {
    const end = wanted.find((one) => one.over !== undefined && one.cause === cause && (command === undefined || one.command === command))
    decisions.push({
      type: 'exception.resolved',
      objects: [id, about],
      actor: 'rule:exceptions',
      data: { cause, exception: id, about, times, ...(end ? { command: end.command, input: end.over, says: end.says } : {}) },
    })
  }
  for (const [cause, all] of standing) {
    const before = known[cause]
    if (before?.open) {
      const still = all.find(({ command }) => command === before.command)
      if (still) {
        const says = sentence(all, still)
        if (says !== before.says) decisions.push(restated(before.id, about, { ...still, says }))
        continue
      }
      resolve(cause, before)
    }
    const [exception] = all
    if (!exception) continue
    const times = (before?.times ?? 0) + 1
    const id = derivedId(sha256, 'exc', about, cause, String(times))
    const row = CAUSES[exception.cause]
    const dueAt = deadline(policy, context, asOf, row.dueHours, moneyOn)
    decisions.push({
      type: 'exception.raised',
      objects: [id, about],
      actor: 'rule:exceptions',
      data: {
        cause,
        exception: id,
        about,
        times,
        says: sentence(all, exception),
        ...(exception.system === undefined ? {} : { system: exception.system }),
        ...(exception.command === undefined ? {} : { command: exception.command }),
        owner: exception.owner ?? row.owner,
        severity: row.severity,
        actions: row.actions,
        dueAt,
        ...context,
      },
    })
  }
  for (const [cause, exception] of Object.entries(known)) if (exception.open && !standing.has(cause)) resolve(cause, exception)
  return decisions
}

/** What a case of a cause says: of one command its own words, else everything of that cause, in an order that is the same whatever came first. */
const sentence = (all: readonly WantedException[], { says, command }: WantedException): string =>
  command === undefined && all.length > 1 ? [...new Set(all.map((one) => one.says))].sort().join(' ').slice(0, 400) : says

/** An answer to what it said before is not taken any more: nobody agrees to what he has not read. */
const restated = (id: string, about: string, { cause, says, system }: WantedException): Decision => ({
  type: 'exception.restated',
  objects: [id, about],
  actor: 'rule:exceptions',
  data: { cause, exception: id, about, says, system: system ?? null },
})

/** Folds raised, restated and resolved into the object that the exception is about. */
export function tracked<S extends { readonly exceptions: ExceptionMap; readonly sent?: SentMap }>(state: S, event: Event): S {
  const { cause, exception, times, says, command, input } = event.data as unknown as {
    cause: string
    exception: string
    times: number
    says: string
    command?: string
    input?: EffectInput
  }
  const about = command === undefined ? {} : { command }
  switch (event.type) {
    case 'exception.raised':
      return withCase(state, cause, { ...about, id: exception, open: true, says, times })
    case 'exception.restated': {
      const known = state.exceptions[cause]
      return known ? withCase(state, cause, { ...known, says }) : state
    }
    case 'exception.resolved':
      return {
        ...withCase(state, cause, { id: exception, open: false, times }),
        ...(state.sent && command !== undefined && input ? { sent: overBy(state.sent, command, input) } : {}),
      }
    default:
      return state
  }
}

const withCase = <S extends { readonly exceptions: ExceptionMap }>(state: S, cause: string, known: ExceptionMap[string]): S => ({
  ...state,
  exceptions: { ...state.exceptions, [cause]: known },
})

/** The gravest open case, by name where two are as grave: the keys of a map have no order that outlives its being stored. */
export function gravest(exceptions: ExceptionMap): string | null {
  const rank = (cause: string): number => SEVERITIES.indexOf(cause in CAUSES ? CAUSES[cause as Cause].severity : 'low')
  const open = Object.keys(exceptions).filter((cause) => exceptions[cause]?.open)
  return open.sort((a, b) => rank(b) - rank(a) || (a < b ? -1 : 1))[0] ?? null
}

export const NO_EXCEPTION: ExceptionState = {
  cause: '',
  about: '',
  says: '',
  owner: '',
  severity: 'normal',
  amount: null,
  currency: null,
  party: null,
  raisedAt: '',
  dueAt: '',
  actions: [],
  open: false,
  assigned: null,
  answered: null,
  entity: null,
  zone: null,
  system: null,
  escalations: 0,
}

export function evolveException(known: ExceptionState, event: Event): ExceptionState {
  const data = event.data as unknown as { [key: string]: never }
  switch (event.type) {
    case 'exception.raised':
      return {
        ...known,
        cause: data['cause']!,
        about: data['about']!,
        says: data['says']!,
        owner: data['owner']!,
        severity: data['severity']!,
        amount: data['amount']!,
        currency: data['currency']!,
        party: data['party']!,
        actions: data['actions']!,
        dueAt: data['dueAt']!,
        raisedAt: event.occurredAt,
        open: true,
        system: data['system'] ?? null,
        entity: data['entity'] ?? null,
        zone: data['zone'] ?? null,
        ...(data['command'] === undefined ? {} : { command: data['command'] }),
      }
    case 'exception.restated':
      // What was said and answered was another sentence; the history has it.
      return { ...unsaid(known), answered: null, says: data['says']!, system: data['system']! }
    case 'exception.resolved':
      return { ...unsaid(known), open: false }
    case 'exception.escalated':
      return { ...known, owner: data['to']!, assigned: null, dueAt: data['dueAt']!, escalations: known.escalations + 1 }
    case 'exception.assigned':
      return { ...known, assigned: data['owner']! }
    case 'exception.answered':
      return { ...unsaid(known), answered: answerIn(event) }
    case 'exception.said':
      return { ...known, said: wordIn(event) }
    case 'exception.unsaid':
      return known.said?.event === data['word'] ? unsaid(known) : known
    default:
      return known
  }
}

const unsaid = ({ said: _said, ...rest }: ExceptionState): ExceptionState => rest

function answerIn(event: Event): NonNullable<ExceptionState['answered']> {
  const { action, reason, first } = event.data as unknown as FactData['exception.answered']
  const { second, ...persons } = personsOf(event)
  return {
    action,
    ...persons,
    ...(second === null ? {} : { second }),
    ...(first ? { agrees: { reason, through: [first.through, event.source.reference ?? ''] } } : {}),
  }
}
