/**
 * The door: an arrival is checked, its grade and identity derived, and its body written once, canonically. Nothing later changes
 * a byte of it. What is wrong with an arrival is a fault for that arrival alone.
 */
import { EVENT_TYPES, gradeOf, isEventType, KINDS } from '../domain/event.ts'
import { laneOf } from '../domain/lane.ts'
import type { Arrival, Ref } from '../domain/object.ts'
import { canonical, isCleanText } from '../lib/canonical-json.ts'
import { Fault } from '../lib/fault.ts'
import { derivedId, orderedId } from '../lib/ids.ts'
import { mark } from '../lib/mark.ts'
import { instantOf } from '../lib/time.ts'
import { isCanonicalId } from '../store/alias.ts'
import type { FactItem } from '../store/item.ts'
import { bodyMembers } from '../store/log-rows.ts'
import { newSalt, sha256 } from '../store/sha256.ts'
import type { IdentifiedRef } from '../store/unbound.ts'
import { commitmentOf } from '../tlog/leaf.ts'

/** The event's own id, the same for ever: derived from tenant, source and the source's id. */
export const canonicalEventId = (tenant: string, source: string, eventId: string): string =>
  derivedId(sha256, 'evt', tenant, source, eventId)

const LIMIT_BODY_BYTES = 65_536
const LIMIT_OBJECTS = 1_000
/** Names of one object; and of all objects together, so that an arrival stays small besides its body. */
const LIMIT_NAMES = 20
const LIMIT_ALL_NAMES = 4_000
const LIMIT_NAME = 600

const TENANT = /^[a-z0-9-]{1,40}$/
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
const ACTOR = /^(person|system|rule):[^\u0000-\u001f]{1,200}$/
const CONTROL = /[\u0000-\u001f\u007f]/

/**
 * An arrival made ready for the commit. Throws the fault `event-type-unknown`, `event-not-valid`, `body-not-clean` or
 * `body-too-large`. The body's limit is 64 KB, that of objects 1,000.
 */
export function admit(arrival: Arrival): FactItem {
  mark('door-before-parse')
  const { tenant, type } = arrival
  if (!isEventType(type)) throw new Fault('event-type-unknown', String(type).slice(0, 80))
  const row = EVENT_TYPES[type]
  checkShape(arrival)
  if (row.nature === 'decision' && arrival.source.role !== 'hub') throw invalid(`${type} is ours to say`)
  const grade = gradeOf(type, arrival.source.role, arrival.readBack === true)
  const { system } = arrival.source
  const { text, value } = canonical(
    bodyMembers({ source: arrival.source, grade, correlation: arrival.correlation, causation: arrival.causation, data: arrival.data }),
  )
  const body = Buffer.from(text)
  if (body.length > LIMIT_BODY_BYTES)
    throw new Fault(
      'body-too-large',
      `It has ${body.length} bytes; an event has at most ${LIMIT_BODY_BYTES}. Long contents are kept as a document.`,
    )
  const salt = newSalt()
  mark('door-after-parse')
  return {
    kind: 'fact',
    tenant,
    id: canonicalEventId(tenant, system, arrival.eventId),
    eventId: arrival.eventId,
    source: arrival.source,
    type,
    v: row.v,
    occurredAt: arrival.occurredAt,
    actor: arrival.actor,
    grade,
    correlation: arrival.correlation,
    causation: arrival.causation,
    data: value.data,
    refs: refsOf(arrival),
    guard: arrival.guard,
    body,
    salt,
    commitment: commitmentOf(sha256, salt, body),
    fingerprint: sha256(`${type}\n${text}`),
    lane: laneOf(type, arrival.data),
  }
}

function refsOf(arrival: Arrival): FactItem['refs'] {
  const { about, ensures = [] } = arrival
  const withId = (ref: Ref): IdentifiedRef => (ref.create === undefined ? ref : { ...ref, id: idOf(arrival, ref, KINDS[ref.create]) })
  return ensures.length === 0 ? { about: about.map(withId) } : { about: about.map(withId), ensures: ensures.map(withId) }
}

