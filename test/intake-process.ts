/**
 * A hub's intake as a process of its own, for tests that kill it: takes the same arrivals in small submissions, says on stdout
 * what was confirmed, and dies where TIEOUT_KILL_AT says. Arguments: database address, first and last number, submissions at once.
 */
import { writeSync } from 'node:fs'
import { openIntake } from '../src/intake/batcher.ts'
import { openPool } from '../src/store/database.ts'
import { TEST_LAW } from '../src/store/test-law.ts'
import { fact, invoice, posting } from './arrivals.ts'

const [url, first, last, atOnce] = process.argv.slice(2)
const pool = openPool(url!, { max: 4 })
const intake = openIntake({ pool, settings: { law: TEST_LAW, cfg: 'c'.repeat(64), config: 1, clock: Date.now } })
let next = Number(first)
await Promise.all(
  Array.from({ length: Number(atOnce) }, async () => {
    while (next <= Number(last)) {
      const n = next++
      // An invoice, a fact that may come before it, and one that comes twice.
      const arrivals = [
        posting(`k${n}`),
        invoice(`k${n}`),
        fact('document.attached', `k${n} more`, { about: [{ names: [`capture|invoice|k${n}`] }] }),
        invoice(`k${n}`),
      ]
      const receipts = await intake.submit(arrivals)
      for (const [at, receipt] of receipts.entries())
        if (receipt.outcome !== 'refused') writeSync(1, `${arrivals[at]!.eventId}\t${receipt.eventId}\t${receipt.outcome}\n`)
    }
  }),
)
await intake.close()
await pool.end()
