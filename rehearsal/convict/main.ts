/**
 * Each broken build that only real processes convict, played until a schedule does: `node rehearsal/convict/main.ts [--limit 200]
 * [--starts 1] [NAME…]`. Prints the table of defects: convicted by which invariant, after how many schedules; of each conviction
 * the same schedules are played on the sources as they are, and have to hold.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { brokenCopy, readPatches, type Patch } from '../broken/patches.ts'
import { totals, type Result, type Verdict } from '../result.ts'
import { run } from '../world/processes.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    limit: { type: 'string', default: '200' },
    starts: { type: 'string', default: '1' },
    workers: { type: 'string', default: '2' },
    seed: { type: 'string', default: '1' },
  },
})

interface Conviction {
  readonly schedules: number
  readonly by: string
}

/**
 * The first schedules of a seed until one convicts; Infinity when none did. One that the sources as they are break too convicts nobody.
 * Of row F2 it convicts, too, that nothing was refused in any of them where the sources as they are refuse a late write.
 */
async function convicted(patch: Patch, seed: number): Promise<Conviction> {
  const copy = brokenCopy(patch, ['sandbox'])
  try {
    const { schedules, verdict, by, lateWritesRefused } = await played(patch, seed, ['--source', copy.root, '--schedules', values.limit])
    if (verdict === 'broken') return { schedules, by: `a hub that does not even start (${by})` }
    const fenceless = verdict === 'held' && patch.row === 'F2' && lateWritesRefused === 0
    if (verdict === 'held' && !fenceless) return { schedules: Infinity, by: 'nobody' }
    const control = await played(patch, seed, ['--schedules', String(schedules)])
    if (control.verdict !== 'held')
      return { schedules: Infinity, by: `nobody: without it the same schedules are ${control.verdict} too (${control.by})` }
    if (!fenceless) return { schedules, by }
    return control.lateWritesRefused > 0
      ? { schedules, by: `F2: no late write was refused; without it ${control.lateWritesRefused} are` }
      : { schedules: Infinity, by: 'nobody: without it no late write was refused either' }
  } finally {
    copy.remove()
  }
}

interface Run {
  readonly schedules: number
  readonly verdict: Verdict
  /** The invariants that were violated, or why it broke. */
  readonly by: string
  /** What row F2 has to show: without one a fence was not needed, or was not there. */
  readonly lateWritesRefused: number
}

/** Plays schedules of a seed until one is violated. */
async function played(patch: Patch, seed: number, chosen: readonly string[]): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), 'tieout-convict-'))
  const file = join(folder, 'result.json')
  try {
    const { output } = await run({
      file: join(import.meta.dirname, '..', 'main.ts'),
      args: [
        ...chosen,
        '--seed',
        String(seed),
        '--workers',
        values.workers,
        '--first',
        ...(patch.row === undefined ? [] : ['--row', patch.row]),
        '--out',
        file,
        '--keep',
        folder,
      ],
    })
    const result = JSON.parse(readFileSync(file, 'utf8')) as Result
    const { schedules } = result
    if (schedules.length === 0) throw new Error(`Nothing was played: ${output}`)
    const first = schedules.find(({ verdict }) => verdict === 'violated')
    const broken = schedules.find(({ verdict }) => verdict === 'broken')
    const head = { schedules: schedules.length, lateWritesRefused: totals(result).lateWritesRefused }
    if (first) {
      const by = [...new Set(first.findings.map((finding) => finding.split(' ')[0] ?? ''))].join(', ')
      return { ...head, verdict: 'violated', by }
    }
    if (broken) return { ...head, verdict: 'broken', by: broken.findings[0]?.slice(0, 80) ?? output.slice(-80) }
    return { ...head, verdict: 'held', by: 'nobody' }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const patches = readPatches().filter(({ name, tier }) => tier === 'R' && (positionals.length === 0 || positionals.includes(name)))
process.stdout.write('| broken build | what is wrong with it | faults | convicted by | after schedules |\n|---|---|---|---|---|\n')
for (const patch of patches) {
  const found: Conviction[] = []
  for (let start = 0; start < Number(values.starts); start++) found.push(await convicted(patch, Number(values.seed) + start))
  process.stdout.write(
    `| \`${patch.name}\` | ${patch.defect} | ${patch.row ?? 'all'} | ${[...new Set(found.map(({ by }) => by))].join('; ')} | ${found.map(({ schedules }) => schedules).join(', ')} |\n`,
  )
  if (found.some(({ schedules }) => schedules === Infinity)) process.exitCode = 1
}
