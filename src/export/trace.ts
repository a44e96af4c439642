/** Everything about one object, by any id that any system uses for it: what happened, where it stands, and what proves it. */
import { axesOf, type Axes } from '../domain/axes.ts'
import type { Kind } from '../domain/event.ts'
import { type ExceptionMap, type ExceptionState } from '../domain/exception.ts'
import { CAUSES, type Cause } from '../domain/exception-causes.ts'
import { NEVER, type EffectRow } from '../domain/effect.ts'
import { amountDue, headlineOf } from '../domain/headline.ts'
import type { InvoiceState } from '../domain/invoice-state.ts'
import { listRowOf } from '../domain/list.ts'
import { orderNames } from '../domain/invoice-content.ts'
import type { CommandName, ListRow, ObjectRecord } from '../domain/object.ts'
import { thingsAbout, waitingWords } from '../domain/words.ts'
import type { Json } from '../lib/canonical-json.ts'
import type { Instant } from '../lib/time.ts'
import { boundNames, namesOf } from '../store/alias.ts'
import { attemptsOf, type AttemptRow } from '../store/attempt.ts'
import { cellsOf, type StoredCell } from '../store/cell.ts'
import { latestCheckpoint } from '../store/checkpoint.ts'
import type { ClientBase } from '../store/database.ts'
import { effectsOf } from '../store/effect.ts'
import { eventById, eventsOf, readHead, type StoredEvent } from '../store/event.ts'
import { findObjects } from '../store/find.ts'
import { readObjects } from '../store/object.ts'
import { doubtsOf, type Doubt } from './doubts.ts'
import { wordsOf } from './event-words.ts'
import { titleOf } from './title.ts'
import { stepsOf, waitsOf, type News, type Step, type Wait } from './trace-steps.ts'

export interface Trace {
  readonly asked: string
  readonly id: string
  readonly kind: Kind
  readonly title: string
  /** External names. */
  readonly names: readonly string[]
  readonly standing: Standing
  readonly steps: readonly Step[]
  /** The history goes on beyond these steps. */
  readonly more: boolean
  readonly waits: readonly Wait[]
  readonly commands: readonly TracedCommand[]
  /** Those of which nobody knows whether they were carried out. */
  readonly doubts: readonly Doubt[]
  /** The matrix: what each system should show, was told and says. */
  readonly cells: readonly Omit<StoredCell, 'object'>[]
  readonly cases: readonly TracedCase[]
  /** What it hangs together with, one level. */
  readonly together: readonly Linked[]
  /** The log's length, and how much of it a signed checkpoint covers. */
  readonly log: { readonly size: number; readonly sealed: number; readonly root: string | null }
}

export interface Standing {
  readonly state: string | null
  readonly row: ListRow | null
  readonly breaches: readonly string[]
  /** The events on which the state rests. */
  readonly rests: readonly { readonly id: string; readonly index: number | null; readonly says: string }[]
  /** Invoices only. */
  readonly route: string | null
  readonly axes: Axes | null
  readonly amountDue: string | null
}

export interface TracedCommand {
  readonly command: CommandName
  readonly target: string
  readonly object: string
  readonly occurrence: string
  readonly key: string
  readonly state: string
  /** When it is due next; null when only news or a person moves it. */
  readonly dueAt: Instant | null
  readonly tries: readonly Try[]
}

export interface Try {
  readonly n: number
  readonly requestHash: string
  readonly openedAt: Instant
  readonly closedAt: Instant | null
  readonly ms: number | null
  readonly outcome: string
  readonly says: string | null
  readonly receipt: Json
  readonly looks: AttemptRow['looks']
}

export interface TracedCase {
  readonly id: string
  readonly cause: string
  readonly title: string
  readonly says: string
  readonly owner: string
  readonly dueAt: Instant
  readonly open: boolean
  readonly actions: readonly string[]
  readonly answered: ExceptionState['answered']
  /** What one person has said while another has yet to say the same, in words. */
  readonly said: string | null
}

