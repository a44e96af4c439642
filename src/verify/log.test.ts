import { createPublicKey, generateKeyPairSync, hash, sign, verify } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Sha256 } from '../lib/hash.ts'
import { signCheckpoint, type Checkpoint } from '../tlog/checkpoint.ts'
import { leafHash } from '../tlog/hash.ts'
import { commitmentOf, leafBytes } from '../tlog/leaf.ts'
import { verifierKey, type Ed25519Verify, type VerifierKey } from '../tlog/note.ts'
import { TiledTree, type Tile, type TileReader } from '../tlog/tile.ts'
import { sentenceOf, type Finding } from './finding.ts'
import { verifyLog, type LogUnderTest, type PublishedLog, type Report } from './log.ts'
import { linesOf } from './report.ts'
import type { AuditRow } from './row.ts'

const seed = Number(process.env['TIEOUT_SEED'] ?? Date.now() % 2 ** 31)
console.log(`verify/log.test.ts: TIEOUT_SEED=${seed}`)
const sha256: Sha256 = (data) => hash('sha256', data, 'buffer')
const ed25519Verify: Ed25519Verify = (publicKey, message, signature) =>
  verify(
    null,
    message,
    createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(publicKey).toString('base64url') }, format: 'jwk' }),
    signature,
  )
const pair = generateKeyPairSync('ed25519')
const key = verifierKey(sha256, 'hub.example/acme', Buffer.from(pair.publicKey.export({ format: 'jwk' }).x!, 'base64url')) as VerifierKey

type Row = { -readonly [K in keyof AuditRow]: AuditRow[K] }

/** What of a row a forger recomputes who knows how the log is made. */
function forged(row: Row): Row {
  if (row.salt && row.body) row.commitment = commitmentOf(sha256, row.salt, row.body)
  return { ...row, leafHash: leafHash(sha256, leafBytes(row as Parameters<typeof leafBytes>[0])) }
}

