/** Schedules of faults over real processes, as `node rehearsal/main.ts` plays them. Linux alone: it signals, mounts and turns clocks. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Result } from './result.ts'
import { run } from './world/processes.ts'

const SCHEDULES = 30

test.skipIf(process.platform !== 'linux')(
  `${SCHEDULES} schedules: nothing lost, doubled or wrongly believed`,
  { timeout: 3_000_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tieout-schedules-'))
    const out = join(folder, 'result.json')
    const args = ['--schedules', String(SCHEDULES), '--seed', '1', '--bills', '3', '--workers', '1', '--minutes', '40', '--out', out]
    const { status, output } = await run({ file: join(import.meta.dirname, 'main.ts'), args })
    expect(status, output).toBe(0)
    const { schedules } = JSON.parse(readFileSync(out, 'utf8')) as Result
    expect(schedules.map(({ verdict }) => verdict)).toEqual(Array.from({ length: SCHEDULES }, () => 'held'))
    expect(schedules.every(({ faults }) => faults.length >= 3 && faults.length <= 12)).toBe(true)
    // Of what the seed plans some meets nothing; a rig that meets hardly anything shows nothing.
    const met = schedules.flatMap(({ faults }) => faults.filter(({ hits }) => hits > 0))
    expect(met.length).toBeGreaterThan(SCHEDULES)
    console.log(output.slice(output.indexOf('\nrows of the matrix') + 1))
    rmSync(folder, { recursive: true, force: true })
  },
)
