/**
 * `POST /entries`: books the invoice. The class says what may be done when nobody knows whether a call was carried out, and is the
 * one thing here that costs money when it is wrong. This system books the same call twice, but what it booked can be found by our
 * key: K3, wait, look twice, then try again. One that knows a repeated reference is K2 and needs no `find`.
 */
import { z } from 'zod'
import type { Call, Command, Found, NoEffect, Outcome, Reading } from '../../connector/contract.ts'
import { contentAs, getJson, okReply, readJson, replyName, sendJson } from '../../connector/json.ts'
import type { Reply } from '../../connector/request.ts'
import { parseMoney } from '../../domain/money.ts'
import type { Setting } from './config.ts'
import { entryFacts } from './entry-facts.ts'
import { Booked, Entries, Refusal, type Entry } from './wire.ts'

/** As much of the command's content as this system has a place for; src/connectors/erp/post-invoice.ts names all of it. */
const Content = z.object({
  reference: z.string(),
  entity: z.string(),
  supplier: z.string(),
  number: z.string(),
  postedOn: z.string(),
  currency: z.string(),
  gross: z.string(),
})

/** After these replies certainly nothing was done. Leave out what you are not sure of: a 5xx may come after the work. */
const NO_EFFECT: readonly NoEffect[] = [
  { status: 401, about: 'credential' },
  { status: 403, about: 'credential' },
  { status: 429, about: 'target' },
]

export function postInvoice(setting: Setting): Command {
  const { callTimeoutMs, settleMs, gapMs } = setting.config
  return {
    class: 'K3',
    timeoutMs: callTimeoutMs,
    noEffect: NO_EFFECT,
    // The same input and key give the same bytes for ever: no clock and no chance in here.
    write: ({ content }, key) => {
      const { reference, entity, supplier, number, postedOn, currency, gross } = contentAs(content, Content)
      return sendJson('POST', '/entries', { key, reference, entity, party: supplier, number, on: postedOn, amount: gross, currency })
    },
    read: (reply, call) => reading(reply, call),
    find: { settleMs, gapMs, request: (key) => getJson('/entries', { key }), read: (reply, call) => found(setting, reply, call) },
  }
}

/** Done and refused are believed only when they are said outright and about what we sent; all else is unclear, and is looked for. */
function reading(reply: Reply, call: Call): Reading {
  // A reply proves less than reading the entry back, so it brings no fact: the feed does.
  const nothing = (outcome: Outcome): Reading => ({ outcome, observations: [] })
  if (okReply(reply)) {
    const read = readJson(reply, Booked)
    if ('trouble' in read) return nothing({ kind: 'unclear', says: read.trouble })
    const { entry } = read.value
    const differs = differences(entry, call)
    return nothing(
      differs === '' ? { kind: 'done', receipt: { reference: entry.id } } : { kind: 'unclear', says: `${entry.id} has ${differs}.` },
    )
  }
  const refused = reply.transport === 'http' && reply.status === 422 ? readJson(reply, Refusal) : undefined
  // In their words: a person reads them.
  if (refused && 'value' in refused) return nothing({ kind: 'refused', code: refused.value.refused.code, says: refused.value.refused.text })
  return nothing({ kind: 'unclear', says: replyName(reply) })
}

function found(setting: Setting, reply: Reply, call: Call): Found {
  const read = okReply(reply) ? readJson(reply, Entries) : { trouble: replyName(reply) }
  if ('trouble' in read) return { kind: 'unclear', says: read.trouble }
  const entries = read.value.entries.filter((entry) => entry.key === call.key)
  const receipts = entries.map((entry) => ({ reference: entry.id }))
  const observations = entries.flatMap((entry) => entryFacts(setting, entry))
  const [first, second] = entries
  if (first === undefined) return { kind: 'absent' }
  if (second !== undefined) return { kind: 'several', says: `${receipts.length} entries carry our key.`, receipts, observations }
  const differs = differences(first, call)
  return {
    kind: 'one',
    equal: differs === '',
    receipt: { reference: first.id },
    ...(differs === '' ? {} : { says: `${first.id} has ${differs}.` }),
    observations,
  }
}

/** What the entry says otherwise than we sent; empty when it is ours in key, amount, currency, company, supplier and number. */
function differences(entry: Entry, { input, key }: Call): string {
  const { reference, entity, supplier, number, currency, gross } = contentAs(input.content, Content)
  // Amounts are compared as exact integers of the currency's smallest unit: `119` and `119.00` are one, a float is never made.
  const same = parseMoney(entry.amount, entry.currency)?.minor === parseMoney(gross, currency)?.minor
  return [
    entry.key === key && entry.reference === reference ? '' : `key ${entry.key}`,
    same ? '' : `amount ${entry.amount}`,
    entry.currency === currency ? '' : `currency ${entry.currency}`,
    entry.entity === entity ? '' : `company ${entry.entity}`,
    entry.party === supplier ? '' : `supplier ${entry.party}`,
    entry.number === number ? '' : `number ${entry.number}`,
  ]
    .filter((part) => part !== '')
    .join(', ')
}
