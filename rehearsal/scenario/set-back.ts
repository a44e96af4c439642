/**
 * `database-set-back`: the database is put back to where it was before, under the company at work, and people let the hub go on. What
 * came in since is told again by its senders and systems; what was sent since must not be sent again.
 */
import { join } from 'node:path'
import { later, type Begin } from '../faults/case.ts'
import { sendBill } from '../clients.ts'
import { backUp, type Backup } from '../world/backup.ts'
import { run } from '../world/processes.ts'
import type { World } from '../world/world.ts'
import type { OwnPromise, Scenario } from './scenario.ts'

/** A hub whose database was set back is given so long to find out and to end. */
const END_MS = 30_000
const SET_BACK_STATUS = 71

const kept = new WeakMap<World, Backup>()

/** Before anybody knows that it will be needed. */
const backedUp: Begin = async ({ world }) => {
  kept.set(world, await world.server.admin((client) => backUp(client, world.database)))
  return { end: () => Promise.resolve(1) }
}

const endsByItself: OwnPromise = {
  means: 'Both hubs found out that their database was set back and ended by themselves; neither was started on it again.',
  check:
    ({ left }) =>
    () => {
      const [ended, refused] = [left.get('ended'), left.get('refused')]
      return [
        ...(ended === `${SET_BACK_STATUS},${SET_BACK_STATUS}`
          ? []
          : [{ invariant: 'H4', about: 'hubs', says: `they ended with ${String(ended)}` }]),
        ...(refused === true ? [] : [{ invariant: 'H4', about: 'hubs', says: 'one was started on a database that was set back' }]),
      ]
    },
}

export const databaseSetBack: Scenario = {
  title: 'The database is set back',
  says: 'A backup is restored, or a standby that was behind takes over: what the hubs wrote since is gone, what they did since is done. They end; people let them go on.',
  until: 'taken',
  compressed: 'Times are compressed: a backup is seconds old, not hours.',
  begin: backedUp,
  course: async ({ world, lastsMs, says, sent, countsFromHere }) => {
    await sent
    await later(lastsMs)
    countsFromHere()
    const backup = kept.get(world)
    await world.server.admin((client) => backup!.restore(client))
    says('The database is put back to where it was when it began.')
    await Promise.race([Promise.all(world.hubs.map((hub) => hub.process?.ended ?? Promise.resolve())), later(END_MS)])
    const ended = world.hubs.map((hub) => hub.process?.over).join()
    says('Both hubs have ended.')
    const refused = !(await world.hubs[0].start())
    const { status, output } = await run({
      file: join(world.source, 'src', 'cli', 'main.ts'),
      args: [
        ['recover', '--config', join(world.folder, `${world.hubs[0].name}.json`), '--database', world.server.url(world.database)],
        ['--accept-loss', '--by', 'operator', '--reason', 'a rehearsal'],
      ].flat(),
      env: world.company.secrets,
    })
    if (status !== 0) throw new Error(`tieout recover: ${output}`)
    says('People let it go on.')
    await Promise.all(world.hubs.map((hub) => world.bringUp(hub)))
    const taken = new Set(world.history.rows.filter((row) => row.kind === 'sent').map(({ about }) => about))
    await Promise.all(world.company.bills.filter(({ file }) => taken.has(file)).map((bill, at) => sendBill(world, bill, at, () => false)))
    says('What came in meanwhile was sent again.')
    return new Map<string, unknown>([
      ['ended', ended],
      ['refused', refused],
    ])
  },
  shows: async (world) => (await world.ask('/v1/health')) === undefined,
  promises: { endsByItself },
}
