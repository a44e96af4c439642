import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ModelTarget } from '../connector/kit/model-target.ts'
import { modelConnector } from '../connector/kit/model-connector.ts'
import type { Reader } from './read-feed.ts'
import { Sweeper } from './sweeper.ts'

let target: ModelTarget
beforeEach(async () => {
  target = await ModelTarget.start({ knows: 'none' })
})
afterEach(async () => {
  await target.stop()
})

test('a database that is away ends a sweep and not the process, whether somebody waits for it or not; the next one begins', async () => {
  const away = new Error('no database')
  const troubles: string[] = []
  const unheard = vi.fn<() => void>()
  process.on('unhandledRejection', unheard)
  const reader = {
    tenant: 'acme',
    connector: modelConnector({ url: target.url, class: 'K3' }, 'erp'),
    pool: { connect: () => Promise.reject(away) },
    submit: () => Promise.reject(away),
    clocks: { wall: Date.now, monotonic: () => performance.now() },
  } as unknown as Reader
  const sweeper = new Sweeper(
    reader,
    () => undefined,
    { everyMs: 0, fullEveryMs: 20 },
    (what, error) => {
      troubles.push(`${what}: ${(error as Error).message}`)
    },
  )
  await vi.waitFor(() => {
    expect(troubles.length).toBeGreaterThan(1)
  }, 10_000)
  expect(troubles[0]).toBe('sweeping erp: no database')
  await expect(sweeper.start(true).over).rejects.toBe(away)
  await sweeper.stop()
  process.off('unhandledRejection', unheard)
  expect(unheard).not.toHaveBeenCalled()
})

test('nothing is asked of a system in maintenance, and the sweep says until when', async () => {
  const opens = Date.parse('2026-01-20T22:00:00.000Z')
  const connect = vi.fn<() => Promise<never>>(() => Promise.reject(new Error('no database')))
  const reader = {
    tenant: 'acme',
    connector: modelConnector({ url: target.url, class: 'K3' }, 'erp'),
    pool: { connect },
    submit: () => Promise.resolve([]),
    clocks: { wall: () => opens - 3_600_000, monotonic: () => 0 },
  } as unknown as Reader
  const sweeper = new Sweeper(
    reader,
    (now) => (now < opens ? opens : undefined),
    { everyMs: 0, fullEveryMs: 0 },
    () => undefined,
  )
  expect(await sweeper.start(false).over).toMatchObject({
    listed: 0,
    asked: 0,
    trouble: 'it is in maintenance until 2026-01-20T22:00:00.000Z',
  })
  expect([connect.mock.calls.length, target.calls.length]).toEqual([0, 0])
})
