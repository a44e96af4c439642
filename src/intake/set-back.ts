/** What people have said about a database that had lost events becomes part of the log that goes on. */
import { systemName } from '../domain/system.ts'
import { inTenant, type Pool } from '../store/database.ts'
import { setBacks } from '../store/set-back.ts'
import type { Intake } from './batcher.ts'

/** The hub as an object: what is about the log itself is told of it. */
const HUB = 'hub'

/** Tells each once; told again it is the same event. */
export async function tellSetBacks(pool: Pool, submit: Intake['submit'], tenant: string): Promise<void> {
  const rows = await inTenant(pool, tenant, (client) => setBacks(client, tenant))
  const receipts = await submit(
    rows.map(({ at, since, first, known, by, reason }) => ({
      tenant,
      source: { system: HUB, role: 'hub', reference: 'recover' },
      eventId: `set back ${at}`,
      type: 'log.set-back',
      occurredAt: at,
      actor: `person:${by}`,
      readBack: true,
      about: [{ names: [systemName(HUB)], create: 'system' }],
      data: { system: HUB, first, known, since, reason },
    })),
  )
  const fault = receipts.find((receipt) => receipt.fault)?.fault
  if (fault) throw fault
}
