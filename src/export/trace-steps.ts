/** The history of one object as people read it: what happened, who said it, what it rests on, and what was waited for between. */
import { EVENT_TYPES, type EventType, type Grade, type Role } from '../domain/event.ts'
import type { VerdictData } from '../domain/invoice.ts'
import type { Instant } from '../lib/time.ts'
import type { StoredEvent } from '../store/event.ts'
import { wordsOf } from './event-words.ts'

export interface Step {
  /** Position in the log: the leaf that proves it. */
  readonly index: number
  readonly leafHash: string
  readonly id: string
  readonly type: EventType
  /** In plain words. */
  readonly says: string
  /** When it was recorded; the order of the log. */
  readonly recordedAt: Instant
  /** When it happened, as its source says. */
  readonly occurredAt: Instant
  /** `fact`: somebody told us. `decision`: ours. */
  readonly nature: 'fact' | 'decision'
  readonly system: string
  readonly role: Role
  readonly actor: string
  /** Where to look it up in its source. */
  readonly reference: string | null
  readonly grade: Grade
  /** Other objects that it concerns. */
  readonly with: readonly string[]
  /** Positions of the events that it rests on, as far as they are part of this history. */
  readonly rests: readonly number[]
  readonly controls: readonly StepControl[]
  readonly erased: boolean
}

export interface StepControl {
  readonly id: string
  readonly verdict: string
  readonly says: string
}

export interface Wait {
  /** Between these two positions of the log. */
  readonly after: number
  readonly before: number
  readonly ms: number
  /** The system that was waited for; null when nothing tells. */
  readonly for: string | null
  readonly says: string
}

export function stepsOf(object: string, events: readonly StoredEvent[]): Step[] {
  const places = new Map(events.map((event) => [event.id, event.index]))
  return events.map((event): Step => ({
    index: event.index,
    leafHash: Buffer.from(event.leafHash).toString('hex'),
    id: event.id,
    type: event.type,
    says: wordsOf(event.type, event.data, event.erased),
    recordedAt: event.recordedAt,
    occurredAt: event.occurredAt,
    nature: EVENT_TYPES[event.type].nature,
    system: event.source.system,
    role: event.source.role,
    actor: event.actor,
    reference: event.source.reference ?? null,
    grade: event.grade,
    with: event.objects.filter((other) => other !== object),
    rests: [...new Set(restsOf(event))].flatMap((id) => places.get(id) ?? []),
    controls: controlsOf(event),
    erased: event.erased,
  }))
}

function restsOf({ data, causation }: StoredEvent): string[] {
  const { rests } = data as { readonly rests?: readonly string[] }
  return [...(causation === undefined ? [] : [causation]), ...(Array.isArray(rests) ? (rests as string[]) : [])]
}

function controlsOf({ data }: StoredEvent): StepControl[] {
  const controls = (data as unknown as Partial<VerdictData>).controls
  return Array.isArray(controls) ? (controls as VerdictData['controls']).map(({ id, verdict, says }) => ({ id, verdict, says })) : []
}

/** News about another object that may have ended a wait. */
export interface News {
  readonly index: number
  readonly system: string
  readonly says: string
}

/** Shorter gaps are work, not waiting. */
const LEAST_WAIT_MS = 1_000

/**
 * The gaps between steps, each with what ended it: the fact that came, the command that was answered, or, for a decision of
 * ours, the last news of another object before it.
 */
export function waitsOf(steps: readonly Step[], events: readonly StoredEvent[], news: readonly News[]): Wait[] {
  const dataAt = new Map(events.map((event) => [event.index, event.data]))
  return steps.flatMap((step, at): Wait[] => {
    const before = steps[at - 1]
    const ms = before ? Date.parse(step.recordedAt) - Date.parse(before.recordedAt) : 0
    if (!before || ms < LEAST_WAIT_MS) return []
    const how = ended(step, before, dataAt.get(step.index) ?? {}, news, `waited ${durationOf(ms)}`)
    return [{ after: before.index, before: step.index, ms, ...how }]
  })
}

function ended(step: Step, before: Step, data: StoredEvent['data'], news: readonly News[], waited: string): Pick<Wait, 'for' | 'says'> {
  if (step.type.startsWith('effect.')) {
    const { target, command, attempt } = data as { readonly target?: string; readonly command?: string; readonly attempt?: number }
    if (target === undefined) return { for: null, says: waited }
    return {
      for: target,
      says: `${waited} for ${target}: ${command ?? 'a command'}${attempt !== undefined && attempt > 1 ? `, ${attempt} tries` : ''}`,
    }
  }
  if (step.nature === 'fact') {
    return { for: step.system, says: `${waited} for ${step.role === 'person' ? step.actor.replace('person:', '') : step.system}` }
  }
  const last = news.filter(({ index }) => index > before.index && index < step.index).at(-1)
  return last ? { for: last.system, says: `${waited} for ${last.system}, which ${last.says}` } : { for: null, says: waited }
}

/** `850 ms`, `3.2 s`, `4 min 5 s`, `2 h 10 min`, `3 d 4 h`. */
export function durationOf(ms: number): string {
  if (ms < 1_000) return `${ms} ms`
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`
  const units: readonly [string, number][] = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
    ['s', 1_000],
  ]
  const first = units.findIndex(([, size]) => ms >= size)
  let left = ms
  return units
    .slice(first, first + 2)
    .map(([unit, size]) => {
      const whole = Math.floor(left / size)
      left -= whole * size
      return whole > 0 ? `${whole} ${unit}` : ''
    })
    .filter((words) => words !== '')
    .join(' ')
}
