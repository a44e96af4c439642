/** 200 invoices through the whole company while the hub is killed ten times at random; what the systems' own books then hold. */
import { setTimeout as sleep } from 'node:timers/promises'
import { erpTruth, openCredits, wrong } from '../test/try-out.ts'
import type { Row } from './ingest.ts'
import { INVOICES, withCompany } from './journey.ts'

const KILLS = 10
const SEED = 7

export function run(): Promise<Row[]> {
  return withCompany({}, async (company) => {
    const files = await company.sample(INVOICES, SEED)
    const start = performance.now()
    const sending = company.send(files)
    // A hub that does not start ends the run with its own error, not with that of a sender whose files are gone.
    sending.catch(() => {})
    let underWay = 0
    for (let kill = 0; kill < KILLS; kill++) {
      await sleep(200 + Math.random() * 1_300)
      const { received, busy, moving } = await company.summary()
      if (received < INVOICES || busy + moving > 0) underWay++
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
        beside: `${seconds} s; ${underWay} of the kills while something was under way`,
      },
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
