/** What stands in a system's queue and what one object waits for: why it is where it is, and when it moves. */
import { z } from 'zod'
import { closedUntil, opensAt } from '../delivery/calendar.ts'
import { breakerOf } from '../delivery/gate.ts'
import { standingOf, type Gateway, type Standing } from '../delivery/standing.ts'
import { NEVER, type EffectRow } from '../domain/effect.ts'
import { LANES } from '../domain/event.ts'
import type { ExceptionMap } from '../domain/exception.ts'
import { headlineOf, liveHolds } from '../domain/headline.ts'
import type { InvoiceState } from '../domain/invoice-state.ts'
import { listRowOf } from '../domain/list.ts'
import type { ObjectRecord } from '../domain/object.ts'
import { NO_SYSTEM, systemName, type SystemState } from '../domain/system.ts'
import { missingWarrants } from '../export/next-warrant.ts'
import { titleOf } from '../export/title.ts'
import { Fault } from '../lib/fault.ts'
import { instantOf } from '../lib/time.ts'
import { boundNames } from '../store/alias.ts'
import { attemptsOf } from '../store/attempt.ts'
import { inTenant, type ClientBase } from '../store/database.ts'
import { effectsOf } from '../store/effect.ts'
import {
  dueBefore,
  dueUntil,
  LIMIT_COUNTED,
  obstaclesTo,
  queuePage,
  queueTotals,
  STANDS,
  type QueuePlace,
  type Stands,
} from '../store/effect-queue.ts'
import { readObjects } from '../store/object.ts'
import { readSystem } from '../store/system.ts'
import type { ApiContext } from './context.ts'
import { systemIn } from './configured-system.ts'
import { caseOf } from './exceptions.ts'
import { meant, severalOf } from './objects.ts'
import { PAGE, type Answer, type Call } from './route.ts'

const NAMES = Object.keys(STANDS) as [Stands, ...Stands[]]
export const QUEUE_QUERY = z.strictObject({ stands: z.enum(NAMES, `is one of ${NAMES.join(', ')}`).default('waiting'), ...PAGE })

export async function getQueue({ context, params, query }: Call<z.infer<typeof QUEUE_QUERY>>): Promise<Answer> {
  const { pool, tenant } = context
  const { stands, limit, after } = query
  const place = after === undefined ? undefined : placeIn(after)
  const system = systemIn(context, params['name'] ?? '')
  return inTenant(pool, tenant, async (client) => {
    const { rows, next } = await queuePage(client, tenant, system.name, stands, limit, place)
    const counted = stands === 'waiting' && place ? await dueUntil(client, tenant, system.name, instantOf(context.now()), place) : 0
    const totals = place ? {} : { totals: await queueTotals(client, tenant, system.name, stands), countedTo: LIMIT_COUNTED }
    let before = counted
    const ahead = new Map(rows.map(({ key, dueAt }) => [key, dueAt <= instantOf(context.now()) ? before++ : before]))
    const commands = await told(client, context, rows, ahead)
    return { status: 200, body: { system: system.name, stands, ...totals, commands, next: next && cursorOf(next) } }
  })
}

export async function getStanding({ context, params }: Call): Promise<Answer> {
  const { pool, tenant } = context
  const asked = params['id'] ?? ''
  return inTenant(pool, tenant, async (client) => {
    const records = await meant(client, tenant, asked)
    const [record] = records
    if (!record || records.length > 1) return severalOf(asked, records)
    const effects = (await effectsOf(client, tenant, record.id)).filter(({ state }) => state !== 'done' && state !== 'superseded')
    const keys = effects.map(({ key }) => key)
    const ahead = await dueBefore(client, tenant, keys, instantOf(context.now()))
    const { exceptions = {} } = record.state as { readonly exceptions?: ExceptionMap }
    const open = Object.values(exceptions)
      .filter((exception) => exception.open)
      .map(({ id }) => id)
    const cases = [...(await readObjects(client, tenant, open, false)).values()].map((one) => caseOf(one, record))
    const invoice = record.kind === 'invoice' ? onRoute(record.state as unknown as InvoiceState) : {}
    return {
      status: 200,
      body: {
        id: record.id,
        kind: record.kind,
        title: titleOf(record),
        wakeAt: record.wakeAt,
        ...invoice,
        commands: await told(client, context, effects, ahead),
        cases,
      },
    }
  })
}

