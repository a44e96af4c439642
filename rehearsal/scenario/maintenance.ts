/** `erp-maintenance-window`: the ERP is closed as it was announced. The hubs know of it before it begins, and leave it alone. */
import { counting, later, type Begin } from '../faults/case.ts'
import { intakeGoesOn } from './intake.ts'
import type { OwnPromise, Scenario } from './scenario.ts'

/** From the announcement to the window's beginning, and from the end of the work in the ERP to the window's: times are never to the second. */
const LEAD_MS = 10_000
const SLACK_MS = 1_000

interface Systems {
  readonly systems: readonly { readonly name: string; readonly closedUntil: string | null }[]
}

/** The window is written into the configuration, and the hubs are started anew one after the other, so that one always listens. */
const announced: Begin = async ({ world, lastsMs }) => {
  const from = Date.now() + LEAD_MS
  const to = from + lastsMs + SLACK_MS
  world.edits.systems = { erp: { maintenance: [{ from: new Date(from).toISOString(), to: new Date(to).toISOString() }] } }
  for (const hub of world.hubs) {
    await hub.kill()
    await world.bringUp(hub)
  }
  if (Date.now() > from) throw new Error(`Two hubs could not be started anew within ${LEAD_MS / 1_000} s: this machine is too busy.`)
  await later(from - Date.now())
  const { erp } = world.company.links
  const ruling = erp.set({ fault: { kind: 'down' } })
  return counting([ruling], () => {
    erp.heal(ruling)
  })
}

const leftAlone: OwnPromise = {
  means: 'Not one call came to the ERP while it was closed.',
  check:
    ({ beginsAt, endsAt, left }) =>
    () => {
      const calls = left.get('calls')
      return calls === 0
        ? []
        : [{ invariant: 'J3', about: 'erp', says: `${String(calls)} calls came to it between ${beginsAt} and ${endsAt}` }]
    },
}

export const maintenanceWindow: Scenario = {
  title: 'The ERP is closed for maintenance, as announced',
  says: 'The window is in the configuration, so the ERP is not called. Invoices keep coming; what has to be asked of it or posted in it waits until it is open again.',
  until: 'posted',
  compressed: 'Times are compressed: a maintenance window takes seconds, not hours.',
  calm: true,
  begin: announced,
  course: async ({ world, lastsMs }) => {
    const before = world.company.links.erp.hits
    await later(lastsMs)
    return new Map([['calls', world.company.links.erp.hits - before]])
  },
  shows: async (world) => {
    const page = await world.ask<Systems>('/v1/systems')
    return page?.systems.some(({ name, closedUntil }) => name === 'erp' && closedUntil !== null) ?? false
  },
  promises: { intakeGoesOn, leftAlone },
}
