import { createHash } from 'node:crypto'
import type { Book, Fact, Line } from '../plumbing/book.ts'
import { count, type Call, type Outcome, type Route } from '../plumbing/server.ts'
import { date, record, text, type Problem } from '../plumbing/shape.ts'
import { bodyOf, malformed, refusal, shredded, unknown } from './answers.ts'
import type { Card, Content, Shelves } from './shelves.ts'

const MAX_BYTES = 64 * 1024 * 1024
const LABEL = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}$/
const prolongation = record({ keepTill: date, by: text(60) })
const order = record({ by: text(60) })

/** The archive's clock, which may run ahead. */
type Now = () => Date

export function depositRoutes(shelves: Shelves, book: Book, now: Now): Route[] {
  const one = '/vaults/{vaultId}/deposits/{label}'
  const fetch = (call: Call): Promise<Outcome> => fetched(shelves, book, call)
  return [
    { method: 'PUT', path: one, op: 'deposit.put', raw: true, maxBytes: MAX_BYTES, run: (call) => put(shelves, now, call) },
    { method: 'GET', path: one, op: 'deposit.fetch', run: fetch },
    { method: 'HEAD', path: one, op: 'deposit.fetch', run: fetch },
    { method: 'GET', path: `${one}/card`, op: 'deposit.card', run: (call) => held(shelves, call, (card) => ({ status: 200, body: card })) },
    { method: 'GET', path: '/vaults/{vaultId}/deposits', op: 'deposit.list', run: (call) => listed(shelves, call) },
    { method: 'PUT', path: `${one}/keep-till`, op: 'deposit.prolong', run: (call) => prolong(shelves, now, call) },
    { method: 'DELETE', path: one, op: 'deposit.shred', run: (call) => shred(shelves, now, call) },
  ]
}

function put(shelves: Shelves, now: Now, call: Call): Outcome {
  const { vaultId = '', label = '' } = call.params
  const [digest, keepTill, mime] = [headerOf(call, 'x-digest'), headerOf(call, 'x-keep-till'), headerOf(call, 'content-type')]
  const note = headerOf(call, 'x-note')
  const vault = shelves.vaults.get(vaultId)
  if (!vault) return unknown(`vault ${vaultId}`)
  if (!LABEL.test(label)) return malformed('A label is 1 to 200 letters, digits and . _ -, and does not begin with a dot.')
  if (!/^[0-9a-f]{64}$/.test(digest)) return malformed('x-digest must be a SHA-256 in small hexadecimal digits.')
  if (!isDate(keepTill)) return malformed('x-keep-till must be a date, like 2036-12-31.')
  if (note.length > 200) return malformed('x-note has at most 200 characters.')
  const received = createHash('sha256').update(call.bytes).digest('hex')
  if (received !== digest) return refusal(422, 'AX-20', `The bytes received have the digest ${received}, not ${digest}.`)
  const card = shelves.card(vaultId, label)
  if (card?.shreddedAt) return shredded(card)
  if (card && card.digest !== digest)
    return refusal(409, 'AX-41', `${label} holds other bytes since ${card.stowedAt}. A label is written once.`, card)
  if (card) return prolonged(card, keepTill, now)
  const least = dayOf(new Date(now().getTime() + vault.leastDays * 86_400_000))
  if (keepTill < least) return refusal(422, 'AX-31', `Vault ${vaultId} keeps what is stowed today till ${least} at least, not ${keepTill}.`)
  const fresh: Card = {
    depositNo: shelves.take(),
    vaultId,
    label,
    digest,
    size: call.bytes.length,
    mime: mime || 'application/octet-stream',
    note,
    keepTill,
    stowedAt: now().toISOString(),
    prolongedAt: null,
    shreddedAt: null,
  }
  const content: Content = { digest, base64: call.bytes.toString('base64') }
  const bytes: Fact[] = shelves.contents.has(digest) ? [] : [{ what: 'CONTENT', verb: 'STOWED', key: digest, row: content }]
  return { status: 201, body: fresh, facts: [...bytes, fact('STOWED', fresh)] }
}

