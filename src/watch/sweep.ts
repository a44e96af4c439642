/**
 * One sweep of one system: what it holds is asked for and compared with what we have of it. What it says otherwise goes through the
 * door as `status.reported`, what it has and we have not as the facts that its feed would have brought; the law decides what that
 * means. A sweep moves no headline by itself, sends no command, and says what it could not confirm.
 */
import { setTimeout } from 'node:timers/promises'
import type { HeldThing, Holdings, HoldingsPage } from '../connector/contract.ts'
import { requestHash, type Reply, type Request } from '../connector/request.ts'
import { sha256 } from '../connector/transport/sending.ts'
import { ABSENT } from '../domain/invoice.ts'
import type { InvoiceState } from '../domain/invoice-state.ts'
import { FACETS, type Arrival, type Facet, type ObjectRecord } from '../domain/object.ts'
import { comparedWith, numbersAt, type Held } from '../domain/reconcile.ts'
import { hexOf } from '../lib/hash.ts'
import { instantOf } from '../lib/time.ts'
import { boundNames } from '../store/alias.ts'
import { confirmCells, unheardCells, type UnheardCell } from '../store/cell.ts'
import { inTenant } from '../store/database.ts'
import { readObjects } from '../store/object.ts'
import { heard } from '../store/system.ts'
import { observed } from '../connector/observed.ts'
import { readFeed, type Reader, type Round } from './read-feed.ts'

export interface Sweep {
  readonly full: boolean
  /** When nobody wants it any more. */
  readonly stopped: () => boolean
  readonly progress: (done: Swept) => void
}

/** Counts of things there; `unconfirmed`: cells of which nobody could say anything, the first of them by name. */
export interface Swept {
  readonly full: boolean
  readonly feeds: readonly Round[]
  /** Asked for by page and one by one. */
  listed: number
  asked: number
  same: number
  /** Whose facts we had not. */
  news: number
  /** Which showed something else than when they were last heard, those that are gone among them. */
  reported: number
  missing: number
  /** Which nobody here knew. */
  unknown: number
  unconfirmed: number
  readonly examples: { readonly object: string; readonly facet: Facet; readonly why: string }[]
  trouble?: string
}

export const nothingSwept = (full: boolean): Swept => ({
  full,
  feeds: [],
  listed: 0,
  asked: 0,
  same: 0,
  news: 0,
  reported: 0,
  missing: 0,
  unknown: 0,
  unconfirmed: 0,
  examples: [],
})

/** Things that are asked for one by one in one sweep; beyond that they are named as not confirmed. */
const LIMIT_ASKED = 2_000
const LIMIT_EXAMPLES = 1_000
const PAGE = 500

export async function sweep(reader: Reader, { full, stopped, progress }: Sweep): Promise<Swept> {
  const { tenant, connector, pool, clocks } = reader
  const began = instantOf(clocks.wall())
  const feeds: Round[] = []
  const done: Swept = { ...nothingSwept(full), feeds }
  for (const feed of full ? connector.feeds : []) {
    const round = await readFeed(reader, feed, 'beginning', stopped)
    feeds.push(round)
    if (round.trouble !== undefined) done.trouble = round.trouble
    progress(done)
  }
  for (const holdings of connector.holdings ?? []) {
    if (full && holdings.list) await byPage(reader, holdings, holdings.list, done, stopped, progress)
    await oneByOne(reader, holdings, done, began, stopped, progress)
  }
  const covered = new Set((connector.holdings ?? []).flatMap(({ facets }) => facets))
  // What a system knows of a supplier or an order is asked anew by age, not by sweeps.
  if (full)
    await uncovered(
      reader,
      FACETS.filter((facet) => facet !== 'reference' && !covered.has(facet)),
      done,
      began,
    )
  await inTenant(pool, tenant, (client) => heard(client, tenant, connector.system, instantOf(clocks.wall())))
  return done
}

