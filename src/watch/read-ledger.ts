/**
 * Asks a system for its ledger: page after page, each reply kept as it came before anything is made of it, so that what a tie-out
 * says can be read again. A list that cannot be read to its end is no list: then there is only the trouble.
 */
import type { LedgerPage, LedgerQuestion, LedgerReport } from '../connector/contract.ts'
import { requestHash, type Reply, type Request } from '../connector/request.ts'
import { sha256 } from '../connector/transport/sending.ts'
import type { Booked } from '../domain/tie-out.ts'
import { instantOf } from '../lib/time.ts'
import { inTenant } from '../store/database.ts'
import { storeDocument } from '../store/document.ts'
import { heard } from '../store/system.ts'
import type { Reader } from './read-feed.ts'

type Asking = Omit<Reader, 'submit'>
export type Trouble = { readonly trouble: string }

export interface LedgerAnswer {
  readonly accounts: NonNullable<LedgerPage['accounts']>
  readonly items: NonNullable<LedgerPage['items']>
  readonly claims: NonNullable<LedgerPage['claims']>
  /** SHA-256 of every reply, in order. */
  readonly documents: readonly string[]
}

/** A million items at a thousand a page. */
const LIMIT_PAGES = 1_002
/** Documents whose entries are asked for in one call. */
const SLICE = 100

export async function readLedger(
  asking: Asking,
  report: LedgerReport,
  question: LedgerQuestion,
  read: (items: number) => void,
): Promise<LedgerAnswer | Trouble> {
  let items = 0
  const pages: LedgerPage[] = []
  const documents: string[] = []
  let cursor: string | null = null
  do {
    const place: string | null = cursor
    const page: LedgerPage | Trouble = await asked(asking, report, report.ask(question, place), documents, (reply) =>
      report.readPage(reply, question, place),
    )
    if ('trouble' in page) return { trouble: `${pages.length === 0 ? '' : `after ${items} of them, `}${page.trouble}` }
    pages.push(page)
    read((items += (page.items ?? page.claims ?? []).length))
    cursor = page.cursor
    if (cursor !== null && cursor === place) return { trouble: 'it says that there is more and does not move' }
    if (pages.length >= LIMIT_PAGES) return { trouble: `it has more than ${LIMIT_PAGES} pages` }
  } while (cursor !== null)
  return {
    accounts: pages.flatMap((page) => page.accounts ?? []),
    items: pages.flatMap((page) => page.items ?? []),
    claims: pages.flatMap((page) => page.claims ?? []),
    documents,
  }
}

/** Everything booked for these documents; undefined when the system does not tell. */
export async function readEntries(
  asking: Asking,
  report: LedgerReport,
  question: LedgerQuestion,
  wanted: readonly string[],
  done: (documents: number) => void,
): Promise<{ readonly booked: readonly Booked[]; readonly documents: readonly string[] } | Trouble> {
  const booked: Booked[] = []
  const documents: string[] = []
  const { entries } = report
  for (let at = 0; entries && at < wanted.length; at += SLICE) {
    const read = await asked(asking, report, entries.ask(question, wanted.slice(at, at + SLICE)), documents, (reply) => entries.read(reply))
    if ('trouble' in read) return read
    booked.push(...read.booked)
    done(Math.min(wanted.length, at + SLICE))
  }
  return { booked, documents }
}

/** One call; its reply is kept. */
async function asked<T extends object>(
  { tenant, connector, pool, transport, clocks }: Asking,
  report: LedgerReport,
  request: Request,
  documents: string[],
  read: (reply: Reply) => T | Trouble,
): Promise<T | Trouble> {
  const until = { wall: clocks.wall() + report.timeoutMs, monotonic: clocks.monotonic() + report.timeoutMs }
  const sending = await transport.send(request, requestHash(request, sha256), until)
  if (sending.kind !== 'answered') return { trouble: sending.says }
  const { reply } = sending
  if (reply.transport === 'http') documents.push(await storeDocument(pool, tenant, reply.body, 'application/json'))
  await inTenant(pool, tenant, (client) => heard(client, tenant, connector.system, instantOf(clocks.wall())))
  try {
    return read(reply)
  } catch (error) {
    return { trouble: `the answer could not be read (${(error as Error).message.slice(0, 200)})` }
  }
}
