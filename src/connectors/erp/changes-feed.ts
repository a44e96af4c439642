/**
 * `GET /changes`: everything the ERP has done, in order, the same each time it is read ("Order and content of what was read
 * never change"). Three kinds of row need a second call: a released run its file, a storno the whole document (the row names
 * neither company nor reference), a tax key its rivals. The page is then left at that row; the cursor says what is fetched,
 * and the page is read again from there on. `after` is only ever a `next` that the ERP gave.
 */
import { z } from 'zod'
import type { Feed, Observation, Page, Unreadable } from '../../connector/contract.ts'
import { getJson, okReply, parsedJson, pathOf, readJson, replyName, shaped } from '../../connector/json.ts'
import type { HttpReply, Reply, Request } from '../../connector/request.ts'
import { sumOf } from '../../domain/invoice-content.ts'
import { taxCodeQuestion } from '../../domain/names.ts'
import { canonicalJson, type Json } from '../../lib/canonical-json.ts'
import { hexOf } from '../../lib/hash.ts'
import { chosenTaxKey } from './answers.ts'
import { changeId, READERS, type Facts } from './change-facts.ts'
import type { Setting } from './config.ts'
import { reversed } from './document-facts.ts'
import { taxCodeOf, taxKeysRequest } from './lookup-tax-code.ts'
import { companyAlias } from './names.ts'
import { refusalOf } from './replies.ts'
import { runFacts } from './run-facts.ts'
import { Change, Changes, Document, DocumentChange, listOf, Run, TaxKey } from './wire.ts'

/** A page is read again after each row that needs a second call: the fewer rows, the less is read twice. */
const ROWS = 50
/** Company codes that are remembered for tax keys of all companies; a cursor has 4,000 characters. */
const CODES = 150

const Fetch = z.discriminatedUnion('what', [
  z.object({ what: z.literal('run'), run: z.string() }),
  z.object({ what: z.literal('storno'), docNo: z.string(), at: z.string() }),
  z.object({ what: z.literal('tax'), mark: z.string(), at: z.string(), category: z.string(), pct: z.string() }),
])
type Fetch = z.infer<typeof Fetch>

const Cursor = z.object({
  /** A `next` of the ERP, or `0`. */
  after: z.string(),
  /** Rows of this page that are done. */
  skip: z.number().default(0),
  /** Companies that came by. */
  codes: z.array(z.string()).default([]),
  /** What is asked for before the page goes on. */
  fetch: Fetch.optional(),
  /** The file of the run at `skip`, kept under this hash. */
  file: z.object({ run: z.string(), sha256: z.string() }).optional(),
})
type Cursor = z.infer<typeof Cursor>

export function changesFeed(setting: Setting): Feed {
  return {
    name: 'changes',
    everyMs: setting.config.feedEveryMs,
    timeoutMs: setting.config.callTimeoutMs,
    poll: (cursor) => asked(cursorOf(cursor)),
    documents: (cursor) => {
      const { file } = cursorOf(cursor)
      return file ? [file.sha256] : []
    },
    readPage: (reply, cursor, document) => {
      const at = cursorOf(cursor)
      return at.fetch ? fetched(setting, reply, at, at.fetch) : changes(setting, reply, at, document)
    },
  }
}

function cursorOf(cursor: string | null): Cursor {
  const parsed = cursor === null ? undefined : parsedJson(new TextEncoder().encode(cursor))
  const read = Cursor.safeParse(parsed?.value)
  return read.success ? read.data : { after: '0', skip: 0, codes: [] }
}

const written = (cursor: Cursor): string => canonicalJson(JSON.parse(JSON.stringify(cursor)) as Json)

function asked({ after, fetch }: Cursor): Request {
  switch (fetch?.what) {
    case 'run':
      return { ...getJson(pathOf('runs', fetch.run, 'file')), headers: { accept: 'application/xml' } }
    case 'storno':
      return getJson(pathOf('documents', fetch.docNo))
    case 'tax':
      return taxKeysRequest(fetch.category, fetch.pct)
    case undefined:
      return getJson('/changes', { after, limit: String(ROWS) })
  }
}

function changes(setting: Setting, reply: Reply, cursor: Cursor, document: (sha256: string) => Uint8Array): Page | { trouble: string } {
  if (!okReply(reply)) return { trouble: troubleOf(reply) }
  const read = readJson(reply, Changes)
  if ('trouble' in read) return read
  const { rows, next, more } = read.value
  const observations: Observation[] = []
  const unreadable: Unreadable[] = []
  const codes = [...cursor.codes]
  for (const [index, row] of rows.entries()) {
    if (index < cursor.skip) continue
    const change = shaped(row, Change)
    if ('trouble' in change) {
      unreadable.push(passed(`after ${cursor.after} row ${index}`, change.trouble, row))
      continue
    }
    const { what, key } = change.value
    if (what === 'COMPANY' && !codes.includes(key) && codes.length < CODES) codes.push(key)
    const file = index === cursor.skip && cursor.file ? document(cursor.file.sha256) : undefined
    const step = stepOf(setting, change.value, file)
    if ('fetch' in step)
      return {
        observations,
        unreadable,
        cursor: written({ after: cursor.after, skip: index, codes, fetch: step.fetch }),
        more: true,
      }
    if ('facts' in step) observations.push(...step.facts)
    else unreadable.push(passed(`change ${change.value.mark}`, step.trouble, row))
  }
  return { observations, unreadable, cursor: written({ after: next, skip: 0, codes }), more }
}