export interface Linked {
  readonly id: string
  readonly kind: Kind
  readonly title: string
  readonly state: string | null
}

export type Traced =
  | { readonly found: 'one'; readonly trace: Trace }
  | { readonly found: 'several'; readonly asked: string; readonly candidates: readonly Linked[] }
  | { readonly found: 'none'; readonly asked: string }

const LIMIT_LINKED = 50

/** Reads in the caller's transaction; `limit` events of the history from its beginning. */
export async function traceOf(
  client: ClientBase,
  tenant: string,
  asked: string,
  { limit = 500 }: { readonly limit?: number } = {},
): Promise<Traced> {
  const records = await readObjects(client, tenant, await findObjects(client, tenant, asked), false)
  const [record, another] = records.values()
  if (!record) return { found: 'none', asked }
  if (another) return { found: 'several', asked, candidates: [...records.values()].map(linkedOf) }

  const history = await eventsOf(client, tenant, record.id, null, limit + 1)
  const events = history.slice(0, limit)
  const together = await linkedTo(client, tenant, record, events)
  const steps = stepsOf(record.id, events)
  const names = await namesOf(client, tenant, record.id)
  const cells = await cellsOf(client, tenant, record.id)
  const effects = await effectsOf(client, tenant, record.id)
  const tries = Map.groupBy(
    await attemptsOf(
      client,
      tenant,
      effects.map((effect) => effect.key),
    ),
    (attempt) => attempt.key,
  )
  const head = await readHead(client, tenant)
  const checkpoint = await latestCheckpoint(client, tenant)
  return {
    found: 'one',
    trace: {
      asked,
      id: record.id,
      kind: record.kind,
      title: titleOf(record),
      names,
      standing: await standingOf(client, tenant, record, events),
      steps,
      more: history.length > limit,
      waits: waitsOf(steps, events, await newsOf(client, tenant, events, together)),
      commands: commandsOf(effects, tries),
      doubts: doubtsOf(effects, tries, Date.now()),
      cells: cells.map(({ system, facet, expected, told, reported, heardAt }) => ({ system, facet, expected, told, reported, heardAt })),
      cases: casesOf(record, together),
      together: together.filter(({ kind }) => kind !== 'exception').map(linkedOf),
      log: { size: head?.nextIndex ?? 0, sealed: checkpoint?.size ?? 0, root: checkpoint?.root.toString('hex') ?? null },
    },
  }
}

/** Orders and statements have a row by which their number is found, and no state. */
const stateIn = (row: ListRow | null | undefined): string | null => (row && row.state !== '' ? row.state : null)

const linkedOf = (record: ObjectRecord): Linked => ({
  id: record.id,
  kind: record.kind,
  title: titleOf(record),
  state: stateIn(listRowOf(record)),
})

async function standingOf(client: ClientBase, tenant: string, record: ObjectRecord, events: readonly StoredEvent[]): Promise<Standing> {
  const row = listRowOf(record) ?? null
  if (record.kind !== 'invoice') {
    return { state: stateIn(row), row, breaches: [], rests: [], route: null, axes: null, amountDue: null }
  }
  const state = record.state as unknown as InvoiceState
  const headline = headlineOf(state)
  const known = new Map(events.map((event) => [event.id, event]))
  const rests = []
  for (const id of headline.rests) {
    const event = known.get(id) ?? (await eventById(client, tenant, id))
    rests.push({ id, index: event?.index ?? null, says: event ? wordsOf(event.type, event.data, event.erased) : '' })
  }
  return {
    state: headline.state,
    row,
    breaches: headline.breaches,
    rests,
    route: headline.route,
    axes: axesOf(state),
    amountDue: amountDue(state),
  }
}

