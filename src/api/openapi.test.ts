import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { OPENAPI_FILE, openapiText } from '../../scripts/openapi.ts'
import { api, closeServers } from '../../test/api-calls.ts'
import { SCOPES } from '../access/scopes.ts'
import { FAULTS } from '../lib/fault.ts'
import { FACT_SHAPES } from './fact-shapes.ts'
import { codesOf, openapi, operationIdOf } from './openapi.ts'
import { route } from './route.ts'
import { ROUTES } from './routes.ts'

afterEach(closeServers)

interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly deprecated?: boolean
  readonly security: readonly { readonly key?: readonly string[] }[]
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly required: boolean; readonly schema: object }[]
  readonly requestBody?: { readonly content: { readonly [type: string]: unknown } }
  readonly responses: { readonly [status: string]: { readonly $ref?: string; readonly description?: string } }
}
interface Document {
  readonly openapi: string
  readonly paths: { readonly [path: string]: { readonly [method: string]: Operation } }
  readonly components: { readonly [kind: string]: { readonly [name: string]: unknown } }
}
const DOCUMENT = JSON.parse(openapiText()) as Document
const operations = Object.entries(DOCUMENT.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
)

/** Every object in it, with its place. */
function* walk(value: unknown, place = '#'): Generator<[string, Record<string, unknown>]> {
  if (typeof value !== 'object' || value === null) return
  if (!Array.isArray(value)) yield [place, value as Record<string, unknown>]
  for (const [name, member] of Object.entries(value)) yield* walk(member, `${place}/${name}`)
}

