/**
 * `POST /v1/validations/{…}`: a question to the ERP through the one door, answered by the controls that an invoice meets. While it
 * waits no transaction and no connection is held: it looks, waits for a commit, looks again.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { orderNames } from '../domain/invoice-content.ts'
import type { FactData } from '../domain/event-data.ts'
import type { Arrival } from '../domain/object.ts'
import { judgeQuestion, type Evidence, type Judged, type Need, type Question } from '../domain/question.ts'
import { Fault } from '../lib/fault.ts'
import { instantOf, msOf, type Instant } from '../lib/time.ts'
import { boundNames } from '../store/alias.ts'
import { inTenant } from '../store/database.ts'
import { eventById } from '../store/event.ts'
import { readObjects } from '../store/object.ts'
import { questionOf, type Asked } from './asked.ts'
import type { ApiContext } from './context.ts'
import type { Answer, Call } from './route.ts'

/** A question that was put, or is about to be. */
interface Put {
  readonly question: Question
  /** When it was asked: an answer from before is a cached one. */
  readonly at: Instant
  /** The oldest answer that is taken; null: any, when there is none from after it was asked. */
  readonly notBefore: Instant | null
  /** Its address; null while it has not been put to the ERP. */
  id: string | null
}

/** Another process may get the answer, whose commits ring no bell here. */
const LOOK_EVERY_MS = 100
/** However often the bell rings. */
const LOOK_GAP_MS = 15
/** Callers that wait at the same time, per process; who comes above that is answered at once with what is known. */
const LIMIT_WAITING = 100
let waiting = 0

export async function postValidation({ context, caller, requestId }: Call, asked: Asked): Promise<Answer> {
  const { pool, tenant, laws } = context
  const { maxAgeMs, waitMs } = asked.body
  const until = performance.now() + waitMs
  const now = context.now()
  const question = await inTenant(pool, tenant, (client) => questionOf(client, tenant, laws.policy.systems.erp, asked))
  const put: Put = { question, at: instantOf(now), notBefore: maxAgeMs === undefined ? null : instantOf(now - maxAgeMs), id: null }
  if (waiting >= LIMIT_WAITING) return answered(context, put, { key: caller.name, requestId, until: 0 })
  waiting++
  try {
    return await answered(context, put, { key: caller.name, requestId, until })
  } finally {
    waiting--
  }
}

/** The same question again, at its address: whatever has been answered since. */
export async function getValidation({ context, caller, params, requestId }: Call): Promise<Answer> {
  const { pool, tenant } = context
  const id = params['id'] ?? ''
  const event = /^evt_[0-9a-f]{26}$/u.test(id) ? await inTenant(pool, tenant, (client) => eventById(client, tenant, id)) : undefined
  if (event?.type !== 'reference.asked' || event.erased) throw new Fault('not-found', 'No question has this address.')
  const { question, since, notBefore } = event.data as unknown as FactData['reference.asked']
  return answered(context, { question, at: since, notBefore, id }, { key: caller.name, requestId, until: 0 })
}

interface Asker {
  readonly key: string
  readonly requestId: string
  /** By the monotonic clock. */
  readonly until: number
}

async function answered(context: ApiContext, put: Put, asker: Asker): Promise<Answer> {
  const asked = new Set<string>()
  for (;;) {
    const { judged, wanted } = await look(context, put)
    if (judged.open.length === 0 || judged.refused) return told(context, put, judged)
    // One answer may lead to the next question: an order is asked for by the number of its company.
    const unasked = judged.open.filter((need) => !asked.has(need.asked) && !wanted(need))
    // Two systems may have to answer one question; it is put once.
    const next = [...new Map(unasked.map((need) => [need.asked, need])).values()]
    for (const need of next) asked.add(need.asked)
    if (next.length > 0) await ask(context, put, next, asker)
    const leftMs = asker.until - performance.now()
    if (leftMs <= 0) return told(context, put, judged)
    await Promise.all([context.moved(Math.min(leftMs, LOOK_EVERY_MS)), sleep(Math.min(leftMs, LOOK_GAP_MS))])
  }
}