/** Under which id something would be created. */
function idOf({ tenant, occurredAt }: Arrival, { names, same }: Ref, prefix: string): string {
  return (
    names.find((name) => isCanonicalId(name) && name.startsWith(prefix)) ??
    orderedId(sha256, prefix, Date.parse(same?.day ?? occurredAt), tenant, same?.name ?? names[0] ?? '')
  )
}

function checkShape(arrival: Arrival): void {
  const { tenant, source, eventId, occurredAt, actor, guard } = arrival
  if (!TENANT.test(tenant)) throw invalid('a tenant is 1 to 40 characters of a-z, 0-9 and -')
  text(source.system, 100, 'the source')
  text(source.reference, 1_000, 'the reference')
  text(eventId, 1_000, 'the event id')
  text(arrival.correlation, 200, 'the correlation')
  text(arrival.causation, 200, 'the causation')
  if (eventId === '' || source.system === '') throw invalid('an event has an id within a named source')
  if (!INSTANT.test(occurredAt) || instantSafe(occurredAt) !== occurredAt)
    throw invalid('occurredAt is an instant in UTC with milliseconds')
  if (!ACTOR.test(actor) || !isCleanText(actor)) throw invalid('an actor is person:…, system:… or rule:…')
  if (
    guard &&
    (source.role !== 'hub' ||
      !arrival.type.startsWith('effect.') ||
      guard.effect !== arrival.data['effect'] ||
      guard.attempt !== arrival.data['attempt'])
  ) {
    throw invalid('a guard stands on the outcome of that very attempt')
  }
  checkRefs(arrival)
}

function checkRefs({ about, ensures = [] }: Arrival): void {
  const objects = about.length + ensures.length
  if (about.length === 0) throw invalid('an event is about something')
  if (objects > LIMIT_OBJECTS) throw invalid(`an event names at most ${LIMIT_OBJECTS} objects; this one names ${objects}`)
  let names = 0
  for (const ref of about) names += checkRef(ref)
  for (const ref of ensures) names += checkRef(ref)
  if (names > LIMIT_ALL_NAMES) throw invalid(`an event gives at most ${LIMIT_ALL_NAMES} names; this one gives ${names}`)
}

function checkRef(ref: Ref): number {
  const count = ref.names.length + (ref.offers?.length ?? 0)
  if (ref.names.length === 0 || count > LIMIT_NAMES) throw invalid(`an object has 1 to ${LIMIT_NAMES} names`)
  if (ref.create !== undefined && !Object.hasOwn(KINDS, ref.create)) throw invalid('no kind of object has this name')
  const day = ref.same?.day
  if (day !== undefined && Number.isNaN(Date.parse(day))) throw invalid('the day of an object is a date of the calendar')
  for (const name of ref.names) checkName(name)
  for (const name of ref.offers ?? []) checkName(name)
  return count
}

/** `system|kind|id`, or one of our own ids. No control characters: names are lists in a text, and lines in a report. */
function checkName(name: string): void {
  if (name.length > LIMIT_NAME || CONTROL.test(name) || !name.isWellFormed())
    throw invalid(`a name has at most ${LIMIT_NAME} printable characters`)
  if (!isCanonicalId(name) && !name.includes('|')) throw invalid('a name is system|kind|id, or one of our ids')
}

function text(value: string | undefined, limit: number, what: string): void {
  if (value === undefined) return
  if (typeof value !== 'string' || value.length > limit) throw invalid(`${what} is a text of at most ${limit} characters`)
  if (!isCleanText(value)) throw new Fault('body-not-clean')
}

function instantSafe(text: string): string | undefined {
  const ms = Date.parse(text)
  return Number.isNaN(ms) ? undefined : instantOf(ms)
}

function invalid(rule: string): Fault {
  return new Fault('event-not-valid', `The rule: ${rule}.`)
}
