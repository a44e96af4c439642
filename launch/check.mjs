import { spawnSync } from 'node:child_process'
import { ROOT } from './places.mjs'
import { ensureInstalled, nodeBinary } from './setup.mjs'
import { runMain, say } from './terminal.mjs'

/** @type {readonly { name: string, finds: string, args: string[] }[]} */
const CHECKS = [
  { name: 'types', finds: 'what does not fit', args: ['node_modules/typescript/bin/tsc', '-p', '.'] },
  { name: 'lint', finds: 'promises nobody waits for, rings of imports', args: ['node_modules/oxlint/bin/oxlint', '--deny-warnings'] },
  {
    name: 'format',
    finds: 'what the formatter would write otherwise (node_modules/.bin/oxfmt writes it)',
    args: ['node_modules/oxfmt/bin/oxfmt', '--check'],
  },
  { name: 'walls', finds: 'imports across folders', args: ['scripts/walls.ts'] },
  { name: 'manners', finds: 'names, lengths, exports', args: ['scripts/manners.ts'] },
  { name: 'lock', finds: 'what would install differently elsewhere', args: ['scripts/lock.ts'] },
  { name: 'docs', finds: 'paths in Markdown that are not there', args: ['scripts/docs.ts'] },
  { name: 'dead code', finds: 'files and exports nobody uses', args: ['node_modules/knip/bin/knip.js', '--no-progress'] },
]

/** `npm run check`: everything about a change that needs no run of it. Names given as arguments run only these. */
await runMain(async (names) => {
  await ensureInstalled()
  const node = nodeBinary()
  const failed = CHECKS.filter(({ name }) => names.length === 0 || names.includes(name)).filter(({ name, finds, args }) => {
    const started = Date.now()
    const { status, stdout, stderr } = spawnSync(node, args, { cwd: ROOT, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } })
    say(
      `${status === 0 ? 'ok     ' : 'refused'}  ${name.padEnd(10)} ${((Date.now() - started) / 1000).toFixed(1)} s${status === 0 ? '' : `  found ${finds}:`}`,
    )
    if (status !== 0) say(`\n${`${stdout}${stderr}`.trim().replace(/^/gm, '  ')}\n`)
    return status !== 0
  })
  say(failed.length === 0 ? 'Every check passed.' : `${failed.length} of the checks refused: ${failed.map(({ name }) => name).join(', ')}.`)
  return failed.length === 0 ? 0 : 1
})
