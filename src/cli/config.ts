/** `tieout init` writes a configuration for systems of one's own, `tieout config` checks and explains it. */
import { existsSync, writeFileSync } from 'node:fs'
import { Command } from 'commander'
import { readConfigFile, type ConfigFile } from '../config/file.ts'
import { configKeys } from '../config/keys.ts'
import { nearest } from '../config/nearest.ts'
import { configTemplate } from '../config/template.ts'
import { Fault } from '../lib/fault.ts'
import { missingSecrets, systemProblems } from '../systems.ts'
import { paintFor, plainText, printed, wrapped, type Paint } from './terminal.ts'

const FILE = 'tieout.yaml'
const WIDTH = 80

export function initCommand(): Command {
  return new Command('init')
    .description('write a commented configuration for systems of your own')
    .option('--out <file>', 'where to', FILE)
    .action(({ out }: { out: string }) => {
      printed(init(out))
    })
}

export function configCommand(): Command {
  const config = new Command('config').description('check a configuration, or explain what holds')
  const withFile = (command: Command): Command => command.option('--config <file>', 'which file', FILE)
  withFile(config.command('check', { isDefault: true }).description('everything that is wrong with it, with the line')).action(
    ({ config: file }: { config: string }) => {
      printed(check(file))
    },
  )
  withFile(config.command('explain').description('every key: what holds, where that is said, what it means'))
    .argument('[key]', 'one key, or the beginning of some')
    .action((key: string | undefined, { config: file }: { config: string }) => {
      printed(explain(file, key, paintFor(process.stdout)))
    })
  return config
}

function init(out: string): string[] {
  if (existsSync(out)) throw new Fault('request-not-valid', `${out} is there already; name another file with --out.`)
  writeFileSync(out, configTemplate(), { flag: 'wx' })
  return [`Wrote ${out}. Put your systems in, then: tieout config check${out === FILE ? '' : ` --config ${out}`}`]
}

function check(file: string): string[] {
  const { config } = readConfigFile(file, systemProblems, missingSecrets)
  const systems = Object.entries(config.systems)
    .map(([name, { kind }]) => `${name} (${kind})`)
    .join(', ')
  return [`${file} is right: tenant ${config.tenant}; ${systems}.`]
}

function explain(file: string, key: string | undefined, paint: Paint): string[] {
  const read = readConfigFile(file, systemProblems)
  const keys = configKeys().flatMap(({ key: name, says }) => placesOf(read, name.split('.')).map((path) => ({ path, says })))
  const chosen = keys.filter(({ path }) => key === undefined || path.join('.') === key || path.join('.').startsWith(`${key}.`))
  if (chosen.length === 0)
    throw new Fault(
      'request-not-valid',
      `There is no key ${plainText(key ?? '')}${nearest(
        key ?? '',
        keys.map(({ path }) => path.join('.')),
      )}`,
    )
  return chosen.flatMap(({ path, says }) => {
    const value = valueAt(read.config, path)
    const said = exactly(read, path)
    return [
      `${paint('bold', path.join('.'))}: ${plainText(value === undefined ? 'none' : JSON.stringify(value))}  ${paint('dim', said === undefined ? '(not said)' : `(${file}:${said})`)}`,
      ...wrapped(plainText(`${says}.`), WIDTH - 4).map((line) => `    ${line}`),
    ]
  })
}

/** `systems.*.kind` once for each system. */
function placesOf({ config }: ConfigFile, steps: readonly string[]): string[][] {
  const star = steps.indexOf('*')
  if (star < 0) return [[...steps]]
  const names = Object.keys(valueAt(config, steps.slice(0, star)) ?? {})
  return names.map((name) => steps.map((step, at) => (at === star ? name : step)))
}

function valueAt(config: object, path: readonly string[]): object | undefined {
  let at: unknown = config
  for (const step of path) at = (at as { readonly [key: string]: unknown } | undefined)?.[step]
  return at as object | undefined
}

/** The line of this very key: `lineOf` gives that of the nearest above it. */
function exactly({ lineOf }: ConfigFile, path: readonly string[]): number | undefined {
  const line = lineOf(path)
  const above = lineOf(path.slice(0, -1))
  return path.length > 1 && line === above ? undefined : line
}
