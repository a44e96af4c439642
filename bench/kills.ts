/**
 * 200 invoices through the whole company while the hub is killed ten times at random; what the systems' own books then hold.
 * TIEOUT_SEED repeats when it is killed, in ms after it was ready; what it is doing by then is the machine's.
 */
import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { erpTruth, openCredits, wrong } from '../test/try-out.ts'
import type { Row } from './ingest.ts'
import { INVOICES, withCompany } from './journey.ts'

const KILLS = 10
/** Of the sample. */
const SEED = 7

export function run(): Promise<Row[]> {
  const seed = Number(process.env['TIEOUT_SEED'] ?? Date.now() % 1_000_000)
  // A run that ends in an error is the one to repeat.
  process.stderr.write(`  TIEOUT_SEED=${seed}\n`)
  return withCompany({}, async (company) => {
    const files = await company.sample(INVOICES, SEED)
    const start = performance.now()
    const sending = company.send(files)
    // A hub that does not start ends the run with its own error, not with that of a sender whose files are gone.
    sending.catch(() => {})
    let underWay = 0
    for (let kill = 0; kill < KILLS; kill++) {
      await sleep(pauseMs(seed, kill))
      const { received, busy, moving } = await company.summary()
      // A credit may wait for a payment to be netted with; then nothing is under way.
      if (received < INVOICES || busy > 0 || moving > openCredits(company.books('erp'))) underWay++
      await company.killHub()
      await company.startHub()
    }
    await sending
    const { states } = await company.quiet(150_000)
    const seconds = Math.round((performance.now() - start) / 1_000)
    const erp = company.books('erp')
    const truth = [...erpTruth(erp).values()]
    const open = openCredits(erp)
    const ended = (states['archived'] ?? 0) + Math.min(states['posted'] ?? 0, open)
    // Of a repeated message the bank says so (AM05, duplication).
    const repeated = company.books('bank').filter((line) => JSON.stringify(line).includes('AM05')).length
    return [
      {
        what: `${INVOICES} invoices, the hub killed ${KILLS} times: in the ERP's books`,
        value: truth.length,
        unit: 'invoices',
        target: INVOICES,
        exactly: true,
        beside: `${seconds} s; TIEOUT_SEED=${seed}`,
      },
      // Kills of a hub that has nothing to do show nothing.
      { what: '  of the kills, while something was under way', value: (100 * underWay) / KILLS, unit: '%', target: 80 },
      { what: '  without exactly one posting and one settlement', value: truth.filter(wrong).length, unit: 'invoices', target: 0 },
      {
        what: '  that the hub shows archived',
        value: ended,
        unit: 'invoices',
        target: INVOICES,
        exactly: true,
        ...(open === 0 ? {} : { beside: `${open} credits wait for something to be netted with` }),
      },
      { what: '  payment files that the bank refused as repeated', value: repeated, unit: 'files', target: 0 },
    ]
  })
}

/** From 200 to 1,500 ms. */
function pauseMs(seed: number, kill: number): number {
  return 200 + (createHash('sha256').update(`${seed} ${kill}`).digest().readUInt32BE() % 1_301)
}
