/**
 * One round of one feed: page after page from the stored cursor, the next ones while the facts of those before are on their way.
 * The cursor moves only behind pages whose documents are kept and whose facts are durable, so a page may be read twice and none is
 * lost. What nobody can read is kept for a person and passed over:
 * it must not stop what stands behind it.
 */
import { Fault } from '../lib/fault.ts'
import { canonicalJson, type Json } from '../lib/canonical-json.ts'
import { instantOf, msOf } from '../lib/time.ts'
import { documentName } from '../domain/names.ts'
import type { Arrival } from '../domain/object.ts'
import type { Connector, Feed, Observation, Page, Unreadable } from '../connector/contract.ts'
import { observed } from '../connector/observed.ts'
import { requestHash } from '../connector/request.ts'
import { type Clocks, sha256 } from '../connector/transport/sending.ts'
import type { Transport } from '../connector/transport/transport.ts'
import { inTenant, type Pool } from '../store/database.ts'
import { readDocument, storeDocument } from '../store/document.ts'
import type { Receipt } from '../store/item.ts'
import { type FeedTurn, heard, HEARD_MS, writeCursor } from '../store/system.ts'

/** The door. Resolves when durable, one receipt per arrival, in order. */
export type Submit = (arrivals: readonly Arrival[]) => Promise<readonly Receipt[]>

export interface Reader {
  readonly tenant: string
  readonly connector: Connector
  readonly pool: Pool
  readonly submit: Submit
  readonly transport: Transport
  readonly clocks: Clocks
}

/** `through`: it came to the end of what there was. `retold`: facts of the past that the system now tells otherwise than the first time; the first telling holds. */
export interface Round {
  readonly pages: number
  readonly facts: number
  readonly unreadable: number
  readonly retold: number
  readonly through: boolean
  readonly trouble?: string
}

/** Pages of one round at most; the next round goes on. A reading from the beginning goes to the end. */
const LIMIT_PAGES = 1_000
/** Facts handed to the door at once. */
const SLICE = 500
/**
 * Pages whose facts are on their way at once: those of small ones (a bank's file, a payment run) share a commit. One by one, a feed of
 * such pages reads one per commit: the ERP's and the bank's fell minutes behind in a folder of 2,000 invoices.
 */
const AHEAD = 8

/** Where a round begins, and when the system was last heard. */
type From = 'beginning' | Pick<FeedTurn, 'position' | 'heardAt'>

/**
 * Reads what is new. From the stored position it goes on and moves that; from the beginning it reads all again (a sweep) and, once it is
 * through, leaves the cursor where it ended: a system that was restored may end before the place that was read up to.
 */
export async function readFeed(reader: Reader, feed: Feed, from: From, stopped: () => boolean = () => false): Promise<Round> {
  const { tenant, pool, connector } = reader
  let cursor = from === 'beginning' ? null : from.position
  const done = { pages: 0, facts: 0, unreadable: 0, retold: 0 }
  const taking: { readonly taken: Promise<Taken>; readonly cursor: string | null }[] = []
  let stored = cursor
  const settle = async (through: boolean): Promise<void> => {
    let reached = stored
    try {
      for (const page of taking.splice(0)) {
        const { unreadable, retold } = await page.taken
        done.unreadable += unreadable
        done.retold += retold
        reached = page.cursor
      }
    } finally {
      const position = reached
      if (position !== null && position !== stored && (from !== 'beginning' || through)) {
        await inTenant(pool, tenant, (client) => writeCursor(client, tenant, connector.system, feed.name, position))
        stored = position
      }
    }
  }
  while (!stopped() && (done.pages < LIMIT_PAGES || from === 'beginning')) {
    const page = await readOnce(reader, feed, cursor, from)
    if ('trouble' in page) {
      await settle(false)
      return { ...done, through: false, trouble: page.trouble }
    }
    done.pages++
    done.facts += page.observations.length
    // Before the next page, which may need them.
    for (const { bytes, mediaType } of page.documents ?? []) await storeDocument(pool, tenant, bytes, mediaType)
    const taken = take(reader, feed, page, from)
    // Whoever settles hears of it.
    taken.catch(() => {})
    taking.push({ taken, cursor: page.cursor })
    const moved = page.cursor !== cursor
    cursor = page.cursor
    if (!page.more || !moved || taking.length >= AHEAD || page.observations.length > SLICE) await settle(!page.more)
    if (!page.more) return { ...done, through: true }
    if (!moved) return { ...done, through: false, trouble: 'the feed says that there is more and does not move' }
  }
  await settle(false)
  return { ...done, through: false }
}

