/** `POST /v1/events`: facts of the configured systems, as CloudEvents; each is judged by itself and has a receipt of its own. */
import { createHash } from 'node:crypto'
import { speaksAs, through, type Caller } from '../access/scopes.ts'
import { EVENT_TYPES, gradeOf, isEventType, type Grade, type Role } from '../domain/event.ts'
import { tooLong } from '../domain/invoice-content.ts'
import type { Arrival } from '../domain/object.ts'
import type { Json } from '../lib/canonical-json.ts'
import { Fault } from '../lib/fault.ts'
import { isCanonicalId } from '../store/alias.ts'
import { inTenant } from '../store/database.ts'
import { unknownDocuments } from '../store/document.ts'
import { readMessage, type CloudEvent, type Envelope } from './cloud-events.ts'
import type { ApiContext, Receipt } from './context.ts'
import { claimRefs, refsOf } from './fact-refs.ts'
import { FACT_SHAPES, isSentType, type SentType } from './fact-shapes.ts'
import { problemOf, type Problem } from './problem.ts'
import { problemsIn, type Answer, type Call } from './route.ts'

const sha256 = (data: Uint8Array | string): Uint8Array => createHash('sha256').update(data).digest()

/** What the sender is told about one event. */
export interface EventReceipt {
  readonly id?: string
  readonly source?: string
  /** The event's canonical id: its identity in the log. */
  readonly event?: string
  readonly outcome: Receipt['outcome']
  /** How much the fact proves, by the authority of its source for its type; `claimed` moves nothing. */
  readonly grade?: Grade
  readonly problem?: Problem
}

type Item = { readonly envelope: Envelope } & ({ readonly arrival: Arrival } | { readonly fault: Fault })

export async function postEvents({ context, caller, headers, body, requestId }: Call<unknown, Uint8Array>): Promise<Answer> {
  const { batch, envelopes } = readMessage({ headers, body })
  const items = await withDocuments(
    context,
    envelopes.map((envelope) => itemOf(context, caller, envelope)),
  )
  const arrivals = items.flatMap((item) => ('arrival' in item ? [item.arrival] : []))
  const receipts = arrivals.length === 0 ? [] : await context.submit(arrivals)
  let next = 0
  const told = items.map((item) => receiptOf(item, 'arrival' in item ? receipts[next++] : undefined, requestId))
  if (batch) return { status: told.some((receipt) => receipt.outcome === 'refused') ? 207 : 200, body: { receipts: told } }
  const [only] = told
  return only?.problem
    ? { status: only.problem.status, headers: { 'content-type': 'application/problem+json' }, body: only.problem }
    : { status: 200, body: only }
}

function receiptOf(item: Item, receipt: Receipt | undefined, requestId: string): EventReceipt {
  const { envelope } = item
  const named =
    'event' in envelope
      ? { id: envelope.event.id, source: envelope.event.source }
      : { ...maybe('id', envelope.id), ...maybe('source', envelope.source) }
  const fault = 'fault' in item ? item.fault : receipt?.fault
  if (!('arrival' in item) || receipt === undefined || receipt.outcome === 'refused') {
    return { ...named, outcome: 'refused', problem: problemOf(fault ?? new Fault('internal'), requestId) }
  }
  return { ...named, event: receipt.eventId, outcome: receipt.outcome, grade: gradeOf(item.arrival.type, item.arrival.source.role, false) }
}

const maybe = <K extends string>(key: K, value: string | undefined): { readonly [key in K]?: string } =>
  value === undefined ? {} : ({ [key]: value } as { [key in K]?: string })

/** A sent event as an arrival, or why it is not taken. */
function itemOf(context: ApiContext, caller: Caller, envelope: Envelope): Item {
  if ('fault' in envelope) return { envelope, fault: envelope.fault }
  try {
    return { envelope, arrival: arrivalOf(context, caller, envelope.event) }
  } catch (error) {
    if (error instanceof Fault) return { envelope, fault: error }
    throw error
  }
}

const not = (says: string): Fault => new Fault('event-not-valid', says)
/** Tracing headers that libraries add by themselves: taken and left alone. */
const LEFT_ALONE = new Set(['traceparent', 'tracestate'])

