import type { Reporter, TestModule } from 'vitest/node'

/**
 * Prints `N passed, N failed, N skipped` alone on the last line of all output, when the process ends: whoever reads only
 * the end of a log reads the result. A file that broke before its first test, an error outside any test and a run that never
 * came to its tests count as failed.
 */
export class ClosingLine implements Reporter {
  #count = { passed: 0, failed: 1, skipped: 0, pending: 0 }

  onInit(): void {
    process.once('exit', () => {
      const { passed, failed, skipped, pending } = this.#count
      process.stdout.write(`\n${passed} passed, ${failed} failed, ${skipped + pending} skipped\n`)
    })
  }

  onTestRunEnd(modules: readonly TestModule[], strayErrors: readonly unknown[]): void {
    const count = { passed: 0, failed: strayErrors.length, skipped: 0, pending: 0 }
    for (const module of modules) {
      const states = [...module.children.allTests()].map((test) => test.result().state)
      for (const state of states) count[state] += 1
      if (!module.ok() && !states.includes('failed')) count.failed += 1
    }
    this.#count = count
  }
}
