/**
 * CloudEvents 1.0 over HTTP: structured (one or a batch) and binary content mode. Reads the envelope alone; whether we take an
 * event of that type is another question.
 * https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md and …/bindings/http-protocol-binding.md
 */
import type { Json } from '../lib/canonical-json.ts'
import { Fault } from '../lib/fault.ts'
import type { Instant } from '../lib/time.ts'
import { readJson } from './strict-json.ts'

export interface CloudEvent {
  readonly id: string
  readonly source: string
  readonly type: string
  readonly subject?: string
  readonly time?: Instant
  readonly datacontenttype?: string
  /** All other attributes, by name. */
  readonly extensions: Readonly<Record<string, string | number | boolean>>
  readonly data?: Json
}

/** One event of a message, or why it is none. */
export type Envelope = { readonly event: CloudEvent } | { readonly fault: Fault; readonly id?: string; readonly source?: string }
export interface Message {
  readonly batch: boolean
  readonly envelopes: readonly Envelope[]
}

export const SINGLE = 'application/cloudevents+json'
export const BATCH = 'application/cloudevents-batch+json'
export const LIMIT_EVENTS = 500

export interface HttpMessage {
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** The events of a request. Throws a fault when the message as a whole cannot be read. */
export function readMessage({ headers, body }: HttpMessage): Message {
  const { type, charset } = mediaTypeOf(headers['content-type'] ?? '')
  if (charset !== undefined && charset !== 'utf-8') throw new Fault('media-type-unknown', 'Only UTF-8 is taken.')
  if (type === SINGLE) return { batch: false, envelopes: [structured(readJson(body))] }
  if (type === BATCH) {
    const list = readJson(body)
    if (!Array.isArray(list)) throw new Fault('event-not-valid', 'A batch is a JSON list of events.')
    if (list.length > LIMIT_EVENTS) {
      throw new Fault('body-too-large', `A batch has at most ${LIMIT_EVENTS} events; this one has ${list.length}.`)
    }
    return { batch: true, envelopes: (list as readonly Json[]).map(structured) }
  }
  if (type.startsWith('application/cloudevents')) {
    throw new Fault('media-type-unknown', `Of CloudEvents only the JSON format is taken: ${SINGLE} or ${BATCH}.`)
  }
  if (headers['ce-specversion'] === undefined) {
    throw new Fault('media-type-unknown', `Send ${SINGLE} or ${BATCH}, or the attributes as ce- headers.`)
  }
  return { batch: false, envelopes: [binary(headers, type, body)] }
}

export function mediaTypeOf(header: string): { readonly type: string; readonly charset: string | undefined } {
  const [type = '', ...parameters] = header.split(';').map((part) => part.trim())
  const charset = parameters.map((parameter) => /^charset="?([^"]*)"?$/iu.exec(parameter)?.[1]).find((value) => value !== undefined)
  return { type: type.toLowerCase(), charset: charset?.toLowerCase() }
}

type Attributes = { readonly [name: string]: Json | undefined }

function structured(value: Json): Envelope {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { fault: new Fault('event-not-valid', 'An event is a JSON object.') }
  }
  const { data, data_base64: base64, ...attributes } = value as Attributes
  if (base64 !== undefined) {
    return named(attributes, new Fault('media-type-unknown', 'The data of an event are JSON; files go to /v1/documents.'))
  }
  return envelope(attributes, data)
}

/** Attributes in headers, data in the body. Values are percent-encoded (HTTP binding, section 3.1.3.2). */
function binary(headers: Readonly<Record<string, string>>, type: string, body: Uint8Array): Envelope {
  const attributes: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (!name.startsWith('ce-')) continue
    const decoded = percentDecoded(value)
    if (decoded === undefined) return { fault: new Fault('event-not-valid', `The header ${name} is not percent-encoded as it should be.`) }
    attributes[name.slice(3)] = decoded
  }
  const contentType = headers['content-type']
  if (contentType !== undefined) attributes['datacontenttype'] = contentType
  if (!isJsonType(type)) {
    return named(attributes, new Fault('media-type-unknown', 'The data of an event are JSON; files go to /v1/documents.'))
  }
  return envelope(attributes, body.length === 0 ? undefined : readJson(body))
}