function stepOf(setting: Setting, change: Change, file: Uint8Array | undefined): Facts | { readonly fetch: Fetch } {
  if (change.what === 'RUN' && change.verb === 'RELEASED') {
    const run = shaped(change.row, Run)
    if ('trouble' in run) return run
    return file ? { facts: runFacts(setting, run.value, file, change.at) } : { fetch: { what: 'run', run: run.value.runNo } }
  }
  if (change.what === 'DOCUMENT' && change.verb === 'STORNO') {
    const row = shaped(change.row, DocumentChange)
    return 'trouble' in row ? row : { fetch: { what: 'storno', docNo: row.value.docNo, at: row.value.changedAt ?? change.at } }
  }
  if (change.what === 'TAX') {
    const key = shaped(change.row, TaxKey)
    return 'trouble' in key
      ? key
      : { fetch: { what: 'tax', mark: change.mark, at: change.at, category: key.value.category, pct: key.value.pct } }
  }
  const reader = Object.hasOwn(READERS, change.what) ? READERS[change.what] : undefined
  return reader ? reader(setting, change) : { trouble: `The documentation has no change of ${change.what.slice(0, 40)}.` }
}

/** The second call for one row. A refusal by the ERP is kept and passed over; whatever may go away by itself is asked again. */
function fetched(setting: Setting, reply: Reply, cursor: Cursor, fetch: Fetch): Page | { trouble: string } {
  const { after, skip, codes } = cursor
  const done = written({ after, skip: skip + 1, codes })
  const refused = refusalOf(reply)
  if (refused) {
    return { observations: [], unreadable: [passed(nameOf(fetch), refused.says, refused.says)], cursor: done, more: true }
  }
  const ok = okReply(reply)
  if (!ok) return { trouble: troubleOf(reply) }
  switch (fetch.what) {
    case 'run':
      return keptFile(setting, ok, cursor, fetch.run)
    case 'storno': {
      const read = readJson(reply, Document)
      if ('trouble' in read) return read
      return { observations: [reversed(setting, read.value, fetch.at)], cursor: done, more: true }
    }
    case 'tax': {
      const read = readJson(reply, listOf(TaxKey))
      return 'trouble' in read ? read : { observations: taxFacts(setting, read.value.rows, cursor, fetch), cursor: done, more: true }
    }
  }
}

/** `x-file-sha256` shows whether the bytes arrived as they left; a page that is no file has no such header. */
function keptFile({ sha256 }: Setting, reply: HttpReply, { after, skip, codes }: Cursor, run: string): Page | { trouble: string } {
  const hash = hexOf(sha256(reply.body))
  if (reply.headers['x-file-sha256'] !== hash) return { trouble: `the file of run ${run} did not arrive as it was sent` }
  return {
    documents: [{ bytes: reply.body, mediaType: 'application/xml' }],
    observations: [],
    cursor: written({ after, skip, codes, file: { run, sha256: hash } }),
    more: true,
  }
}

/**
 * For each company that came by: the tax key it has now for this category and rate, as a lookup would answer. Where several
 * fit, nobody is told anything. The answer is part of the identity, since it may be another one when it is read again.
 */
function taxFacts(
  setting: Setting,
  rows: readonly TaxKey[],
  { codes }: Cursor,
  { mark, at, category, pct }: Fetch & { what: 'tax' },
): Observation[] {
  return codes.flatMap((companyCode): Observation[] => {
    const chosen = chosenTaxKey(setting, rows, companyCode, category, pct)
    if (!('one' in chosen)) return []
    return [
      {
        eventId: changeId({ mark, at }, companyCode, chosen.one.taxKey),
        type: 'reference.read',
        occurredAt: at,
        readBack: true,
        reference: chosen.one.taxKey,
        about: [{ names: [companyAlias(setting.system, companyCode)], create: 'entity' }],
        data: { asked: taxCodeQuestion(category, sumOf([pct])), readAt: at, found: true, taxCode: taxCodeOf(chosen.one) },
      },
    ]
  })
}

function nameOf(fetch: Fetch): string {
  switch (fetch.what) {
    case 'run':
      return `run ${fetch.run}`
    case 'storno':
      return `document ${fetch.docNo}`
    case 'tax':
      return `change ${fetch.mark}`
  }
}

function passed(reference: string, says: string, row: unknown): Unreadable {
  return { reference, says, bytes: new TextEncoder().encode(JSON.stringify(row)), mediaType: 'application/json' }
}

const troubleOf = (reply: Reply): string => refusalOf(reply)?.says ?? replyName(reply)
