/**
 * Two people answer in two requests (docs/adr/0017). The first one's word waits; it becomes an answer when another person says the same
 * while that stands of which it was said. Nobody's words alone ever become one, however many they are.
 */
import type { Json } from '../lib/canonical-json.ts'
import { minuteOf, type Instant } from '../lib/time.ts'
import { thingsOf } from './answers.ts'
import type { Event, Kind } from './event.ts'
import type { FactData } from './event-data.ts'
import type { InvoiceState } from './invoice-state.ts'
import type { BatchState, PaymentState } from './payment.ts'

/** What one person has said of a case and another one has yet to say. */
export interface Word {
  readonly event: string
  readonly action: string
  readonly person: string
  readonly reason: string
  readonly at: Instant
  /** By which means it came: the access key, as the log names it. */
  readonly through: string
  /** What stood then in the object that the case is about. */
  readonly knew: readonly string[]
}

export const wordIn = (event: Event): Word => {
  const { action, person, reason, knew } = event.data as unknown as FactData['exception.said']
  return { event: event.id, action, person, reason, at: event.occurredAt, through: event.source.reference ?? '', knew }
}

/** It waits for another person · it is the second, and both are the answer · it says nothing that was not said. */
export type Heard = 'waits' | 'completes' | 'said-before'

interface Row {
  readonly heard: Heard
  /** What becomes of the word before. */
  readonly says: (before: Word) => string
}

/** The word that comes, by whose it is and whether it is the same as the one before, of the same things. */
const ROWS: { readonly [whose in 'own' | 'another']: { readonly [what in 'same' | 'same-of-before' | 'other']: Row } } = {
  own: {
    same: { heard: 'said-before', says: (before) => `${saidBy(before)} already; another person has to say the same.` },
    'same-of-before': { heard: 'waits', says: (before) => `What it is about has changed since ${saidBy(before)}; it is said anew.` },
    other: { heard: 'waits', says: (before) => `${before.action} is not said any more.` },
  },
  another: {
    same: { heard: 'completes', says: (before) => `${saidBy(before)} too.` },
    'same-of-before': {
      heard: 'waits',
      says: (before) => `What it is about has changed since ${saidBy(before)}: that does not count any more.`,
    },
    other: { heard: 'waits', says: (before) => `${nameOf(before)} said ${before.action} at ${minuteOf(before.at)}: that is set aside.` },
  },
}

/** What a person's word comes to, after the one that waits, and while these things stand. */
export function hear(
  before: Word | undefined,
  said: Pick<Word, 'action' | 'person'>,
  things: readonly string[],
): { readonly heard: Heard; readonly says: string } {
  if (!before) return { heard: 'waits', says: '' }
  const what = before.action !== said.action ? 'other' : counts(before, things) ? 'same' : 'same-of-before'
  const { heard, says } = ROWS[before.person === said.person ? 'own' : 'another'][what]
  return { heard, says: says(before) }
}

/** Whether what it was said of still stands, all of it and nothing else. */
export const counts = ({ knew }: Word, things: readonly string[]): boolean => knew.toSorted().join('\n') === things.toSorted().join('\n')

const loginOf = (person: string): string => person.replace(/^person:/u, '')
const nameOf = ({ person }: Word): string => loginOf(person)
const saidBy = (word: Word): string => `${nameOf(word)} said so at ${minuteOf(word.at)}`

/** As it is shown beside its case. */
export const waitingWords = (word: Word, things: readonly string[]): string =>
  `${word.action}, said by ${nameOf(word)} at ${minuteOf(word.at)}, ` +
  (counts(word, things) ? 'waits for another person' : 'does not count any more: what it is about has changed since')

/** An answer with whoever gave it. */
export function answerWords({
  action,
  person,
  second,
  reason,
  agrees,
}: {
  readonly action: string
  readonly person: string
  readonly reason: string
  readonly second?: string | undefined
  readonly agrees?: { readonly reason: string } | undefined
}): string {
  const other = second === undefined ? '' : `, with ${loginOf(second)}${agrees ? ` (${agrees.reason})` : ''}`
  return `${action} by ${loginOf(person)}: ${reason}${other}`
}

type Things = (state: never) => readonly string[]
const events = (...facts: readonly ({ readonly event: string } | null)[]): string[] => facts.flatMap((fact) => (fact ? [fact.event] : []))

/** What two people may be asked about, by what the case is about; of anything else they speak of the case's command alone. */
const THINGS: { readonly [kind in Kind]?: Things } = {
  invoice: (state: InvoiceState) => [...thingsOf(state), ...events(...Object.values(state.verdicts))],
  payment: ({ instructed, rejected, cancelled, payee, entries }: PaymentState) =>
    events(instructed, rejected, cancelled, payee, ...Object.values(entries)),
  'payment-batch': ({ released, file, accepted, rejected, entry, release }: BatchState) =>
    events(released, file, accepted, rejected, entry, release),
}

/** What stands in an object, as far as an answer by two may rest on it. */
export const thingsAbout = (
  about: { readonly kind: Kind; readonly state: { readonly [key: string]: Json | undefined } } | undefined,
): string[] => (about ? [...(THINGS[about.kind]?.(about.state as never) ?? [])].sort() : [])

/** Who gave an answer: whoever said it first and why, and the second person, where two were asked for. */
export function personsOf(event: Event): { readonly person: string; readonly reason: string; readonly second: string | null } {
  const { reason, second, first } = event.data as unknown as FactData['exception.answered']
  return first
    ? { person: first.person, reason: first.reason, second: second ?? null }
    : { person: event.actor, reason, second: second ?? null }
}

/** Of these things the ones that stood when whoever answers was let, and when the first of two persons spoke. */
export const knownToAll = (event: Event, things: readonly string[]): readonly string[] => {
  const { first, knew } = event.data as unknown as FactData['exception.answered']
  return [first?.knew, knew].reduce<readonly string[]>(
    (left, known) => (known ? left.filter((thing) => known.includes(thing)) : left),
    things,
  )
}