function percentDecoded(value: string): string | undefined {
  try {
    return decodeURIComponent(value)
  } catch {
    return undefined
  }
}

const isJsonType = (type: string): boolean => type === 'application/json' || type === 'text/json' || type.endsWith('+json')

const KNOWN = new Set(['specversion', 'id', 'source', 'type', 'subject', 'time', 'datacontenttype', 'dataschema'])
const LIMIT_ATTRIBUTE = 1_024

function envelope(attributes: Attributes, data: Json | undefined): Envelope {
  const wrong = problemIn(attributes)
  if (wrong !== undefined) return named(attributes, new Fault('event-not-valid', wrong))
  const extensions = Object.fromEntries(Object.entries(attributes).filter(([name]) => !KNOWN.has(name))) as CloudEvent['extensions']
  const { id, source, type, subject, datacontenttype, time: written } = attributes as { readonly [name: string]: string }
  const time = written === undefined ? undefined : instantIn(written)
  if (datacontenttype !== undefined && !isJsonType(mediaTypeOf(datacontenttype).type)) {
    return named(attributes, new Fault('media-type-unknown', 'The data of an event are JSON; files go to /v1/documents.'))
  }
  return {
    event: {
      id: id ?? '',
      source: source ?? '',
      type: type ?? '',
      extensions,
      ...(subject === undefined ? {} : { subject }),
      ...(time === undefined ? {} : { time }),
      ...(datacontenttype === undefined ? {} : { datacontenttype }),
      ...(data === undefined ? {} : { data }),
    },
  }
}

/** Section 2.1 (names), 3.1 (required attributes) and 3.2 (optional ones) of the specification. */
function problemIn(attributes: Attributes): string | undefined {
  for (const [name, value] of Object.entries(attributes)) {
    if (!/^[a-z0-9]{1,40}$/u.test(name)) return 'The name of an attribute is not made of a-z and 0-9.'
    if (typeof value === 'object') return `The attribute ${name} is neither text, number nor boolean.`
    if (typeof value === 'number' && !Number.isSafeInteger(value)) {
      return `The attribute ${name} is not a whole number that can be kept exactly.`
    }
    if (KNOWN.has(name) && (typeof value !== 'string' || value === '')) return `The attribute ${name} is a text that is not empty.`
    if (typeof value === 'string' && value.length > LIMIT_ATTRIBUTE) return `The attribute ${name} is longer than ${LIMIT_ATTRIBUTE}.`
  }
  if (attributes['specversion'] !== '1.0') return 'Its specversion is not 1.0.'
  const missing = ['id', 'source', 'type'].filter((name) => attributes[name] === undefined)
  if (missing.length > 0) return `It lacks ${missing.join(', ')}.`
  const { time } = attributes as { readonly [name: string]: string }
  if (time !== undefined && instantIn(time) === undefined) return 'Its time is not an instant as RFC 3339 writes it.'
  return undefined
}

const RFC3339 = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$/u

/** The instant in UTC with milliseconds (further digits are cut); undefined when there is no such instant. */
export function instantIn(text: string): Instant | undefined {
  if (!RFC3339.test(text)) return undefined
  const ms = Date.parse(text.toUpperCase())
  if (Number.isNaN(ms) || ms < 0) return undefined
  // Date.parse rolls the 31st of a short month over into the next; only real days are taken.
  const day = Number(text.slice(8, 10))
  const days = new Date(Date.UTC(Number(text.slice(0, 4)), Number(text.slice(5, 7)), 0)).getUTCDate()
  return day <= days ? new Date(ms).toISOString() : undefined
}

/** A fault together with what the sender calls the event, where that can be told. */
function named(attributes: Attributes, fault: Fault): Envelope {
  const text = (name: string): string | undefined => {
    const value = attributes[name]
    return typeof value === 'string' && value.length <= LIMIT_ATTRIBUTE ? value : undefined
  }
  const id = text('id')
  const source = text('source')
  return { fault, ...(id === undefined ? {} : { id }), ...(source === undefined ? {} : { source }) }
}