function onRoute(state: InvoiceState): object {
  const { state: headline, route } = headlineOf(state)
  return { headline, route, holds: liveHolds(state).map((hold) => state.holds[hold]?.kind ?? hold), missing: missingWarrants(state) }
}

export type CommandStanding = Standing &
  Pick<EffectRow, 'command' | 'occurrence' | 'lane' | 'state' | 'attempts' | 'failures'> & {
    readonly effect: string
    readonly system: string
    readonly dueAt: string | null
    readonly about: {
      readonly id: string
      readonly kind: string
      readonly title: string
      readonly amount: string | null
      readonly currency: string | null
    }
  }

/** `ahead`: how many that are due stand before each, by key. */
async function told(
  client: ClientBase,
  context: ApiContext,
  rows: readonly EffectRow[],
  ahead: ReadonlyMap<string, number>,
): Promise<CommandStanding[]> {
  const { tenant } = context
  const now = context.now()
  const keys = rows.map((row) => row.key)
  const attempts = Map.groupBy(await attemptsOf(client, tenant, keys), (attempt) => attempt.key)
  const obstacles = await obstaclesTo(client, tenant, keys)
  const subjects = await readObjects(client, tenant, [...new Set(rows.map((row) => row.subject))], false)
  const gateways = new Map<string, Gateway>()
  for (const system of new Set(rows.map((row) => row.target))) gateways.set(system, await gatewayOf(client, context, system))
  return rows.map((row) => {
    const standing = standingOf(
      { row, last: attempts.get(row.key)?.at(-1), obstacle: obstacles.get(row.key), ahead: ahead.get(row.key) ?? 0 },
      gateways.get(row.target)!,
      now,
    )
    const { key, target, command, occurrence, lane, state, attempts: tries, failures, dueAt, subject } = row
    return {
      ...standing,
      effect: key,
      system: target,
      command,
      occurrence,
      lane,
      state,
      attempts: tries,
      failures,
      dueAt: dueAt === NEVER ? null : dueAt,
      about: aboutOf(subject, subjects.get(subject)),
    }
  })
}

export function aboutOf(id: string, record: ObjectRecord | undefined): CommandStanding['about'] {
  const row = record && listRowOf(record)
  return {
    id,
    kind: record?.kind ?? '',
    title: record ? titleOf(record) : id,
    amount: row?.amount ?? null,
    currency: row?.currency ?? null,
  }
}

export async function gatewayOf(
  client: ClientBase,
  context: Pick<ApiContext, 'tenant' | 'load' | 'systems' | 'now'>,
  system: string,
): Promise<Gateway> {
  const row = await readSystem(client, context.tenant, system)
  const { state } = await systemObject(client, context.tenant, system)
  return {
    system,
    paused: row.paused ? state.paused : null,
    breaker: breakerOf(row),
    closedUntil: closedNow(context, system),
    load: context.load(system),
  }
}

/** Until when (ms since 1970) its calendar keeps it closed. */
export function closedNow({ systems, now }: Pick<ApiContext, 'systems' | 'now'>, system: string): number | undefined {
  const { windows = [] } = systems.find(({ name }) => name === system) ?? {}
  return closedUntil(windows, now()) === undefined ? undefined : opensAt(windows, now())
}

/** A system as an object; nobody may have said anything of it yet. */
export async function systemObject(
  client: ClientBase,
  tenant: string,
  system: string,
): Promise<{ readonly version: number; readonly state: SystemState }> {
  const name = systemName(system)
  const id = (await boundNames(client, tenant, [name])).get(name)
  const record = id === undefined ? undefined : (await readObjects(client, tenant, [id], false)).get(id)
  return record ? { version: record.version, state: record.state as unknown as SystemState } : { version: 0, state: NO_SYSTEM }
}

const PLACE = z.tuple([
  z.int().min(0).max(LANES.length),
  z.iso.date(),
  z.iso.datetime({ precision: 3 }),
  z.string().regex(/^[0-9a-f]{64}$/u),
])

const cursorOf = ({ lane, dueOn, dueAt, key }: QueuePlace): string =>
  Buffer.from(JSON.stringify([lane, dueOn, dueAt, key])).toString('base64url')

function placeIn(cursor: string): QueuePlace {
  const read = PLACE.safeParse(parsed(cursor))
  if (!read.success) throw new Fault('request-not-valid', 'after is not what the last page gave as next.')
  const [lane, dueOn, dueAt, key] = read.data
  return { lane, dueOn, dueAt, key }
}

function parsed(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
}
