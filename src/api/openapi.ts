/** The OpenAPI 3.1 document (https://spec.openapis.org/oas/v3.1.1.html), made from the list of routes and their shapes. */
import { z } from 'zod'
import { SCOPES } from '../access/scopes.ts'
import { FAULTS, type FaultCode } from '../lib/fault.ts'
import { BATCH, LIMIT_EVENTS, SINGLE } from './cloud-events.ts'
import { FACT_SHAPES } from './fact-shapes.ts'
import type { Answer, AnswerShape, Route } from './route.ts'
import { NAMED } from './shapes.ts'

type Node = { readonly [member: string]: unknown }

/** What any keyed address may be refused with, whoever calls. */
const ALWAYS: readonly FaultCode[] = ['request-not-valid', 'header-too-large', 'request-too-slow', 'internal', 'shutting-down']
const KEYED: readonly FaultCode[] = ['key-unknown', 'scope-missing', 'rate-exceeded', 'database-away']
const WITH_BODY: readonly FaultCode[] = ['body-too-large', 'media-type-unknown']
const WITH_JSON: readonly FaultCode[] = ['body-not-json', 'body-not-clean']
const ONCE: readonly FaultCode[] = ['request-key-busy', 'request-key-reused']

/** All codes that an address may be refused with. */
export function codesOf({ scope, takes, once, refuses = [] }: Route): FaultCode[] {
  return [
    ...new Set([
      ...ALWAYS,
      ...(scope === null ? [] : KEYED),
      ...(takes ? WITH_BODY : []),
      ...(takes?.kind === 'json' ? WITH_JSON : []),
      ...(once ? ONCE : []),
      ...refuses,
    ]),
  ]
}

/** A handler that gives the document; made at the first request, once. */
export function serving(routes: () => readonly Route[]): () => Answer {
  let text: string | undefined
  return () => ({ status: 200, body: (text ??= JSON.stringify(openapi(routes()))) })
}

export function openapi(routes: readonly Route[]): Node {
  return {
    openapi: '3.1.1',
    info: {
      title: 'Tieout',
      version: '1',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      description:
        'Answers may gain members within a version: leave alone what you do not know. docs/spec/api.md tells what the shapes cannot.',
    },
    servers: [{ url: '/' }],
    paths: pathsOf(routes),
    components: {
      schemas: { CloudEvent: EVENT, ...schemasOf(NAMED, 'output'), ...schemasOf(FACTS, 'input') },
      responses: Object.fromEntries(routes.flatMap((route) => refusalsOf(route).map(({ name, response }) => [name, response]))),
      securitySchemes: {
        key: {
          type: 'http',
          scheme: 'bearer',
          description: `An access key. Scopes: ${Object.entries(SCOPES)
            .map(([scope, says]) => `${scope}: ${says}`)
            .join(' ')}`,
        },
      },
      headers: HEADERS,
    },
  }
}

const header = (description: string, schema: Node = { type: 'string' }): Node => ({ description, schema })
const HEADERS: Node = {
  'RateLimit-Policy': header('Each quota of the key and its window in seconds.'),
  RateLimit: header('What is left of each quota, and the seconds until it begins anew.'),
  'Request-Id': header('The request as the log of the hub names it.'),
  Location: header('Where it is found.'),
  'Retry-After': header('Seconds to wait.', { type: 'integer', minimum: 1 }),
  'Idempotency-Replayed': header('`true`: the answer of the first request under this Idempotency-Key.'),
  Deprecation: header('Since when the address should not be called any more (RFC 9745).'),
  Sunset: header('Until when it answers (RFC 8594).'),
}
const headerRefs = (...names: readonly string[]): Node =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]))

function pathsOf(routes: readonly Route[]): Node {
  const paths = Map.groupBy(routes, ({ path }) => path)
  return Object.fromEntries(
    [...paths].map(([path, methods]) => [
      path,
      Object.fromEntries(methods.map((route) => [route.method.toLowerCase(), operationOf(route)])),
    ]),
  )
}

