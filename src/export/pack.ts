/**
 * The evidence pack of one invoice: what stands at the moment when its evidence was wanted, and the events that it follows from,
 * each with a proof that it is in the signed log. Canonical, and made of nothing but the log: the same log gives the same bytes,
 * whoever makes it and when. docs/spec/evidence.md has the format.
 */
import { amountDue, headlineOf } from '../domain/headline.ts'
import { axesOf } from '../domain/axes.ts'
import { kindOf, type Kind } from '../domain/event.ts'
import { documentName } from '../domain/evidence.ts'
import { FILED } from '../domain/filing.ts'
import { evolveInvoice } from '../domain/invoice.ts'
import { NO_INVOICE, type InvoiceState } from '../domain/invoice-state.ts'
import { canonicalJson, type Json } from '../lib/canonical-json.ts'
import { Fault } from '../lib/fault.ts'
import { hexOf } from '../lib/hash.ts'
import { checkpointOver, type StoredCheckpoint } from '../store/checkpoint.ts'
import type { ClientBase } from '../store/database.ts'
import { eventsAbout, eventsOf, readEvents, type HistoryPlace, type StoredEvent } from '../store/event.ts'
import { readObjects } from '../store/object.ts'
import { sha256 } from '../store/sha256.ts'
import { readTile } from '../store/tile.ts'
import { base64Of } from '../tlog/base64.ts'
import { equalBytes, leafHash } from '../tlog/hash.ts'
import { commitmentOf, leafBytes } from '../tlog/leaf.ts'
import { inclusionRanges, proofOf } from '../tlog/proof.ts'
import { nodeReader, tilePath } from '../tlog/tile.ts'

/** The decision that a pack is made for. */
export interface PackWish {
  readonly index: number
  readonly id: string
  readonly invoice: string
}

export interface Pack {
  readonly bytes: Uint8Array
  readonly covers: number
  readonly wantedAt: string
}

const LIMIT_EVENTS = 1_000
/** Kinds whose own events belong to the trace of an invoice; parties and orders are named by its verdicts, with their versions. */
const TRACED: ReadonlySet<Kind> = new Set<Kind>(['payment', 'payment-batch', 'statement-entry', 'statement', 'exception'])

/**
 * Reads in the caller's snapshot. Undefined when evidence has been wanted anew since. Throws the fault `log-inconsistent` when a row
 * of the log is not what its leaf says, and nothing is made then.
 */
export async function packOf(client: ClientBase, tenant: string, wish: PackWish): Promise<Pack | undefined> {
  const record = (await readObjects(client, tenant, [wish.invoice], false)).get(wish.invoice)
  const wanted = (record?.state as unknown as InvoiceState | undefined)?.evidence.wanted
  if (!wanted || wanted.event !== wish.id) return undefined
  const checkpoint = await checkpointOver(client, tenant, wish.index + 1)
  if (!checkpoint) return undefined
  const own = await historyUpTo(client, tenant, wish)
  const state = own.reduce((folded, event) => evolveInvoice(folded, event, wish.invoice), NO_INVOICE)
  const linked = await linkedEvents(client, tenant, own, wish)
  // Read once more by index: a fact that was parked was logged with other objects than it was folded with.
  const rows = await readEvents(
    client,
    tenant,
    [...new Set([...own, ...linked].map(({ index }) => index))].sort((a, b) => a - b),
  )
  const pack = {
    format: 'tieout-evidence-pack/1',
    name: `pack.${wish.invoice}.${wanted.covers}.json`,
    tenant,
    invoice: wish.invoice,
    covers: wanted.covers,
    until: wanted.until,
    wanted: { event: wish.id, index: wish.index, at: wanted.at },
    standing: standingOf(state),
    documents: documentsOf(state, rows),
    log: {
      size: checkpoint.size,
      root: base64Of(checkpoint.root),
      checkpoint: checkpoint.note,
      events: await provedEvents(client, tenant, rows, checkpoint),
    },
  }
  return { bytes: Buffer.from(canonicalJson(pack as unknown as Json)), covers: wanted.covers, wantedAt: wanted.at }
}

async function historyUpTo(client: ClientBase, tenant: string, { invoice, id }: PackWish): Promise<StoredEvent[]> {
  const events: StoredEvent[] = []
  for (let place: HistoryPlace | null = null; ;) {
    const page = await eventsOf(client, tenant, invoice, place, LIMIT_EVENTS)
    const end = page.findIndex((event) => event.id === id)
    events.push(...(end < 0 ? page : page.slice(0, end + 1)))
    const last = page.at(-1)
    if (end >= 0 || !last || page.length < LIMIT_EVENTS) return events
    place = { applied: last.applied, index: last.index }
  }
}

