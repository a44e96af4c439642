import { runNode } from './run-node.mjs'
import { ensureInstalled } from './setup.mjs'
import { runMain } from './terminal.mjs'

/** `npm test`: every test a change must pass. Arguments go to vitest: `npm test -- src/domain`. */
await runMain(async (args) => {
  await ensureInstalled()
  return runNode(['node_modules/vitest/vitest.mjs', 'run', ...args])
})
