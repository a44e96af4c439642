import type { Reporter, TestModule } from 'vitest/node'

/**
 * Prints `N passed, N failed, N skipped` alone on the last line of all output, when the process ends: whoever reads only
 * the end of a log reads the result. A file that broke before its first test and an error outside any test count as failed.
 */
export class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], strayErrors: readonly unknown[]): void {
    const count = { passed: 0, failed: strayErrors.length, skipped: 0, pending: 0 }
    for (const module of modules) {
      const states = [...module.children.allTests()].map((test) => test.result().state)
      for (const state of states) count[state] += 1
      if (!module.ok() && !states.includes('failed')) count.failed += 1
    }
    process.once('exit', () => {
      process.stdout.write(`\n${count.passed} passed, ${count.failed} failed, ${count.skipped + count.pending} skipped\n`)
    })
  }
}