/** What happened to its payments and cases, and then to the files and statements that those stand in. */
async function linkedEvents(client: ClientBase, tenant: string, own: readonly StoredEvent[], wish: PackWish): Promise<StoredEvent[]> {
  const first = await eventsAbout(client, tenant, namedBy(own, new Set([wish.invoice])), wish.index)
  const second = await eventsAbout(
    client,
    tenant,
    namedBy(first, new Set([wish.invoice, ...first.flatMap(({ objects }) => objects.slice(0, 1))])),
    wish.index,
  )
  return [...first, ...second]
}

function namedBy(events: readonly StoredEvent[], known: ReadonlySet<string>): string[] {
  const ids = events.flatMap(({ objects, data }) => [...objects, ...(typeof data['entry'] === 'string' ? [data['entry']] : [])])
  return [...new Set(ids)].filter((id) => !known.has(id) && /^[a-z]{3}_/u.test(id) && TRACED.has(kindOf(id))).sort()
}

function standingOf(state: InvoiceState): object {
  const { state: headline, rests, breaches, route } = headlineOf(state)
  const { origin, content, terms, granted, parties, approval, verdicts, postings, payments, allocations, holds, answers, exceptions } =
    state
  return {
    headline,
    route,
    rests,
    breaches,
    axes: axesOf(state),
    amountDue: amountDue(state),
    origin,
    content: content && { event: content.event, document: content.document, value: content.value },
    parties,
    terms: terms && { event: terms.event, value: terms.value },
    granted,
    approval,
    verdicts,
    postings,
    payments,
    allocations,
    holds,
    answers,
    exceptions,
  }
}

/** Every document that the events name, by hash; those of the invoice itself and the bank files lie beside the pack under their names. */
function documentsOf({ renditions }: InvoiceState, events: readonly StoredEvent[]): object[] {
  const named = new Map<string, number[]>()
  const filed = new Set(Object.keys(renditions))
  for (const {
    index,
    type,
    data: { document },
  } of events) {
    if (typeof document !== 'string' || !/^[0-9a-f]{64}$/u.test(document)) continue
    named.set(document, [...(named.get(document) ?? []), index])
    if (FILED.has(type) || type === 'statement.entry-booked') filed.add(document)
  }
  return [...named]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([document, indexes]) => ({ sha256: document, namedBy: indexes, archivedAs: filed.has(document) ? documentName(document) : null }))
}

async function provedEvents(
  client: ClientBase,
  tenant: string,
  rows: readonly StoredEvent[],
  checkpoint: StoredCheckpoint,
): Promise<object[]> {
  const nodes = nodeReader(
    sha256,
    checkpoint.size,
    (level, index) => readTile(client, tenant, level, index),
    (tile) => {
      throw new Fault('log-inconsistent', `Tenant ${tenant}: the database lacks ${tilePath(tile)}.`)
    },
  )
  const events: object[] = []
  for (const row of rows) {
    const proof = await proofOf(sha256, inclusionRanges(row.index, checkpoint.size), nodes)
    events.push({ ...leafAndBody(tenant, row), proof: proof.map(base64Of) })
  }
  return events
}

/** As JSON values: written canonically again they are the bytes that were hashed, which is checked here. */
function leafAndBody(tenant: string, row: StoredEvent): object {
  const leaf = leafBytes({ ...row, tenant })
  const body = row.body?.toString('utf8')
  const parsed = body === undefined ? null : (JSON.parse(body) as Json)
  const sound =
    equalBytes(leafHash(sha256, leaf), row.leafHash) &&
    (!row.body || !row.salt || equalBytes(commitmentOf(sha256, row.salt, row.body), row.commitment)) &&
    (parsed === null || canonicalJson(parsed) === body)
  if (!sound)
    throw new Fault(
      'log-inconsistent',
      `Tenant ${tenant}: the event at index ${row.index} (leaf ${hexOf(row.leafHash).slice(0, 16)}…) is not what was logged.`,
    )
  return { index: row.index, leaf: JSON.parse(leaf) as Json, body: parsed, salt: row.salt ? base64Of(row.salt) : null }
}
