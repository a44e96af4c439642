/** What is known of objects: one by any id that anybody uses for it, or a page of a list. */
import { z } from 'zod'
import { axesOf } from '../domain/axes.ts'
import type { Kind } from '../domain/event.ts'
import type { ExceptionMap } from '../domain/exception.ts'
import { headlineOf } from '../domain/headline.ts'
import type { InvoiceState } from '../domain/invoice-state.ts'
import { listRowOf } from '../domain/list.ts'
import type { ObjectRecord } from '../domain/object.ts'
import { doubtsOf, type Doubt } from '../export/doubts.ts'
import { titleOf } from '../export/title.ts'
import { Fault } from '../lib/fault.ts'
import { isCalendarDate } from '../lib/time.ts'
import { namesOf } from '../store/alias.ts'
import { attemptsOf } from '../store/attempt.ts'
import { cellsOf } from '../store/cell.ts'
import { inTenant, type ClientBase } from '../store/database.ts'
import { listObjects, type ListOrder, type ListPlace } from '../store/list-row.ts'
import { effectsOf } from '../store/effect.ts'
import { findObjects } from '../store/find.ts'
import { readObjects } from '../store/object.ts'
import { instantIn } from './cloud-events.ts'
import type { ApiContext } from './context.ts'
import { PAGE, YES_NO, type Answer, type Call } from './route.ts'

/** The canonical id of what is meant; several candidates when the id is not one thing's alone. Throws `not-found`. */
export async function meant(client: ClientBase, tenant: string, id: string): Promise<readonly ObjectRecord[]> {
  const found = await readObjects(client, tenant, await findObjects(client, tenant, id), false)
  if (found.size === 0) throw new Fault('not-found', 'No system that we know calls anything by this id.')
  return [...found.values()]
}

/** 300: the caller chooses. */
export function severalOf(asked: string, records: readonly ObjectRecord[]): Answer {
  return {
    status: 300,
    body: { asked, candidates: records.map((record) => ({ id: record.id, kind: record.kind, title: titleOf(record) })) },
  }
}

export async function getObject({ context, params }: Call): Promise<Answer> {
  const { pool, tenant } = context
  const asked = params['id'] ?? ''
  return inTenant(pool, tenant, async (client) => {
    const records = await meant(client, tenant, asked)
    const [record] = records
    if (!record || records.length > 1) return severalOf(asked, records)
    const names = await namesOf(client, tenant, record.id)
    const cells = await cellsOf(client, tenant, record.id)
    return { status: 200, body: { ...viewOf(record), names, cells, doubts: await doubtsAbout(client, context, record.id) } }
  })
}

async function doubtsAbout(client: ClientBase, { tenant, now }: Pick<ApiContext, 'tenant' | 'now'>, id: string): Promise<Doubt[]> {
  const effects = await effectsOf(client, tenant, id)
  const unsure = effects.filter(({ state }) => state === 'unknown' || state === 'held').map(({ key }) => key)
  return doubtsOf(
    effects,
    Map.groupBy(await attemptsOf(client, tenant, unsure), (attempt) => attempt.key),
    now(),
  )
}

/** A record as it is shown: with its title, its list row and, for an invoice, headline, axes and links. */
function viewOf(record: ObjectRecord): object {
  const { id, kind, version, state, wakeAt } = record
  const cases = (state as { readonly exceptions?: ExceptionMap }).exceptions ?? {}
  const invoice = kind === 'invoice' ? invoiceView(state as unknown as InvoiceState) : {}
  return {
    id,
    kind,
    title: titleOf(record),
    version,
    wakeAt,
    row: listRowOf(record) ?? null,
    ...invoice,
    exceptions: Object.entries(cases).map(([cause, exception]) => ({ cause, id: exception.id, open: exception.open })),
    state,
  }
}

/** `links`: the invoices that it names or corrects, and those that name or correct it, earliest first. */
function invoiceView(state: InvoiceState): object {
  const links = Object.entries(state.links).map(([invoice, { is, number, at }]) => ({ invoice, is, number, since: at }))
  return { headline: headlineOf(state), axes: axesOf(state), links: links.toSorted((a, b) => (a.since < b.since ? -1 : 1)) }
}

const LISTED = ['invoice', 'payment', 'exception', 'document'] as const satisfies readonly Kind[]

export const OBJECTS_QUERY = z.strictObject({
  kind: z.enum(LISTED, `is one of ${LISTED.join(', ')}`),
  state: z.string().max(40).optional(),
  open: YES_NO.optional(),
  cause: z.string().max(40).optional(),
  owner: z.string().max(80).optional(),
  breach: z.string().max(40).optional(),
  order: z.enum(['newest', 'due']).default('newest'),
  ...PAGE,
})

export async function getObjects({ context, query }: Call<z.infer<typeof OBJECTS_QUERY>>): Promise<Answer> {
  const { after, kind, limit, state, open, cause, owner, breach } = query
  const order = orderOf(query.order, open)
  const place = after === undefined ? null : placeIn(after, order)
  const filter = { kind, limit, ...given({ state, open, cause, owner, breach }) }
  const page = await inTenant(context.pool, context.tenant, (client) => listObjects(client, context.tenant, filter, order, place))
  return {
    status: 200,
    body: { objects: page.rows.map(({ object, ...row }) => ({ id: object, ...row })), next: page.next && cursorOf(page.next, order) },
  }
}

/** The members that were given: `undefined` is not the same as absent. */
export function given<T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}

/** By date stand only open ones: what is done is due no more. */
export function orderOf(order: ListOrder, open: boolean | undefined): ListOrder {
  if (order === 'due' && open !== true) throw new Fault('request-not-valid', 'order=due goes with open=true.')
  return order
}

/** Where the next page begins, opaque to the caller. */
export function cursorOf({ at, object }: ListPlace, order: ListOrder): string {
  return Buffer.from(JSON.stringify([order, at, object])).toString('base64url')
}

const PLACE = z.tuple([z.enum(['newest', 'due']), z.string(), z.string().regex(/^[a-z]{3}_[0-9a-f]{26}$/u)])

export function placeIn(cursor: string, order: ListOrder): ListPlace {
  const read = PLACE.safeParse(parsed(Buffer.from(cursor, 'base64url').toString('utf8')))
  if (!read.success || read.data[0] !== order) {
    throw new Fault('request-not-valid', 'after is not what the last page gave as next, with the same order.')
  }
  const [, at, object] = read.data
  if (order === 'newest' ? instantIn(at) === undefined : at !== 'infinity' && !isCalendarDate(at)) {
    throw new Fault('request-not-valid', 'after is not what the last page gave as next.')
  }
  return { at, object }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
