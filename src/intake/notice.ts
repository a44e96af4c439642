/** Notices: what a system pushes at us by itself. */
import type { Connector } from '../connector/contract.ts'
import { observed } from '../connector/observed.ts'
import type { Intake } from './batcher.ts'
import { Fault } from '../lib/fault.ts'
import { instantOf, type Clock } from '../lib/time.ts'
import { inTenant, type Pool } from '../store/database.ts'
import { storeDocument } from '../store/document.ts'
import { heard } from '../store/system.ts'

export interface NoticeDesk {
  readonly pool: Pool
  readonly submit: Intake['submit']
  readonly tenant: string
  readonly connector: Connector | undefined
  readonly secret: (name: string) => string | undefined
  readonly now: Clock
}

/** What a system pushed at us: its signature first, over the raw bytes; then the facts in it, durable before it is answered. */
export async function notice(
  desk: NoticeDesk,
  raw: Uint8Array,
  headers: Readonly<Record<string, string>>,
): Promise<'ok' | { readonly refused: string }> {
  const { connector, pool, tenant } = desk
  if (!connector?.notices) return { refused: 'There is no system of this name that sends notices.' }
  const secrets = connector.notices.secrets.flatMap((name) => desk.secret(name) ?? [])
  const verdict = connector.notices.verify(raw, headers, secrets, desk.now())
  if (verdict !== 'ok') return verdict
  const read = connector.notices.readNotice(raw)
  if ('trouble' in read) throw new Fault('event-not-valid', read.trouble)
  for (const { bytes, mediaType } of read.documents ?? []) await storeDocument(pool, tenant, bytes, mediaType)
  await desk.submit(read.observations.map((observation) => observed(tenant, connector, observation)))
  await inTenant(pool, tenant, (client) => heard(client, tenant, connector.system, instantOf(desk.now())))
  return 'ok'
}
