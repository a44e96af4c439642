/** Runs batches until the database has said what became of them: again when others moved first, later when it is away. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Fault, type FaultCode } from '../lib/fault.ts'
import { runBatch, type Settings } from './commit.ts'
import { connect, inTenant, rolledBack, type Pool } from './database.ts'
import { makeRoom, readHead } from './event.ts'
import { RefusedItems, type Committed, type Item, type Receipt } from './item.ts'
import { KnownStates } from './known-states.ts'
import { isAway, sqlState, troubleOf } from './trouble.ts'

/** `broken`: something in one of the items cannot be judged or stored; the others may be well. */
export type BatchResult = { readonly committed: Committed } | { readonly broken: Error }

/** Times that the same batch runs again because others moved first. */
const LIMIT_AGAIN = 30
/** Waits while the database is away, in ms; then nothing more is hoped for. */
const AWAY_MS = [50, 100, 200, 400, 800, 1_000, 1_000, 1_000, 1_000]
/** Faults of the law or of one item's content; every other fault is about the whole batch. */
const ITEM_FAULTS: ReadonlySet<FaultCode> = new Set<FaultCode>(['internal', 'event-not-valid', 'body-not-clean', 'body-too-large'])
/** Sizes of a log at which the planner learns how large the tables are: before that its plans are those for empty ones. */
const GROWN = [200, 2_000, 20_000, 200_000]
/** A log this close to the end of its last partition gets the next one: four fifths of ten million. */
const ROOM_AHEAD = 2_000_000

export interface Committer {
  /**
   * Commits a batch of one tenant. Throws the fault `database-away` when it is not known whether it was committed (the same
   * items may be brought again), `hub-outdated` when another process works by newer rules, and whatever is a bug of ours.
   */
  commit(tenant: string, items: readonly Item[]): Promise<BatchResult>
}

export function createCommitter(pool: Pool, settings: Settings): Committer {
  const known = new KnownStates()
  /** Where the last partition ends, as far as this process knows. */
  let roomTo = 0

  async function ready(nextIndex: number): Promise<void> {
    if (nextIndex + ROOM_AHEAD < roomTo) return
    const client = await connect(pool)
    try {
      roomTo = await makeRoom(client, nextIndex)
      client.release()
    } catch (error) {
      client.release(true)
      throw error
    }
  }

  /** Alone in its transaction, and never waited for. */
  async function learnSizes(): Promise<void> {
    const client = await connect(pool)
    await client.query('SELECT tables_have_grown()').then(
      () => {
        client.release()
      },
      () => {
        client.release(true)
      },
    )
  }

  async function once(tenant: string, items: readonly Item[]): Promise<Committed> {
    const client = await connect(pool)
    let broken = false
    try {
      return await runBatch(client, settings, known, tenant, items)
    } catch (error) {
      broken = isAway(error) || !(await rolledBack(client))
      throw error
    } finally {
      client.release(broken)
    }
  }

  return {
    async commit(tenant, items) {
      const refused = new Map<Item, Receipt>()
      let rest = items
      for (let again = 0, away = 0; ;) {
        try {
          if (roomTo === 0) await ready(0)
          const committed = rest.length === 0 ? NOTHING : await once(tenant, rest)
          // Not waited for: there is room for millions, and a commit that finds none makes it.
          if (committed.head + ROOM_AHEAD >= roomTo) void ready(committed.head).catch(() => {})
          if (GROWN.some((size) => committed.head < size && committed.head + committed.events >= size)) void learnSizes().catch(() => {})
          return { committed: refused.size === 0 ? committed : { ...committed, receipts: merged(items, rest, refused, committed) } }
        } catch (error) {
          if (error instanceof RefusedItems) {
            for (const [item, fault] of error.items) {
              for (const twin of rest)
                if (twin.kind === 'fact' && twin.id === item.id) refused.set(twin, { eventId: item.id, outcome: 'refused', fault })
            }
            rest = rest.filter((item) => !refused.has(item))
            continue
          }
          const trouble = isFull(error) ? 'full' : isContainable(error) ? 'item' : troubleOf(error)
          switch (trouble) {
            case 'full':
              roomTo = 0
              await ready((await inTenant(pool, tenant, (client) => readHead(client, tenant)))?.nextIndex ?? 0)
              break
            case 'item':
              // What somebody else inserted first shows as a broken key once, and not again.
              if (sqlState(error) !== '23505' || again++ >= 3) return { broken: error as Error }
              break
            case 'again':
              if (again++ >= LIMIT_AGAIN) throw new Fault('database-away', 'Others moved first too many times.', { cause: error })
              await sleep(Math.random() * Math.min(50, again * 2))
              break
            case 'away': {
              const wait = AWAY_MS[away++]
              if (wait === undefined) throw error instanceof Fault ? error : new Fault('database-away', undefined, { cause: error })
              await sleep(wait)
              break
            }
            case 'broken':
              throw error
          }
        }
      }
    },
  }
}

const NOTHING: Committed = { receipts: [], targets: new Set(), news: false, events: 0, head: 0 }

function isContainable(error: unknown): boolean {
  return error instanceof Fault && ITEM_FAULTS.has(error.code)
}

/** No partition for the next index: it says check_violation, and is none of the batch's doing. */
function isFull(error: unknown): boolean {
  return sqlState(error) === '23514' && (error as Error).message.startsWith('no partition of relation')
}

function merged(
  items: readonly Item[],
  rest: readonly Item[],
  refused: ReadonlyMap<Item, Receipt>,
  committed: Committed,
): (Receipt | undefined)[] {
  const receipts = new Map(rest.map((item, at) => [item, committed.receipts[at]]))
  return items.map((item) => refused.get(item) ?? receipts.get(item))
}
