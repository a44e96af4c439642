/** A sealed log to tamper with, and what a forger does to a row of it; for tests of the verifier. */
import { createPublicKey, generateKeyPairSync, hash, sign, verify } from 'node:crypto'
import type { Sha256 } from '../src/lib/hash.ts'
import { signCheckpoint, type Checkpoint } from '../src/tlog/checkpoint.ts'
import { leafHash } from '../src/tlog/hash.ts'
import { commitmentOf, leafBytes } from '../src/tlog/leaf.ts'
import { verifierKey, type Ed25519Verify, type VerifierKey } from '../src/tlog/note.ts'
import { TiledTree, type Tile, type TileReader } from '../src/tlog/tile.ts'
import type { Finding } from '../src/verify/finding.ts'
import { verifyLog, type LogUnderTest, type PublishedLog, type Report } from '../src/verify/log.ts'
import type { AuditRow } from '../src/verify/row.ts'

export const sha256: Sha256 = (data) => hash('sha256', data, 'buffer')
const ed25519Verify: Ed25519Verify = (publicKey, message, signature) =>
  verify(
    null,
    message,
    createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(publicKey).toString('base64url') }, format: 'jwk' }),
    signature,
  )
export const pair = generateKeyPairSync('ed25519')
export const key = verifierKey(
  sha256,
  'hub.example/acme',
  Buffer.from(pair.publicKey.export({ format: 'jwk' }).x!, 'base64url'),
) as VerifierKey

type Row = { -readonly [K in keyof AuditRow]: AuditRow[K] }

/** What of a row a forger recomputes who knows how the log is made. */
export function forged(row: Row): Row {
  if (row.salt && row.body) row.commitment = commitmentOf(sha256, row.salt, row.body)
  return { ...row, leafHash: leafHash(sha256, leafBytes(row as Parameters<typeof leafBytes>[0])) }
}

export function rowAt(index: number): Row {
  const instant = new Date(1_735_000_000_000 + index * 1000).toISOString()
  return forged({
    index,
    tenant: 'acme',
    id: `evt_${index}`,
    type: 'invoice.received',
    v: 1,
    objects: [`inv_${index % 7}`, 'sup_1'],
    actor: 'system:ap',
    cfg: 'c'.repeat(64),
    occurredAt: instant,
    recordedAt: instant,
    body: Buffer.from(`{"data":${index}}`),
    salt: sha256(`salt ${index}`),
    commitment: null,
    leafHash: null,
  })
}

/** A log of 700 events sealed at four sizes, and 20 events after the last; all of it can be tampered with. */
export class Log {
  rows: Row[] = Array.from({ length: 720 }, (_, index) => rowAt(index))
  head: number | undefined = 720
  tiles = new Map<string, Uint8Array>()
  checkpoints: { size: number; root: Uint8Array | null; note: string | null }[] = []
  published = new Map<string, Uint8Array>()
  checkpoint: Checkpoint

  constructor() {
    const tree = new TiledTree(sha256)
    for (const { index, leafHash: leaf } of this.rows.slice(0, 700)) {
      tree.append(leaf!)
      if (![100, 300, 512, 700].includes(index! + 1)) continue
      const checkpoint = { origin: key.name, size: index! + 1, root: tree.root() }
      this.checkpoints.push({ ...checkpoint, note: signCheckpoint(checkpoint, key, (message) => sign(null, message, pair.privateKey)) })
      this.keep(tree.takeTiles())
    }
    this.published = new Map(this.tiles)
    this.checkpoint = { origin: key.name, size: 700, root: tree.root() }
  }

  keep(tiles: readonly Tile[]): void {
    for (const tile of tiles) this.tiles.set(`${tile.level}/${tile.index}`, tile.hashes)
  }

  /** The forger's whole work inside the database: leaf hashes and tiles are made to fit the rows, the signed notes cannot be. */
  rewriteInside(): void {
    this.rows = this.rows.map(forged)
    const tree = new TiledTree(sha256)
    for (const row of this.rows.slice(0, 700)) tree.append(row.leafHash!)
    this.tiles.clear()
    this.keep(tree.takeTiles())
  }

  verify(with_: { published?: boolean; checkpoint?: Checkpoint } = {}): Promise<Report> {
    const reader =
      (tiles: Map<string, Uint8Array>): TileReader =>
      async (level, index, width) => {
        const hashes = tiles.get(`${level}/${index}`)
        return hashes && hashes.length >= width * 32 ? hashes : undefined
      }
    const { rows, checkpoints } = this
    const log: LogUnderTest = {
      async *rows() {
        for (let at = 0; at < rows.length; at += 97) yield rows.slice(at, at + 97)
      },
      head: async () => this.head,
      async *checkpoints() {
        yield* checkpoints
      },
      tile: reader(this.tiles),
    }
    const published: PublishedLog = { checkpoint: this.checkpoint, tile: reader(this.published) }
    const checkpoint = with_.checkpoint ?? this.checkpoint
    return verifyLog({ sha256, ed25519Verify, key, checkpoint, log, published: with_.published === false ? undefined : published })
  }
}

export const flipped = (bytes: Uint8Array, bit: number): Uint8Array =>
  bytes.map((byte, at) => (at === (bit >> 3) % bytes.length ? byte ^ (1 << (bit & 7)) : byte))
export const indicesOf = (findings: readonly Finding[]): number[] => [
  ...new Set(findings.flatMap((finding) => ('index' in finding && finding.index !== undefined ? [finding.index] : []))),
]

export type Edit = (row: Row, bit: number) => void
export const COLUMNS: Readonly<Record<string, Edit>> = {
  id: (row, bit) => {
    row.id += `${bit}`
  },
  type: (row) => {
    row.type = 'invoice.withdrawn'
  },
  v: (row) => {
    row.v! += 1
  },
  objects: (row) => {
    row.objects = [...row.objects!].reverse()
  },
  'an object more': (row) => {
    row.objects = [...row.objects!, 'inv_0']
  },
  tenant: (row) => {
    row.tenant = 'beta'
  },
  actor: (row) => {
    row.actor = 'person:x'
  },
  cfg: (row) => {
    row.cfg = 'd'.repeat(64)
  },
  occurred_at: (row) => {
    row.occurredAt = '2030-01-01T00:00:00.000Z'
  },
  recorded_at: (row) => {
    row.recordedAt = '2030-01-01T00:00:00.000Z'
  },
  body: (row, bit) => {
    row.body = flipped(row.body!, bit)
  },
  salt: (row, bit) => {
    row.salt = flipped(row.salt!, bit)
  },
}
