/** The command line: `tieout <command>`. Each command is a file of its own; here they are put together and their failures told. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { Fault, type FaultCode } from '../lib/fault.ts'
import { accrualsCommand } from './accruals.ts'
import { configCommand, initCommand } from './config.ts'
import { connectorCommand } from './connector-new.ts'
import { cutOverCommand } from './cut-over.ts'
import { exceptionsCommand } from './exceptions.ts'
import { hubCommand } from './hub.ts'
import { keysCommand } from './keys.ts'
import { migrateCommand } from './migrate.ts'
import { readCommand } from './read.ts'
import { rehearseCommand } from './rehearse.ts'
import { replayCommand } from './replay.ts'
import { startCommand } from './start.ts'
import { systemsCommand } from './systems.ts'
import { tieOutCommand } from './tie-out.ts'
import { traceCommand } from './trace.ts'
import { addVerify } from './verify.ts'

export function program(): Command {
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '..', '..', 'package.json'), 'utf8')) as { version: string }
  const tieout = new Command('tieout')
    .description('Keeps every finance system telling the same truth about every invoice, and can prove it.')
    .version(version)
    .showHelpAfterError('Try: tieout --help')
  const commands = [
    startCommand(),
    initCommand(),
    configCommand(),
    hubCommand(),
    traceCommand(),
    tieOutCommand(),
    cutOverCommand(),
    exceptionsCommand(),
    accrualsCommand(),
    systemsCommand(),
    replayCommand(),
    readCommand(),
    connectorCommand(),
    keysCommand(),
    migrateCommand(),
    rehearseCommand(),
  ]
  for (const command of commands) tieout.addCommand(command)
  addVerify(tieout)
  tieout.on('command:*', ([name]: string[]) => {
    process.stderr.write(`There is no command ${name ?? ''}.\n\n`)
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
    await program().parseAsync([...args], { from: 'user' })
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
