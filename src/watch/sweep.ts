/**
 * One sweep of one system: what it holds is asked for and compared with what we have of it. What it says otherwise goes through the
 * door as `status.reported`, what it has and we have not as the facts that its feed would have brought; the law decides what that
 * means. A sweep moves no headline by itself, sends no command, and says what it could not confirm.
 */
import type { HeldThing, Holdings, HoldingsPage } from '../connector/contract.ts'
import { requestHash, type Reply, type Request } from '../connector/request.ts'
import { sha256 } from '../connector/transport/sending.ts'
import { kindOf } from '../domain/event.ts'
import { comparedWith, numbersAt, readAs, type Compared, type Shown } from '../domain/held.ts'
import { ABSENT } from '../domain/cell.ts'
import { FACETS, type Arrival, type Facet, type ObjectRecord } from '../domain/object.ts'
import type { Reconciled } from '../domain/reconcile.ts'
import { hexOf } from '../lib/hash.ts'
import { instantOf, msOf, type Instant } from '../lib/time.ts'
import { boundNames } from '../store/alias.ts'
import { confirmCells, unheardCells, type UnheardCell } from '../store/cell.ts'
import { inTenant } from '../store/database.ts'
import { readObjects } from '../store/object.ts'
import { heard, readCursor, writeCursor } from '../store/system.ts'
import { observed } from '../connector/observed.ts'
import { readFeed, type Reader, type Round } from './read-feed.ts'

export interface Sweep {
  readonly full: boolean
  /** So many things of a kind are asked for one by one; the others are named as not confirmed, and have their turn in the next sweep. */
  readonly atMost: number
  /** When nobody wants it any more. */
  readonly stopped: () => boolean
  readonly progress: (done: Swept) => void
}

/** Counts of things there, and of cells (`reported`, `missing`, `unconfirmed`: those of which nobody could say anything, the first by name). */
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

const LIMIT_EXAMPLES = 1_000
const PAGE = 500

export async function sweep(reader: Reader, { full, atMost, stopped, progress }: Sweep): Promise<Swept> {
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
    await oneByOne(reader, holdings, done, began, atMost, stopped, progress)
  }
  if (full) await uncovered(reader, done, began)
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
    const at = instantOf(reader.clocks.wall())
    const page: HoldingsPage | { readonly trouble: string } = await asked(reader, holdings, list.ask(place), (reply) =>
      list.readPage(reply, place),
    )
    if ('trouble' in page) {
      done.trouble = page.trouble
      return
    }
    done.listed += page.held.length
    for (let from = 0; from < page.held.length; from += PAGE) await compare(reader, page.held.slice(from, from + PAGE), at, done)
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
  began: Instant,
  atMost: number,
  stopped: () => boolean,
  progress: Sweep['progress'],
): Promise<void> {
  const { tenant, pool, connector } = reader
  const limit = done.asked + atMost
  const cursor = `one by one: ${holdings.about} ${holdings.facets.join(' ')}`
  const from = cellAt(await inTenant(pool, tenant, (client) => readCursor(client, tenant, connector.system, cursor)))
  /** The last cell of which all was asked: behind it the next sweep begins, when this one had to leave something. */
  let through = from
  let leaves = false
  // One answer fills all cells of a thing: what could not be asked is named for each of them.
  const answers = new Map<string, { readonly trouble?: string }>()
  for await (const cells of unheard(reader, holdings, began, done.full, from)) {
    const records = await inTenant(pool, tenant, (client) =>
      readObjects(
        client,
        tenant,
        cells.map(({ object }) => object),
        false,
      ),
    )
    for (const cell of cells) {
      const record = records.get(cell.object)
      if (record?.kind !== holdings.about) continue
      const numbers = numbersAt(record, connector.system, cell.facet, holdings.by)
      if (numbers.length === 0) unconfirmed(done, cell, 'it has no number there to be asked by')
      for (const number of numbers) {
        const before = answers.get(`${cell.object} ${number}`)
        if (before?.trouble !== undefined) unconfirmed(done, cell, before.trouble)
        if (before) continue
        if (done.asked >= limit || stopped()) {
          leaves = true
          unconfirmed(done, cell, stopped() ? 'the sweep was ended' : `more than ${atMost} had to be asked for one by one`)
          continue
        }
        done.asked++
        const at = instantOf(reader.clocks.wall())
        const read = await asked(reader, holdings, holdings.one.ask(number), (reply) => holdings.one.read(reply, number))
        answers.set(`${cell.object} ${number}`, 'trouble' in read ? read : {})
        if ('trouble' in read) {
          unconfirmed(done, cell, read.trouble)
          continue
        }
        // A number that was given anew after a restore is somebody else's thing by now.
        const theirs = await ownedBy(reader, read, cell.object)
        const shown = new Set(theirs.flatMap(({ shows }) => shows.map(({ facet }) => facet)))
        const gone = holdings.facets.filter(
          (facet) => !shown.has(facet) && numbersAt(record, connector.system, facet, holdings.by).includes(number),
        )
        const nothing = { names: [cell.object], key: number, shows: gone.map(absent), facts: () => [] }
        await compare(reader, gone.length === 0 ? read : [...read, nothing], at, done)
        if (done.asked % 20 === 0) progress(done)
      }
      if (!leaves) through = cell
    }
  }
  const position = leaves && through ? `${through.object} ${through.facet}` : ''
  await inTenant(pool, tenant, (client) => writeCursor(client, tenant, connector.system, cursor, position))
}

function cellAt(position: string | null): UnheardCell | null {
  if (!position) return null
  const [object = '', facet = ''] = position.split(' ')
  return { object, facet: facet as Facet }
}

