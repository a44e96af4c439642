/** The simulated systems' words as ours, as a connector would put them: commands with their class, looks, and news as facts. */
import type { Chance } from './chance.ts'
import type { Answer, Conduct } from './ground/door.ts'
import type { Class } from './ground/past.ts'
import type { News } from './ground/books.ts'
import type { Call, Command, Found, Observation, Reading } from '../../src/connector/contract.ts'
import type { HttpReply, Reply, Request } from '../../src/connector/request.ts'
import { ABSENT } from '../../src/domain/cell.ts'
import { batchName, endToEndName, paymentName, personName, postingName } from '../../src/domain/names.ts'
import { type Arrival, type CommandName, type Ref } from '../../src/domain/object.ts'
import type { Terms } from '../../src/domain/terms.ts'
import { instantOf } from '../../src/lib/time.ts'
import { ACCOUNT, CODER, entry, fact, masterData, PERSON } from '../../test/facts.ts'

export const TIMEOUT_MS = 10_000
export const GAP_MS = 5_000
const CLASSLESS: Conduct = { class: 'K2', retentionMs: 0, settleMs: 30_000 }

/** The class that each command of money has in this run; the rest is as harmless as it is declared. */
export interface Setup {
  readonly [command: string]: { readonly class: Class; readonly retentionMs: number; readonly settleMs: number; readonly findable: boolean }
}
export const conductOf =
  (setup: Setup) =>
  (_system: string, command: string): Conduct =>
    setup[command] ?? CLASSLESS

/** Which class the commands of money have, how long keys are known and how long a call may take to settle. */
export function drawSetup(chance: Chance): Setup {
  const given = (classes: readonly Class[]): Setup[string] => ({
    class: chance.of(classes),
    retentionMs: chance.of([300_000, 3_600_000, 86_400_000]),
    settleMs: chance.of([10_000, 30_000, 60_000]),
    findable: chance.hits(0.5),
  })
  return {
    'invoice.post': given(['K1', 'K2', 'K3', 'K3', 'K4']),
    'settlement.record': given(['K1', 'K2', 'K3']),
    'payment.transmit': given(['K3', 'K4']),
    'invoice.reverse': given(['K3']),
  }
}

const NO_EFFECT: Command['noEffect'] = [
  { status: 429, about: 'target' },
  { status: 503, about: 'target' },
  { status: 423, about: 'effect' },
]
const request = (path: string): Request => ({ transport: 'http', method: 'POST', path, headers: {} })

/** Of each system the commands that it takes. */
export const COMMANDS_OF: { readonly [system: string]: readonly CommandName[] } = {
  erp: [
    'invoice.post',
    'invoice.reverse',
    'payment.hold',
    'payment.unhold',
    'settlement.record',
    'lookup.posting',
    'lookup.supplier',
    'lookup.entity',
    'lookup.tax-code',
    'lookup.period',
    'lookup.order',
  ],
  ap: ['invoice.submit', 'invoice.status'],
  bank: ['payment.transmit'],
}

export type Commands = { readonly [command in CommandName]?: Command }

export function commandsOf(setup: Setup, system: string): Commands {
  return Object.fromEntries(
    COMMANDS_OF[system]!.map((name): [string, Command] => {
      const given = setup[name] ?? { ...CLASSLESS, findable: false }
      const find = {
        settleMs: given.settleMs,
        gapMs: GAP_MS,
        request: () => request(`/look/${name}`),
        read: (reply: Reply, call: Call) => foundIn(name, reply, call),
      }
      const common = {
        timeoutMs: TIMEOUT_MS,
        noEffect: NO_EFFECT,
        write: () => request(`/${name}`),
        read: name.startsWith('lookup.')
          ? (reply: Reply, call: Call) => answered(name, reply, call)
          : (reply: Reply, call: Call) => reading(name, reply, call),
      }
      switch (given.class) {
        case 'K1':
          return [name, { ...common, class: 'K1', keyRetentionMs: given.retentionMs, ...(given.findable ? { find } : {}) }]
        case 'K2':
          return [name, { ...common, class: 'K2' }]
        case 'K3':
          return [name, { ...common, class: 'K3', find }]
        case 'K4':
          return [name, { ...common, class: 'K4' }]
      }
    }),
  )
}

export const replyOf = ({ status, body, retryAfterMs }: Answer): HttpReply => ({
  transport: 'http',
  status,
  headers: retryAfterMs === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterMs / 1_000)) },
  body: new TextEncoder().encode(body),
})

