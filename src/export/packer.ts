/**
 * Makes the packs that the log asks for. It follows the log by a cursor, as far as it is sealed (a pack carries the signed
 * checkpoint), keeps each pack as a document and says so through the one door. A crash anywhere makes the same pack again, byte
 * for byte, and the same event, which the door knows.
 */
import type { Arrival } from '../domain/object.ts'
import { Fault } from '../lib/fault.ts'
import { mark } from '../lib/mark.ts'
import { latestCheckpoint } from '../store/checkpoint.ts'
import { inTenant, type Pool } from '../store/database.ts'
import { storeDocument } from '../store/document.ts'
import { evidenceWanted } from '../store/event.ts'
import { readCursor, writeCursor } from '../store/system.ts'
import { packOf, type PackWish } from './pack.ts'

export interface PackerOptions {
  readonly pool: Pool
  readonly tenant: string
  /** The door. Resolves when durable, one receipt per arrival. */
  readonly submit: (arrivals: readonly Arrival[]) => Promise<readonly { readonly fault?: Fault }[]>
  readonly everyMs?: number
  /** How long evidence may wait for the log to be signed before that is trouble, said once each time. */
  readonly sealWithinMs?: number
  readonly onTrouble?: (error: unknown) => void
}

export interface Packer {
  /** One round; the number of packs made. */
  round(): Promise<number>
  stop(): Promise<void>
}

const SLICE = 50
/** Packs in the making at a time: their events share a commit. */
const AT_ONCE = 4
/** Where the cursor stands among those of feeds: the hub's own. */
const FEED = ['hub', 'packs'] as const

export function startPacker(options: PackerOptions): Packer {
  const { everyMs = 500, sealWithinMs = 60_000, onTrouble = (): void => {} } = options
  let stopped = false
  let wake = (): void => {}
  let waiting: { readonly since: number; said: boolean } | null = null

  async function round(stops: () => boolean): Promise<number> {
    const { made, unsealed } = await roundOf(options, stops)
    waiting = unsealed ? (waiting ?? { since: performance.now(), said: false }) : null
    if (waiting && !waiting.said && performance.now() - waiting.since >= sealWithinMs) {
      waiting.said = true
      onTrouble(
        'the log is not signed as far as evidence is wanted, so no pack is made and nothing more is archived. It goes on by itself when the signer works.',
      )
    }
    return made
  }

  async function loop(): Promise<void> {
    while (!stopped) {
      await round(() => stopped).catch(onTrouble)
      if (stopped) return
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, everyMs)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }
  const running = loop()
  return {
    round: () => round(() => false),
    async stop() {
      stopped = true
      wake()
      await running
    },
  }
}

/** `unsealed`: evidence is wanted further on in the log than it is signed. */
async function roundOf(
  { pool, tenant, submit, onTrouble }: PackerOptions,
  stopped: () => boolean,
): Promise<{ readonly made: number; readonly unsealed: boolean }> {
  let made = 0
  let unsealed = false
  for (let more = true; more && !stopped();) {
    const { from, sealed, wishes, beyond } = await inTenant(
      pool,
      tenant,
      async (client) => {
        const from = Number((await readCursor(client, tenant, ...FEED)) ?? 0)
        const sealed = (await latestCheckpoint(client, tenant))?.size ?? 0
        const rows = sealed > from ? await evidenceWanted(client, tenant, from, sealed, SLICE) : []
        const beyond = await evidenceWanted(client, tenant, Math.max(from, sealed), Number.MAX_SAFE_INTEGER, 1)
        return { from, sealed, beyond, wishes: rows.map(([index, id, invoice]): PackWish => ({ index, id, invoice })) }
      },
      'snapshot',
    )
    for (let at = 0; at < wishes.length; at += AT_ONCE) {
      const packs = wishes.slice(at, at + AT_ONCE).map((wish) => make(pool, tenant, wish, submit, onTrouble))
      for (const pack of await Promise.all(packs)) made += pack
    }
    unsealed = beyond.length > 0
    more = wishes.length === SLICE
    const next = more ? wishes.at(-1)!.index + 1 : sealed
    if (wishes.length > 0) mark('packs-before-cursor')
    if (next > from) await inTenant(pool, tenant, (client) => writeCursor(client, tenant, ...FEED, String(next)))
  }
  return { made, unsealed }
}

/** A log that contradicts itself is somebody's case already (the sealer and `tieout verify` say it): that pack is not made, others are. */
async function make(
  pool: Pool,
  tenant: string,
  wish: PackWish,
  submit: PackerOptions['submit'],
  onTrouble?: (error: unknown) => void,
): Promise<number> {
  try {
    const pack = await inTenant(pool, tenant, (client) => packOf(client, tenant, wish), 'snapshot')
    if (!pack) return 0
    mark('pack-before-keep')
    const document = await storeDocument(pool, tenant, pack.bytes, 'application/json')
    mark('pack-kept')
    const [receipt] = await submit([
      {
        tenant,
        source: { system: 'hub', role: 'hub' },
        eventId: `pack ${wish.id}`,
        type: 'evidence.prepared',
        occurredAt: pack.wantedAt,
        actor: 'rule:evidence',
        readBack: true,
        about: [{ names: [wish.invoice] }],
        data: { wanted: wish.id, document, covers: pack.covers },
        causation: wish.id,
      },
    ])
    if (receipt?.fault) throw receipt.fault
    return 1
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'log-inconsistent') throw error
    onTrouble?.(error)
    return 0
  }
}
