/** What the ERP may do to us, against the whole hub: its own books say afterwards what really happened. */
import { afterEach, expect, it } from 'vitest'
import type { Summary } from '../src/cli/picture.ts'
import { erpTruth, QUICK_ERP, tryOut, type TryOut, type TryOutWish } from './try-out.ts'

let company: TryOut | undefined
afterEach(async () => {
  await company?.end()
  company = undefined
}, 30_000)

/** Short waits for what the simulated ERP never takes long for; no payment runs, so that only postings are looked at. */
const QUICK: TryOutWish = { erp: QUICK_ERP, policy: { graceMs: 500 } }

async function companyWith(rules: readonly object[], count = 8): Promise<{ company: TryOut; files: string[] }> {
  company = await tryOut(QUICK)
  await company.callErp('PUT', '/tempo', { autopilotMs: 0 })
  const files = await company.sample(count, 3)
  await company.callErp('PUT', '/faults', { rules })
  return { company, files }
}

/** Nothing goes on from there without a payment run, but what a vendor collects himself. */
const posted =
  (count: number) =>
  ({ states }: Summary): boolean =>
    (states['posted'] ?? 0) + (states['archived'] ?? 0) === count
const postings = (of: TryOut): number[] => [...erpTruth(of.books('erp')).values()].map(({ posted }) => posted)

it('every first reply to a posting is lost: each invoice is posted once', async () => {
  const { company: hub, files } = await companyWith([{ op: 'document.post', first: 8, reply: 'lost' }])
  await hub.send(files)
  const summary = await hub.quiet(40_000, posted(8))
  // What a vendor collects himself is paid as soon as the bank books it; nothing else is paid without a run.
  expect((summary.states['posted'] ?? 0) + (summary.states['archived'] ?? 0)).toBe(8)
  expect(postings(hub)).toEqual(Array.from({ length: 8 }, () => 1))
}, 70_000)

it('a posting that lands after our time-out and after our first look is the only one', async () => {
  const { company: hub, files } = await companyWith([{ op: 'document.post', first: 2, effect: 'late', lateMs: 600, reply: 'lost' }], 2)
  await hub.send(files)
  // Meanwhile the invoice says since when nobody knows, and when it is looked again.
  const says = async (): Promise<readonly string[]> => {
    const { objects } = await hub.get<{ objects: readonly { id: string }[] }>('/v1/objects?kind=invoice')
    const shown = await Promise.all(objects.map(({ id }) => hub.get<{ doubts: readonly { says: string }[] }>(`/v1/objects/${id}`)))
    return shown.flatMap(({ doubts }) => doubts.map((doubt) => doubt.says))
  }
  await expect
    .poll(says, { timeout: 30_000, interval: 50 })
    .toContainEqual(expect.stringMatching(/^posting unknown since [\d:]{8}, looking again (?:now|at [\d:]{8})$/u))
  const summary = await hub.quiet(40_000, posted(2))
  expect(summary.states).toEqual({ posted: 2 })
  expect(postings(hub)).toEqual([1, 1])
  expect(await says()).toEqual([])
}, 70_000)

it('an answer of 201 that kept nothing is not believed: the invoice is not posted, and a person is told', async () => {
  const { company: hub, files } = await companyWith([{ op: 'document.post', first: 1, effect: 'none' }], 1)
  await hub.send(files)
  await expect.poll(async () => (await hub.summary()).exceptions, { timeout: 30_000, interval: 200 }).toEqual({ divergence: 1 })
  const summary = await hub.summary()
  expect(summary.states).toEqual({ approved: 1 })
  expect(postings(hub)).toEqual([])
}, 70_000)

it('a posting reversed in the ERP is posted again when a person says so, and not before', async () => {
  const { company: hub, files } = await companyWith([], 1)
  await hub.send(files)
  await expect.poll(async () => (await hub.summary()).states, { timeout: 30_000, interval: 200 }).toEqual({ posted: 1 })
  const document = hub
    .books('erp')
    .flatMap((line) => line.facts)
    .find((fact) => fact.what === 'DOCUMENT' && fact.verb === 'BOOKED')!
  const storno = await hub.callErp('POST', `/documents/${document.key}/storno`, {
    reason: '01',
    requestedBy: 'a.clerk',
    agreedBy: 'b.lead',
  })
  expect(storno.status).toBe(201)
  await expect.poll(async () => (await hub.summary()).exceptions, { timeout: 30_000, interval: 200 }).toEqual({ 'posting-reversed': 1 })
  expect((await hub.summary()).states).toEqual({ approved: 1 })
  expect(postings(hub)).toEqual([0])
  const { latest } = await hub.summary()
  const exception = latest[0]!.exception
  const { version } = await hub.get<{ version: number }>(`/v1/exceptions/${exception}`)
  const answer = await hub.post<{ status: number }>(`/v1/exceptions/${exception}/answers`, {
    version,
    action: 'post-again',
    reason: 'wrong account, corrected',
    person: 'b.lead',
    second: 'c.controller',
  })
  expect(answer.status, JSON.stringify(answer)).toBeLessThan(300)
  await expect.poll(async () => (await hub.summary()).states, { timeout: 30_000, interval: 200 }).toEqual({ posted: 1 })
  await hub.quiet(30_000, posted(1))
  expect(postings(hub)).toEqual([1])
  expect((await hub.summary()).exceptions).toEqual({})
}, 70_000)
