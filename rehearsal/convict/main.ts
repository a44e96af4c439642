/**
 * Each broken build that only real processes convict, played until a schedule does: `node rehearsal/convict/main.ts [--limit 200]
 * [--starts 1] [NAME…]`. Prints the table of defects: convicted by which invariant, after how many schedules.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { brokenCopy, readPatches, type Patch } from '../broken/patches.ts'
import type { Result } from '../result.ts'
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

/** The first schedules of a seed until one convicts; Infinity when none did. */
async function convicted(patch: Patch, seed: number): Promise<Conviction> {
  const copy = brokenCopy(patch, ['sandbox'])
  const folder = mkdtempSync(join(tmpdir(), 'tieout-convict-'))
  const file = join(folder, 'result.json')
  try {
    const { output } = await run({
      file: join(import.meta.dirname, '..', 'main.ts'),
      args: [
        '--source',
        copy.root,
        '--schedules',
        values.limit,
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
    const { schedules } = JSON.parse(readFileSync(file, 'utf8')) as Result
    const first = schedules.find(({ verdict }) => verdict === 'violated')
    const broken = schedules.find(({ verdict }) => verdict === 'broken')
    if (!first && broken)
      return {
        schedules: schedules.length,
        by: `a hub that does not even start (${broken.findings[0]?.slice(0, 80) ?? output.slice(-80)})`,
      }
    return first
      ? { schedules: schedules.length, by: [...new Set(first.findings.map((finding) => finding.split(' ')[0] ?? ''))].join(', ') }
      : { schedules: Infinity, by: 'nobody' }
  } finally {
    copy.remove()
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