function prolong(shelves: Shelves, now: Now, call: Call): Outcome {
  const body = bodyOf(call, prolongation)
  if (body.refused) return body.refused
  return held(shelves, call, (card) => (card.shreddedAt ? shredded(card) : prolonged(card, body.value.keepTill, now)))
}

function prolonged(card: Card, keepTill: string, now: Now): Outcome {
  if (keepTill < card.keepTill) {
    return refusal(422, 'AX-52', `${card.label} is kept till ${card.keepTill}. That is lengthened, never shortened to ${keepTill}.`, card)
  }
  if (keepTill === card.keepTill) return { status: 200, body: card }
  const longer = { ...card, keepTill, prolongedAt: now().toISOString() }
  return { status: 200, body: longer, facts: [fact('PROLONGED', longer)] }
}

function shred(shelves: Shelves, now: Now, call: Call): Outcome {
  const body = bodyOf(call, order)
  if (body.refused) return body.refused
  return held(shelves, call, (card) => {
    if (card.shreddedAt) return shredded(card)
    if (dayOf(now()) <= card.keepTill)
      return refusal(422, 'AX-53', `${card.label} is kept till ${card.keepTill} and not shredded before that day is over.`, card)
    const gone = { ...card, shreddedAt: now().toISOString() }
    return { status: 200, body: gone, facts: [fact('SHREDDED', gone)] }
  })
}

async function fetched(shelves: Shelves, book: Book, call: Call): Promise<Outcome> {
  const { vaultId = '', label = '' } = call.params
  const card = shelves.card(vaultId, label)
  if (!card) return unknown(`deposit ${label} in vault ${vaultId}`)
  if (card.shreddedAt) return shredded(card)
  const line = JSON.parse((await book.read((shelves.contents.get(card.digest) ?? 1) - 1, 1)).toString('utf8')) as Line
  const content = line.facts.find(({ what, key }) => what === 'CONTENT' && key === card.digest)?.row as Content | undefined
  return {
    status: 200,
    body: null,
    file: { type: card.mime, bytes: Buffer.from(content?.base64 ?? '', 'base64') },
    headers: { 'x-digest': card.digest, 'x-keep-till': card.keepTill, 'x-deposit-no': card.depositNo, 'x-stowed-at': card.stowedAt },
  }
}

function listed(shelves: Shelves, call: Call): Outcome {
  const { vaultId = '' } = call.params
  if (!shelves.vaults.has(vaultId)) return unknown(`vault ${vaultId}`)
  const stray = [...call.query.keys()].find((name) => !['begins', 'digest', 'after', 'limit'].includes(name))
  if (stray !== undefined) return malformed(`${stray} is no filter of this list.`)
  const limit = Math.min(Math.max(count(call.query, 'limit', 100), 1), 1000)
  const begins = call.query.get('begins') ?? ''
  const digest = call.query.get('digest')
  const all = [...shelves.cards.values()]
  const cards: Card[] = []
  let at = count(call.query, 'after', 0)
  for (; at < all.length && cards.length < limit; at += 1) {
    const card = all[at] as Card
    if (card.vaultId === vaultId && card.label.startsWith(begins) && (digest === null || card.digest === digest)) cards.push(card)
  }
  return { status: 200, body: { cards, next: at < all.length ? String(at) : null } }
}

function held(shelves: Shelves, call: Call, then: (card: Card) => Outcome): Outcome {
  const { vaultId = '', label = '' } = call.params
  const card = shelves.card(vaultId, label)
  return card ? then(card) : unknown(`deposit ${label} in vault ${vaultId}`)
}

const fact = (verb: string, card: Card): Fact => ({ what: 'DEPOSIT', verb, key: `${card.vaultId}/${card.label}`, row: card })
const dayOf = (at: Date): string => at.toISOString().slice(0, 10)
const isDate = (value: string): boolean => {
  const problems: Problem[] = []
  date(value, '', problems)
  return problems.length === 0
}

function headerOf(call: Call, name: string): string {
  const value = call.headers[name]
  return typeof value === 'string' ? value : ''
}
