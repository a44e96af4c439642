import { afterAll, beforeAll, expect, test } from 'vitest'
import { fact, invoiceDocument, received, TENANT } from '../../test/facts.ts'
import { hubDatabase, type HubDatabase } from '../../test/hub-database.ts'
import { sha256 } from '../../test/world.ts'
import type { InvoiceState } from '../domain/invoice-state.ts'
import { lawOf } from '../domain/law.ts'
import { DEFAULT_POLICY } from '../domain/policy.ts'
import { openIntake, type Intake } from '../intake/batcher.ts'
import { inTenant } from '../store/database.ts'
import { readObjects } from '../store/object.ts'
import { missingWarrants } from './next-warrant.ts'
import { startPacker } from './packer.ts'

const AT = '2026-01-11T08:00:00.000Z'
const DOCUMENT = 'd'.repeat(64)
const law = lawOf({ ...DEFAULT_POLICY, systems: { ...DEFAULT_POLICY.systems, archive: 'vault' } }, sha256)

let database: HubDatabase
let intake: Intake
beforeAll(async () => {
  database = await hubDatabase([TENANT])
  intake = openIntake({ pool: database.pool, settings: { law, cfg: 'c'.repeat(64), config: 1, clock: () => Date.parse(AT) } })
})
afterAll(async () => {
  await intake.close()
  await database.drop()
})

test('evidence that waits for a log that nobody signs is said once, and each invoice says what it waits for', async () => {
  const said: unknown[] = []
  const packer = startPacker({
    pool: database.pool,
    tenant: TENANT,
    submit: (arrivals) => intake.submit(arrivals),
    everyMs: 3_600_000,
    sealWithinMs: 0,
    onTrouble: (what) => {
      said.push(what)
    },
  })
  expect([await packer.round(), said]).toEqual([0, []])
  const ours = { names: [`public|document|${DOCUMENT}`] }
  await intake.submit([
    received(invoiceDocument(), 'doc', AT, DOCUMENT),
    fact('invoice.rejected', 'ap', 'no', AT, [ours], { reason: 'not ours' }),
  ])
  for (let round = 0; round < 3; round++) expect(await packer.round()).toBe(0)
  expect(said).toEqual([expect.stringContaining('the log is not signed as far as evidence is wanted')])
  await packer.stop()

  const [record] = await inTenant(database.pool, TENANT, async (client) => {
    const { rows } = await client.query<{ id: string }>("SELECT id FROM object WHERE tenant = $1 AND kind = 'invoice'", [TENANT])
    return [
      ...(
        await readObjects(
          client,
          TENANT,
          rows.map(({ id }) => id),
          false,
        )
      ).values(),
    ]
  })
  const state = record!.state as unknown as InvoiceState
  const waits = (of: InvoiceState): string | undefined => missingWarrants(of).find((missing) => missing.state === 'archived')?.waitsFor
  const stored = { ...state, evidence: { ...state.evidence, kept: { [DOCUMENT]: { event: 'evt_1', until: '9999-12-31' } } } }
  const packed = {
    ...stored,
    evidence: {
      ...stored.evidence,
      prepared: { event: 'evt_2', at: AT, wanted: state.evidence.wanted!.event, document: 'a'.repeat(64), covers: 1 },
    },
  }
  expect([waits(state), waits(stored), waits(packed)]).toEqual([
    'the archive to take its documents',
    'its evidence pack, which is made when the log is signed that far',
    'the archive’s receipt for the pack',
  ])
})
