/**
 * The rig as part of every change: schedules of a fixed seed with real processes, so that chance turns no run red. Which faults
 * met something is printed; new seeds are for long runs.
 */
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Result } from './result.ts'
import { run } from './world/processes.ts'

const SCHEDULES = 30
const SEED = 1
const LIMIT_MS = 600_000

test(`${SCHEDULES} schedules of faults with real processes hold`, { timeout: LIMIT_MS }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tieout-rehearsed-'))
  const out = join(folder, 'result.json')
  const { status, output } = await run({
    file: join(import.meta.dirname, 'main.ts'),
    args: ['--schedules', String(SCHEDULES), '--seed', String(SEED), '--out', out, '--keep', folder],
  })
  process.stdout.write(output)
  expect(status, output).toBe(0)
  const { schedules } = JSON.parse(readFileSync(out, 'utf8')) as Result
  expect(schedules.map(({ verdict }) => verdict)).toEqual(Array.from({ length: SCHEDULES }, () => 'held'))
  expect(schedules.every(({ faults }) => faults.length >= 3)).toBe(true)
})