interface Looked {
  readonly judged: Judged
  /** True when somebody has asked for this already since then. */
  readonly wanted: (need: Need) => boolean
}

async function look(context: ApiContext, { question, at, notBefore }: Put): Promise<Looked> {
  const { pool, tenant, laws } = context
  const parties = ['entity' in question ? question.entity.names : [], 'supplier' in question ? question.supplier.names : []].flat()
  const names = [...parties, ...('order' in question ? orderNames({ entity: question.entity, orders: [question.order] }) : [])]
  const { bound, records } = await inTenant(pool, tenant, async (client) => {
    const found = await boundNames(client, tenant, names)
    return { bound: found, records: await readObjects(client, tenant, found.values(), false) }
  })
  const recordOf = (name: string): ReturnType<typeof records.get> => records.get(bound.get(name) ?? name)
  const judged = judgeQuestion({ ...laws, look: recordOf, asOf: instantOf(context.now()), since: notBefore ?? at }, question)
  return {
    judged,
    wanted: ({ party, asked }) =>
      party.names.some((name) => {
        const wants = recordOf(name)?.state['wants'] as { readonly [question: string]: Instant } | undefined
        return (wants?.[asked] ?? '') >= at
      }),
  }
}

/** Puts it through the door; the first of its events is its address. */
async function ask(context: ApiContext, put: Put, needs: readonly Need[], { key, requestId }: Asker): Promise<void> {
  const arrivals = needs.map(({ about, party, asked, entity }): Arrival => {
    const data: FactData['reference.asked'] = {
      what: asked,
      since: put.at,
      notBefore: put.notBefore,
      names: party.names,
      name: party.name,
      question: put.question,
      ...(entity === undefined ? {} : { entity }),
    }
    return {
      tenant: context.tenant,
      source: { system: 'api', role: 'hub', reference: `key ${key}` },
      eventId: `${requestId} ${asked} ${randomUUID()}`,
      type: 'reference.asked',
      occurredAt: put.at,
      actor: 'system:api',
      about: [{ names: party.names.slice(0, 1), create: about }],
      data,
    }
  })
  const [first] = await context.submit(arrivals)
  if (first?.outcome === 'refused') throw first.fault ?? new Fault('internal')
  put.id ??= first?.eventId ?? null
}

/** What the ERP said is given with its age; what it said long ago only where the caller takes that, else the address where to ask again. */
function told(context: ApiContext, put: Put, judged: Judged): Answer {
  const now = context.now()
  const { verdict, says, cause, controls, refused } = judged
  const main = judged.evidence.find((one) => one.main)
  const tooOld = put.notBefore !== null && main !== undefined && main.answer.readAt < put.notBefore
  const known = refused || (verdict !== 'indeterminate' && !tooOld)
  const body = {
    id: put.id,
    kind: put.question.kind,
    askedAt: put.at,
    verdict: known ? verdict : 'indeterminate',
    cause: known ? cause : 'control-indeterminate',
    says: known || verdict === 'indeterminate' ? says : 'The ERP has not answered, and what is known is too old.',
    controls: controls.map(({ id, verdict: one, says: words }) => ({ id, verdict: one, says: words })),
    cached: known && !refused && (judged.open.length > 0 || (main !== undefined && main.answer.readAt < put.at)),
    readAt: main?.answer.readAt ?? null,
    ageMs: main ? ageMs(main, now) : null,
    evidence: judged.evidence.map((one) => ({
      object: one.object,
      asked: one.asked,
      event: one.event,
      readAt: one.answer.readAt,
      ageMs: ageMs(one, now),
      answer: one.answer,
    })),
  }
  const address: Record<string, string> = put.id === null ? {} : { location: `/v1/validations/${put.id}` }
  return known ? { status: 200, headers: address, body } : { status: 202, headers: { ...address, 'retry-after': '1' }, body }
}

const ageMs = ({ answer }: Evidence, now: number): number => Math.max(0, now - msOf(answer.readAt))