async function byPage(
  reader: Reader,
  holdings: Holdings,
  list: NonNullable<Holdings['list']>,
  done: Swept,
  stopped: () => boolean,
  progress: Sweep['progress'],
): Promise<void> {
  let cursor: string | null = null
  do {
    const place: string | null = cursor
    const page: HoldingsPage | { readonly trouble: string } = await asked(reader, holdings, list.ask(place), (reply) =>
      list.readPage(reply, place),
    )
    if ('trouble' in page) {
      done.trouble = page.trouble
      return
    }
    done.listed += page.held.length
    for (let at = 0; at < page.held.length; at += PAGE) await compare(reader, page.held.slice(at, at + PAGE), done)
    cursor = page.cursor
    if (cursor !== null && cursor === place) {
      done.trouble = 'it says that there is more and does not move'
      return
    }
    progress(done)
  } while (cursor !== null && !stopped())
}

/** What the pages did not show, or what has no pages: each by its number, as many as are asked for in one sweep. */
async function oneByOne(
  reader: Reader,
  holdings: Holdings,
  done: Swept,
  began: string,
  stopped: () => boolean,
  progress: Sweep['progress'],
): Promise<void> {
  const { tenant, pool, connector } = reader
  const limit = done.asked + LIMIT_ASKED
  const asks = new Set<string>()
  for (let after: UnheardCell | null = null; ;) {
    const place: UnheardCell | null = after
    const cells: UnheardCell[] = await inTenant(pool, tenant, (client) =>
      unheardCells(client, tenant, connector.system, holdings.facets, began, done.full, place, PAGE),
    )
    const records = await inTenant(pool, tenant, (client) =>
      readObjects(
        client,
        tenant,
        cells.map(({ object }) => object),
        false,
      ),
    )
    for (const cell of cells) {
      const record = records.get(cell.object) as ObjectRecord<InvoiceState> | undefined
      const numbers = record?.kind === 'invoice' ? numbersAt(record, cell.facet, holdings.by) : []
      if (numbers.length === 0) unconfirmed(done, cell, 'it has no number there to be asked by')
      for (const number of numbers) {
        if (asks.has(`${number} ${cell.facet}`)) continue
        if (done.asked >= limit || stopped()) {
          unconfirmed(done, cell, stopped() ? 'the sweep was ended' : `more than ${LIMIT_ASKED} had to be asked for one by one`)
          continue
        }
        for (const facet of holdings.facets) asks.add(`${number} ${facet}`)
        done.asked++
        const read = await asked(reader, holdings, holdings.one.ask(number), (reply) => holdings.one.read(reply, number))
        if ('trouble' in read) {
          unconfirmed(done, cell, read.trouble)
          continue
        }
        // A number that was given anew after a restore is somebody else's thing by now.
        const there = await ownersOf(
          reader,
          read.filter(({ facet }) => facet === cell.facet),
        )
        const gone = there.includes(cell.object)
          ? []
          : [{ facet: cell.facet, names: [cell.object], key: number, word: ABSENT, claims: null, facts: () => [] }]
        await compare(reader, [...read, ...gone], done)
        if (done.asked % 20 === 0) progress(done)
      }
    }
    const last = cells.at(-1)
    if (!last || cells.length < PAGE) return
    after = last
  }
}

/** What no holdings speak of: it rests on what the system itself told when it happened. */
async function uncovered(reader: Reader, facets: readonly Facet[], done: Swept, began: string): Promise<void> {
  const { tenant, pool, connector } = reader
  for (let after: UnheardCell | null = null; ;) {
    const place: UnheardCell | null = after
    const cells: UnheardCell[] = await inTenant(pool, tenant, (client) =>
      unheardCells(client, tenant, connector.system, facets, began, true, place, PAGE),
    )
    for (const cell of cells) unconfirmed(done, cell, 'the system cannot be asked about it')
    const last = cells.at(-1)
    if (!last || cells.length < PAGE) return
    after = last
  }
}

function unconfirmed(done: Swept, { object, facet }: UnheardCell, why: string): void {
  done.unconfirmed++
  if (done.examples.length < LIMIT_EXAMPLES) done.examples.push({ object, facet, why })
}