function arrivalOf(context: ApiContext, caller: Caller, event: CloudEvent): Arrival {
  const { type } = event
  if (!isSentType(type)) throw new Fault('event-type-unknown', whyNotSent(type))
  const role = roleOf(context, event.source)
  if (!speaksAs(caller, event.source)) throw new Fault('scope-missing', `It lacks facts.send/${event.source}.`)
  if (event.time === undefined) throw not('It lacks time: when it happened decides between two facts of one source.')
  const { reference, correlationid, causationid, ...others } = event.extensions
  const strange = Object.keys(others).filter((name) => !LEFT_ALONE.has(name))
  if (strange.length > 0) throw not(`There is no attribute ${strange.join(', ')} here.`)
  for (const [name, value] of Object.entries({ reference, correlationid, causationid })) {
    if (value !== undefined && (typeof value !== 'string' || value.length > 200)) {
      throw not(`The attribute ${name} is no text of at most 200 characters.`)
    }
  }
  if (event.id.length > 200) throw not('Its id is longer than 200.')
  const data = dataOf(type, event.data)
  if (type === 'status.reported' && data['system'] !== event.source) {
    throw not('A system reports its own statuses only: data.system is another one.')
  }
  const refs = refsOf(type, { source: event.source, subject: subjectOf(event.subject), data: data as never, sha256 })
  if (refs === 'needs-subject') throw not('It lacks subject: the canonical id of what it is about, or an external name system|kind|id.')
  const { about, ensures } = gradeOf(type, role, false) === 'claimed' ? claimRefs(refs) : refs
  return {
    tenant: context.tenant,
    source: { system: event.source, role, ...(typeof reference === 'string' ? { reference } : {}) },
    eventId: event.id,
    type,
    occurredAt: event.time,
    actor: through(`system:${event.source}`, caller),
    about,
    data,
    ...(ensures ? { ensures } : {}),
    ...(typeof correlationid === 'string' ? { correlation: correlationid } : {}),
    ...(typeof causationid === 'string' ? { causation: causationid } : {}),
  }
}

/** The role comes from our configuration and never from the event. */
function roleOf(context: ApiContext, source: string): Role {
  const system = context.systems.find(({ name }) => name === source)
  if (!system) throw not(`Its source is none of the configured systems (${context.systems.map(({ name }) => name).join(', ')}).`)
  return system.role
}

function subjectOf(subject: string | undefined): string | undefined {
  if (subject === undefined || isCanonicalId(subject) || /^[^|]+\|[^|]+\|.+$/su.test(subject)) return subject
  throw not('Its subject is neither a canonical id nor an external name of the form system|kind|id.')
}

function dataOf(type: SentType, sent: Json | undefined): Arrival['data'] {
  const read = FACT_SHAPES[type].safeParse(sent)
  if (!read.success) throw not(problemsIn(read.error))
  const data = read.data as Arrival['data']
  if (type === 'invoice.received' || type === 'invoice.corrected') {
    const long = tooLong((read.data as { readonly content: Parameters<typeof tooLong>[0] }).content)
    if (long !== undefined) throw not(`The ${long} is longer than any real one.`)
  }
  return data
}

function whyNotSent(type: string): string {
  if (!isEventType(type)) return 'docs/spec/api.md names those that are taken.'
  if (EVENT_TYPES[type].nature === 'decision') return `${type} is decided by the hub itself.`
  if (type === 'document.received') return 'Send the document itself to POST /v1/documents.'
  if (type === 'exception.answered' || type === 'exception.said' || type === 'exception.unsaid')
    return 'Answers of persons go to POST /v1/exceptions/{id}/answers.'
  return `${type} is not taken here.`
}

/** Refuses facts that name a document which is not kept: evidence comes before what rests on it. */
async function withDocuments(context: ApiContext, items: readonly Item[]): Promise<readonly Item[]> {
  const named = items.flatMap((item) => ('arrival' in item ? documentIn(item.arrival) : []))
  if (named.length === 0) return items
  const missing = await inTenant(context.pool, context.tenant, (client) => unknownDocuments(client, context.tenant, [...new Set(named)]))
  return items.map((item) =>
    'arrival' in item && documentIn(item.arrival).some((hash) => missing.has(hash))
      ? { envelope: item.envelope, fault: not('The document that it names is not kept here: send it to POST /v1/documents first.') }
      : item,
  )
}

function documentIn({ data }: Arrival): string[] {
  return typeof data['document'] === 'string' ? [data['document']] : []
}