function operationOf(route: Route): Node {
  const { does, scope, deprecated } = route
  const body = bodyOf(route)
  return {
    operationId: operationIdOf(route),
    summary: does,
    ...(deprecated ? { deprecated: true } : {}),
    security: scope === null ? [] : [{ key: [scope] }],
    parameters: parametersOf(route),
    ...(body ? { requestBody: { required: true, content: body } } : {}),
    responses: {
      ...answersOf(route),
      ...Object.fromEntries(refusalsOf(route).map(({ status, name }) => [status, { $ref: `#/components/responses/${name}` }])),
    },
  }
}

/** `GET /v1/objects/{id}` is `getObjectsId`. */
export function operationIdOf({ method, path }: Pick<Route, 'method' | 'path'>): string {
  const words = path
    .replace(/^\/v1\//u, '/')
    .split(/[^A-Za-z0-9]+/u)
    .filter((word) => word !== '')
    .map((word) => word[0]!.toUpperCase() + word.slice(1))
  return `${method.toLowerCase()}${path.startsWith('/v1/') ? '' : 'Plain'}${words.join('')}`
}

function parametersOf({ path, query, once }: Route): Node[] {
  const inPath = [...path.matchAll(/\{(\w+)\}/gu)].map(([, name]) => ({ name, in: 'path', required: true, schema: { type: 'string' } }))
  const { properties = {}, required = [] } = (query ? schemaOf(query, 'input') : {}) as { properties?: Node; required?: readonly string[] }
  const inQuery = Object.entries(properties).map(([name, schema]) => ({ name, in: 'query', required: required.includes(name), schema }))
  const inHeader = once
    ? [
        {
          name: 'Idempotency-Key',
          in: 'header',
          required: false,
          schema: { type: 'string', minLength: 1, maxLength: 202 },
          description: 'The same request under the same key is done once, for 24 hours.',
        },
      ]
    : []
  return [...inPath, ...inQuery, ...inHeader]
}

function bodyOf({ path, takes }: Route): Node | undefined {
  if (!takes) return undefined
  if (takes.kind === 'json') return { 'application/json': { schema: schemaOf(takes.shape, 'input') } }
  if (path === '/v1/events') {
    return { [SINGLE]: { schema: EVENT_REF }, [BATCH]: { schema: { type: 'array', maxItems: LIMIT_EVENTS, items: EVENT_REF } } }
  }
  return { '*/*': { schema: {} } }
}

function answersOf(route: Route): Node {
  const { answers, scope, once, deprecated } = route
  return Object.fromEntries(
    Object.entries(answers).map(([status, { says, shape, problem }]) => {
      const codes = codesOf(route).filter((code) => FAULTS[code].status === Number(status))
      const own = refOf(NAMED, shape)
      return [
        status,
        {
          description: [says, ...codes.map(sentenceOf)].join(' '),
          headers: headerRefs(
            'Request-Id',
            ...(scope === null ? [] : ['RateLimit-Policy', 'RateLimit']),
            ...(once ? ['Idempotency-Replayed'] : []),
            ...(status === '202' ? ['Location', 'Retry-After'] : []),
            ...(deprecated ? ['Deprecation', 'Sunset'] : []),
          ),
          content: {
            ...(problem ? {} : contentOf(shape)),
            ...(codes.length > 0
              ? { [PROBLEM_TYPE]: { schema: problem ? { anyOf: [own, problemSchema(codes)] } : problemSchema(codes) } }
              : {}),
          },
        },
      ]
    }),
  )
}

const PROBLEM_TYPE = 'application/problem+json'
const sentenceOf = (code: FaultCode): string => `\`${code}\`: ${FAULTS[code].says}`

function contentOf(shape: AnswerShape['shape']): Node {
  if (shape === 'nothing') return {}
  if (shape === 'bytes') return { 'application/xml': {}, 'application/pdf': {}, 'application/octet-stream': {} }
  if (shape === 'text') return { 'text/plain': { schema: { type: 'string' } } }
  return { 'application/json': { schema: refOf(NAMED, shape) ?? schemaOf(shape, 'output') } }
}

interface Refusal {
  readonly status: string
  readonly name: string
  readonly response: Node
}

/** One answer per status, with the codes that it may carry; named by them, since most addresses share most of them. */
function refusalsOf(route: Route): Refusal[] {
  const byStatus = Map.groupBy(
    codesOf(route).filter((code) => !(FAULTS[code].status in route.answers)),
    (code) => FAULTS[code].status,
  )
  return [...byStatus].map(([status, codes]) => ({
    status: String(status),
    name: [status, ...codes].join('.'),
    response: {
      description: codes.map(sentenceOf).join(' '),
      headers: headerRefs('Request-Id', ...(codes.some((code) => FAULTS[code].disposition === 'retry-after') ? ['Retry-After'] : [])),
      content: { [PROBLEM_TYPE]: { schema: problemSchema(codes) } },
    },
  }))
}

const problemSchema = (codes: readonly FaultCode[]): Node => ({
  allOf: [{ $ref: '#/components/schemas/Problem' }],
  properties: { code: { enum: codes } },
})

// ---------------------------------------------------------------------------------------------------- shapes

const FACTS = z.registry<{ readonly id: string }>()
const SHAPES = FACT_SHAPES as { readonly [type: string]: z.ZodType }
for (const [type, shape] of Object.entries(SHAPES)) if (!FACTS.has(shape)) FACTS.add(shape, { id: `fact.${type}` })

const text: Node = { type: 'string' }
const EVENT_REF: Node = { $ref: '#/components/schemas/CloudEvent' }
/** CloudEvents 1.0, with the data that each type has. */
const EVENT: Node = {
  type: 'object',
  required: ['specversion', 'id', 'source', 'type', 'time', 'data'],
  properties: {
    specversion: { const: '1.0' },
    id: { ...text, minLength: 1, maxLength: 200 },
    source: { ...text, description: 'A configured system.' },
    type: { enum: Object.keys(FACT_SHAPES) },
    time: { ...text, format: 'date-time' },
    subject: { ...text, description: 'A canonical id, or an external name system|kind|id.' },
    datacontenttype: text,
    dataschema: text,
    reference: { ...text, maxLength: 200 },
    correlationid: { ...text, maxLength: 200 },
    causationid: { ...text, maxLength: 200 },
    traceparent: text,
    tracestate: text,
    data: {},
  },
  oneOf: Object.keys(FACT_SHAPES).map((type) => ({ properties: { type: { const: type }, data: refOf(FACTS, SHAPES[type]) } })),
}

function refOf(registry: typeof NAMED, shape: AnswerShape['shape'] | undefined): Node | undefined {
  const id = typeof shape === 'object' ? registry.get(shape)?.id : undefined
  return id === undefined ? undefined : { $ref: `#/components/schemas/${id}` }
}

const OPTIONS = { target: 'draft-2020-12', unrepresentable: 'any' } as const

function schemasOf(registry: typeof NAMED, io: 'input' | 'output'): Node {
  const { schemas } = z.toJSONSchema(registry, { ...OPTIONS, io, uri: (id) => `#/components/schemas/${id}` })
  return Object.fromEntries(
    Object.entries(schemas)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([id, schema]) => [id, plain(schema, io)]),
  )
}
const schemaOf = (shape: z.ZodType, io: 'input' | 'output'): Node => plain(z.toJSONSchema(shape, { ...OPTIONS, io }), io) as Node

/** Without what names the single schema; and answers open for more, which the shapes themselves are not, for the tests’ sake. */
function plain(schema: unknown, io: 'input' | 'output'): unknown {
  if (Array.isArray(schema)) return schema.map((item) => plain(item, io))
  if (typeof schema !== 'object' || schema === null) return schema
  return Object.fromEntries(
    Object.entries(schema).flatMap(([name, value]) => {
      if (name === '$schema' || name === '$id' || (name === 'additionalProperties' && value === false && io === 'output')) return []
      return [[name, plain(value, io)]]
    }),
  )
}