function commandsOf(effects: readonly EffectRow[], attempts: ReadonlyMap<string, readonly AttemptRow[]>): TracedCommand[] {
  return effects
    .map(({ command, target, object, occurrence, key, state, dueAt }) => ({
      command,
      target,
      object,
      occurrence,
      key,
      state,
      dueAt: dueAt === NEVER ? null : dueAt,
      tries: (attempts.get(key) ?? []).map(({ n, requestHash, openedAt, closedAt, outcome, says, receipt, looks }) => ({
        n,
        requestHash,
        openedAt,
        closedAt,
        ms: closedAt === null ? null : Date.parse(closedAt) - Date.parse(openedAt),
        outcome,
        says,
        receipt,
        looks,
      })),
    }))
    .sort((a, b) => (firstTry(a) < firstTry(b) ? -1 : 1))
}

/** Commands in the order in which they were first tried; those that were not, last. */
const firstTry = ({ tries, command }: TracedCommand): string => `${tries[0]?.openedAt ?? '~'} ${command}`

/** Objects that share an event with it, that it names, and its cases. */
async function linkedTo(client: ClientBase, tenant: string, record: ObjectRecord, events: readonly StoredEvent[]): Promise<ObjectRecord[]> {
  const { content, payments, allocations } = record.state as Partial<InvoiceState>
  const names = content ? [...content.value.supplier.names, ...content.value.entity.names, ...orderNames(content.value)] : []
  const { about, exceptions } = record.state as { readonly about?: string; readonly exceptions?: ExceptionMap }
  const bound = await boundNames(client, tenant, names)
  const ids = new Set([
    ...Object.values(exceptions ?? {}).map(({ id }) => id),
    ...(about === undefined ? [] : [about]),
    ...names.flatMap((name) => bound.get(name) ?? []),
    ...Object.keys(payments ?? {}),
    ...Object.values(allocations ?? {}).map(({ evidence }) => evidence),
    ...events.flatMap((event) => event.objects),
  ])
  ids.delete(record.id)
  const found = await readObjects(client, tenant, [...ids].filter((id) => /^[a-z]{3}_/u.test(id)).slice(0, LIMIT_LINKED), false)
  return [...found.values()]
}

function casesOf(record: ObjectRecord, together: readonly ObjectRecord[]): TracedCase[] {
  return [...(record.kind === 'exception' ? [record] : []), ...together]
    .flatMap(({ id, kind, state }) => {
      if (kind !== 'exception') return []
      const { cause, says, owner, assigned, dueAt, open, actions, answered, about, said } = state as unknown as ExceptionState
      const title = Object.hasOwn(CAUSES, cause) ? CAUSES[cause as Cause].title : cause
      const things = thingsAbout([record, ...together].find((other) => other.id === about))
      const waiting = said ? waitingWords(said, things) : null
      return [{ id, cause, title, says, owner: assigned ?? owner, dueAt, open, actions, answered, said: waiting }]
    })
    .sort((a, b) => Number(b.open) - Number(a.open))
}

const TOLD_BY_OTHERS: ReadonlySet<Kind> = new Set<Kind>(['order', 'supplier', 'entity', 'person'])
const LIMIT_NEWS = 200

/** What others said of the parties and the order while this history went on: it may be what was waited for. */
async function newsOf(
  client: ClientBase,
  tenant: string,
  events: readonly StoredEvent[],
  together: readonly ObjectRecord[],
): Promise<News[]> {
  const [first] = events
  const last = events.at(-1)
  if (!first || !last) return []
  const news: News[] = []
  for (const { id } of together.filter(({ kind }) => TOLD_BY_OTHERS.has(kind))) {
    const told = await eventsOf(client, tenant, id, { applied: first.index, index: first.index }, LIMIT_NEWS)
    for (const event of told) {
      if (event.index < last.index && event.source.role !== 'hub') {
        news.push({ index: event.index, system: event.source.system, says: wordsOf(event.type, event.data, event.erased) })
      }
    }
  }
  return news.sort((a, b) => a.index - b.index)
}
