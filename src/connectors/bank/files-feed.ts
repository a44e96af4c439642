/**
 * The folder where the bank puts its files: `pain002-000001.xml`, `camt054-000002.xml` … "one counter for all", "never changed
 * or removed". Read in the order of that counter. A number that is not there yet is not passed by for ever: what is known is
 * the number up to which all are done, and those done beyond it. A file that cannot be read may be half written: it is in doubt,
 * and read again after some looks into the folder; one that has not grown meanwhile is done, and kept for a person.
 */
import { z } from 'zod'
import type { Feed, Page, Unreadable } from '../../connector/contract.ts'
import { parsedJson } from '../../connector/json.ts'
import type { Reply } from '../../connector/request.ts'
import type { Setting } from './config.ts'
import { fileFacts } from './file-facts.ts'

/** Names that one look takes along, and numbers beyond a gap that are remembered: a cursor has 4,000 characters. */
const QUEUE = 40
const BEYOND = 250
/** Files in doubt that are remembered. One more is given up at once. */
const DOUBTS = 20
const NAME = /^[a-z0-9]{1,20}-(\d{6,12})\.xml$/u

const Doubt = z.object({ bytes: z.int(), looks: z.int() })
const Cursor = z.object({
  upTo: z.int().nonnegative(),
  beyond: z.array(z.int()),
  queue: z.array(z.string()),
  doubts: z.record(z.string(), Doubt).default({}),
})
type Cursor = z.infer<typeof Cursor>

export function filesFeed(setting: Setting): Feed {
  return {
    name: 'files',
    everyMs: setting.config.feedEveryMs,
    timeoutMs: setting.config.callTimeoutMs,
    poll: (cursor) => {
      const [name] = cursorOf(cursor).queue
      return name === undefined ? { transport: 'folder', act: 'list' } : { transport: 'folder', act: 'read', name }
    },
    readPage: (reply, cursor) => readPage(setting, reply, cursor),
  }
}

function cursorOf(cursor: string | null): Cursor {
  const read = Cursor.safeParse(cursor === null ? undefined : parsedJson(new TextEncoder().encode(cursor))?.value)
  return read.success ? read.data : { upTo: 0, beyond: [], queue: [], doubts: {} }
}

function readPage(setting: Setting, reply: Reply, at: string | null): Page | { trouble: string } {
  const cursor = cursorOf(at)
  const [name] = cursor.queue
  if (reply.transport !== 'folder') return { trouble: 'the reply is not a folder’s' }
  if (name === undefined)
    return reply.state === 'listed' ? listed(setting, reply.names, cursor) : { trouble: `the folder answered ${reply.state}` }
  const next = stepped(cursor, name)
  if (reply.state === 'absent') return page([gone(name), ...next.missing], next.cursor)
  if (reply.state !== 'read') return { trouble: `${name}: the folder answered ${reply.state}` }
  const { bytes } = reply
  const read = fileFacts(setting, bytes, name)
  if ('unreadable' in read) {
    const doubted = inDoubt(cursor, name, bytes.length)
    if (doubted) return page([], doubted)
    return page([{ reference: name, says: read.unreadable, bytes, mediaType: 'application/xml' }, ...next.missing], next.cursor)
  }
  return { ...page(next.missing, next.cursor), documents: [{ bytes, mediaType: 'application/xml' }], observations: read.observations }
}

/** Files that are not done yet, in the order of their numbers; of those in doubt the ones that have stood for long enough, or are gone. */
function listed({ config }: Setting, names: readonly string[], cursor: Cursor): Page {
  const patience = Math.ceil(config.halfMs / config.feedEveryMs)
  const fresh = names
    .filter((name) => numberOf(name) > cursor.upTo && !cursor.beyond.includes(numberOf(name)))
    .filter((name) => (cursor.doubts[name]?.looks ?? patience) >= patience)
    .concat(Object.keys(cursor.doubts).filter((name) => !names.includes(name)))
    .sort((a, b) => numberOf(a) - numberOf(b))
  // The look that finds nothing to read ends a round, and the next one is after the pause between two.
  const doubts =
    fresh.length > 0
      ? cursor.doubts
      : Object.fromEntries(Object.entries(cursor.doubts).map(([name, doubt]) => [name, { ...doubt, looks: doubt.looks + 1 }]))
  return { observations: [], cursor: JSON.stringify({ ...cursor, queue: fresh.slice(0, QUEUE), doubts }), more: fresh.length > 0 }
}

/** The place in the feed with this file in doubt; undefined when it is as it was when it was read before. */
function inDoubt({ queue, doubts, ...rest }: Cursor, name: string, bytes: number): Cursor | undefined {
  const before = doubts[name]
  if (before ? before.bytes === bytes : Object.keys(doubts).length >= DOUBTS) return undefined
  return { ...rest, queue: queue.slice(1), doubts: { ...doubts, [name]: { bytes, looks: 0 } } }
}

function stepped(
  { upTo, beyond, queue, doubts: before }: Cursor,
  name: string,
): { readonly cursor: Cursor; readonly missing: readonly Unreadable[] } {
  const { [name]: _, ...doubts } = before
  const done = [...beyond, numberOf(name)].sort((a, b) => a - b)
  let reached = upTo
  while (done[0] !== undefined && done[0] <= reached + 1) reached = Math.max(reached, done.shift() ?? 0)
  const rest = queue.slice(1)
  if (done.length <= BEYOND) return { cursor: { upTo: reached, beyond: done, queue: rest, doubts }, missing: [] }
  // So many files after a gap: it will not be filled any more. A person is told, and the feed goes on behind it.
  const first = done.shift() ?? reached
  const lost = told(`file ${reached + 1}`, `Files ${reached + 1} to ${first - 1} never came.`)
  return { cursor: { upTo: first, beyond: done, queue: rest, doubts }, missing: [lost] }
}

/** Names of another form have no number and are not the bank's. */
const numberOf = (name: string): number => Number(NAME.exec(name)?.[1] ?? 0)

const gone = (name: string): Unreadable => told(name, `${name} was there and is gone.`)
/** Something to tell a person without bytes of the bank's: the sentence itself is kept. */
const told = (reference: string, says: string): Unreadable => ({
  reference,
  says,
  bytes: new TextEncoder().encode(says),
  mediaType: 'text/plain',
})
const page = (unreadable: readonly Unreadable[], cursor: Cursor): Page => ({
  observations: [],
  unreadable,
  cursor: JSON.stringify(cursor),
  more: true,
})