function rowAt(index: number): Row {
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
class Log {
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

const flipped = (bytes: Uint8Array, bit: number): Uint8Array =>
  bytes.map((byte, at) => (at === (bit >> 3) % bytes.length ? byte ^ (1 << (bit & 7)) : byte))
const indicesOf = (findings: readonly Finding[]): number[] => [
  ...new Set(findings.flatMap((finding) => ('index' in finding && finding.index !== undefined ? [finding.index] : []))),
]

describe('a log that nobody touched', () => {
  test('holds, with the folder outside and without, and says how much is sealed', async () => {
    for (const published of [true, false]) {
      expect(await new Log().verify({ published })).toMatchObject({
        holds: true,
        rows: 720,
        sealed: 700,
        erased: 0,
        checkpoints: 4,
        found: 0,
        notes: [],
      })
    }
    expect(linesOf(await new Log().verify()).at(-1)).toMatch(/^HOLDS/)
  })

  test('holds under every checkpoint that was ever signed for it', async () => {
    const log = new Log()
    for (const { size, root } of log.checkpoints) {
      expect((await log.verify({ checkpoint: { origin: key.name, size, root: root! } })).holds).toBe(true)
    }
  })

  test('holds after erasure, which is counted', async () => {
    const log = new Log()
    for (const index of [3, 300, 710]) Object.assign(log.rows[index]!, { body: null, salt: null })
    const report = await log.verify()
    expect(report).toMatchObject({ holds: true, erased: 3 })
    expect(linesOf(report)).toContain('erased       3 bodies removed with the salts; the leaves are there')
  })
})

type Edit = (row: Row, bit: number) => void
const COLUMNS: Readonly<Record<string, Edit>> = {
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

describe('an edited row is named', () => {
  const everyColumn = fc.constantFrom(...Object.keys(COLUMNS))
  const anywhere = fc.nat(699)

  test('when the forger edits a column and leaves the rest', async () => {
    await fc.assert(
      fc.asyncProperty(everyColumn, anywhere, fc.nat(), async (column, index, bit) => {
        const log = new Log()
        COLUMNS[column]!(log.rows[index]!, bit)
        const report = await log.verify()
        expect(report.holds).toBe(false)
        expect(indicesOf(report.findings)).toEqual([index])
      }),
      { seed, numRuns: 60 },
    )
  })

  test('when the row is made consistent in itself', async () => {
    await fc.assert(
      fc.asyncProperty(everyColumn, anywhere, fc.nat(), fc.boolean(), async (column, index, bit, published) => {
        const log = new Log()
        COLUMNS[column]!(log.rows[index]!, bit)
        log.rows[index] = forged(log.rows[index]!)
        const report = await log.verify({ published })
        expect(report.findings.map(sentenceOf)).toEqual([expect.stringMatching(new RegExp(`^index ${index}: not what was sealed`))])
      }),
      { seed, numRuns: 60 },
    )
  })

  test('when everything inside the database was rewritten to fit, from the folder outside', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(anywhere, { minLength: 1, maxLength: 5 }), everyColumn, async (indices, column) => {
        const log = new Log()
        for (const index of indices) COLUMNS[column]!(log.rows[index]!, 9)
        log.rewriteInside()
        const report = await log.verify()
        const named = report.findings.filter((finding) => finding.kind === 'not-sealed').map((finding) => finding.index)
        expect(named).toEqual(indices.toSorted((a, b) => a - b))
      }),
      { seed, numRuns: 40 },
    )
  })

  test('and without that folder the range between two signed checkpoints is', async () => {
    const log = new Log()
    COLUMNS['actor']!(log.rows[400]!, 0)
    log.rewriteInside()
    const report = await log.verify({ published: false })
    expect(report.findings).toEqual([{ kind: 'somewhere', index: 300, to: 511 }])
    expect(linesOf(report).join('\n')).toMatch(/indices 300 to 511: the log no longer extends the checkpoint/)
  })

  test('when the leaf hash, commitment or erasable columns alone are touched', async () => {
    const edits: [Finding['kind'][], Edit][] = [
      [
        ['leaf-hash'],
        (row) => {
          row.leafHash = flipped(row.leafHash!, 4)
        },
      ],
      [
        ['leaf-hash'],
        (row) => {
          row.leafHash = null
        },
      ],
      [
        ['body', 'leaf-hash', 'not-sealed'],
        (row) => {
          row.commitment = flipped(row.commitment!, 4)
        },
      ],
      [
        ['half-erased'],
        (row) => {
          row.body = null
        },
      ],
      [
        ['half-erased'],
        (row) => {
          row.salt = null
        },
      ],
      [
        ['no-leaf'],
        (row) => {
          row.occurredAt = '2030-01-01'
        },
      ],
      [
        ['no-leaf'],
        (row) => {
          row.actor = null
        },
      ],
      [
        ['no-leaf'],
        (row) => {
          row.objects = ['\ud800']
        },
      ],
      [
        ['body', 'no-leaf'],
        (row) => {
          row.commitment = null
        },
      ],
      // The same bytes, the boundary between salt and body moved: the commitment still fits.
      [
        ['body'],
        (row) => {
          row.salt = Buffer.concat([row.salt!, row.body!.subarray(0, 1)])
          row.body = row.body!.subarray(1)
        },
      ],
    ]
    for (const [kinds, edit] of edits) {
      const log = new Log()
      edit(log.rows[257]!, 0)
      const report = await log.verify()
      expect(report.findings.map((finding) => finding.kind)).toEqual(kinds)
      expect(indicesOf(report.findings)).toEqual([257])
    }
  })

  test('when it lies after the last checkpoint, as long as the forger left a trace in the row', async () => {
    const log = new Log()
    COLUMNS['body']!(log.rows[715]!, 3)
    expect((await log.verify()).findings).toEqual([{ kind: 'body', index: 715 }])
  })
})

