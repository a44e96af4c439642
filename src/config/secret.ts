/** Secrets by reference: a configuration names where each stands and never holds it. */
import { readFileSync } from 'node:fs'

/** `env:NAME`, or NAME alone; `file:PATH`. */
const REFERENCE = /^(?:env:)?(?<name>[A-Z][A-Z0-9_]{0,99})$|^file:(?<path>.{1,1000})$/u

/** The value; undefined where there is none. A file is read anew each time, so that a changed secret needs no restart. */
export function secretOf(reference: string, env: NodeJS.ProcessEnv = process.env): string | undefined {
  const { name, path } = REFERENCE.exec(reference)?.groups ?? {}
  if (path === undefined) return name === undefined ? undefined : env[name]
  try {
    return readFileSync(path, 'utf8').trim() || undefined
  } catch {
    return undefined
  }
}

/** Why it cannot be used; undefined when it can. What is no reference may be a secret itself and is not repeated. */
export function secretProblem(reference: string, env: NodeJS.ProcessEnv = process.env): string | undefined {
  const { name, path } = REFERENCE.exec(reference)?.groups ?? {}
  if (name === undefined && path === undefined) return 'a secret is named, never written here: env:NAME or file:PATH'
  if (secretOf(reference, env) !== undefined) return undefined
  return path === undefined ? `the environment variable ${name} is not set` : `the file ${path} is empty or cannot be read`
}
