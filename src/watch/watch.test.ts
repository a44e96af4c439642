import { expect, test, vi } from 'vitest'
import { modelConnector } from '../connector/kit/model-connector.ts'
import type { Feed } from '../connector/contract.ts'
import { startWatch, type WatchOptions } from './watch.ts'

test('a feed is not read while its system is in maintenance, and is afterwards', async () => {
  const opens = Date.now() + 400
  const connected: number[] = []
  const watch = startWatch({
    pool: {
      connect: () => {
        connected.push(Date.now())
        return Promise.reject(new Error('no database'))
      },
    },
    systems: [
      {
        tenant: 'acme',
        connector: {
          ...modelConnector({ url: 'http://127.0.0.1:9', class: 'K3' }, 'erp'),
          feeds: [{ name: 'changes', everyMs: 20 } as Feed],
        },
        closedUntil: (now: number) => (now < opens ? opens : undefined),
      },
    ],
    submit: () => Promise.resolve([]),
    secret: () => undefined,
  } as unknown as WatchOptions)
  await vi.waitFor(() => {
    expect(connected.length).toBeGreaterThan(1)
  }, 10_000)
  await watch.stop()
  expect(connected.every((at) => at >= opens)).toBe(true)
})
