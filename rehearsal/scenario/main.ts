/** `node rehearsal/scenario/main.ts SCENARIO`: what `tieout rehearse` starts. Exit status 0: everything held; 1: not; 2: it could not be played; 130: it was stopped. */
import { accessSync, constants, mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { commitOf } from '../result.ts'
import { rehearse, Stopped } from './rehearse.ts'
import { markdownOf, reportOf, type Start } from './report.ts'
import { SCENARIOS } from './scenarios.ts'

const BILLS = 24
const SOURCE = join(import.meta.dirname, '..', '..')

function problem(text: string): never {
  process.stderr.write(`${text}\n`)
  process.exit(2)
}

const names = (): string =>
  Object.entries(SCENARIOS)
    .map(([name, { title }]) => `  ${name.padEnd(24)}${title}`)
    .join('\n')

function options(): { readonly values: { readonly [name: string]: string | boolean | undefined }; readonly name: string } {
  try {
    const text = { type: 'string' } as const
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        seed: text,
        bills: text,
        seconds: text,
        starts: text,
        out: text,
        json: { type: 'boolean', default: false },
        list: { type: 'boolean', default: false },
      },
    })
    return { values, name: positionals[0] ?? '' }
  } catch (error) {
    return problem(error instanceof Error ? error.message : String(error))
  }
}

const { values, name } = options()
if (values['list'] === true) {
  process.stdout.write(`${names()}\n`)
  process.exit(0)
}
const scenario =
  SCENARIOS[name] ??
  problem(`${name === '' ? 'Say which disturbance is to be rehearsed' : `There is no scenario ${name}`}; there are:\n${names()}`)
if (process.platform === 'win32') problem('Rehearsals need signals that Windows does not have.')

const number = (of: string, usual: number, least: number, most: number): number => {
  const text = String(values[of] ?? usual)
  const value = Number(text)
  return /^\d{1,9}$/u.test(text) && value >= least && value <= most ? value : problem(`--${of} is a whole number from ${least} to ${most}.`)
}
const [seed, bills, seconds, starts] = [
  number('seed', 1, 0, 999_999_999),
  number('bills', scenario.bills ?? BILLS, 6, 180),
  number('seconds', 12, 3, 600),
  number('starts', 1, 1, 25),
]

/** Asked before minutes are spent on what could not be kept. */
const out = values['out'] === undefined ? undefined : resolve(String(values['out']))
if (out !== undefined) {
  try {
    mkdirSync(out, { recursive: true })
    accessSync(out, constants.W_OK)
  } catch (error) {
    problem(`The report cannot be written into ${out}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

const stopping = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    stopping.abort()
  })
const progress = (text: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`${text}\n`)
}

const played: Start[] = []
try {
  for (let start = 1; start <= starts; start++) {
    progress(
      `${name}${starts > 1 ? `, start ${start} of ${starts}` : ''}: a company is set up, and the disturbance played; this takes one to three minutes.`,
    )
    played.push(await rehearse({ source: SOURCE, name, scenario, seed, bills, lastsMs: seconds * 1_000, stop: stopping.signal }))
  }
} catch (error) {
  const stopped = error instanceof Stopped || stopping.signal.aborted
  process.stderr.write(
    stopped
      ? 'Stopped; nothing was written.\n'
      : `It could not be played, so nothing is known: ${error instanceof Error ? error.message : String(error)}\n`,
  )
  process.exit(stopped ? 130 : 2)
}

const { title, says, compressed } = scenario
const again = `tieout rehearse ${name} --seed ${seed} --bills ${bills} --seconds ${seconds}${starts > 1 ? ` --starts ${starts}` : ''}`
const report = reportOf(
  { scenario: name, title, says, compressed, playedAt: new Date().toISOString(), commit: commitOf(SOURCE), seed, bills, again },
  played,
)
const page = markdownOf(report)
if (out !== undefined) {
  writeFileSync(join(out, `${name}.md`), page)
  writeFileSync(join(out, `${name}.json`), `${JSON.stringify(report, undefined, 2)}\n`)
}
process.stdout.write(values['json'] === true ? `${JSON.stringify(report)}\n` : page)
process.exit(report.verdict === 'held' ? 0 : 1)
