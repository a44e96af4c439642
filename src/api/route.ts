/** What a route is. Handlers know no HTTP server: they get a call and give an answer. */
import { z } from 'zod'
import type { Caller, Scope } from '../access/scopes.ts'
import { Fault, type FaultCode } from '../lib/fault.ts'
import type { Instant } from '../lib/time.ts'
import type { ApiContext } from './context.ts'
import type { Rate } from './rates.ts'

export interface Call<Query = unknown, Body = unknown> {
  readonly context: ApiContext
  readonly params: Readonly<Record<string, string>>
  readonly query: Query
  readonly body: Body
  readonly headers: Readonly<Record<string, string>>
  readonly requestId: string
  /** Whose key it came under; nobody’s where none is needed. */
  readonly caller: Caller
}

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** Written as JSON, unless `headers` names another content type: then text or bytes. */
  readonly body?: unknown
}

/** What the body may be. `json`: of one shape. `bytes`: as it came, of one of these media types. */
export type Takes<Body> =
  | { readonly kind: 'json'; readonly shape: z.ZodType<Body>; readonly limitBytes: number }
  | { readonly kind: 'bytes'; readonly media: readonly string[] | 'any'; readonly limitBytes: number }

export interface AnswerShape {
  readonly says: string
  readonly shape: z.ZodType | 'bytes' | 'text' | 'nothing'
  /** It is a problem with more members than others have. */
  readonly problem?: true
}

export interface RouteOf<Query, Body> {
  readonly method: 'GET' | 'POST'
  /** `{name}` stands for one segment. */
  readonly path: string
  /** One sentence; docs/spec/api.md has it word for word. */
  readonly does: string
  /** What the access key must be for; null for the few addresses that need none. */
  readonly scope: Scope | null
  /** The rate that it counts towards besides that of all requests. */
  readonly rate?: Exclude<Rate, 'requests'>
  /** True where the same content again would be done again: a request with an Idempotency-Key is then done once. */
  readonly once?: true
  /** On its way out: since when, until when it answers, and the path to call instead. docs/adr/0012-v1-changes-by-adding.md. */
  readonly deprecated?: { readonly since: Instant; readonly sunset: Instant; readonly instead: string }
  readonly query?: z.ZodType<Query>
  readonly takes?: Takes<Body>
  /** What it answers, by status; docs/spec/openapi.json has it. */
  readonly answers: { readonly [status: number]: AnswerShape }
  /** What it may be refused with, besides what every address may. */
  readonly refuses?: readonly FaultCode[]
  readonly handle: (call: Call<Query, Body>) => Promise<Answer> | Answer
}
export type Route = RouteOf<unknown, unknown>

/** A row of the list of routes; the types of query and body are checked here and not known beyond. */
export function route<Query = Record<string, never>, Body = Uint8Array>(row: RouteOf<Query, Body>): Route {
  return row as unknown as Route
}

/** The value in its shape, or the fault `request-not-valid` with every problem and its place. */
export function shapedAs<T>(shape: z.ZodType<T>, value: unknown): T {
  const read = shape.safeParse(value)
  if (read.success) return read.data
  throw new Fault('request-not-valid', problemsIn(read.error))
}

const LIMIT_SAID = 1_000

/** What is wrong, each with its place. It repeats names of members, never their contents. */
export function problemsIn(error: z.ZodError): string {
  const sentences = error.issues.map((issue) => {
    const place = issue.path.map(String).join('.')
    return `${place === '' ? '' : `${place}: `}${wordsOf(issue)}.`
  })
  const text = sentences.join(' ')
  return text.length <= LIMIT_SAID ? text : `${text.slice(0, LIMIT_SAID).toWellFormed()} …`
}

const KIND_WORDS: { readonly [expected: string]: string } = {
  string: 'a text',
  object: 'an object',
  record: 'an object',
  array: 'a list',
  tuple: 'a list',
  boolean: 'true or false',
  number: 'a number',
  int: 'a whole number',
}

/** The words that stand at the shape; for what has none, ours instead of the library's. */
function wordsOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') return `there is no member ${issue.keys.join(', ')} here`
  if (!issue.message.startsWith('Invalid ') && !issue.message.startsWith('Too ')) return issue.message
  if (issue.code === 'invalid_type') {
    return issue.message.endsWith('received undefined') ? 'is missing' : `is not ${KIND_WORDS[issue.expected] ?? issue.expected}`
  }
  if (issue.code === 'invalid_value') return `is none of ${issue.values.map(String).join(', ')}`
  return issue.code === 'invalid_union' ? 'has none of the shapes that it may have' : 'is not as it should be'
}

/** A page's length and where it begins. */
export const PAGE = {
  limit: z
    .string()
    .regex(/^\d{1,3}$/, 'is a number up to 200')
    .transform(Number)
    .pipe(z.number().min(1).max(200))
    .default(50),
  after: z.string().max(400).optional(),
}
export const YES_NO = z.enum(['true', 'false']).transform((text) => text === 'true')