/**
 * The cells that nobody has heard since the sweep began, in pages: from where the last sweep had to leave off to the end, then from the
 * beginning to there. However few can be asked for in one sweep, each has its turn.
 */
async function* unheard(
  { tenant, pool, connector }: Reader,
  { facets }: Holdings,
  began: Instant,
  full: boolean,
  from: UnheardCell | null,
): AsyncGenerator<UnheardCell[]> {
  const isBehind = (cell: UnheardCell, end: UnheardCell): boolean =>
    cell.object === end.object ? cell.facet > end.facet : cell.object > end.object
  const ways: readonly (readonly [UnheardCell | null, UnheardCell | null])[] =
    from === null
      ? [[null, null]]
      : [
          [from, null],
          [null, from],
        ]
  for (const [start, end] of ways) {
    let after = start
    for (let more = true; more;) {
      const page = await inTenant(pool, tenant, (client) =>
        unheardCells(client, tenant, connector.system, facets, began, full, after, PAGE),
      )
      const cells = end === null ? page : page.filter((cell) => !isBehind(cell, end))
      yield cells
      after = page.at(-1) ?? null
      more = page.length === PAGE && cells.length === PAGE
    }
  }
}

const absent = (facet: Facet): Shown => ({ facet, word: ABSENT, claims: null })

/** What no holdings speak of: it rests on what the system itself told when it happened. */
async function uncovered({ tenant, pool, connector }: Reader, done: Swept, began: string): Promise<void> {
  // What a system knows of a supplier or an order is asked anew by age, not by sweeps.
  const facets = FACETS.filter((facet) => facet !== 'reference')
  const covered = ({ object, facet }: UnheardCell): boolean =>
    (connector.holdings ?? []).some((holdings) => holdings.about === kindOf(object) && holdings.facets.includes(facet))
  for (let after: UnheardCell | null = null; ;) {
    const place: UnheardCell | null = after
    const cells: UnheardCell[] = await inTenant(pool, tenant, (client) =>
      unheardCells(client, tenant, connector.system, facets, began, true, place, PAGE),
    )
    for (const cell of cells) if (!covered(cell)) unconfirmed(done, cell, 'the system cannot be asked about it')
    const last = cells.at(-1)
    if (!last || cells.length < PAGE) return
    after = last
  }
}

function unconfirmed(done: Swept, { object, facet }: UnheardCell, why: string): void {
  done.unconfirmed++
  if (done.examples.length < LIMIT_EXAMPLES) done.examples.push({ object, facet, why })
}

/** Of things that are there those that are the object's. */
async function ownedBy({ tenant, pool }: Reader, things: readonly HeldThing[], object: string): Promise<HeldThing[]> {
  const bound = await inTenant(pool, tenant, (client) =>
    boundNames(
      client,
      tenant,
      things.flatMap(({ names }) => names),
    ),
  )
  return things.filter((thing) => ownerOf(thing, bound) === object)
}

const ownerOf = ({ names }: HeldThing, bound: ReadonlyMap<string, string>): string | undefined =>
  names.map((name) => bound.get(name)).find((known) => known !== undefined)

/**
 * Things there against our objects, a page at a time: who is meant, what we have, and what is to be told. `at`: when they were asked for;
 * what the system tells of a later change then counts, though it were read before this is told.
 */
async function compare({ tenant, connector, pool, submit }: Reader, things: readonly HeldThing[], at: Instant, done: Swept): Promise<void> {
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
    const record = records.get(ownerOf(thing, bound) ?? '')
    const says = new Set<Compared>()
    for (const raw of record ? thing.shows : []) {
      const shown = readAs(record!, raw)
      const compared = comparedWith(record!, connector.system, thing.key, shown)
      says.add(compared)
      if (compared === 'beside') continue
      confirmed.push({ object: record!.id, facet: shown.facet })
      if (compared !== 'report') continue
      done.reported++
      if (shown.word === ABSENT) done.missing++
      arrivals.push(report(tenant, connector, record!, thing.key, shown, at))
    }
    if (!record) done.unknown++
    else if (says.has('news')) done.news++
    else if (!says.has('report')) done.same++
    if (!record || says.has('news')) arrivals.push(...thing.facts(at).map((fact) => observed(tenant, connector, fact)))
  }
  // A fact that is known under other words is no event: then what it shows now is told by the next sweep's report, and nothing is lost.
  if (arrivals.length > 0) await submit(arrivals)
  if (confirmed.length > 0) await inTenant(pool, tenant, (client) => confirmCells(client, tenant, connector.system, confirmed, at))
}

/** One report per change: two processes that see the same change tell it once. */
function report(
  tenant: string,
  { system, role }: Reader['connector'],
  { id, state }: ObjectRecord,
  key: string,
  { facet, word, claims, amount }: Shown,
  at: string,
): Arrival {
  const last = (state as unknown as Reconciled).reported[`${system}|${facet}`]
  return {
    tenant,
    source: { system, role, reference: key },
    eventId: `sweep|${hexOf(sha256(JSON.stringify([id, facet, key, word, claims, amount, last?.event ?? ''])))}`,
    type: 'status.reported',
    // We asked after we had heard that, whichever instant it has by the system's clock.
    occurredAt: last && last.at >= at ? instantOf(msOf(last.at) + 1) : at,
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

/** One call. */
async function asked<T extends object>(
  { transport, clocks }: Reader,
  { timeoutMs }: Holdings,
  request: Request,
  read: (reply: Reply) => T | { readonly trouble: string },
): Promise<T | { readonly trouble: string }> {
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
