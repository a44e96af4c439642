import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { ClosingLine } from './scripts/closing-line.ts'
import { LongestFirst } from './scripts/longest-first.ts'

/** Files that leave a process as they found it share processes, so that what they import is loaded once. */
const SHARING = '{src,sandbox,scripts,test,rehearsal}/**/*.test.ts'

export default defineConfig({
  test: {
    // Processes, not threads: tests start servers, set environment variables and listen for signals.
    pool: 'forks',
    // Where every processor has work, threads that collect garbage beside it only add to it.
    execArgv: ['--single-threaded-gc'],
    // Tests wait as often as they work: one more than there are processors.
    maxWorkers: Math.min(4, availableParallelism() + 1),
    sequence: { sequencer: LongestFirst },
    globalSetup: 'test/postgres-server.ts',
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // A second, as it is otherwise, is not enough beside others.
    expect: { poll: { timeout: 10_000 } },
    reporters: ['default', new ClosingLine()],
    projects: [
      { extends: true, test: { name: 'sharing', include: [SHARING], isolate: false } },
      {
        extends: true,
        test: { name: 'alone', include: ['launch/**/*.test.ts'], isolate: true },
      },
    ],
  },
})