async function ownersOf({ tenant, pool }: Reader, things: readonly HeldThing[]): Promise<(string | undefined)[]> {
  const bound = await inTenant(pool, tenant, (client) =>
    boundNames(
      client,
      tenant,
      things.flatMap(({ names }) => names),
    ),
  )
  return things.map((thing) => ownerOf(thing, bound))
}

const ownerOf = ({ names }: HeldThing, bound: ReadonlyMap<string, string>): string | undefined =>
  names.map((name) => bound.get(name)).find((known) => known !== undefined)

/** Things there against our objects, a page at a time: who is meant, what we have, and what is to be told. */
async function compare({ tenant, connector, pool, clocks, submit }: Reader, things: readonly HeldThing[], done: Swept): Promise<void> {
  const at = instantOf(clocks.wall())
  const { bound, records } = await inTenant(pool, tenant, async (client) => {
    const bound = await boundNames(
      client,
      tenant,
      things.flatMap(({ names }) => names),
    )
    return { bound, records: await readObjects(client, tenant, [...new Set(bound.values())], false) }
  })
  const arrivals: Arrival[] = []
  const confirmed: { object: string; facet: Facet }[] = []
  for (const thing of things) {
    const id = ownerOf(thing, bound)
    const record = id === undefined ? undefined : (records.get(id) as ObjectRecord<InvoiceState> | undefined)
    if (record?.kind !== 'invoice') {
      done.unknown++
      arrivals.push(...thing.facts().map((fact) => observed(tenant, connector, fact)))
      continue
    }
    confirmed.push({ object: record.id, facet: thing.facet })
    const says = comparedWith(record.state, connector.system, thing.facet, thing)
    if (says === 'same') done.same++
    else if (says === 'news') {
      done.news++
      arrivals.push(...thing.facts().map((fact) => observed(tenant, connector, fact)))
    } else {
      done.reported++
      if (thing.word === ABSENT) done.missing++
      arrivals.push(report(tenant, connector, record, thing, at))
    }
  }
  // A fact that is known under other words is no event: then what it shows now is told by the next sweep's report, and nothing is lost.
  if (arrivals.length > 0) await submit(arrivals)
  if (confirmed.length > 0) await inTenant(pool, tenant, (client) => confirmCells(client, tenant, connector.system, confirmed, at))
}

/** One report per change: two processes that see the same change tell it once. */
function report(
  tenant: string,
  { system, role }: Reader['connector'],
  { id, state }: ObjectRecord<InvoiceState>,
  { facet, key, word, claims, amount }: Held & { readonly facet: Facet },
  at: string,
): Arrival {
  const last = state.reported[`${system}|${facet}`]?.event ?? ''
  return {
    tenant,
    source: { system, role, reference: key },
    eventId: `sweep|${hexOf(sha256(JSON.stringify([id, facet, key, word, claims, amount, last])))}`,
    type: 'status.reported',
    occurredAt: at,
    actor: `system:${system}`,
    about: [{ names: [id] }],
    data: {
      system,
      facet,
      word,
      ...(claims === null ? {} : { claims }),
      ...(facet === 'posting' ? { of: key, ...(amount === undefined ? {} : { amount }) } : {}),
    },
  }
}

/** One call, never faster than the system's rate allows. */
async function asked<T extends object>(
  { connector, transport, clocks }: Reader,
  { timeoutMs }: Holdings,
  request: Request,
  read: (reply: Reply) => T | { readonly trouble: string },
): Promise<T | { readonly trouble: string }> {
  await setTimeout(connector.limits.rate.perMs / connector.limits.rate.calls)
  const sending = await transport.send(request, requestHash(request, sha256), {
    wall: clocks.wall() + timeoutMs,
    monotonic: clocks.monotonic() + timeoutMs,
  })
  if (sending.kind !== 'answered') return { trouble: sending.says }
  try {
    return read(sending.reply)
  } catch (error) {
    return { trouble: `the answer could not be read (${(error as Error).message.slice(0, 200)})` }
  }
}
