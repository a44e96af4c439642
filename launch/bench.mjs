import { runNode } from './run-node.mjs'
import { ensureInstalled } from './setup.mjs'
import { runMain } from './terminal.mjs'

/** `npm run bench`: the benchmark table. */
await runMain(async (args) => {
  await ensureInstalled()
  return runNode(['bench/main.ts', ...args])
})