describe('the OpenAPI document', () => {
  it('is the one in docs/spec/openapi.json', () => {
    expect(
      readFileSync(OPENAPI_FILE, 'utf8') === openapiText(),
      'It differs. Run: node scripts/openapi.ts --write, and look at the difference',
    ).toBe(true)
  })

  it('is served, to anybody', async () => {
    const reply = await api().send('GET', '/v1/openapi.json', { authorization: '' })
    expect([reply.status, reply.headers['content-type']]).toEqual([200, 'application/json'])
    expect(JSON.parse(reply.body)).toEqual(DOCUMENT)
  })

  it('has every route and no other, each with its scope, its path’s parameters and what it takes', () => {
    expect(operations.map(({ method, path }) => `${method.toUpperCase()} ${path}`).toSorted()).toEqual(
      ROUTES.map(({ method, path }) => `${method} ${path}`).toSorted(),
    )
    for (const { method, path, scope, takes, does } of ROUTES) {
      const operation = DOCUMENT.paths[path]![method.toLowerCase()]!
      expect(operation.summary).toBe(does)
      expect(operation.security, path).toEqual(scope === null ? [] : [{ key: [scope] }])
      expect(
        operation.parameters.filter((one) => one.in === 'path').map(({ name }) => `{${name}}`),
        path,
      ).toEqual(path.match(/\{\w+\}/gu) ?? [])
      expect(operation.requestBody !== undefined, path).toBe(takes !== undefined)
    }
  })

  it('has references that lead somewhere, and no component that nothing refers to', () => {
    const refs = [...walk(DOCUMENT)].flatMap(([place, node]) => (typeof node['$ref'] === 'string' ? [[place, node['$ref']] as const] : []))
    expect(refs.length).toBeGreaterThan(200)
    const target = (ref: string): unknown =>
      ref
        .slice(2)
        .split('/')
        .reduce<unknown>((node, name) => (node as Record<string, unknown> | undefined)?.[name], DOCUMENT)
    expect(refs.filter(([, ref]) => !ref.startsWith('#/') || target(ref) === undefined)).toEqual([])
    const used = new Set(refs.map(([, ref]) => ref))
    const named = ['schemas', 'responses', 'headers'].flatMap((kind) =>
      Object.keys(DOCUMENT.components[kind]!).map((name) => `#/components/${kind}/${name}`),
    )
    // Headers of addresses on their way out: there is none now.
    expect(named.filter((name) => !used.has(name))).toEqual(['#/components/headers/Deprecation', '#/components/headers/Sunset'])
    expect(named.filter((name) => !/^#\/components\/\w+\/[A-Za-z0-9._-]+$/u.test(name))).toEqual([])
  })

  it('has an operation id of its own for each, a success, and a description of every answer', () => {
    const ids = operations.map(({ operation }) => operation.operationId)
    expect(new Set(ids).size).toBe(ids.length)
    for (const { path, operation } of operations) {
      expect(operation.operationId, path).toMatch(/^[a-z][A-Za-z0-9]+$/u)
      expect(
        Object.keys(operation.responses).some((status) => /^2\d\d$/u.test(status)),
        path,
      ).toBe(true)
      expect(
        Object.entries(operation.responses).filter(
          ([status, answer]) => !/^[1-5]\d\d$/u.test(status) || (answer.$ref === undefined && !answer.description),
        ),
        path,
      ).toEqual([])
      const names = operation.parameters.map((one) => `${one.in} ${one.name}`)
      expect(new Set(names).size, path).toBe(names.length)
      expect(
        operation.parameters.every((one) => one.in !== 'path' || one.required),
        path,
      ).toBe(true)
    }
  })

  it('holds nothing but JSON Schema 2020-12 where schemas stand', () => {
    const types = new Set(['string', 'number', 'integer', 'boolean', 'object', 'array', 'null'])
    for (const [place, node] of walk(DOCUMENT.components['schemas'], '#/components/schemas')) {
      for (const type of [node['type']].flat())
        if (typeof type === 'string' && !place.endsWith('/properties')) expect(types, place).toContain(type)
      if (Array.isArray(node['required'])) expect(new Set(node['required']).size, place).toBe(node['required'].length)
      // What OpenAPI 3.0 had and 3.1 has not.
      expect(node['nullable'], place).toBeUndefined()
      expect(typeof node['exclusiveMinimum'] === 'boolean', place).toBe(false)
      if (typeof node['pattern'] === 'string') expect(() => new RegExp(node['pattern'] as string, 'u'), place).not.toThrow()
    }
  })

  it('has every code that is told, every scope and every type of fact', () => {
    const codes = new Set(ROUTES.flatMap(codesOf))
    const told = Object.entries(FAULTS)
      .filter(([, { status }]) => status < 500 || status === 503)
      .map(([code]) => code)
    // The last is told to the operator, the second to whoever asks for no address at all.
    expect(told.filter((code) => !codes.has(code as keyof typeof FAULTS))).toEqual(['method-not-taken', 'signer-away'])
    expect(new Set(ROUTES.flatMap(({ scope }) => scope ?? []))).toEqual(new Set(Object.keys(SCOPES)))
    const event = DOCUMENT.components['schemas']!['CloudEvent'] as { oneOf: { properties: { type: { const: string } } }[] }
    expect(event.oneOf.map(({ properties }) => properties.type.const)).toEqual(Object.keys(FACT_SHAPES))
  })

  it('leaves answers open for more members, and requests not', () => {
    const { schemas } = DOCUMENT.components
    expect(schemas!['Case']).not.toHaveProperty('additionalProperties')
    const body = DOCUMENT.paths['/v1/replays']!['post']!.requestBody!.content['application/json'] as {
      schema: { additionalProperties: boolean }
    }
    expect(body.schema.additionalProperties).toBe(false)
  })

  it('says of a route on its way out that it is', () => {
    const leaving = route({
      method: 'GET',
      path: '/v1/old',
      scope: null,
      does: 'Was here.',
      answers: { 200: { says: 'Here.', shape: 'nothing' } },
      handle: () => ({ status: 200 }),
      deprecated: { since: '2026-06-30T00:00:00.000Z', sunset: '2027-06-30T00:00:00.000Z', instead: '/v1/new' },
    })
    const { paths } = openapi([leaving]) as unknown as Document
    expect(paths['/v1/old']!['get']).toMatchObject({
      operationId: operationIdOf(leaving),
      deprecated: true,
      responses: { 200: { headers: { Sunset: {}, Deprecation: {} } } },
    })
  })

  it('no route leaves sooner than a year after it said so', () => {
    const year = 365 * 86_400_000
    expect(
      ROUTES.flatMap(({ path, deprecated }) =>
        deprecated && Date.parse(deprecated.sunset) - Date.parse(deprecated.since) < year ? [path] : [],
      ),
    ).toEqual([])
  })
})
