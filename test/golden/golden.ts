/**
 * One stored event of each type and version, with what it makes of an object: what was written once means the same for ever, or nobody
 * could fold an old log. `node test/golden/golden.ts --write` adds what is missing to `events.jsonl` and leaves what is there as it is.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { NO_ACCRUAL } from '../../src/domain/accrual.ts'
import { NO_DOCUMENT } from '../../src/domain/document.ts'
import { EVENT_TYPES, gradeOf, kindOf, KINDS, type Event, type EventType, type Kind } from '../../src/domain/event.ts'
import { NO_EXCEPTION } from '../../src/domain/exception.ts'
import { NO_INVOICE } from '../../src/domain/invoice-state.ts'
import { lawOf } from '../../src/domain/law.ts'
import type { ObjectRecord } from '../../src/domain/object.ts'
import { NO_ORDER } from '../../src/domain/order.ts'
import { NO_BATCH, NO_PAYMENT } from '../../src/domain/payment.ts'
import { DEFAULT_POLICY } from '../../src/domain/policy.ts'
import { NO_PERSON, NO_REFERENCE } from '../../src/domain/reference.ts'
import { NO_ENTRY, NO_STATEMENT } from '../../src/domain/statement.ts'
import { NO_SYSTEM } from '../../src/domain/system.ts'
import { NO_TIE_OUT } from '../../src/domain/tie-out-record.ts'
import { canonicalJson, type Json } from '../../src/lib/canonical-json.ts'
import { derivedId } from '../../src/lib/ids.ts'
import { worldOf } from '../cases/case.ts'
import { CASES } from '../cases/table.ts'
import { FACT_TYPES, said } from '../claims.ts'
import { sha256 } from '../world.ts'

export interface Golden {
  readonly object: string
  /** What the object had heard before it; most events say all by themselves. */
  readonly before: readonly Event[]
  readonly event: Event
  /** The members of the object's state that it makes others, as they are then; one that it takes away is null. */
  readonly moves: { readonly [member: string]: Json }
}

const FILE = join(import.meta.dirname, 'events.jsonl')
export const GOLDEN: readonly Golden[] = readFileSync(FILE, 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as Golden)

const law = lawOf(DEFAULT_POLICY, sha256)

/** What the event makes of the object that has heard the others. */
export function movesOf({ object, before, event }: Pick<Golden, 'object' | 'before' | 'event'>): Golden['moves'] {
  const was = before.reduce<ObjectRecord | undefined>((record, other) => law.evolve(record, object, other), undefined)
  const known = membersOf(was?.state ?? FIRST[kindOf(object)])
  const now = membersOf(law.evolve(was, object, event).state)
  return Object.fromEntries(
    [...new Set([...Object.keys(known), ...Object.keys(now)])]
      .filter((member) => canonicalJson(known[member] ?? null) !== canonicalJson(now[member] ?? null))
      .sort()
      .map((member) => [member, now[member] ?? null]),
  )
}

const membersOf = (state: object): { readonly [member: string]: Json } =>
  JSON.parse(canonicalJson(state as Json)) as { readonly [member: string]: Json }

/** What is known of an object that has heard nothing. */
const FIRST: { readonly [kind in Kind]: object } = {
  invoice: NO_INVOICE,
  order: NO_ORDER,
  supplier: NO_REFERENCE,
  entity: NO_REFERENCE,
  person: NO_PERSON,
  'payment-batch': NO_BATCH,
  payment: NO_PAYMENT,
  statement: NO_STATEMENT,
  'statement-entry': NO_ENTRY,
  document: NO_DOCUMENT,
  exception: NO_EXCEPTION,
  system: NO_SYSTEM,
  'tie-out': NO_TIE_OUT,
  accrual: NO_ACCRUAL,
}

/** Whether it makes something otherwise, beside that an invoice counts what it hears. */
export const isSeen = (moves: Golden['moves']): boolean => Object.keys(moves).some((member) => member !== 'facts')

/** Types that are there to be read, and change no object: a late reply settles nothing, either. */
export const RECORDS_ONLY: ReadonlySet<EventType> = new Set<EventType>([
  'cut-over.recorded',
  'log.set-back',
  'intake.quarantined',
  'effect.replied-late',
])

/** The type, the version and the kind of object that a line is of. */
export const keyOf = ({ event, object }: Pick<Golden, 'event' | 'object'>): string => `${event.type} ${event.v} ${kindOf(object)}`

