import { readdirSync } from 'node:fs'
import { join, relative, sep } from 'node:path'

/** One thing that a check refuses: where, and what to do instead. */
export interface Problem {
  /** Path from the project's root, `/` between folders. */
  readonly file: string
  readonly line?: number
  readonly says: string
}

const NOT_OURS = new Set(['node_modules', '.git', 'dist', '.tieout', 'coverage'])

/** Paths of all files of the project, from `root`, `/` between folders, sorted; what npm and git keep there is left out. */
export function filesOf(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => !path.split('/').some((part) => NOT_OURS.has(part)))
    .toSorted()
}

export function isCode(path: string): boolean {
  return /\.(ts|tsx|mjs|js)$/.test(path)
}

export function isTest(path: string): boolean {
  return /\.test\.tsx?$/.test(path)
}

/** Prints the problems of a check that runs as a program, and leaves with 1 if there are any. */
export function report(problems: readonly Problem[]): void {
  for (const { file, line, says } of problems) console.log(`${file}${line === undefined ? '' : `:${line}`}  ${says}`)
  if (problems.length > 0) process.exitCode = 1
}
