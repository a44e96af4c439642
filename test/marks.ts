/** The named points of `src/` at which a test may kill the process (src/lib/mark.ts), as they stand in the code. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')

/** Each as often as it is named in a file that `of` lets through. */
export function marksIn(of: (file: string) => boolean): string[] {
  return globSync('src/**/*.ts', { cwd: ROOT })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => !file.endsWith('.test.ts') && of(file))
    .toSorted()
    .flatMap((file) => [...readFileSync(join(ROOT, file), 'utf8').matchAll(/\bmark\('([a-z-]+)'\)/gu)].map(([, name]) => name!))
}