function bodyOf(reply: Reply): { readonly [key: string]: unknown } | undefined {
  if (reply.transport !== 'http') return undefined
  try {
    return JSON.parse(new TextDecoder().decode(reply.body)) as { readonly [key: string]: unknown }
  } catch {
    return undefined
  }
}

function reading(name: CommandName, reply: Reply, call: Call): Reading {
  const body = bodyOf(reply)
  const number = typeof body?.['number'] === 'string' ? body['number'] : undefined
  if (typeof body?.['refused'] === 'string') return { outcome: { kind: 'refused', says: body['refused'] }, observations: [] }
  if (body?.['state'] === 'exists-other')
    return {
      outcome: { kind: 'other', says: 'it exists with other content', ...(number === undefined ? {} : { reference: number }) },
      observations: [],
    }
  if ((body?.['state'] !== 'done' && body?.['state'] !== 'exists') || number === undefined)
    return { outcome: { kind: 'unclear', says: 'not understood' }, observations: [] }
  const observations =
    name === 'invoice.post'
      ? [{ ...bookedFact(call.input.content as unknown as Posting, number, call.at), eventId: `reply ${number} ${call.key}` }]
      : []
  return { outcome: { kind: 'done', receipt: { reference: number } }, observations }
}

interface Row {
  readonly number: string
  readonly amount: string
  readonly party: string
  readonly at: number
}

function foundIn(name: CommandName, reply: Reply, call: Call): Found {
  const rows = bodyOf(reply)?.['rows'] as readonly Row[] | undefined
  if (!rows) return { kind: 'unclear', says: 'no list' }
  const content = call.input.content as unknown as Posting
  const observations =
    name === 'invoice.post'
      ? rows.map((row) => ({ ...bookedFact({ ...content, gross: row.amount }, row.number, instantOf(row.at)), readBack: true }))
      : []
  const [one, another] = rows
  if (!one) return { kind: 'absent' }
  if (another) return { kind: 'several', says: 'more than one', receipts: rows.map((row) => ({ reference: row.number })), observations }
  return {
    kind: 'one',
    equal: one.amount === amountIn(content) && one.party === partyIn(content),
    receipt: { reference: one.number },
    observations,
  }
}

/** What of a command's content the target keeps, for comparing. */
export const amountIn = (content: { readonly gross?: string; readonly amount?: string }): string => content.gross ?? content.amount ?? ''
export const partyIn = (content: { readonly supplier?: string | object }): string =>
  typeof content.supplier === 'string' ? content.supplier : ''

interface Posting {
  readonly reference: string
  readonly number: string
  readonly gross: string
  readonly currency: string
  readonly supplier: string
  readonly postedOn: string
}

/** Without `readBack` it is what a reply says of itself. */
function bookedFact(content: Posting, number: string, at: string): Observation {
  return {
    eventId: `document|${number}`,
    type: 'posting.confirmed',
    occurredAt: at,
    about: [{ names: [content.reference, postingName('erp', '1000', number)] }],
    data: {
      postingNo: number,
      entity: '1000',
      supplier: content.supplier,
      number: content.number,
      amount: content.gross,
      currency: content.currency,
      postedOn: content.postedOn,
      reference: content.reference,
    },
  }
}

/** An answer to a question is free to repeat; what the ERP says of a posting is read by its number. */
function answered(name: CommandName, reply: Reply, call: Call): Reading {
  const body = bodyOf(reply)
  if (!body) return { outcome: { kind: 'unclear', says: 'not understood' }, observations: [] }
  if (name !== 'lookup.posting') return { outcome: { kind: 'done', receipt: { reference: 'answer' } }, observations: read(name, call) }
  const booked = body['booked'] as (News & { kind: 'booked' }) | null
  if (booked) return { outcome: { kind: 'done', receipt: { reference: 'document' } }, observations: [plain(newsFact(booked))] }
  const absent: Observation = {
    eventId: `lookup ${call.object} ${call.occurrence} ${call.at}`,
    type: 'status.reported',
    occurredAt: call.at,
    about: [{ names: [call.object] }],
    data: { system: 'erp', facet: 'posting', word: ABSENT },
  }
  return { outcome: { kind: 'done', receipt: { reference: 'nothing' } }, observations: [absent] }
}

function read(name: CommandName, call: Call): Observation[] {
  const question = String((call.input.content as { readonly question?: string }).question)
  const asked = name === 'lookup.period' ? 'period 2026-01' : question
  return masterData(call.at, call.at)
    .filter((arrival) => arrival.data['asked'] === asked)
    .map((arrival) => ({
      ...plain(arrival),
      eventId: `read ${question} ${call.at}`,
      about: [{ names: [call.object] }],
      data: { ...arrival.data, asked: question },
    }))
}

