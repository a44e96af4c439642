import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { simulate } from '../simulation/simulate.ts'
import type { Patch } from './patches.ts'

export interface Conviction {
  readonly seeds: number
  readonly by: string
  readonly says: string
}

const run = promisify(execFile)
const HERE = import.meta.dirname
/** Seeds of the starts lie apart, so that each start is a draw of its own. */
const APART = 10_000

/** For each start, how many seeds it took to convict this build, by which invariant; null for one that was not convicted. */
export async function convictions(patch: Patch, starts: number, limit: number): Promise<(Conviction | null)[]> {
  const found: (Conviction | null)[] = []
  for (let start = 0; start < starts; start++) found.push(await convicted(patch, start * APART, limit))
  return found
}

/** The first of `limit` seeds that convicts it; one that did so before is tried first. */
export async function quickly(patch: Patch, limit: number): Promise<Conviction | null> {
  const known = patch.seed === undefined ? null : await convicted(patch, patch.seed - 1, 1)
  return known ?? convicted(patch, 0, limit)
}

async function convicted(patch: Patch, from: number, limit: number): Promise<Conviction | null> {
  const args = ['--import', join(HERE, 'defect.ts'), join(HERE, 'convict.ts'), String(from), String(limit)]
  const { stdout } = await run(process.execPath, args, { timeout: 300_000, env: { ...process.env, TIEOUT_DEFECT: patch.name } })
  const conviction = JSON.parse(stdout) as Conviction | null
  // A seed that the sources as they are break too convicts nobody.
  if (conviction && simulate(from + conviction.seeds).violations.length > 0)
    throw new Error(`seed ${from + conviction.seeds} breaks ${conviction.by} without ${patch.name}`)
  return conviction
}