describe('rows that are missing, swapped or added are named', () => {
  test('a removed row', async () => {
    const log = new Log()
    log.rows.splice(57, 1)
    expect((await log.verify()).findings).toEqual([{ kind: 'missing', index: 57, to: 57 }])
  })

  test('a removed row whose successors were moved up and everything rewritten', async () => {
    const log = new Log()
    log.rows.splice(57, 1)
    log.rows.forEach((row, index) => {
      row.index = index
    })
    log.rows.push(rowAt(719))
    log.rewriteInside()
    const report = await log.verify()
    expect(report.found).toBeGreaterThan(600)
    expect(report.findings[0]).toMatchObject({ kind: 'not-sealed', index: 57 })
  })

  test('a removed tail with the head lowered and the checkpoints of it removed', async () => {
    const log = new Log()
    log.rows.length = 650
    log.head = 650
    log.checkpoints.pop()
    expect((await log.verify()).findings).toEqual([{ kind: 'missing', index: 650, to: 699 }])
  })

  test('a tail removed after the checkpoint, by the head that was forgotten', async () => {
    const log = new Log()
    log.rows.length = 710
    expect((await log.verify()).findings).toEqual([{ kind: 'head', says: 720, rows: 710 }])
    log.head = undefined
    expect((await log.verify()).findings).toEqual([{ kind: 'head', says: undefined, rows: 710 }])
  })

  test('everything removed', async () => {
    const log = new Log()
    log.rows = []
    log.head = 0
    log.tiles.clear()
    log.checkpoints = []
    expect((await log.verify()).findings).toEqual([{ kind: 'missing', index: 0, to: 699 }])
  })

  test('two rows that changed places', async () => {
    const log = new Log()
    const [a, b] = [log.rows[100]!, log.rows[600]!]
    log.rows[100] = { ...b, index: 100 }
    log.rows[600] = { ...a, index: 600 }
    expect((await log.verify()).findings).toEqual(
      [100, 600].map((index) => ({ kind: 'not-sealed', index, to: index, provedBy: 'published' })),
    )
  })

  test('a row twice, before the beginning, and far behind the end', async () => {
    const log = new Log()
    log.rows.splice(5, 0, { ...log.rows[4]! })
    log.rows.unshift({ ...log.rows[4]!, index: -1 })
    log.rows.push({ ...rowAt(720), index: 9_000_000_000_000_000 })
    const kinds = (await log.verify()).findings.map((finding) => finding.kind)
    expect(kinds).toEqual(['no-index', 'twice', 'missing', 'head'])
  })
})

describe('what else was tampered with is named as what it is', () => {
  test('a tile in the database or in the folder, while the rows hold', async () => {
    for (const source of ['database', 'published'] as const) {
      const log = new Log()
      const tiles = source === 'database' ? log.tiles : log.published
      tiles.set('0/1', flipped(tiles.get('0/1')!, 7 * 256))
      expect((await log.verify()).findings).toEqual([{ kind: 'tile', source, level: 0, tile: 1, index: 263 }])
      tiles.set('0/1', new Uint8Array())
      tiles.set('1/0', flipped(tiles.get('1/0')!, 7))
      expect((await log.verify()).findings).toEqual([
        { kind: 'tile-missing', source, level: 0, tile: 1 },
        { kind: 'tile', source, level: 1, tile: 0 },
      ])
    }
  })

  test('a checkpoint in the database: its note, its columns, its signature', async () => {
    const edits: ((checkpoint: Log['checkpoints'][number]) => void)[] = [
      (checkpoint) => {
        checkpoint.note = checkpoint.note!.replace('\n300\n', '\n301\n')
      },
      (checkpoint) => {
        checkpoint.note = null
      },
      (checkpoint) => {
        checkpoint.root = flipped(checkpoint.root!, 1)
      },
      (checkpoint) => {
        checkpoint.root = null
      },
      (checkpoint) => {
        checkpoint.size = 301
      },
    ]
    for (const edit of edits) {
      const log = new Log()
      edit(log.checkpoints[1]!)
      expect((await log.verify()).findings).toMatchObject([{ kind: 'checkpoint' }])
    }
  })

  test('a second tree of the same size under the same key', async () => {
    const log = new Log()
    const fork = { origin: key.name, size: 700, root: sha256('other') }
    log.checkpoints[3] = { ...fork, note: signCheckpoint(fork, key, (message) => sign(null, message, pair.privateKey)) }
    expect((await log.verify()).findings).toEqual([{ kind: 'fork', size: 700 }])
  })

  test('a row, though the same forger damaged both sets of tiles elsewhere', async () => {
    const log = new Log()
    COLUMNS['actor']!(log.rows[600]!, 0)
    log.rewriteInside()
    log.published.set('0/0', flipped(log.published.get('0/0')!, 3 * 256))
    const report = await log.verify()
    expect(report.findings).toContainEqual({ kind: 'not-sealed', index: 600, to: 600, provedBy: 'published' })
    expect(report.findings.filter((finding) => finding.kind === 'not-sealed')).toHaveLength(1)
    expect(report.holds).toBe(false)
  })
})