/** Whoever enters invoices may approve as well: others' only. */
export const CODERS_LIMIT = fact(
  'authority.granted',
  'hr',
  'limit carl',
  '2026-01-02T08:00:00.000Z',
  [{ names: [CODER], create: 'person' }],
  {
    person: CODER,
    name: 'Carl',
    limit: '1000.00',
    currency: 'EUR',
    from: '2025-01-01',
  },
)

const plain = ({ eventId, type, occurredAt, about, data, readBack }: Arrival): Observation => ({
  eventId,
  type,
  occurredAt,
  about,
  data,
  ...(readBack ? { readBack } : {}),
})

const person = (name: string): string => personName('directory', name)
const DOCUMENT = 'f'.repeat(64)

/** News as the fact that it is, the same whichever way we hear of it. */
export function newsFact(news: News): Arrival {
  const at = instantOf(news.at)
  switch (news.kind) {
    case 'booked': {
      const posting = { ...(JSON.parse(news.booked.content) as Posting), gross: news.booked.amount, supplier: news.booked.party }
      const { eventId, about, data } = bookedFact(posting, news.booked.number, at)
      return { ...fact('posting.reversed', 'erp', eventId, instantOf(news.booked.at), about, {} as never), type: 'posting.confirmed', data }
    }
    case 'reversed':
      return fact('posting.reversed', 'erp', `reversal|${news.reversal}`, at, [{ names: [news.booked.reference] }], {
        postingNo: news.booked.number,
        entity: '1000',
        reversalNo: news.reversal,
        reversedOn: at.slice(0, 10),
      })
    case 'requested':
      return fact('approval.requested', 'ap', news.id, at, [{ names: [news.ticket.reference] }], { ticket: news.ticket.number })
    case 'granted':
      return fact('approval.granted', 'ap', news.id, at, [{ names: [news.ticket.reference] }], {
        ticket: news.ticket.number,
        step: String(news.round),
        person: news.own ? CODER : PERSON,
        terms: termsOf(news.ticket.content),
      })
    case 'completed':
      return fact('approval.completed', 'ap', news.id, at, [{ names: [news.ticket.reference] }], {
        ticket: news.ticket.number,
        terms: termsOf(news.ticket.content),
        enterers: [CODER],
      })
    case 'withdrawn':
      return fact('approval.withdrawn', 'ap', news.id, at, [{ names: [news.ticket.reference] }], {
        ticket: news.ticket.number,
        person: PERSON,
        reason: 'not yet',
      })
    case 'instructed':
      return fact(
        'payment.instructed',
        'erp',
        news.id,
        at,
        [
          { names: [paymentName(news.message, news.item.endToEnd)], create: 'payment', offers: [endToEndName(news.item.endToEnd)] },
          batchOf(news.message),
        ],
        {
          messageId: news.message,
          endToEndId: news.item.endToEnd,
          paymentDoc: `P-${news.item.endToEnd}`,
          amount: news.item.amount,
          currency: 'EUR',
          account: ACCOUNT,
          supplier: 'V1',
          items: [{ posting: postingName('erp', '1000', news.item.number), amount: news.item.amount }],
        },
      )
    case 'released':
      return fact('payment.released', 'erp', news.id, at, [batchOf(news.message)], {
        messageId: news.message,
        run: `RUN ${news.message}`,
        document: DOCUMENT,
        releasedBy: [person('tina'), person('tom')],
      })
    case 'file':
      return fact('file.completed', 'erp', news.id, at, [batchOf(news.message)], {
        messageId: news.message,
        document: DOCUMENT,
        claimedCount: String(news.items.length),
        claimedSum: news.sum,
        count: news.items.length,
        sum: news.sum,
        findings: [],
      })
    case 'accepted':
      return fact('payment.accepted', 'bank', news.id, at, [batchOf(news.message)], {
        messageId: news.message,
        code: 'ACCP',
        document: 'b'.repeat(64),
      })
    case 'entry':
      return entry(news.id, at, news.returns ? '' : news.item.endToEnd, {
        amount: news.item.amount,
        bankReference: `B ${news.id}`,
        bookedOn: at.slice(0, 10),
        direction: news.returns ? 'credit' : 'debit',
        ...(news.returns ? { returns: { endToEndId: news.item.endToEnd, code: 'AC04', reason: 'account closed' } } : {}),
      })
  }
}

const batchOf = (message: string): Ref => ({ names: [batchName(message)], create: 'payment-batch' })

function termsOf(content: string): Terms {
  const { terms } = JSON.parse(content) as { readonly terms: Terms }
  return { ...terms, coding: [{ account: '4760', amount: terms.net }] }
}
