/** Sealing of one hub process: the signer, its connections, and the sealer over both. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Fault } from '../lib/fault.ts'
import { openPool } from '../store/database.ts'
import { refuseUnsafe } from '../store/refusals.ts'
import { startSealer } from './sealer.ts'
import { openSigner, type Signer } from './signer-child.ts'

export interface SealingOptions {
  readonly tenant: string
  /** As the role hub_signer. */
  readonly databaseUrl: string
  readonly signerDir: string
  readonly publishDir: string
  readonly everyMs: number
  readonly log: (line: string) => void
}

/**
 * Starts it; gives the public key under which this tenant's log is signed, undefined when there is no signer: the hub takes in and
 * delivers all the same, only nothing is sealed. `started` gets how each part is stopped; the last thing that was written is sealed.
 */
export async function startSealing(options: SealingOptions, started: AsyncDisposableStack): Promise<string | undefined> {
  const { tenant, signerDir, log } = options
  const pool = openPool(options.databaseUrl, { max: 2, name: 'tieout sealer' })
  started.defer(() => pool.end())
  await refuseUnsafe(pool, 'hub_signer').catch((error: unknown) => {
    if (error instanceof Fault && error.code === 'database-refused') throw error
    // A database that does not answer is not sealed for as long as that lasts, which the sealer says.
  })
  const signer = await openSigner({ dir: signerDir }).catch(async () => {
    // The one before us may just be letting go of its lock.
    await sleep(1_000)
    return openSigner({ dir: signerDir }).catch((error: unknown): Signer | undefined => {
      log(`No signer: nothing is sealed, and no evidence goes to the archive: ${error instanceof Error ? error.message : String(error)}`)
      return undefined
    })
  })
  if (!signer) return undefined
  started.defer(() => signer.close())
  const sealer = startSealer({
    pool,
    tenants: () => [tenant],
    signer,
    everyMs: options.everyMs,
    publishDir: options.publishDir,
    alarm: (alarm) => {
      log('raised' in alarm ? `sealing ${alarm.tenant}: ${alarm.raised.message}` : `sealing ${alarm.tenant} works again`)
    },
  })
  started.defer(async () => {
    await sealer.sealNow(tenant).catch(() => undefined)
    await sealer.stop()
  })
  return signer.verifierKey(tenant)
}
