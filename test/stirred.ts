/** Hubs of a test that has no waker running: what waits for news is judged when the test says so. */
import type { Intake } from '../src/intake/batcher.ts'
import { startWaker } from '../src/intake/waker.ts'
import type { HubDatabase } from './hub-database.ts'

/** Wakes whoever waits for news until there is none. */
export async function untilNothingStirs(database: HubDatabase, hub: Intake, clock: () => number): Promise<void> {
  const waker = startWaker({
    pool: database.pool,
    nudge: (tenant, objects) => hub.nudge(tenant, objects),
    clock,
    everyMs: 3_600_000,
  })
  await waker.stop()
  for (let left = 1; left > 0;) {
    await waker.round()
    const { rows } = await database.admin((client) => client.query('SELECT count(*)::int AS n FROM stir'))
    left = (rows as { n: number }[])[0]!.n
  }
}
