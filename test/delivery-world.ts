/** Invoices that are to be posted at model systems, with a law that is small enough to foretell; for tests of delivery. */
import type { Json } from '../src/lib/canonical-json.ts'
import { kindOf, type Event } from '../src/domain/event.ts'
import type { Arrival, Law } from '../src/domain/object.ts'
import { openIntake, type Intake } from '../src/intake/batcher.ts'
import { type ModelConfig, modelConnector } from '../src/connector/kit/model-connector.ts'
import type { Window } from '../src/delivery/calendar.ts'
import { startDelivery, type Delivery, type DeliveryOptions } from '../src/delivery/run.ts'
import { type Identity, takeIdentity } from '../src/delivery/process.ts'
import { openPool, type Pool } from '../src/store/database.ts'

export const TENANT = 'acme'

interface State {
  readonly [key: string]: Json | undefined
  readonly target: string | null
  readonly command: 'invoice.post' | 'invoice.status' | 'settlement.record'
  readonly dueOn: string | null
  readonly party: string
  readonly amount: string
  /** The document that the target shows, read back. */
  readonly posted: string | null
  /** The document that the target's reply named. */
  readonly said: string | null
  /** Types and inputs of the outcomes that came, in order. */
  readonly outcomes: readonly string[]
}
const NEW: State = { target: null, command: 'invoice.post', dueOn: null, party: '', amount: '', posted: null, said: null, outcomes: [] }

const text = (value: Json | undefined): string => (typeof value === 'string' ? value : '')

function fold(state: State, event: Event): State {
  const { data } = event
  switch (event.type) {
    case 'invoice.received':
    case 'invoice.corrected':
      return {
        ...state,
        target: text(data['target']),
        command: (data['command'] as State['command'] | undefined) ?? state.command,
        dueOn: text(data['dueOn']) || null,
        party: text(data['party']),
        amount: text(data['amount']),
      }
    case 'posting.confirmed':
      return event.grade === 'settled' ? { ...state, posted: text(data['postingNo']) } : { ...state, said: text(data['postingNo']) }
    // A change feed tells of an entry under our reference.
    case 'status.reported':
      return data['claims'] === 'posted' ? { ...state, posted: event.source.reference ?? null } : state
    case 'effect.done':
    case 'effect.refused':
    case 'effect.unknown':
    case 'effect.resolved':
    case 'effect.replied-late':
      return { ...state, outcomes: [...state.outcomes, `${event.type} ${text(data['input'])}`] }
    default:
      return state
  }
}

export const DELIVERY_LAW: Law = {
  version: 1,
  evolve: (record, id, event) => ({
    id,
    kind: kindOf(id),
    version: (record?.version ?? 0) + 1,
    state: fold((record?.state as State | undefined) ?? NEW, event),
    wakeAt: null,
  }),
  neighbours: () => ({ read: [], write: [] }),
  judge: () => ({ decisions: [], wakeAt: null, waits: [] }),
  expect({ id, state: given }) {
    const state = given as State
    if (state.target === null) return { cells: [], effects: [], marks: [] }
    const part = { target: state.target, command: state.command, object: id, occurrence: '0' } as const
    return {
      cells: [
        {
          object: id,
          system: state.target,
          facet: 'posting',
          expected: 'posted',
          told: state.said === null ? null : 'posted',
          reported: state.posted === null ? null : 'posted',
        },
      ],
      effects: [
        {
          ...part,
          subject: id,
          ...(state.dueOn === null ? {} : { dueOn: state.dueOn }),
          content: { reference: id, party: state.party, amount: state.amount, currency: 'EUR' },
        },
      ],
      marks: state.posted === null ? [] : [{ ...part, input: 'evidence' }],
    }
  },
  list: () => undefined,
  entries: () => [],
}

/** An invoice to be posted at `target`, or what else `command` says. */
export function invoice(
  n: number | string,
  target: string,
  more: {
    readonly party?: string
    readonly amount?: string
    readonly dueOn?: string
    readonly again?: boolean
    readonly command?: 'invoice.post' | 'settlement.record'
  } = {},
): Arrival {
  const names = [`capture|invoice|${n}`]
  return {
    tenant: TENANT,
    source: { system: 'capture', role: 'capture' },
    eventId: `${n}${more.again ? ' again' : ''}`,
    type: more.again ? 'invoice.corrected' : 'invoice.received',
    occurredAt: '2026-03-02T09:00:00.000Z',
    actor: 'system:capture',
    readBack: true,
    about: [more.again ? { names } : { names, create: 'invoice' }],
    data: {
      target,
      dueOn: more.dueOn ?? '',
      party: more.party ?? 'acme',
      amount: more.amount ?? '10.00',
      ...(more.command === undefined ? {} : { command: more.command }),
    },
  }
}

export interface SystemOf extends ModelConfig {
  readonly system: string
  readonly windows?: readonly Window[]
}

export interface Hub {
  readonly intake: Intake
  readonly delivery: Delivery
  readonly identity: Identity
  readonly pool: Pool
  /** Reported by delivery as beyond its means. A test that expects none looks at it. */
  readonly troubles: string[]
  stop(): Promise<void>
}

/** A hub that only delivers: intake, identity and delivery over one database. */
export async function deliveringHub(url: string, systems: readonly SystemOf[], more: Partial<DeliveryOptions> = {}): Promise<Hub> {
  const pool = openPool(url, { max: 6 })
  const identity = await takeIdentity(url)
  const troubles: string[] = []
  const started: Delivery[] = []
  const intake = openIntake({
    pool,
    settings: { law: DELIVERY_LAW, cfg: '0'.repeat(64), config: 1, clock: Date.now },
    onCommitted: (news) => {
      for (const target of news.targets) started[0]?.hint(news.tenant, target)
    },
    onBug: (error) => {
      troubles.push(`bug: ${String(error)}`)
    },
  })
  const delivery = startDelivery({
    pool,
    identity,
    systems: systems.map(({ system, windows = [], ...config }) => ({ tenant: TENANT, connector: modelConnector(config, system), windows })),
    submit: (arrivals) => intake.submit(arrivals),
    secret: () => 'letmein',
    pollMs: 200,
    trouble: (what, error) => {
      troubles.push(`${what}: ${String(error)}`)
    },
    ...more,
  })
  started.push(delivery)
  return {
    intake,
    delivery,
    identity,
    pool,
    troubles,
    async stop() {
      await delivery.stop()
      await intake.close()
      await identity.stop()
      await pool.end()
    },
  }
}

/** Waits until it is so. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, ms = 40_000): Promise<void> {
  for (const end = performance.now() + ms; !(await holds());) {
    if (performance.now() > end) throw new Error(`waited ${ms} ms in vain until ${what}`)
    await new Promise((done) => setTimeout(done, 25))
  }
}
