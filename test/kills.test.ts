import { expect, it } from 'vitest'
import { erpTruth, openCredits, tryOut, wrong } from './try-out.ts'

const SEED = Number(process.env['TIEOUT_SEED'] ?? Date.now() % 1_000_000)

/** A small generator of numbers from a seed (mulberry32), so that a failing run can be repeated. */
function dice(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

it(`100 invoices while the hub is killed ten times at random: one posting and one settlement each (seed ${SEED})`, async () => {
  const company = await tryOut()
  try {
    const random = dice(SEED)
    const files = await company.sample(100, 7)
    const sending = company.send(files)
    // A hub that does not start ends the run with its own error, not with that of a sender whose files are gone.
    sending.catch(() => {})
    for (let kill = 0; kill < 10; kill++) {
      await new Promise((resolve) => {
        setTimeout(resolve, 200 + random() * 1_300)
      })
      await company.killHub()
      await company.startHub()
    }
    await sending
    const summary = await company.quiet(150_000)
    console.log(JSON.stringify({ seed: SEED, states: summary.states, exceptions: summary.exceptions, log: summary.log.size }))
    expect(summary.received).toBe(100)
    const open = openCredits(company.books('erp'))
    expect(summary.states).toEqual({ archived: 100 - open, ...(open > 0 ? { posted: open } : {}) })
    const truth = [...erpTruth(company.books('erp')).entries()]
    expect(truth).toHaveLength(100)
    expect(truth.filter(([, invoice]) => wrong(invoice))).toEqual([])
    // The bank never saw a file twice: it would have refused it with AM05.
    expect(JSON.stringify(company.books('bank'))).not.toContain('AM05')
  } finally {
    await company.end()
  }
}, 240_000)
