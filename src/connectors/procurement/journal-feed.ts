/** `GET /journal`: all that procurement has done, in order, the same each time it is read. `from` is only ever an `upTo` that it gave. */
import type { z } from 'zod'
import { meaningOf, type Feed, type Observation, type Page, type Unreadable } from '../../connector/contract.ts'
import { aliasOf } from '../../domain/object.ts'
import { getJson, okReply, readJson, replyName, shaped } from '../../connector/json.ts'
import type { Reply } from '../../connector/request.ts'
import { orderOf, orderRef, supplierOf, supplierRef } from './answers.ts'
import type { Setting } from './config.ts'
import { MAP_VERSION, PURCHASE_DEEDS, SHOWN, SLIP_DEEDS } from './map.ts'
import { refusalOf } from './replies.ts'
import { Entry, Journal, Merchant, Note, Purchase, Slip } from './wire.ts'

const ENTRIES = 200

export function journalFeed(setting: Setting): Feed {
  const { config } = setting
  return {
    name: 'journal',
    everyMs: config.feedEveryMs,
    timeoutMs: config.callTimeoutMs,
    poll: (cursor) => getJson('/journal', { from: cursor ?? '0', max: String(ENTRIES) }),
    readPage: (reply, cursor) => page(setting, reply, cursor),
  }
}

function page(setting: Setting, reply: Reply, cursor: string | null): Page | { readonly trouble: string } {
  if (!okReply(reply)) return { trouble: refusalOf(reply)?.says ?? replyName(reply) }
  const read = readJson(reply, Journal)
  if ('trouble' in read) return read
  const observations: Observation[] = []
  const unreadable: Unreadable[] = []
  for (const [index, row] of read.value.entries.entries()) {
    const facts = factsOf(setting, row)
    if ('facts' in facts) observations.push(...facts.facts)
    else {
      unreadable.push({
        reference: `after ${cursor ?? '0'} entry ${index}`,
        says: facts.trouble,
        bytes: new TextEncoder().encode(JSON.stringify(row)),
        mediaType: 'application/json',
      })
    }
  }
  return { observations, unreadable, cursor: String(read.value.upTo), more: !read.value.end }
}

type Facts = { readonly facts: readonly Observation[] } | { readonly trouble: string }
type Reader = (setting: Setting, entry: Entry) => Facts

/** Readers by `sort`. What a unit is called is the ledger's to say. */
const READERS: { readonly [sort: string]: Reader } = {
  UNIT: () => ({ facts: [] }),
  MERCHANT: (setting, entry) => reading(entry, Merchant, (merchant) => [merchantFact(setting, entry, merchant)]),
  PURCHASE: (setting, entry) =>
    reading(entry, Purchase, (purchase) =>
      deed(PURCHASE_DEEDS, entry, (type) => ({
        about: [orderRef(setting.system, purchase)],
        data: type === 'order.closed' ? { number: purchase.purchaseNo, version: purchase.edition } : orderOf(purchase),
      })),
    ),
  SLIP: (setting, entry) =>
    reading(entry, Slip, (slip) => {
      const common = { receipt: slip.slipNo, number: slip.purchaseNo, entity: slip.unitCode }
      return deed(SLIP_DEEDS, entry, (type) => ({
        about: [{ ...orderRef(setting.system, slip), offers: [aliasOf(setting.system, 'receipt', slip.slipNo)] }],
        data:
          type === 'receipt.recorded'
            ? { ...common, lines: slip.rows.map(({ pos, counted }) => ({ line: pos, quantity: counted })) }
            : { ...common, reason: (slip.takenBack?.why ?? '').slice(0, 200) },
      }))
    }),
  NOTE: (setting, entry) => reading(entry, Note, (note) => noteFacts(setting, entry, note)),
}

function factsOf(setting: Setting, row: unknown): Facts {
  const entry = shaped(row, Entry)
  if ('trouble' in entry) return entry
  const reader = Object.hasOwn(READERS, entry.value.sort) ? READERS[entry.value.sort] : undefined
  return reader ? reader(setting, entry.value) : { trouble: `The documentation has no entry of sort ${entry.value.sort.slice(0, 40)}.` }
}

function reading<T extends z.ZodType>(entry: Entry, shape: T, facts: (row: z.infer<T>) => readonly Observation[] | string): Facts {
  const row = shaped(entry.now, shape)
  if ('trouble' in row) return row
  const made = facts(row.value)
  return typeof made === 'string' ? { trouble: made } : { facts: made }
}

/** A restored journal counts on from where it was: what happens under a number then is another entry, at another instant. */
const told = (entry: Entry): Pick<Observation, 'eventId' | 'occurredAt' | 'readBack' | 'reference'> => ({
  eventId: `journal|${entry.seq}|${entry.when}`,
  occurredAt: entry.when,
  readBack: true,
  reference: entry.key,
})

/** A deed that is not in the table is nobody's guess: the entry is kept and shown to a person. */
function deed(
  table: typeof PURCHASE_DEEDS,
  entry: Entry,
  fact: (type: string) => { readonly about: Observation['about']; readonly data: object },
): readonly Observation[] | string {
  const type = meaningOf(table, entry.deed)
  if (type === null) return `The documentation has no deed ${entry.deed.slice(0, 40)} of ${entry.sort}.`
  const { about, data } = fact(type)
  return [{ ...told(entry), type: type as Observation['type'], about, data: data as Observation['data'] }]
}

/** Whoever is not cleared is blocked, also by a word that nobody knows. */
function merchantFact({ system }: Setting, entry: Entry, merchant: Merchant): Observation {
  const { active, blocked } = supplierOf(merchant)
  const common = { ...told(entry), about: [supplierRef(system, merchant)] }
  return active && !blocked
    ? { ...common, type: 'supplier.activated', data: { supplier: merchant.merchantId } }
    : { ...common, type: 'supplier.blocked', data: { supplier: merchant.merchantId, reason: `Procurement says ${merchant.clearance}.` } }
}

/** Notes on the hub's own invoices, whose id is their `claimRef`; others are nobody's business here. */
function noteFacts({ system }: Setting, entry: Entry, note: Note): Observation[] {
  if (!note.claimRef.startsWith('inv_')) return []
  const claims = meaningOf(SHOWN, note.shows)
  return [
    {
      ...told(entry),
      eventId: `${told(entry).eventId}|v${MAP_VERSION}`,
      readBack: false,
      type: 'status.reported',
      about: [{ names: [note.claimRef] }],
      data: { system, facet: 'status', word: note.shows, ...(claims === null ? {} : { claims }) },
    },
  ]
}