async function readOnce(reader: Reader, feed: Feed, cursor: string | null, from: From): Promise<Page | { readonly trouble: string }> {
  const { tenant, pool, connector, clocks } = reader
  try {
    const request = feed.poll(cursor)
    const sending = await reader.transport.send(request, requestHash(request, sha256), {
      wall: clocks.wall() + feed.timeoutMs,
      monotonic: clocks.monotonic() + feed.timeoutMs,
    })
    if (sending.kind !== 'answered') return { trouble: sending.says }
    if (sending.reply.transport === 'http' && sending.reply.status >= 500) return { trouble: `HTTP ${sending.reply.status}` }
    const documents = new Map<string, Uint8Array>()
    const now = clocks.wall()
    const wanted = feed.documents?.(cursor) ?? []
    // A system with nothing new to tell, which is polled twice a second, costs no transaction each time.
    const news = from === 'beginning' || from.heardAt === null || now - msOf(from.heardAt) >= HEARD_MS
    if (news || wanted.length > 0)
      await inTenant(pool, tenant, async (client) => {
        if (news) await heard(client, tenant, connector.system, instantOf(now))
        for (const hash of wanted) {
          const stored = await readDocument(client, tenant, hash)
          if (stored) documents.set(hash, stored.bytes)
        }
      })
    return feed.readPage(sending.reply, cursor, (hash) => {
      const bytes = documents.get(hash)
      if (!bytes) throw new Error(`document ${hash} is not kept`)
      return bytes
    })
  } catch (error) {
    if (error instanceof Fault) throw error
    return { trouble: `the page could not be read (${(error as Error).message.slice(0, 200)})` }
  }
}

type Taken = Pick<Round, 'unreadable' | 'retold'>

/** Takes the facts of a page in; gives how much of it could not be read. */
async function take(reader: Reader, feed: Feed, page: Page, from: From): Promise<Taken> {
  const { tenant, connector } = reader
  const unreadable = [...(page.unreadable ?? [])]
  let retold = 0
  for (let at = 0; at < page.observations.length; at += SLICE) {
    const slice = page.observations.slice(at, at + SLICE)
    const receipts = await reader.submit(slice.map((observation) => observed(tenant, connector, observation)))
    for (const [n, { outcome, fault }] of receipts.entries()) {
      if (outcome !== 'refused' || !fault) continue
      // Not now: the page is read again. Never: it is no event, and the others do not wait for it.
      if (fault.disposition !== 'stop') throw fault
      // Read again, that is history which was changed there: the sweep looks at what stands there now.
      if (from === 'beginning' && fault.code === 'event-id-reused') {
        retold++
        continue
      }
      const observation = slice[n]!
      unreadable.push({ bytes: bytesOf(observation), mediaType: 'application/json', reference: observation.eventId, says: fault.message })
    }
  }
  for (const thing of unreadable) await keepForPerson(reader, feed, thing)
  return { unreadable: unreadable.length, retold }
}

async function keepForPerson(reader: Reader, feed: Feed, thing: Unreadable): Promise<void> {
  const { tenant, pool, connector, clocks } = reader
  const document = await storeDocument(pool, tenant, thing.bytes, thing.mediaType)
  const reference = thing.reference.slice(0, 200).toWellFormed()
  await reader.submit([
    {
      tenant,
      source: { system: 'hub', role: 'hub', reference: connector.system },
      eventId: `unreadable ${connector.system} ${feed.name} ${document}`,
      type: 'document.received',
      occurredAt: instantOf(clocks.wall()),
      actor: 'rule:watch',
      readBack: true,
      about: [{ names: [documentName(document)], create: 'document' }],
      data: {
        document,
        mediaType: thing.mediaType,
        fileName: reference,
        channel: `${connector.system} ${feed.name}`,
        refused: { code: 'not-readable', says: thing.says.slice(0, 500).toWellFormed(), line: 0, column: 0 },
        told: connector.role,
      },
    },
  ])
}

function bytesOf(observation: Observation): Uint8Array {
  try {
    return new TextEncoder().encode(canonicalJson(observation as unknown as Json))
  } catch {
    return new TextEncoder().encode(JSON.stringify(observation))
  }
}
