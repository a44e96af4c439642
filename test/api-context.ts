/** A hub that the API can be tested against without one: it takes everything in, once, and remembers it. */
import type { ApiContext, Captured, CapturedDocument, ConfiguredSystem, Receipt } from '../src/api/context.ts'
import type { Arrival } from '../src/domain/object.ts'
import { DEFAULT_POLICY } from '../src/domain/policy.ts'
import { canonicalJson } from '../src/lib/canonical-json.ts'
import { Fault } from '../src/lib/fault.ts'
import type { Pool } from '../src/store/database.ts'
import { sha256 } from './world.ts'

export const NOTHING_SWEPT = {
  startedAt: '2026-11-24T12:00:00.000Z',
  full: false,
  facts: 0,
  retold: 0,
  listed: 0,
  asked: 0,
  same: 0,
  news: 0,
  reported: 0,
  missing: 0,
  unknown: 0,
  unconfirmed: 0,
  examples: [],
}
export const KEY = 'test-key-0123456789'
export const SYSTEMS: readonly ConfiguredSystem[] = [
  { name: 'erp', kind: 'test-erp', role: 'erp' },
  { name: 'ap', kind: 'test-ap', role: 'ap' },
  { name: 'bank', kind: 'test-bank', role: 'bank' },
]

export interface FakeHub {
  readonly context: ApiContext
  readonly taken: Arrival[]
  readonly documents: CapturedDocument[]
  readonly notices: { readonly system: string; readonly raw: string }[]
  /** Thrown by the next submit. */
  fails: Fault | undefined
}

/** `pool`: for addresses that read; without it they find the database away. */
export function fakeHub(change: Partial<ApiContext> = {}): FakeHub {
  const seen = new Map<string, string>()
  const submit = (arrivals: readonly Arrival[]): Promise<Receipt[]> => {
    const { fails } = hub
    hub.fails = undefined
    if (fails) return Promise.reject(fails)
    return Promise.resolve(
      arrivals.map((arrival): Receipt => {
        const key = `${arrival.source.system} ${arrival.eventId}`
        const said = canonicalJson({ type: arrival.type, at: arrival.occurredAt, data: arrival.data })
        const known = seen.get(key)
        if (known !== undefined && known !== said) return { eventId: '', outcome: 'refused', fault: new Fault('event-id-reused') }
        seen.set(key, said)
        if (known === undefined) hub.taken.push(arrival)
        return { eventId: `evt_${arrival.eventId}`, outcome: known === undefined ? 'new' : 'repeat' }
      }),
    )
  }
  const capture = (document: CapturedDocument): Promise<Captured> => {
    hub.documents.push(document)
    return Promise.resolve({ document: 'd'.repeat(64), received: [{ invoice: `inv_${'1'.repeat(26)}`, number: 'R-1' }] })
  }
  const hub: FakeHub = {
    taken: [],
    documents: [],
    notices: [],
    fails: undefined,
    context: {
      pool: AWAY,
      tenant: 'test',
      key: KEY,
      systems: SYSTEMS,
      submit,
      capture,
      keep: () => Promise.resolve('e'.repeat(64)),
      notice: (system, raw, headers) => {
        if (headers['x-signature'] !== 'good') return Promise.resolve({ refused: 'the secret part of the reason' })
        hub.notices.push({ system, raw: Buffer.from(raw).toString() })
        return Promise.resolve('ok')
      },
      cutOver: () => Promise.reject(new Fault('not-found', 'There is no ledger here.')),
      tieOuts: { start: () => Promise.reject(new Fault('not-found', 'There is no ledger here.')), find: () => undefined },
      sweep: (_system, full) => ({ ...NOTHING_SWEPT, full }),
      sweeping: () => ({ running: null, last: null }),
      laws: { policy: DEFAULT_POLICY, sha256 },
      moved: () => Promise.resolve(),
      metrics: () => [],
      load: () => undefined,
      replayable: () => Promise.resolve([]),
      now: () => Date.parse('2026-11-24T12:00:00.000Z'),
      ...change,
    },
  }
  return hub
}

const AWAY = {
  connect: () => Promise.reject(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })),
} as unknown as Pool
