import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { EventType } from '../src/domain/event.ts'
import type { Trace } from '../src/export/trace.ts'
import { apiOf } from './company-api.ts'
import { figure } from './metrics-text.ts'
import { tryOut, type TryOut } from './try-out.ts'

let company: TryOut
beforeAll(async () => {
  company = await tryOut()
}, 60_000)
afterAll(async () => {
  await company.end()
}, 30_000)
const { address, call, get, invoices, eventually } = apiOf(() => company)
const secretOf = (): string => company.company.secrets['SANDBOX_AP_WEBHOOK_SECRET'] ?? ''

/** A notice that says nothing, `lateS` seconds after it was signed. */
async function push(system: string, lateS: number, key: string): Promise<number> {
  const at = new Date(Date.now() - lateS * 1_000)
  const raw = JSON.stringify({ type: 'ticket.juggled', timestamp: at.toISOString(), data: {} })
  const headers = {
    'content-type': 'application/json',
    'webhook-id': `msg_${lateS}`,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
    'webhook-signature': new Webhook(key).sign(`msg_${lateS}`, at, raw),
  }
  return (await fetch(address(`/v1/notices/${system}`), { method: 'POST', headers, body: raw })).status
}

it('each notice with a wrong signature or time is refused and counted, by the system that it names; a right one is not', async () => {
  const secret = secretOf()
  const counted = async (): Promise<number[]> => {
    const text = await (await call('GET', '/v1/metrics')).text()
    return ['ap', 'erp', ''].map((system) => figure(text, 'tieout_notices_refused_total', `system="${system}"`) || 0)
  }
  const before = await counted()
  expect(await push('ap', 0, secret)).toBe(204)
  expect(await counted()).toEqual(before)
  const wrong = `whsec_${Buffer.from('another secret of 32 bytes......').toString('base64')}`
  for (const [at, [system, lateS, key]] of (
    [
      ['ap', 0, wrong],
      ['ap', 360, secret],
      ['ap', -360, secret],
    ] as const
  ).entries()) {
    expect(await push(system, lateS, key), `${lateS} s late`).toBe(401)
    expect(await counted()).toEqual([before[0]! + at + 1, before[1], before[2]])
  }
  expect([await push('erp', 0, secret), await push('nobody', 0, secret)]).toEqual([401, 401])
  expect(await counted()).toEqual([before[0]! + 3, before[1]! + 1, before[2]! + 1])
})

it('what a notice tells is in the log while the feed is away, and is not told once more by the feed', async () => {
  expect((await company.callAp('PUT', '/faults', { rules: [{ op: 'ticket.list', reply: 'error', status: 503 }] })).status).toBe(200)
  await company.send(await company.sample(1))
  const told = async (type: EventType): Promise<Trace['steps']> => {
    const traces = await Promise.all((await invoices()).map(({ id }) => get<Trace>(`/v1/trace/${id}`)))
    return traces.flatMap(({ steps }) => steps).filter((step) => step.type === type && step.system === 'ap')
  }
  const granted = (): Promise<Trace['steps']> => told('approval.granted')
  await eventually(async () => (await granted()).length > 0, 20_000)
  const noticed = await granted()
  expect(await told('approval.completed')).toEqual([])
  expect((await company.callAp('PUT', '/faults', { rules: [] })).status).toBe(200)
  // That nobody else has to sign only the feed says; after so many troubles it would be asked late without a hint.
  expect(await push('ap', 0, secretOf())).toBe(204)
  await eventually(async () => (await told('approval.completed')).length > 0, 20_000)
  const after = await granted()
  expect(after.slice(0, noticed.length)).toEqual(noticed)
  const signers = company
    .books('ap')
    .flatMap(({ facts }) => facts)
    .filter(({ verb }) => verb === 'GREENLIT')
    .flatMap(({ row }) => row['signers'] as readonly { readonly by: string; readonly at: string }[])
  // Notices come in no order worth relying on.
  expect(after.map(({ occurredAt, says }) => `${occurredAt} ${says.split(' ')[0]!}`).toSorted()).toEqual(
    signers.map(({ at, by }) => `${at} ${by}`).toSorted(),
  )
})