function write(): void {
  const lines = new Map(GOLDEN.map((line) => [keyOf(line), line]))
  const found = new Map<string, Golden>()
  for (const log of logs()) {
    const heard = new Map<string, Event[]>()
    for (const event of log)
      for (const object of event.objects) {
        const history = heard.get(object) ?? []
        const key = keyOf({ event, object })
        const known = found.get(key)
        if (!lines.has(key) && (known === undefined || known.before.length > 0)) {
          const line = shortest(object, history, event)
          if (line && (known === undefined || line.before.length < known.before.length)) found.set(key, line)
        }
        heard.set(object, [...history, event])
      }
  }
  const all = [...lines.values(), ...found.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
  writeFileSync(FILE, all.map((line) => `${canonicalJson(line as unknown as Json)}\n`).join(''))
  process.stdout.write(`${found.size} lines added, ${lines.size} as they were\n`)
}

/** With as little before it as lets it be seen. */
function shortest(object: string, history: readonly Event[], event: Event): Golden | undefined {
  for (const before of [[], ...history.map((other) => [other]), history]) {
    const moves = movesOf({ object, before, event })
    if (isSeen(moves) || RECORDS_ONLY.has(event.type)) return { object, before, event, moves }
  }
  return undefined
}

/** Logs in which the types occur: of all cases, of one in which everything is said that can be, and of what no case comes to. */
function* logs(): Generator<readonly Event[]> {
  const cases = Object.values(CASES).flat()
  for (const given of cases) yield worldOf(given, given.facts).log
  const given = cases.find(({ name }) => name === 'returned after paid')!
  const { log, records } = worldOf(given, given.facts)
  const idOf = (kind: Kind): string =>
    [...records.values()].find((record) => record.kind === kind)?.id ?? derivedId(sha256, KINDS[kind], 'one that no case has')
  for (const type of FACT_TYPES) {
    const world = worldOf(given, given.facts)
    world.submit(said(type, EVENT_TYPES[type].roles[0]!, idOf('invoice'), idOf('exception')))
    yield world.log
  }
  yield [...log, ...MADE.map(([type, object, data]) => made(type, idOf(object), data))]
}

function made(type: EventType, object: string, data: Event['data']): Event {
  const role = EVENT_TYPES[type].roles[0]!
  return {
    id: madeId(type),
    type,
    v: EVENT_TYPES[type].v,
    objects: [object],
    source: { system: role, role },
    grade: gradeOf(type, role, true),
    actor: 'rule:golden',
    occurredAt: AT,
    recordedAt: AT,
    data,
  }
}

const AT = '2026-01-30T08:00:00.000Z'
const madeId = (type: EventType): string => derivedId(sha256, 'evt', type)
const SENT = { effect: 'k', target: 'erp', command: 'invoice.post', object: '', occurrence: '0', contentHash: 'h', attempt: 1 }
const SAID = { exception: 'exc_1', action: 'reverse', person: 'per_1', reason: 'it is wrong', knew: [] }
/** What no case comes to, one after the other. */
const MADE: readonly (readonly [EventType, Kind, Event['data']])[] = [
  ['posting.freed', 'invoice', { day: '2026-02-02', period: '2026-02' }],
  ['reversal.postponed', 'invoice', { of: 'evt_1', day: '2026-01-31', on: '2026-02-02', period: '2026-02' }],
  ['evidence.wanted', 'invoice', { covers: 12, until: '2037-01-01' }],
  ['effect.unknown', 'invoice', { ...SENT, input: 'unclear', says: 'it was cut' }],
  ['effect.replied-late', 'invoice', { ...SENT, input: 'done', receipt: { reference: '5100' } }],
  ['exception.escalated', 'exception', { from: 'treasury', to: 'controller', was: AT, dueAt: '2026-02-02T08:00:00.000Z' }],
  ['exception.said', 'exception', SAID],
  ['exception.unsaid', 'exception', { exception: 'exc_1', word: madeId('exception.said'), reason: 'it was right' }],
  ['reference.wanted', 'entity', { by: 'inv_1', name: '', names: [], since: AT, what: 'entity' }],
  ['system.paused', 'system', { system: 'erp', reason: 'month end' }],
  ['system.resumed', 'system', { system: 'erp', reason: 'month end is over' }],
  [
    'intake.quarantined',
    'document',
    { id: 'q1', source: 'erp', type: 'invoice.received', says: 'it broke', owner: 'engineering', length: 3 },
  ],
]

if (process.argv.includes('--write')) write()
