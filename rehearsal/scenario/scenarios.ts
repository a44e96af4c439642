/** Disturbances that a finance department can foresee, to be rehearsed before they come: what is done to whom, and how it shows. */
import { kill } from '../faults/hubs.ts'
import { onDatabase, onTarget } from '../faults/links.ts'
import type { Begin, Ongoing } from '../faults/case.ts'
import type { World } from '../world/world.ts'

export interface Scenario {
  readonly title: string
  readonly says: string
  /** Whose queue grows meanwhile; null: nobody sees it, because the hub itself is away. */
  readonly system: string | null
  readonly begin: Begin
  /** Whether whoever operates the hub can see it now. */
  readonly shows: (world: World) => Promise<boolean>
}

interface Systems {
  readonly systems: readonly { readonly name: string; readonly breaker: { readonly state: string } }[]
}

const notCalled =
  (name: string) =>
  async (world: World): Promise<boolean> => {
    const page = await world.ask<Systems>('/v1/systems')
    return page?.systems.some((system) => system.name === name && system.breaker.state !== 'closed') ?? false
  }

const together =
  (...all: readonly Begin[]): Begin =>
  async (stage) => {
    const ongoing: Ongoing[] = await Promise.all(all.map((begin) => begin(stage)))
    return { end: async () => (await Promise.all(ongoing.map(({ end }) => end()))).reduce((sum, met) => sum + met, 0) }
  }

export const SCENARIOS: { readonly [name: string]: Scenario } = {
  'erp-maintenance-window': {
    title: 'The ERP is down for maintenance',
    says: 'Nothing reaches the ERP. Invoices keep coming, are approved, and wait to be posted.',
    system: 'erp',
    begin: onTarget('erp', { fault: { kind: 'down' } }),
    shows: notCalled('erp'),
  },
  'ap-outage': {
    title: 'The AP tool is away',
    says: 'No approval can be asked for. Invoices keep coming; what is approved already goes on to be posted and paid.',
    system: 'ap',
    begin: onTarget('ap', { fault: { kind: 'down' } }),
    shows: notCalled('ap'),
  },
  'partial-outage': {
    title: 'Half of the company stumbles at once',
    system: 'erp',
    says: 'The ERP answers every call with 503, procurement loses every answer to work it has done, one hub hears its database late.',
    begin: together(
      onTarget('erp', { fault: { kind: 'status', status: 503, done: false } }),
      onTarget('procurement', { fault: { kind: 'lose' }, effects: true }),
      onDatabase({ kind: 'slow', ms: 80 }),
    ),
    shows: notCalled('erp'),
  },
  'hub-down': {
    title: 'The hub itself is down',
    says: 'Both hub processes are killed. Senders get no answer and send again; people and systems go on without it.',
    system: null,
    begin: kill('both'),
    shows: async (world) => (await world.ask('/v1/health')) === undefined,
  },
}
