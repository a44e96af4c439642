import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { CAUSES } from '../domain/exception-causes.ts'
import { EVENT_TYPES } from '../domain/event.ts'
import { FAULTS } from '../lib/fault.ts'
import { ACTIONS } from './exceptions.ts'
import { FACT_REFS } from './fact-refs.ts'
import { FACT_SHAPES } from './fact-shapes.ts'
import { ROUTES } from './routes.ts'
import { fakeHub } from '../../test/api-context.ts'
import { buildApi } from './server.ts'

const SPEC = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'spec', 'api.md'), 'utf8')

const type = (name: string): keyof typeof FACT_SHAPES => name as keyof typeof FACT_SHAPES
const TOLD = Object.entries(FAULTS)
  .filter(([, { status }]) => status < 500 || status === 503)
  .toSorted(([, a], [, b]) => a.status - b.status)
const EVENTS = Object.keys(FACT_SHAPES).map((name) => ({
  name,
  roles: EVENT_TYPES[type(name)].roles.join(', '),
  subject: FACT_REFS[type(name)].needsSubject ? 'needed' : 'may be given',
}))

/** The tables of the page as they must stand there. */
const TABLES: readonly (readonly [string, string, readonly string[]])[] = [
  [
    'routes',
    '| | | scope |',
    ROUTES.map(({ method, path, does, scope }) => `| \`${method} ${path}\` | ${does} | ${scope === null ? 'no key' : `\`${scope}\``} |`),
  ],
  ['events', '| type | authority | subject |', EVENTS.map(({ name, roles, subject }) => `| \`${name}\` | ${roles} | ${subject} |`)],
  [
    'answers',
    '| action | means | second person |',
    Object.entries(ACTIONS).map(([action, { says, second }]) => `| \`${action}\` | ${says} | ${second ? 'needed' : 'no'} |`),
  ],
  ['faults', '| code | status | |', TOLD.map(([code, { status, says }]) => `| \`${code}\` | ${status} | ${says} |`)],
]

describe('docs/spec/api.md', () => {
  it.each(TABLES)('has the table of %s as it is in the code', (_name, head, rows) => {
    expect(SPEC).toContain(`\n${[head, '|---|---|---|', ...rows].join('\n')}\n\n`)
  })
})

describe('the server', () => {
  it('has the routes of the list and no other', () => {
    const server = buildApi(fakeHub().context)
    const printed = server.printRoutes({ commonPrefix: false, includeHooks: false })
    const found = printed.split('\n').flatMap((line) => {
      const [, path, methods] = /([/][^ ]*) \(([A-Z, ]+)\)/u.exec(line) ?? []
      return path === undefined
        ? []
        : (methods ?? '')
            .split(', ')
            .filter((method) => method !== 'HEAD')
            .map((method) => method)
    })
    expect(found.length).toBe(ROUTES.length)
    for (const { method, path } of ROUTES) expect(server.hasRoute({ method, url: path.replaceAll(/\{(\w+)\}/gu, ':$1') }), path).toBe(true)
  })
})

describe('the table of answers', () => {
  it('has every answer that a case may allow, and no other', () => {
    expect(Object.keys(ACTIONS).toSorted()).toEqual(
      [...new Set(Object.values(CAUSES).flatMap(({ actions }) => actions as readonly string[]))].toSorted(),
    )
  })
})
