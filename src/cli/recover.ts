/** `tieout recover`: a database that was set back goes on, under a new log, when people have decided that it shall. */
import { existsSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import type { Config } from '../config/config.ts'
import { readConfigFile } from '../config/file.ts'
import { livingProcesses } from '../delivery/process.ts'
import { Fault } from '../lib/fault.ts'
import { instantOf } from '../lib/time.ts'
import { knownOutside } from '../seal/reach.ts'
import { initSigner, lockSigner, readSignerKey } from '../seal/signer-home.ts'
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
    return [...lossOf(config, found), 'Nothing was done. The same with --accept-loss, --by and --reason does it:', ...PLAN]
  const { by, reason } = options
  if (!by || !reason) throw new Fault('request-not-valid', 'Say who decides it with --by, and why with --reason: the log keeps both.')
  const { deployment } = readSignerKey(config.signer)
  // Nobody signs while its folder goes.
  lockSigner(config.signer).release()
  const { at } = await asOwner(
    owner,
    async (client, tenant) => noteSetBack(client, tenant, { ...(await look(client, tenant, config)), by, reason }),
    env,
  )
  const aside = [join(config.publish, config.tenant), config.signer].filter((path) => existsSync(path)).map((path) => putAside(path, at))
  initSigner(config.signer, `${deployment.replace(/\/since-\d+$/u, '')}/since-${found.head}`)
  return [...lossOf(config, found), ...aside.map((path) => `kept as evidence: ${path}`), ...PLAN]
}

interface Found {
  readonly head: number
  readonly known: number
  readonly lastAt: string
}

/** What is there and what had been. Throws a fault where nothing is lost, or a hub is running. */
async function look(client: ClientBase, tenant: string, { publish }: Config): Promise<Found> {
  if ((await livingProcesses(client)).length > 0)
    throw new Fault('request-not-valid', 'A hub is running on this database. End it first: it would send what is not known here any more.')
  const folder = join(publish, tenant)
  const [head, known] = [await readHead(client, tenant), knownOutside(folder)]
  if (known <= head)
    throw new Fault(
      'request-not-valid',
      `Nothing is lost: the database holds ${head} events, and ${folder} knows of ${known}. Start the hub.`,
    )
  const { rows } = await client.query<{ at: Date | string }>('SELECT recorded_at AS at FROM tenant_head WHERE tenant = $1', [tenant])
  return { head, known, lastAt: instantOf(new Date(rows[0]!.at).getTime()) }
}

/** Beside where it was, under the time at which it stopped being true. */
function putAside(path: string, at: string): string {
  const aside = `${path}.until-${at.replaceAll(/[:.]/gu, '')}`
  renameSync(path, aside)
  return aside
}

function lossOf({ tenant }: Config, { head, known, lastAt }: Found): string[] {
  return [
    `Tenant ${tenant}: ${known - head} events are lost, from index ${head} to ${known - 1} at least.`,
    `The last one that is left was recorded at ${lastAt}.`,
  ]
}

/** Wherever people have to do something themselves, it says so. */
const PLAN = [
  'The former log’s published folder and signing key are put aside; a checkpoint of it that is no larger than what is left still verifies.',
  'The log that goes on has a new key, and its first event says what is lost, who decided it and why.',
  'Start the hubs. Nothing is sent before every feed was read to its end (tieout systems); then each command is looked for before it is tried.',
  'Send again what came in through the API in the lost time: documents, events, answers to cases. What is here already is not taken twice.',
  'Pauses, access keys that were made or revoked, and the replies to Idempotency-Keys of that time are lost too: repeat what you did.',
  'When all has come in again: tieout recover --end',
]
