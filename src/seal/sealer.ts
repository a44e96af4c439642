import type { Pool } from 'pg'
import { Fault } from '../lib/fault.ts'
import { sealStore } from './seal-store.ts'
import { sealTenant } from './seal-tenant.ts'
import type { Signer } from './signer-child.ts'

/** Raised once when a tenant's sealing stops working or its trouble changes, cleared once when it works again. */
export type SealAlarm = { readonly tenant: string; readonly raised: Fault } | { readonly tenant: string; readonly cleared: true }

export type SealerOptions = {
  /** Connections of the role hub_signer; one is enough. */
  readonly pool: Pool
  /** Asked before each round. */
  readonly tenants: () => Promise<readonly string[]> | readonly string[]
  /** Without one there are no checkpoints, an alarm stands, and nothing else is disturbed. */
  readonly signer: Signer | undefined
  /** From the end of a round to the start of the next; under load a checkpoint is at most this and a round's time old. */
  readonly everyMs?: number
  readonly publishDir: string
  readonly alarm: (alarm: SealAlarm) => void
}

export type Sealer = {
  /** Seals what the tenant's log holds now, waiting for a round that is under way; gives the size sealed. Throws what the round threw. */
  sealNow(tenant: string): Promise<number>
  /** Lets the round that is under way finish. The signer is its maker's to close. */
  stop(): Promise<void>
}

/** Seals all tenants again and again. Trouble with one is an alarm and disturbs no other, and never who writes the log. */
export function startSealer({ pool, tenants, signer, everyMs = 5_000, publishDir, alarm }: SealerOptions): Sealer {
  const standing = new Map<string, string>()
  const last = new Map<string, Promise<unknown>>()
  let stopped = false
  let wake = (): void => {}

  const report = (tenant: string, fault: Fault | undefined): void => {
    if (standing.get(tenant) === fault?.message) return
    if (fault) standing.set(tenant, fault.message)
    else standing.delete(tenant)
    alarm(fault ? { tenant, raised: fault } : { tenant, cleared: true })
  }

  const round = async (tenant: string): Promise<number> => {
    try {
      if (!signer) throw new Fault('signer-away', 'None is configured.')
      const size = await sealTenant({ store: sealStore(pool, tenant), signer, publishDir }, tenant)
      report(tenant, undefined)
      return size
    } catch (error) {
      report(tenant, asFault(error))
      throw error
    }
  }

  // One round of a tenant at a time: two would only do the same work twice.
  const sealNow = (tenant: string): Promise<number> => {
    const next = (last.get(tenant) ?? Promise.resolve()).then(() => round(tenant))
    const settled = next.then(
      () => {},
      () => {},
    )
    last.set(tenant, settled)
    void settled.then(() => {
      if (last.get(tenant) === settled) last.delete(tenant)
    })
    return next
  }

  const loop = async (): Promise<void> => {
    while (!stopped) {
      for (const tenant of await listed(tenants, report)) {
        if (stopped) return
        await sealNow(tenant).catch(() => {})
      }
      if (!stopped)
        await new Promise<void>((done) => {
          const timer = setTimeout(done, everyMs)
          wake = () => {
            clearTimeout(timer)
            done()
          }
        })
    }
  }
  const running = loop()

  return {
    sealNow,
    stop: async () => {
      stopped = true
      wake()
      await running
      await Promise.all(last.values())
    },
  }
}

/** The tenant name under which trouble with the list of tenants itself is reported. */
const ALL = '*'

async function listed(
  tenants: SealerOptions['tenants'],
  report: (tenant: string, fault: Fault | undefined) => void,
): Promise<readonly string[]> {
  try {
    const names = await tenants()
    report(ALL, undefined)
    return names
  } catch (error) {
    report(ALL, asFault(error))
    return []
  }
}

/** An assertion of ours is reported too and tried again: a checkpoint may be late, and intake must not stop for it. */
function asFault(error: unknown): Fault {
  if (error instanceof Fault) return error
  return new Fault('internal', error instanceof Error ? error.message : String(error), { cause: error })
}
