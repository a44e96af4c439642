import type { Book } from '../plumbing/book.ts'
import type { Faults } from '../plumbing/faults.ts'
import type { Outcome } from '../plumbing/server.ts'
import type { Ledger } from './ledger.ts'
import type { PainVersion } from './pain001.ts'
import { propose, release } from './runs.ts'

interface Setting {
  readonly ledger: Ledger
  readonly book: Book
  readonly faults: () => Faults
  readonly tempo: { autopilotMs: number }
  readonly dueHorizonDays: number
  readonly pain: PainVersion
  readonly houseTag: () => string
  readonly now: () => string
}

/**
 * The treasury of the simulated company: every so often it proposes a run for whatever is payable and two of its people release
 * it. Returns how to stop it. With fewer than two users of role TREASURY nothing is ever released, as in life.
 */
export function startAutopilot(setting: Setting): () => void {
  let timer: NodeJS.Timeout
  const again = (): void => {
    const { autopilotMs } = setting.tempo
    if (autopilotMs > 0) payAll(setting)
    // Looked at again soon while off, because PUT /tempo may turn it on.
    timer = setTimeout(again, autopilotMs > 0 ? autopilotMs : 50)
  }
  timer = setTimeout(again, setting.tempo.autopilotMs)
  return () => {
    clearTimeout(timer)
  }
}

function payAll(setting: Setting): void {
  const { ledger } = setting
  const [first, second] = [...ledger.users.values()].filter((user) => user.roles.includes('TREASURY')).map((user) => user.userId)
  if (!first || !second) return
  const groups = new Set(
    [...ledger.payable]
      .map((docNo) => ledger.documents.get(docNo))
      .filter((row) => row !== undefined)
      .map((row) => JSON.stringify([row.companyCode, row.waers])),
  )
  for (const group of groups) {
    const [companyCode, waers] = JSON.parse(group) as [string, string]
    pay(setting, companyCode, waers, [first, second])
  }
}

function pay(setting: Setting, companyCode: string, waers: string, releasers: readonly string[]): void {
  const { ledger, book } = setting
  const at = setting.now()
  const done = (op: string, outcome: Outcome): Outcome => {
    if (outcome.facts) book.commit(op, outcome.facts)
    return outcome
  }
  const proposed = done(
    'run.propose',
    propose(
      ledger,
      {
        companyCode,
        waers,
        dueBy: daysAfter(at.slice(0, 10), setting.dueHorizonDays),
        proposedBy: 'autopilot',
        executeOn: null,
        combine: true,
        batchBooking: ledger.runs.size % 2 === 0,
        limit: 10_000,
      },
      at,
    ),
  )
  if (proposed.status !== 201) return
  const { runNo } = proposed.body as { runNo: string }
  for (const by of releasers) {
    const run = ledger.runs.get(runNo)
    const twist = setting.faults().turn('run.release')?.twist ?? null
    if (run) done('run.release', release(ledger, run, by, { at, pain: setting.pain, houseTag: setting.houseTag(), twist }))
  }
}

function daysAfter(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)
}
