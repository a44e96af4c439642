/**
 * Each broken build of the simulation, run until it is convicted: `node rehearsal/broken/main.ts [--starts 3] [--limit 200] [NAME…]`.
 * Prints the table of defects: convicted by which invariant, after how many seeds (the median over the starts).
 */
import { parseArgs } from 'node:util'
import { convictions } from './convictions.ts'
import { readPatches } from './patches.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    starts: { type: 'string', default: '3' },
    limit: { type: 'string', default: '200' },
    write: { type: 'boolean', default: false },
  },
})
const patches = readPatches().filter(({ name, tier }) => tier === 'S' && (positionals.length === 0 || positionals.includes(name)))
console.log('| broken build | what is wrong with it | convicted by | seeds, median | most |\n|---|---|---|---|---|')
for (const patch of patches) {
  const found = await convictions(patch, Number(values.starts), Number(values.limit))
  const by = [...new Set(found.map((conviction) => conviction?.by ?? 'nobody'))].sort().join(', ')
  const seeds = found.map((conviction) => conviction?.seeds ?? Infinity).sort((a, b) => a - b)
  console.log(`| \`${patch.name}\` | ${patch.defect} | ${by} | ${seeds[(seeds.length - 1) >> 1]} | ${seeds.at(-1)} |`)
  if (seeds.at(-1) === Infinity) process.exitCode = 1
}
