import type { Reporter, TestModule } from 'vitest/node'

const SHOWN = 10

/**
 * Prints `N passed, N failed, N skipped` alone on the last line of all output, when the process ends: whoever reads only
 * the end of a log reads the result. A file that broke before its first test, an error outside any test and a run that never
 * came to its tests count as failed; so does what `TIEOUT_FAILED_BEFORE` says failed before the tests, in the same job.
 */
export class ClosingLine implements Reporter {
  #count = { passed: 0, failed: 0, skipped: 0, pending: 0 }

  onInit(): void {
    process.once('exit', (status) => {
      const { passed, failed, skipped, pending } = this.#count
      const here = failed === 0 && status !== 0 ? 1 : failed
      const before = Number(process.env['TIEOUT_FAILED_BEFORE'] ?? 0)
      process.stdout.write(`\n${passed} passed, ${here + before} failed, ${skipped + pending} skipped\n`)
    })
  }

  /** What takes longest, for whoever wants the whole to take less. */
  static #slowest(modules: readonly TestModule[]): string {
    const spent = modules.map((module) => ({ file: module.relativeModuleId, ms: Math.round(module.diagnostic().duration) }))
    const longest = spent.toSorted((a, b) => b.ms - a.ms).slice(0, SHOWN)
    return `The ${longest.length} slowest of ${spent.length} files, ms:\n${longest.map(({ file, ms }) => `${String(ms).padStart(9)}  ${file}\n`).join('')}`
  }

  onTestRunEnd(modules: readonly TestModule[], strayErrors: readonly unknown[]): void {
    const count = { passed: 0, failed: strayErrors.length, skipped: 0, pending: 0 }
    for (const module of modules) {
      const states = [...module.children.allTests()].map((test) => test.result().state)
      for (const state of states) count[state] += 1
      if (!module.ok() && !states.includes('failed')) count.failed += 1
    }
    this.#count = count
    if (modules.length > SHOWN) process.stdout.write(`\n${ClosingLine.#slowest(modules)}`)
  }
}
