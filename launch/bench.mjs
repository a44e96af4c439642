import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Advice } from './advice.mjs'
import { ROOT } from './places.mjs'
import { runNode } from './run-node.mjs'
import { ensureInstalled } from './setup.mjs'
import { runMain } from './terminal.mjs'

/** `npm run bench`: the benchmark table. */
await runMain(async (args) => {
  await ensureInstalled()
  if (!existsSync(join(ROOT, 'bench', 'main.ts'))) throw new Advice('There is no benchmark in this version yet.')
  return runNode(['bench/main.ts', ...args])
})
