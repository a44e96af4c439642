import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { ClosingLine } from './scripts/closing-line.ts'
import { LongestFirst } from './scripts/longest-first.ts'

export default defineConfig({
  test: {
    include: ['{src,sandbox,rehearsal,test,scripts,launch}/**/*.test.ts'],
    // Processes, not threads: tests start servers, set environment variables and listen for signals.
    pool: 'forks',
    isolate: true,
    maxWorkers: Math.min(4, Math.max(2, availableParallelism())),
    sequence: { sequencer: LongestFirst },
    globalSetup: 'test/postgres-server.ts',
    testTimeout: 30_000,
    hookTimeout: 30_000,
    reporters: ['default', new ClosingLine()],
  },
})
