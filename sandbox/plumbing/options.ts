import { parseArgs } from 'node:util'

/** Options by name: a number has a numeric default, a text a text (empty = absent). */
export type Defaults = Readonly<Record<string, number | string | boolean>>
export type Options<D extends Defaults> = { [K in keyof D]: D[K] extends number ? number : D[K] extends boolean ? boolean : string }

const COMMON = { data: '', port: 0, latency: 0, seed: 1, 'stdin-eof': false } as const

/** Reads the command line: the common options and those of one system. An unknown or malformed one ends the process with a sentence. */
export function options<D extends Defaults>(own: D): Options<D & typeof COMMON> {
  const defaults: Defaults = { ...COMMON, ...own }
  const types = Object.fromEntries(
    Object.entries(defaults).map(([name, value]) => [
      name,
      { type: typeof value === 'boolean' ? ('boolean' as const) : ('string' as const) },
    ]),
  )
  const given = attempt(() => parseArgs({ options: types, strict: true }).values)
  const read = Object.entries(defaults).map(([name, fallback]) => {
    const value = given[name]
    if (value === undefined || typeof fallback !== 'number') return [name, value ?? fallback]
    if (!/^-?\d+(\.\d+)?$/.test(String(value))) leave(`--${name} needs a number, not ${String(value)}`)
    return [name, Number(value)]
  })
  const result = Object.fromEntries(read) as Options<D & typeof COMMON>
  if (result.data === '') leave('--data DIR is needed: the folder for the books')
  return result
}

function attempt<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    return leave(error instanceof Error ? error.message : String(error))
  }
}

/** Says why on stderr and ends the process: an operator's mistake, not a crash. */
export function leave(why: string): never {
  process.stderr.write(`${why}\n`)
  process.exit(2)
}
