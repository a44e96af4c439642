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
  const sweeper = new Sweeper(reader, { everyMs: 0, fullEveryMs: 20 }, (what, error) => {
    troubles.push(`${what}: ${(error as Error).message}`)
  })
  await vi.waitFor(() => {
    expect(troubles.length).toBeGreaterThan(1)
  })
  expect(troubles[0]).toBe('sweeping erp: no database')
  await expect(sweeper.start(true).over).rejects.toBe(away)
  await sweeper.stop()
  process.off('unhandledRejection', unheard)
  expect(unheard).not.toHaveBeenCalled()
})
