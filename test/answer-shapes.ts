/** Real answers held against the list of routes, from which the OpenAPI document is made. */
import { codesOf } from '../src/api/openapi.ts'
import type { AnswerShape, Route } from '../src/api/route.ts'
import { ROUTES } from '../src/api/routes.ts'
import { PROBLEM } from '../src/api/shapes.ts'
import { FAULTS, type FaultCode } from '../src/lib/fault.ts'

export interface Heard {
  readonly method: string
  readonly url: string
  readonly status: number
  readonly type: string
  readonly body: string
}

/** Answers that were held against their shapes and fitted: `GET /v1/objects/{id} 200`. */
const seen = new Set<string>()

/** Answers that are written down and were not seen; whether an answer is late or not is chance. */
export const unseen = (): string[] =>
  ROUTES.flatMap(({ method, path, answers }) => Object.keys(answers).map((status) => `${method} ${path} ${status}`)).filter(
    (name) => !seen.has(name) && name !== 'GET /v1/validations/{id} 202',
  )

/** What is not as it is written down: a status, a code, a member too many or too few. Empty where the address is none. */
export function unlike({ method, url, status, type, body }: Heard): string[] {
  const path = url.split('?', 1)[0] ?? ''
  const route = ROUTES.find((one) => one.method === method && fits(one.path, path))
  if (!route) return []
  const own = route.answers[status]
  const name = `${method} ${route.path} ${status}`
  const problems = type.startsWith('application/problem+json')
    ? problemsIn(route, status, body, own?.problem ? own.shape : undefined)
    : answerIn(route, status, type, body)
  if (problems.length === 0) seen.add(name)
  return problems.map((problem) => `${name}: ${problem}`)
}

function answerIn(route: Route, status: number, type: string, body: string): string[] {
  const own = route.answers[status]
  if (!own) return [`it is not written down that this answers ${status}`]
  if (own.shape === 'nothing') return body === '' ? [] : ['it has a body']
  if (own.shape === 'bytes') return /^application\/(xml|pdf|octet-stream)$/u.test(type) ? [] : [`it is ${type}`]
  if (own.shape === 'text') return type.startsWith('text/plain') ? [] : [`it is ${type}`]
  return type === 'application/json' ? misfits(own.shape, JSON.parse(body)) : [`it is ${type}`]
}

function problemsIn(route: Route, status: number, body: string, more: Route['answers'][number]['shape'] | undefined): string[] {
  const problem = JSON.parse(body) as { code: FaultCode }
  const shape = typeof more === 'object' && !misfits(PROBLEM, problem).every((found) => !found.includes('unrecognized')) ? more : PROBLEM
  const codes = codesOf(route)
  return [
    ...misfits(shape, problem),
    ...(codes.includes(problem.code) ? [] : [`the code ${problem.code} is not written down`]),
    ...(FAULTS[problem.code].status === status ? [] : [`${problem.code} is not ${status}`]),
  ]
}

type Shape = Exclude<AnswerShape['shape'], string>

function misfits(shape: Shape, value: unknown): string[] {
  const read = shape.safeParse(value)
  return read.success ? [] : read.error.issues.map((issue) => `${issue.path.join('.')} ${issue.code} ${issue.message}`)
}

function fits(pattern: string, path: string): boolean {
  const wanted = pattern.split('/')
  const given = path.split('/')
  return wanted.length === given.length && wanted.every((part, at) => part.startsWith('{') || part === given[at])
}

interface Case {
  readonly id: string
  readonly about: string
  readonly version: number
  readonly actions: readonly { readonly action: string; readonly second: boolean }[]
}

/** Asks every address for what the other tests do not ask it for. */
export async function askEverything(
  ask: (method: string, path: string, body?: object) => Promise<Response>,
  known: { readonly paid: string; readonly ofInvoice: Case; readonly unreadable: Case },
): Promise<void> {
  const { paid, ofInvoice, unreadable } = known
  for (const path of [
    `objects/${paid}`,
    `objects/${ofInvoice.about}/standing`,
    `trace/${paid}`,
    `trace/${ofInvoice.about}`,
    'exceptions?limit=200',
    'exceptions?open=false&limit=200',
    ...['invoice', 'payment', 'exception', 'document'].map((kind) => `objects?kind=${kind}&limit=200`),
    `exceptions/${ofInvoice.id}`,
    ...['waiting', 'under-way', 'stopped'].map((stands) => `systems/erp/queue?stands=${stands}`),
    'systems',
    'accruals',
    'summary',
    'health',
    'metrics',
    'openapi.json',
  ])
    await ask('GET', `/v1/${path}`)
  await ask('GET', '/metrics')
  const person = 'anna'
  await ask('POST', '/v1/systems/bank/sweeps', { full: true })
  await ask('GET', '/v1/systems/bank/sweeps')
  await ask('POST', '/v1/systems/bank/pauses', { paused: true, reason: 'closed today', person })
  await ask('POST', '/v1/systems/bank/pauses', { paused: false, reason: 'open again', person })
  await ask('POST', '/v1/replays', { system: 'erp', dryRun: true, reason: 'only looking', person })
  await ask('POST', `/v1/exceptions/${ofInvoice.id}/assignments`, { to: 'engineering', person, version: ofInvoice.version })
  const versionOf = async (id: string): Promise<number> => ((await (await ask('GET', `/v1/exceptions/${id}`)).json()) as Case).version
  const { action } = ofInvoice.actions.find(({ second }) => second)!
  const word = { action, reason: 'as it should be', person }
  await ask('POST', `/v1/exceptions/${ofInvoice.id}/answers`, { ...word, version: await versionOf(ofInvoice.id) })
  const back = { reason: 'too early to say', person, version: await versionOf(ofInvoice.id) }
  await ask('POST', `/v1/exceptions/${ofInvoice.id}/withdrawals`, back)
  await ask('POST', `/v1/exceptions/${unreadable.id}/answers`, { action: 'explained', reason: 'It was no invoice.', person })
  await ask('POST', '/v1/tie-outs', { entity: '1000', asOf: new Date().toISOString().slice(0, 10), person })
  const begun = await ask('POST', '/v1/tie-outs', { entity: '1000', asOf: new Date().toISOString().slice(0, 10), person, wait: false })
  await ask('GET', begun.headers.get('location')!)
  await ask('GET', '/v1/tie-outs')
  await ask('POST', '/v1/notices/ap', {})
  for (const [nth, [kind, question]] of QUESTIONS.entries()) {
    const party = { name: 'Nobody at all', vatId: `DE00000000${nth}` }
    const later = await ask('POST', `/v1/validations/${kind}`, { ...question(party), waitMs: 0 })
    await ask('POST', `/v1/validations/${kind}`, { ...question(party), waitMs: 10_000 })
    await ask('GET', later.headers.get('location')!)
  }
}

const QUESTIONS: readonly (readonly [string, (party: object) => object])[] = [
  ['supplier', (supplier) => ({ supplier })],
  ['entity', (entity) => ({ entity })],
  ['tax-code', (entity) => ({ entity, category: 'S', rate: '19' })],
  ['period', (entity) => ({ entity, month: '2026-01' })],
  ['order', (party) => ({ entity: party, supplier: party, order: '1', currency: 'EUR' })],
]
