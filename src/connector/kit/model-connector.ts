/** The connector for the kit's model system: as good as a connector can be, in any of the four classes. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Json } from '../../lib/canonical-json.ts'
import { aliasOf } from '../../domain/object.ts'
import { getJson, jsonIn, parsedJson, pathOf, sendJson } from '../json.ts'
import {
  type Call,
  type Command,
  type CommandInput,
  type Connector,
  type ConnectorKind,
  type Feed,
  type Find,
  type Holdings,
  meaningOf,
  type Notices,
  type Observation,
  type Page,
  type Reading,
  type StatusTable,
} from '../contract.ts'
import type { Reply } from '../request.ts'
import type { Entry } from './model-target.ts'

export interface ModelConfig {
  readonly url: string
  readonly token?: string
  readonly class: Command['class']
  readonly timeoutMs?: number
  readonly settleMs?: number
  readonly gapMs?: number
  readonly keyRetentionMs?: number
  readonly limits?: Connector['limits']
}

const KNOWN = new Set(['url', 'token', 'class', 'timeoutMs', 'settleMs', 'gapMs', 'keyRetentionMs', 'limits'])
const NOTICE_SECRETS = ['hook']

export const STATUS: StatusTable = { name: 'status', version: 1, words: { OPEN: 'open', BOOKED: 'posted', VOID: 'reversed' } }

export const modelKind: ConnectorKind<ModelConfig> = {
  name: 'model',
  role: 'erp',
  readConfig(config) {
    if (typeof config !== 'object' || config === null || Array.isArray(config)) return { problems: ['it is no record'] }
    const problems = Object.keys(config)
      .filter((key) => !KNOWN.has(key))
      .map((key) => `there is no ${key}`)
    const given = config as unknown as ModelConfig
    if (typeof given.url !== 'string') problems.push('url is missing')
    if (!['K1', 'K2', 'K3', 'K4'].includes(given.class)) problems.push('class is K1, K2, K3 or K4')
    return problems.length > 0 ? { problems } : { config: given }
  },
  open: (config, system) => modelConnector(config, system),
}

export function modelConnector(config: ModelConfig, system: string): Connector {
  return {
    system,
    kind: 'model',
    role: 'erp',
    places: {
      http: {
        baseUrl: config.url,
        plain: true,
        network: 'private',
        auth: config.token === undefined ? { scheme: 'none' } : { scheme: 'bearer', secret: config.token },
        replyBytes: 100_000,
      },
    },
    limits: config.limits ?? { concurrency: 8, rate: { calls: 1_000, perMs: 1_000 } },
    commands: {
      'invoice.post': postEntry(config, system),
      'invoice.status': postEntry(config, system),
      'settlement.record': postEntry(config, system),
    },
    feeds: [changes(system)],
    notices: notices(system),
    holdings: [entries()],
    statuses: [STATUS],
    probe: { request: () => getJson('/alive'), read: (reply) => (isOk(reply) ? 'ok' : { trouble: 'it does not say that it is alive' }) },
  }
}

function postEntry(config: ModelConfig, system: string): Command {
  const find: Find = {
    settleMs: config.settleMs ?? 1_000,
    gapMs: config.gapMs ?? 200,
    request: (key) => getJson('/entries', { key }),
    read(reply, call) {
      const entries = isOk(reply) ? (bodyOf(reply) as { entries?: Entry[] } | undefined)?.entries : undefined
      if (!Array.isArray(entries)) return { kind: 'unclear', says: 'no list came' }
      const [first] = entries
      if (!first) return { kind: 'absent' }
      const observations = entries.map((entry) => confirmed(system, entry, call.object, true))
      if (entries.length > 1)
        return {
          kind: 'several',
          says: entries.map((entry) => entry.id).join(', '),
          receipts: entries.map((entry) => ({ reference: entry.id })),
          observations,
        }
      return { kind: 'one', equal: isOurs(first, call), receipt: { reference: first.id }, observations }
    },
  }
  const base = {
    timeoutMs: config.timeoutMs ?? 1_500,
    noEffect: [
      { status: 401, about: 'credential' },
      { status: 403, about: 'credential' },
      { status: 429, about: 'target' },
      { status: 503, about: 'target' },
    ] as const,
    write: ({ content }: CommandInput, key: string) =>
      sendJson(
        'POST',
        '/entries',
        {
          key,
          reference: content['reference'] as string,
          party: content['party'] as string,
          amount: content['amount'] as string,
          currency: content['currency'] as string,
        },
        { 'idempotency-key': key },
      ),
    read: (reply: Reply, call: Call) => readPosted(reply, call, system),
  }
  switch (config.class) {
    case 'K1':
      return { ...base, class: 'K1', keyRetentionMs: config.keyRetentionMs ?? 86_400_000, refusalCoversEarlier: true, find }
    case 'K2':
      return { ...base, class: 'K2' }
    case 'K3':
      return { ...base, class: 'K3', find }
    case 'K4':
      return { ...base, class: 'K4' }
  }
}

function readPosted(reply: Reply, call: Call, system: string): Reading {
  const nothing = (says: string): Reading => ({ outcome: { kind: 'unclear', says }, observations: [] })
  if (reply.transport !== 'http') return nothing('not over HTTP')
  const body = bodyOf(reply) as { entry?: Entry; exists?: Entry; refused?: { code: string; text: string } } | undefined
  const entry = reply.status === 201 ? body?.entry : reply.status === 409 ? body?.exists : undefined
  if (entry && typeof entry.id === 'string') {
    if (!isOurs(entry, call))
      return { outcome: { kind: 'other', says: `${entry.id} has another content`, reference: entry.id }, observations: [] }
    return { outcome: { kind: 'done', receipt: { reference: entry.id } }, observations: [confirmed(system, entry, call.object, false)] }
  }
  if (reply.status === 422 && typeof body?.refused?.text === 'string')
    return { outcome: { kind: 'refused', code: body.refused.code, says: body.refused.text }, observations: [] }
  return nothing(`HTTP ${reply.status}`)
}

function isOurs(entry: Entry, { input: { content }, key }: Call): boolean {
  return (
    entry.key === key &&
    entry.amount === content['amount'] &&
    entry.currency === content['currency'] &&
    entry.party === content['party'] &&
    entry.reference === content['reference']
  )
}

function confirmed(system: string, entry: Entry, object: string, readBack: boolean): Observation {
  return {
    eventId: `${entry.id} ${readBack ? 'read' : 'replied'}`,
    type: 'posting.confirmed',
    occurredAt: '2026-03-02T10:00:00.000Z',
    ...(readBack ? { readBack } : {}),
    reference: entry.id,
    about: [{ names: [object] }],
    data: {
      postingNo: entry.id,
      entity: '1',
      supplier: entry.party,
      number: entry.reference,
      amount: entry.amount,
      currency: entry.currency,
      postedOn: '2026-03-02',
      reference: entry.key,
      system,
    },
  }
}

function changes(system: string): Feed {
  return {
    name: 'changes',
    everyMs: 200,
    timeoutMs: 2_000,
    poll: (cursor) => getJson('/changes', { after: cursor ?? '0', limit: '10' }),
    readPage(reply, cursor): Page | { trouble: string } {
      const body = isOk(reply) ? (bodyOf(reply) as { rows?: Entry[]; next?: string; more?: boolean } | undefined) : undefined
      if (!Array.isArray(body?.rows) || typeof body.next !== 'string') return { trouble: 'no page came' }
      const { rows, next } = body
      const start = Number(cursor ?? '0')
      return { observations: rows.map((entry, n) => changed(system, entry, start + n)), cursor: next, more: body.more === true }
    },
  }
}

function entries(): Holdings {
  return {
    about: 'invoice',
    facets: ['posting'],
    by: 'number',
    timeoutMs: 2_000,
    one: {
      ask: (id) => getJson(pathOf('entries', id)),
      read(reply, id) {
        const body = bodyOf(reply) as { entry?: Entry; none?: true } | undefined
        if (reply.transport === 'http' && reply.status === 404 && body?.none) return []
        const entry = isOk(reply) ? body?.entry : undefined
        if (entry?.id !== id) return { trouble: 'no entry came' }
        const { key, status, amount } = entry
        return [
          {
            names: [key],
            key: id,
            shows: [{ facet: 'posting', word: status, claims: meaningOf(STATUS, status), amount }],
            facts: () => [],
          },
        ]
      },
    },
  }
}

/** A change as a status report; one of an entry that carries our key also proves the posting. */
function changed(system: string, entry: Entry, n: number): Observation {
  const claims = meaningOf(STATUS, entry.status)
  return {
    eventId: `change ${n}`,
    type: 'status.reported',
    occurredAt: '2026-03-02T10:00:00.000Z',
    readBack: true,
    reference: entry.id,
    about: [
      {
        names: entry.reference === '' ? [aliasOf(system, 'entry', entry.id)] : [entry.reference],
        ...(entry.reference === '' ? { create: 'invoice' as const } : {}),
      },
    ],
    data: { system, facet: 'posting', word: entry.status, amount: entry.amount, key: entry.key, ...(claims === null ? {} : { claims }) },
  }
}

function notices(system: string): Notices {
  return {
    secrets: NOTICE_SECRETS,
    verify(raw, headers, secrets, now) {
      const at = headers['x-time'] ?? ''
      if (!/^\d{10}$/u.test(at) || Math.abs(now - Number(at) * 1_000) > 300_000)
        return { refused: 'its time is missing or too far from now' }
      const given = Buffer.from(headers['x-signature'] ?? '', 'hex')
      const fits = secrets.some((secret) => {
        const ours = createHmac('sha256', secret).update(`${at}.`).update(raw).digest()
        return ours.length === given.length && timingSafeEqual(ours, given)
      })
      return fits ? 'ok' : { refused: 'the signature does not fit' }
    },
    readNotice(raw) {
      const entry = parsedJson(raw)?.value as (Entry & { n: number }) | undefined
      return entry && typeof entry.id === 'string' ? { observations: [changed(system, entry, entry.n)] } : { trouble: 'no entry came' }
    },
  }
}

const isOk = (reply: Reply): boolean => reply.transport === 'http' && reply.status >= 200 && reply.status < 300

function bodyOf(reply: Reply): Json | undefined {
  const body = jsonIn(reply)
  return 'value' in body ? (body.value as Json) : undefined
}
