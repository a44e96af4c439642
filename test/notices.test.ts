import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, expect, it } from 'vitest'
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
const { address, call } = apiOf(() => company)

it('each notice with a wrong signature or time is refused and counted, by the system that it names; a right one is not', async () => {
  const secret = company.company.secrets['SANDBOX_AP_WEBHOOK_SECRET'] ?? ''
  const counted = async (): Promise<number[]> => {
    const text = await (await call('GET', '/v1/metrics')).text()
    return ['ap', 'erp', ''].map((system) => figure(text, 'tieout_notices_refused_total', `system="${system}"`) || 0)
  }
  const push = async (system: string, lateS: number, key: string): Promise<number> => {
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
