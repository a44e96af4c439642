/**
 * JSON over HTTP, as most connectors speak it: requests whose bytes are the same for ever, and replies that are taken apart
 * without ever throwing.
 */
import { canonicalJson, type Json } from '../lib/canonical-json.ts'
import { assert } from '../lib/assert.ts'
import type { Content } from './contract.ts'
import type { HttpReply, HttpRequest, Reply } from './request.ts'

const utf8 = new TextEncoder()

/** `query`: members that are undefined are left out; keys in the order given. */
export function getJson(path: string, query: Readonly<Record<string, string | undefined>> = {}): HttpRequest {
  const pairs = Object.entries(query).flatMap(([key, value]) =>
    value === undefined ? [] : [`${encodeURIComponent(key)}=${encodeURIComponent(value)}`],
  )
  return {
    transport: 'http',
    method: 'GET',
    path: pairs.length === 0 ? path : `${path}?${pairs.join('&')}`,
    headers: { accept: 'application/json' },
  }
}

/** The body is canonical JSON: the same value gives the same bytes. */
export function sendJson(
  method: 'POST' | 'PUT' | 'PATCH',
  path: string,
  body: Json,
  headers: Readonly<Record<string, string>> = {},
): HttpRequest {
  return {
    transport: 'http',
    method,
    path,
    headers: { accept: 'application/json', 'content-type': 'application/json', ...headers },
    body: utf8.encode(canonicalJson(body)),
  }
}

/** Segments of a path, each encoded; one that is `.` or `..` would leave the folder and becomes a name nobody has. */
export function pathOf(...segments: readonly string[]): string {
  return segments.map((segment) => `/${/^\.{1,2}$/u.test(segment) ? '%00' : encodeURIComponent(segment)}`).join('')
}

/** What a schema library says of a value; as zod does. */
export interface Shape<T> {
  safeParse(value: unknown):
    | { success: true; data: T }
    | {
        success: false
        error: { issues: readonly { path: readonly PropertyKey[]; message: string }[] }
      }
}

/** The reply's body in the given shape, or why not. The status is the caller's to judge. */
export function readJson<T>(reply: Reply, shape: Shape<T>): { readonly value: T } | { readonly trouble: string } {
  const body = jsonIn(reply)
  return 'trouble' in body ? body : shaped(body.value, shape)
}

/**
 * The reply's body. What looks like JSON and says that it is something else is nobody's answer to us: a proxy, a page to sign in at, a
 * cache of another address. One that does not say what it is may be looked into (RFC 9110 section 8.3): then its shape decides.
 */
export function jsonIn(reply: Reply): { readonly value: unknown } | { readonly trouble: string } {
  if (reply.transport !== 'http') return { trouble: 'the reply did not come over HTTP' }
  const type = reply.headers['content-type']
  if (type !== undefined && !JSON_TYPE.test(type))
    return { trouble: `HTTP ${reply.status}, and the body is ${type.slice(0, 100)}, not JSON` }
  return parsedJson(reply.body) ?? { trouble: `HTTP ${reply.status}, and the body is not JSON` }
}

/** `application/json` (RFC 8259), what is made of it (`application/problem+json`, RFC 6839 section 3.1), and the older `text/json`; with or without parameters. */
const JSON_TYPE = /^\s*[^\s/;,]+\/(?:[^\s/;,]+\+)?json\s*(?:;.*)?$/iu

/** As {@link readJson}, for a value already there. */
export function shaped<T>(value: unknown, shape: Shape<T>): { readonly value: T } | { readonly trouble: string } {
  const result = shape.safeParse(value)
  if (result.success) return { value: result.data }
  const says = result.error.issues
    .slice(0, 3)
    .map(({ path, message }) => `${path.map(String).join('.') || 'body'}: ${message}`)
    .join('; ')
  return { trouble: `not of the shape that is documented (${says.slice(0, 400)})` }
}

/** An effect's content in the shape that the command needs; another shape is a mistake of ours and not of the system's. */
export function contentAs<T>(content: Content, shape: Shape<T>): T {
  const read = shaped(content, shape)
  assert('value' in read, `the content of the command is ${'trouble' in read ? read.trouble : ''}`)
  return read.value
}

/** All that is wrong with a configuration, each with its place. */
export function configProblems<T>(config: unknown, shape: Shape<T>): { readonly config: T } | { readonly problems: readonly string[] } {
  const result = shape.safeParse(config)
  if (result.success) return { config: result.data }
  return {
    problems: result.error.issues.map(({ path, message }) => (path.length === 0 ? message : `${path.map(String).join('.')}: ${message}`)),
  }
}

export function parsedJson(body: Uint8Array): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) }
  } catch {
    return undefined
  }
}

/** The reply when it came over HTTP with a 2xx. */
export function okReply(reply: Reply): HttpReply | undefined {
  return reply.transport === 'http' && reply.status >= 200 && reply.status < 300 ? reply : undefined
}

/** What an unexpected reply is called. */
export const replyName = (reply: Reply): string => (reply.transport === 'http' ? `HTTP ${reply.status}` : 'no HTTP reply')
