/** Disturbances that a finance department can foresee, to be rehearsed before they come: what is done to whom, and how it shows. */
import { kill } from '../faults/hubs.ts'
import { onTarget } from '../faults/links.ts'
import { counting, type Begin, type Ongoing } from '../faults/case.ts'
import type { World } from '../world/world.ts'
import { bankThreeDaysLate } from './bank-late.ts'
import { intakeGoesOn } from './intake.ts'
import { maintenanceWindow } from './maintenance.ts'
import { periodClosesMidway } from './period.ts'
import { quarterEnd } from './quarter-end.ts'
import { databaseSetBack } from './set-back.ts'
import type { Scenario } from './scenario.ts'

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

/** The second: whoever looks at the company looks at the first. */
const oneSlowHub: Begin = ({
  world: {
    hubs: [, { link }],
  },
}) => {
  link.set({ kind: 'slow', ms: 80 })
  return Promise.resolve(
    counting([link], () => {
      link.heal()
    }),
  )
}

const compressed = 'Times are compressed: an outage takes seconds, not hours.'

export const SCENARIOS: { readonly [name: string]: Scenario } = {
  'erp-maintenance-window': maintenanceWindow,
  'ap-outage': {
    title: 'The AP tool is away',
    says: 'No approval can be asked for. Invoices keep coming; what is approved already goes on to be posted and paid.',
    until: 'approved',
    compressed,
    begin: onTarget('ap', { fault: { kind: 'down' } }),
    shows: notCalled('ap'),
    promises: { intakeGoesOn },
  },
  'bank-three-days-late': bankThreeDaysLate,
  'quarter-end-20x': quarterEnd,
  'partial-outage': {
    title: 'Half of the company stumbles at once',
    until: 'posted',
    compressed,
    says: 'The ERP answers every call with 503, procurement loses every answer to work it has done, one hub hears its database late.',
    begin: together(
      onTarget('erp', { fault: { kind: 'status', status: 503, done: false } }),
      onTarget('procurement', { fault: { kind: 'lose' }, effects: true }),
      oneSlowHub,
    ),
    shows: notCalled('erp'),
  },
  'period-closes-midway': periodClosesMidway,
  'database-set-back': databaseSetBack,
  'hub-down': {
    title: 'The hub itself is down',
    says: 'Both hub processes are killed. Senders get no answer and send again; people and systems go on without it.',
    until: 'taken',
    compressed,
    begin: kill('both'),
    shows: async (world) => (await world.ask('/v1/health')) === undefined,
  },
}
