import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hubDatabase, type HubDatabase } from '../../test/hub-database.ts'
import { EFFECT_STATES, NEVER, type EffectRow } from '../domain/effect.ts'
import type { AttemptRow } from '../store/attempt.ts'
import { inTenant } from '../store/database.ts'
import { endSetBacks, feedEnded, noteSetBack } from '../store/set-back.ts'
import { Aftermath, asTriedBefore, failuresOf } from './aftermath.ts'
import { tryOf } from './claim.ts'
import { nextStep, type ResolvePolicy } from './resolve.ts'

const SINCE = '2026-11-28T10:00:00.000Z'
const AT = '2026-11-28T12:00:00.000Z'
const NOW = '2026-11-28T12:05:00.000Z'
const LOST = { since: SINCE, at: AT }

const waiting = (over: Partial<EffectRow> = {}): EffectRow => ({
  key: 'k'.repeat(64),
  target: 'erp',
  command: 'invoice.post',
  object: 'inv_1',
  occurrence: '0',
  subject: 'inv_1',
  content: '{}',
  contentHash: 'c'.repeat(64),
  lane: 'posting',
  state: 'waiting',
  attempts: 0,
  failures: 0,
  dueAt: SINCE,
  dueOn: '2026-01-15',
  blocks: false,
  wanted: true,
  ...over,
})
const tried = (openedAt: string, over: Partial<AttemptRow> = {}): AttemptRow => ({
  key: 'k'.repeat(64),
  n: 1,
  process: '7104000000000001',
  requestHash: 'c'.repeat(64),
  openedAt,
  notAfter: openedAt,
  outcome: 'no-effect',
  says: null,
  receipt: null,
  closedAt: openedAt,
  senderDoneAt: openedAt,
  looks: [],
  ...over,
})

describe('what waits when the database was set back', () => {
  test('may have been tried in the time that is lost, as often as it was before', () => {
    const never = asTriedBefore(LOST, waiting(), [], NOW)!
    expect(never.row).toMatchObject({ state: 'unknown', attempts: 1, failures: 0, blocks: true })
    expect(never.attempt).toMatchObject({ n: 1, outcome: 'unknown', openedAt: SINCE, closedAt: AT, senderDoneAt: AT })
    const twice = asTriedBefore(LOST, waiting({ attempts: 2 }), [tried('2026-11-28T09:00:00.000Z')], NOW)!
    expect([twice.row.attempts, twice.attempt.n]).toEqual([3, 3])
  })

  test('is tried as always once it was looked for, and where it was tried since', () => {
    const { attempt } = asTriedBefore(LOST, waiting(), [], NOW)!
    expect(asTriedBefore(LOST, waiting({ attempts: 1 }), [attempt], NOW)).toBeUndefined()
    expect(asTriedBefore(LOST, waiting({ attempts: 1 }), [tried(NOW)], NOW)).toBeUndefined()
    // Set back once more: what was looked for after the first time may have been tried after that.
    const again = { since: SINCE, at: '2026-11-28T15:00:00.000Z' }
    expect(asTriedBefore(again, waiting({ attempts: 1 }), [attempt], NOW)?.attempt.n).toBe(2)
  })

  test('has not failed by being looked for in vain', () => {
    const { attempt } = asTriedBefore(LOST, waiting(), [], NOW)!
    expect(failuresOf(waiting({ failures: 1 }), [attempt])).toBe(0)
    expect(failuresOf(waiting({ failures: 2 }), [attempt, tried(NOW, { n: 2 })])).toBe(1)
  })

  test('and nothing but what waits: the rest is known, or in doubt already', () => {
    for (const state of EFFECT_STATES) {
      const before = asTriedBefore(LOST, waiting({ state, dueAt: NEVER }), [], NOW)
      expect(before !== undefined, state).toBe(state === 'waiting')
    }
  })

  test('is looked for where the system can be asked, sent under the same key where that is enough, and else asked of a person', () => {
    const { attempt } = asTriedBefore(LOST, waiting(), [], NOW)!
    const policy: ResolvePolicy = { freezeLimitMs: 1, repeatLimit: 1, undecidedLimit: 1, backoffMs: () => 0, laterLooksMs: [] }
    const step = (command: Parameters<typeof nextStep>[0]): string =>
      nextStep(command, 'unknown', [tryOf(attempt)], Date.parse(NOW), policy).do
    const find = { settleMs: 1, gapMs: 1, request: () => undefined as never, read: () => undefined as never }
    expect(step({ class: 'K3', timeoutMs: 1, noEffect: [], find } as never)).toBe('look')
    expect(step({ class: 'K2' })).toBe('repeat')
    expect(step({ class: 'K1', keyRetentionMs: 86_400_000, timeoutMs: 1 } as never)).toBe('repeat')
    // By the oldest time at which it may have been sent, the target may have forgotten the key.
    expect(step({ class: 'K1', keyRetentionMs: 2 * 3_600_000, timeoutMs: 1 } as never)).toBe('conclude')
    expect(step({ class: 'K4' })).toBe('conclude')
  })
})

describe('after the database was set back', () => {
  let database: HubDatabase
  beforeAll(async () => {
    database = await hubDatabase()
  }, 60_000)
  afterAll(() => database.drop())

  test('nothing is sent before every feed was read to its end, and people end it', async () => {
    const owner = <T>(work: Parameters<typeof inTenant<T>>[2]): Promise<T> =>
      database.admin(async (client) => {
        await client.query("SELECT set_config('hub.tenant', 'acme', false)")
        return work(client as never)
      })
    const setBack = await owner((client) => noteSetBack(client, 'acme', { first: 0, known: 7, by: 'petra', reason: 'a disk' }))
    const lines: string[] = []
    let now = 0
    const feeds = [
      { system: 'erp', feed: 'changes' },
      { system: 'bank', feed: 'files' },
    ]
    const aftermath = new Aftermath({
      pool: database.pool,
      tenant: 'acme',
      setBack,
      feeds,
      monotonic: () => now,
      log: (line) => lines.push(line),
    })
    const look = (): Promise<boolean> => {
      now += 2_000
      return aftermath.look()
    }
    const read = (feed: (typeof feeds)[number], at: string): Promise<void> =>
      inTenant(database.pool, 'acme', (client) => feedEnded(client, 'acme', feed, at))
    const before = new Date(Date.parse(setBack.at) - 1).toISOString()
    expect([await look(), aftermath.behind]).toEqual([false, feeds])
    await read(feeds[0]!, setBack.at)
    await read(feeds[1]!, before)
    expect([await look(), aftermath.behind]).toEqual([false, [feeds[1]]])
    await read(feeds[1]!, setBack.at)
    expect([await look(), aftermath.behind, aftermath.lost]).toEqual([true, [], setBack])
    expect(await owner((client) => endSetBacks(client, 'acme'))).toBe(1)
    expect([await look(), aftermath.lost, lines.length]).toEqual([true, undefined, 2])
    await expect(owner((client) => client.query('DELETE FROM set_back'))).rejects.toThrow(/the log names it/u)
  })
})
