/** `tieout recover`: a database that was set back goes on, under a new log, when people have decided that it shall. */
import { existsSync, mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import type { Config } from '../config/config.ts'
import { readConfigFile } from '../config/file.ts'
import { livingProcesses } from '../delivery/process.ts'
import { Fault } from '../lib/fault.ts'
import { lossOf, type Loss } from '../seal/reach.ts'
import { initSigner, KEY_FILE, LAST_FOLDER, lockSigner, readSignerKey } from '../seal/signer-home.ts'
import type { ClientBase } from '../store/database.ts'
import { readHead } from '../store/leaf-hashes.ts'
import { endSetBacks, noteSetBack } from '../store/set-back.ts'
import { systemProblems } from '../systems.ts'
import { asOwner } from './owner.ts'

export interface RecoverOptions {
  readonly config: string
  readonly database?: string
  readonly by?: string
  readonly reason?: string
  readonly acceptLoss?: boolean
  readonly end?: boolean
}

export function recoverCommand(): Command {
  return new Command('recover')
    .description('let a hub go on whose database was set back: a backup was restored, or a standby that was behind took over')
    .requiredOption('--config <file>', 'the configuration of the hub, on the machine that has its signer')
    .option('--database <url>', 'the database, as the owner of its tables (default: TIEOUT_DATABASE_ADMIN_URL)')
    .option('--accept-loss', 'do it; without this it only says what is lost and what would be done')
    .option('--by <login>', 'who decides it')
    .option('--reason <text>', 'why; the log keeps it')
    .option('--end', 'all that was lost has come in again: look for nothing any more before it is tried')
    .action(async (options: RecoverOptions) => {
      for (const line of await runRecover(options)) process.stdout.write(`${line}\n`)
    })
}

/** What was done, or would be, line by line. Throws a fault with advice. */
export async function runRecover(options: RecoverOptions, env: NodeJS.ProcessEnv = process.env): Promise<string[]> {
  const { config } = readConfigFile(options.config, systemProblems)
  const owner = { tenant: config.tenant, ...(options.database === undefined ? {} : { database: options.database }) }
  if (options.end) {
    const ended = await asOwner(owner, endSetBacks, env)
    if (ended === 0) throw new Fault('not-found', `Tenant ${config.tenant} was not set back, or that is over already.`)
    return [`It is over that tenant ${config.tenant} was set back: commands are sent without being looked for before.`]
  }
  const found = await asOwner(owner, (client, tenant) => look(client, tenant, config), env)
  if (!options.acceptLoss)
    return [...lossTold(config, found), 'Nothing was done. The same with --accept-loss, --by and --reason does it:', ...PLAN]
  const { by, reason } = options
  if (!by || !reason) throw new Fault('request-not-valid', 'Say who decides it with --by, and why with --reason: the log keeps both.')
  // Nobody signs while its key goes.
  lockSigner(config.signer).release()
  const { at } = await asOwner(
    owner,
    (client, tenant) => noteSetBack(client, tenant, { first: found.first, known: found.had, by, reason }),
    env,
  )
  // Each step finds out whether it was done: whoever was interrupted says the same again. What tells of the loss goes last.
  newKey(config.signer, at)
  const folder = join(config.publish, config.tenant)
  const aside = `${folder}.until-${nameOf(at)}`
  renameSync(folder, aside)
  return [...lossTold(config, found), `kept as evidence: ${aside}, ${formerKey(config.signer, at)}`, ...PLAN]
}

interface Found extends Loss {
  readonly head: number
}

/** What is there and what is lost. Throws a fault where nothing is lost, or a hub is running. */
async function look(client: ClientBase, tenant: string, { publish }: Config): Promise<Found> {
  if ((await livingProcesses(client)).length > 0)
    throw new Fault('request-not-valid', 'A hub is running on this database. End it first: it would send what is not known here any more.')
  const folder = join(publish, tenant)
  const head = await readHead(client, tenant)
  const loss = lossOf(folder, head)
  if (!loss)
    throw new Fault(
      'request-not-valid',
      `Nothing is lost: the database holds ${head} events, and ${folder} knows of no more. Start the hub.`,
    )
  return { ...loss, head }
}

const nameOf = (at: string): string => at.replaceAll(':', '').toLowerCase()
/** Inside the signer's folder, which may be a disk of its own. */
const formerKey = (signer: string, at: string): string => join(signer, `until-${nameOf(at)}`)

/** A key of a new name: under the former one nothing may be signed that does not extend what was. */
function newKey(signer: string, at: string): void {
  const former = formerKey(signer, at)
  mkdirSync(former, { recursive: true, mode: 0o700 })
  const name = `since-${nameOf(at)}`
  if (existsSync(join(signer, KEY_FILE)) && !readSignerKey(signer).deployment.endsWith(`/${name}`))
    for (const part of [LAST_FOLDER, KEY_FILE]) if (existsSync(join(signer, part))) renameSync(join(signer, part), join(former, part))
  if (existsSync(join(signer, KEY_FILE))) return
  initSigner(signer, `${readSignerKey(former).deployment.replace(/\/since-[^/]+$/u, '')}/${name}`)
}

function lossTold({ tenant }: Config, { first, had, head }: Found): string[] {
  const events =
    had > first
      ? `the events from index ${first} to ${had - 1} at least are lost`
      : 'no event is known to be lost, but tries of commands are'
  return [`Tenant ${tenant}: ${events}. The database holds ${head}.`]
}

/** Wherever people have to do something themselves, it says so. */
const PLAN = [
  'The former log’s published folder and signing key are put aside; a checkpoint of it that is no larger than what is left still verifies.',
  'The log that goes on has a new key, and its first event says what is lost, who decided it and why.',
  'Start the hubs. Nothing is sent before every feed was read to its end (tieout systems); then each command is looked for before it is tried.',
  'Send again what came in through the API in the lost time: documents (under the names that they had), events, answers to cases. What is',
  'here already is not taken twice.',
  'Pauses, access keys that were made or revoked, and the replies to Idempotency-Keys of that time are lost too: repeat what you did.',
  'When all has come in again: tieout recover --end',
]
