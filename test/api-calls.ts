/** The API on a hub of tests, called without a port; and what every problem it answers must be. */
import { expect } from 'vitest'
import type { Problem } from '../src/api/problem.ts'
import { buildApi } from '../src/api/server.ts'
import { FAULTS } from '../src/lib/fault.ts'
import { fakeHub, KEY, type FakeHub } from './api-context.ts'

export const servers: { close(): unknown }[] = []
/** For each file to register after its tests. */
export async function closeServers(): Promise<void> {
  for (const server of servers.splice(0)) await server.close()
}

export interface Reply {
  readonly status: number
  readonly headers: Record<string, unknown>
  readonly body: string
  json(): never
}
export type Send = (method: string, url: string, headers?: Record<string, string>, body?: string | Buffer) => Promise<Reply>

/** The API on a fake hub, called with the key unless the headers say otherwise. */
export function api(change: Parameters<typeof fakeHub>[0] = {}): { hub: FakeHub; send: Send } {
  const hub = fakeHub(change)
  const server = buildApi(hub.context)
  servers.push(server)
  const send: Send = async (method, url, headers = {}, body) => {
    const reply = await server.inject({
      method: method as 'GET',
      url,
      headers: { authorization: `Bearer ${KEY}`, ...headers },
      ...(body === undefined ? {} : { payload: body }),
    })
    return { status: reply.statusCode, headers: reply.headers, body: reply.body, json: () => JSON.parse(reply.body) as never }
  }
  return { hub, send }
}

export const EVENT = {
  specversion: '1.0',
  id: 'e1',
  source: 'erp',
  type: 'posting.reversed',
  time: '2026-01-15T08:00:00Z',
  subject: `inv_${'0'.repeat(26)}`,
  data: { postingNo: '5100', entity: '1000', reversalNo: '5101', reversedOn: '2026-01-15' },
}
export const event = (change: object): string => JSON.stringify({ ...EVENT, ...change })

/** Nothing of ours may show in an answer: no statement, path, stack or name of a class. */
export const OURS = /\bat \S+ \(|node_modules|\/src\/|\.ts\b|SELECT |INSERT |Error:|undefined|\[object/u

export function problem(reply: Reply): Problem {
  expect(reply.headers['content-type']).toBe('application/problem+json')
  expect(reply.body).not.toMatch(OURS)
  const found: Problem = reply.json()
  expect(found).toMatchObject({ type: `urn:tieout:fault:${found.code}`, title: FAULTS[found.code].says, status: reply.status })
  expect(found.instance).toMatch(/^urn:tieout:request:[0-9a-f-]{36}$/u)
  expect(found.instance.endsWith(String(reply.headers['request-id']))).toBe(true)
  expect(found.whatToDo.length).toBeGreaterThan(20)
  return found
}
