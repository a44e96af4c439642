import { existsSync } from 'node:fs'
import { join } from 'node:path'

const SHARED = join(import.meta.dirname, '..', '..', 'shared')

/**
 * The folder of a corpus of public test files that others wrote, kept beside the project and not in it; undefined where it
 * is absent, as on a user's machine. In CI (CI=true) its absence is an error: a run that compared nothing must not be green.
 */
export function corpus(name: string): string | undefined {
  return folder(join('corpora', name))
}

/** The folder that says what the files of the corpora hold, read independently; as {@link corpus}. */
export function truth(): string | undefined {
  return folder('truth')
}

function folder(path: string): string | undefined {
  const full = join(SHARED, path)
  if (existsSync(full)) return full
  if (process.env['CI'] === 'true') throw new Error(`The test files ${path} are missing: CI expects them in ${SHARED}.`)
  return undefined
}
