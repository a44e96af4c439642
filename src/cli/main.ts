/** The command line: `tieout <command>`. Each command is a file of its own; here they are put together and their failures told. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { Fault, type FaultCode } from '../lib/fault.ts'

/** Each command, in the order in which they are listed. Only the one that is called is loaded: all of them together take a second. */
const COMMANDS: { readonly [name: string]: () => Promise<Command> } = {
  start: async () => (await import('./start.ts')).startCommand(),
  init: async () => (await import('./config.ts')).initCommand(),
  config: async () => (await import('./config.ts')).configCommand(),
  hub: async () => (await import('./hub.ts')).hubCommand(),
  trace: async () => (await import('./trace.ts')).traceCommand(),
  'tie-out': async () => (await import('./tie-out.ts')).tieOutCommand(),
  'cut-over': async () => (await import('./cut-over.ts')).cutOverCommand(),
  exceptions: async () => (await import('./exceptions.ts')).exceptionsCommand(),
  accruals: async () => (await import('./accruals.ts')).accrualsCommand(),
  systems: async () => (await import('./systems.ts')).systemsCommand(),
  replay: async () => (await import('./replay.ts')).replayCommand(),
  read: async () => (await import('./read.ts')).readCommand(),
  connector: async () => (await import('./connector-new.ts')).connectorCommand(),
  keys: async () => (await import('./keys.ts')).keysCommand(),
  migrate: async () => (await import('./migrate.ts')).migrateCommand(),
  recover: async () => (await import('./recover.ts')).recoverCommand(),
  rehearse: async () => (await import('./rehearse.ts')).rehearseCommand(),
  verify: async () => (await import('./verify.ts')).verifyCommand(),
  rebuild: async () => (await import('./rebuild.ts')).rebuildCommand(),
}

/** The command line for these arguments: with the command that they begin with, else with all of them. */
async function program(name: string | undefined): Promise<Command> {
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '..', '..', 'package.json'), 'utf8')) as { version: string }
  const tieout = new Command('tieout')
    .description('Keeps every finance system telling the same truth about every invoice, and can prove it.')
    .version(version)
    .showHelpAfterError('Try: tieout --help')
  const called = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  for (const command of called ? [called] : Object.values(COMMANDS)) tieout.addCommand(await command())
  tieout.on('command:*', ([unknown]: string[]) => {
    process.stderr.write(`There is no command ${unknown ?? ''}.\n\n`)
    tieout.outputHelp({ error: true })
    process.exitCode = 1
  })
  return tieout
}

/** Faults whose own sentence is meant for whoever calls the API; here the detail says all there is to say. */
const DETAIL_SAYS_ALL: ReadonlySet<FaultCode> = new Set<FaultCode>([
  'database-away',
  'not-found',
  'request-not-valid',
  'target-unreachable',
  'target-unclear',
  'key-unknown',
  'answer-not-taken',
  'config-not-valid',
])

/** Runs a command; its exit status. A fault is told in a sentence; anything else is a bug and keeps its stack. */
export async function main(args: readonly string[]): Promise<void> {
  try {
    await (await program(args[0])).parseAsync([...args], { from: 'user' })
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    process.stderr.write(`${error.detail !== undefined && DETAIL_SAYS_ALL.has(error.code) ? error.detail : error.message}\n`)
    process.exitCode = 1
  }
}

if (import.meta.main) {
  // Whoever read our output is gone (`| head`): there is nobody left to tell.
  process.stdout.on('error', () => {
    process.exit(1)
  })
  await main(process.argv.slice(2))
}
