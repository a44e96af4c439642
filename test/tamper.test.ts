import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runVerify, type VerifyOptions, type VerifyStatus } from '../src/cli/verify.ts'
import { sha256 } from '../src/store/sha256.ts'
import type { Finding } from '../src/verify/finding.ts'
import type { Report } from '../src/verify/log.ts'
import { leafHash } from '../src/tlog/hash.ts'
import { commitmentOf, leafBytes } from '../src/tlog/leaf.ts'
import { TiledTree } from '../src/tlog/tile.ts'
import { freshDatabase, type FreshDatabase } from './postgres.ts'
import { sealedLog, insertEvents, type SealedLog } from './sealed-log.ts'

// A superuser of the database tampers with a sealed log in every way there is, and `tieout verify` must name the index.

const seed = Number(process.env['TIEOUT_SEED'] ?? Date.now() % 2 ** 31)
console.log(`tamper.test.ts: TIEOUT_SEED=${seed}`)
const TENANT = 'acme'
/** Events under the last checkpoint, and after it. */
const [SEALED, ROWS] = [600, 620]

let dir: string
let database: FreshDatabase
let forger: Client
let log: SealedLog

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tieout-tamper-'))
  database = await freshDatabase()
  log = await sealedLog(database.adminUrl, dir, TENANT, [100, 256, 400, SEALED])
  forger = new Client({ connectionString: database.adminUrl })
  await forger.connect()
  await insertEvents(forger, TENANT, SEALED, ROWS)
  // A superuser switches the triggers off, and what constraints there are.
  await forger.query(`SET session_replication_role = replica; ALTER TABLE event DROP CONSTRAINT event_check; CREATE SCHEMA kept;
    CREATE TABLE kept.event AS TABLE event; CREATE TABLE kept.tile AS TABLE tile;
    CREATE TABLE kept.checkpoint AS TABLE checkpoint; CREATE TABLE kept.tenant_head AS TABLE tenant_head`)
})
afterAll(async () => {
  await forger?.end()
  await log?.close()
  await database?.drop()
  rmSync(dir, { recursive: true, force: true })
})

async function verified(other: Partial<VerifyOptions> = {}): Promise<{ status: VerifyStatus; report: Report }> {
  const lines: string[] = []
  const options = { checkpoint: log.checkpoint, key: log.key, database: database.adminUrl, json: true, ...other }
  const status = await runVerify(options, (line) => {
    lines.push(line)
  })
  return { status, report: JSON.parse(lines.join('\n')) as Report }
}

/** Tampers, verifies, and puts everything back as it was. */
async function after(tamper: () => Promise<void>, other?: Partial<VerifyOptions>): ReturnType<typeof verified> {
  try {
    await tamper()
    return await verified(other)
  } finally {
    for (const table of ['event', 'tile', 'checkpoint', 'tenant_head']) {
      await forger.query(`DELETE FROM ${table}; INSERT INTO ${table} SELECT * FROM kept.${table}`)
    }
  }
}

const indicesOf = (findings: readonly Finding[]): number[] =>
  [...new Set(findings.flatMap((finding) => ('index' in finding && finding.index !== undefined ? [finding.index] : [])))].toSorted(
    (a, b) => a - b,
  )

/** What can be edited in a row, as SQL on the row of an index, and whether body or salt are touched. */
const EDITS: Readonly<Record<string, string>> = {
  id: "id = id || 'x'",
  type: "type = 'invoice.withdrawn'",
  v: 'v = v + 1',
  'objects turned': 'objects = ARRAY[objects[2], objects[1]]',
  'objects fewer': 'objects = objects[1:1]',
  'objects none': "objects = '{}'",
  'occurred_at by 1 ms': "occurred_at = occurred_at + interval '1 ms'",
  'recorded_at by a day': "recorded_at = recorded_at - interval '1 day'",
  actor: "actor = 'person:p9'",
  cfg: 'cfg = reverse(cfg)',
  body: "body = body || '\\x20'",
  'body, one bit': 'body = set_bit(body, 7, 1 - get_bit(body, 7))',
  salt: 'salt = set_byte(salt, 3, (get_byte(salt, 3) + 1) % 256)',
}

async function edit(index: number, column: string): Promise<void> {
  await forger.query(`UPDATE event SET ${EDITS[column]} WHERE tenant = $1 AND "index" = $2`, [TENANT, index])
}

/** What a forger recomputes who knows how the log is made: `commitment` of a body, `leaf_hash` of a row, the tiles of all. */
async function recompute(what: 'commitment' | 'leaf hash' | 'tiles', where = 'true'): Promise<void> {
  const { rows } = await forger.query(`SELECT * FROM event WHERE tenant = $1 AND ${where} ORDER BY "index"`, [TENANT])
  const tree = new TiledTree(sha256)
  const made = rows.map((row) => {
    const commitment = row.body && row.salt ? Buffer.from(commitmentOf(sha256, row.salt, row.body)) : row.commitment
    const [occurredAt, recordedAt] = [row.occurred_at, row.recorded_at].map((at) => new Date(at).toISOString()) as [string, string]
    const leaf = leafHash(sha256, leafBytes({ ...row, commitment, occurredAt, recordedAt }))
    if (what === 'tiles' && tree.size < SEALED) tree.append(leaf)
    return { index: row.index, commitment, leaf: what === 'commitment' ? row.leaf_hash : Buffer.from(leaf) }
  })
  await forger.query(
    `UPDATE event SET commitment = made.commitment, leaf_hash = made.leaf
    FROM unnest($2::bigint[], $3::bytea[], $4::bytea[]) AS made (i, commitment, leaf) WHERE tenant = $1 AND "index" = made.i`,
    [TENANT, made.map((row) => row.index), made.map((row) => row.commitment), made.map((row) => row.leaf)],
  )
  if (what !== 'tiles') return
  await forger.query('DELETE FROM tile WHERE tenant = $1', [TENANT])
  for (const { level, index, hashes } of tree.takeTiles()) {
    await forger.query('INSERT INTO tile VALUES ($1, $2, $3, $4)', [TENANT, level, index, Buffer.from(hashes)])
  }
}

describe('a log that nobody tampered with', () => {
  test('holds for a superuser and for the reading role, in words and as JSON', async () => {
    expect(await verified()).toMatchObject({ status: 0, report: { holds: true, rows: ROWS, sealed: SEALED, checkpoints: 4, found: 0 } })
    const reader = new URL(database.adminUrl)
    reader.searchParams.set('options', '-c role=hub_read')
    const lines: string[] = []
    expect(
      await runVerify({ checkpoint: log.checkpoint, key: log.key, database: reader.href }, (line) => {
        lines.push(line)
      }),
    ).toBe(0)
    expect(lines).toEqual([
      `log          ${log.origin}`,
      `checkpoint   ${SEALED} events`,
      `read         ${ROWS} rows, ${SEALED} under a signed root, ${ROWS - SEALED} not sealed yet`,
      'HOLDS        every row, body and hash is what was sealed',
    ])
  })

  test('holds after erasure, which is counted', async () => {
    const { status, report } = await after(async () => {
      await forger.query('UPDATE event SET body = NULL, salt = NULL WHERE "index" IN (0, 299, 599, 610)')
    })
    expect([status, report.holds, report.erased]).toEqual([0, true, 4])
  })
})

describe('an edit by the superuser is found and its index named', () => {
  const anywhere = fc.nat(SEALED - 1)
  const column = fc.constantFrom(...Object.keys(EDITS))
  const options = { seed, numRuns: 50, endOnFailure: true }

  test('50 edits of one column', async () => {
    await fc.assert(
      fc.asyncProperty(anywhere, column, async (index, which) => {
        const { status, report } = await after(() => edit(index, which))
        expect([status, indicesOf(report.findings)]).toEqual([1, [index]])
      }),
      options,
    )
  }, 120_000)

  test('50 edits with the commitment made to fit', async () => {
    await fc.assert(
      fc.asyncProperty(anywhere, fc.constantFrom('body', 'body, one bit', 'salt'), async (index, which) => {
        const { status, report } = await after(async () => {
          await edit(index, which)
          await recompute('commitment', `"index" = ${index}`)
        })
        expect([status, indicesOf(report.findings), report.findings[0]!.kind]).toEqual([1, [index], 'leaf-hash'])
      }),
      options,
    )
  }, 120_000)

  test('50 edits with commitment and leaf hash made to fit', async () => {
    await fc.assert(
      fc.asyncProperty(anywhere, column, async (index, which) => {
        const { status, report } = await after(async () => {
          await edit(index, which)
          await recompute('leaf hash', `"index" = ${index}`)
        })
        expect([status, report.findings]).toEqual([1, [{ kind: 'not-sealed', index, to: index, provedBy: 'published' }]])
      }),
      options,
    )
  }, 120_000)

  test('20 edits of up to three rows with everything inside the database made to fit', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(anywhere, { minLength: 1, maxLength: 3 }), column, async (indices, which) => {
        const { status, report } = await after(async () => {
          for (const index of indices) await edit(index, which)
          await recompute('tiles')
        })
        const named = report.findings.filter((finding) => finding.kind === 'not-sealed').map((finding) => finding.index)
        expect([status, named]).toEqual([1, indices.toSorted((a, b) => a - b)])
      }),
      { ...options, numRuns: 20 },
    )
  }, 120_000)

  test('20 rows removed, exchanged, or cut off with head, checkpoints and tiles', async () => {
    const ways = ['removed', 'removed and closed up', 'exchanged', 'exchanged with one far away', 'tail', 'tail and everything about it']
    const drawn = new Map(ways.map((way) => [way, 0]))
    const far = fc.integer({ min: SEALED / 3, max: SEALED / 2 })
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: SEALED - 2 }), fc.constantFrom(...ways), far, async (index, way, apart) => {
        drawn.set(way, drawn.get(way)! + 1)
        const other = way === 'exchanged' ? index + 1 : (index + apart) % SEALED
        const { status, report } = await after(async () => {
          if (way.startsWith('removed')) await forger.query('DELETE FROM event WHERE "index" = $1', [index])
          if (way === 'removed and closed up') {
            await forger.query('UPDATE event SET "index" = "index" + 1000000 WHERE "index" > $1', [index])
            await forger.query('UPDATE event SET "index" = "index" - 1000001 WHERE "index" > $1', [index])
            await forger.query('UPDATE tenant_head SET next_index = next_index - 1')
          }
          if (way.startsWith('exchanged')) {
            for (const [from, to] of [
              [index, 1_000_000],
              [other, index],
              [1_000_000, other],
            ]) {
              await forger.query('UPDATE event SET "index" = $2 WHERE "index" = $1', [from, to])
            }
          }
          if (way.startsWith('tail')) {
            await forger.query('DELETE FROM event WHERE "index" >= $1', [index])
            await forger.query('UPDATE tenant_head SET next_index = $1', [index])
          }
          if (way === 'tail and everything about it') {
            await forger.query('DELETE FROM checkpoint WHERE size > $1', [index])
            await forger.query('UPDATE tile SET hashes = substring(hashes FOR 32)')
          }
        })
        const named = indicesOf(report.findings)
        if (way.startsWith('exchanged')) expect([way, status, named]).toEqual([way, 1, [index, other].toSorted((a, b) => a - b)])
        else expect([way, status, named[0]]).toEqual([way, 1, index])
      }),
      // Each way once at least, and the rest as it is drawn.
      { ...options, numRuns: 20, examples: ways.map((way, n) => [100 + n, way, SEALED / 3]) },
    )
    console.log([...drawn].map(([way, times]) => `${way}: ${times}`).join('\n'))
    expect(ways.filter((way) => drawn.get(way) === 0)).toEqual([])
  }, 120_000)
})

describe('what a superuser can do besides is found too', () => {
  test('a tile, a checkpoint, half an erasure, a forgotten head', async () => {
    const tampers: [string, Finding][] = [
      [
        'UPDATE tile SET hashes = set_byte(hashes, 64, get_byte(hashes, 64) # 1) WHERE level = 0 AND "index" = 1',
        { kind: 'tile', source: 'database', level: 0, tile: 1, index: 258 },
      ],
      [
        "UPDATE checkpoint SET note = replace(note, E'\\n256\\n', E'\\n255\\n')",
        { kind: 'checkpoint', size: 256, why: 'its signature does not fit its text' },
      ],
      ['UPDATE event SET salt = NULL WHERE "index" = 5', { kind: 'half-erased', index: 5 }],
      ['UPDATE tenant_head SET next_index = 619', { kind: 'head', says: 619, rows: 620 }],
      ['DELETE FROM tenant_head', { kind: 'head', rows: 620 } as Finding],
      ['UPDATE event SET tenant = \'other\' WHERE "index" = 300', { kind: 'missing', index: 300, to: 300 }],
      ['UPDATE event SET occurred_at = \'infinity\' WHERE "index" = 7', { kind: 'no-leaf', index: 7 }],
      [
        "UPDATE event SET occurred_at = ((occurred_at AT TIME ZONE 'UTC')::text || ' BC')::timestamp WHERE \"index\" = 7",
        { kind: 'no-leaf', index: 7 },
      ],
      [
        "UPDATE event SET objects = ('[0:1]={' || array_to_string(objects, ',') || '}')::text[] WHERE \"index\" = 9",
        { kind: 'no-leaf', index: 9 },
      ],
      [
        'UPDATE event SET leaf_hash = set_byte(leaf_hash, 0, get_byte(leaf_hash, 0) # 1) WHERE "index" = 619',
        { kind: 'leaf-hash', index: 619 },
      ],
    ]
    for (const [sql, finding] of tampers) {
      const { status, report } = await after(async () => {
        expect((await forger.query(sql)).rowCount, sql).toBeGreaterThan(0)
      })
      expect([sql, status, report.findings]).toEqual([sql, 1, [finding]])
    }
  })

  test('a type widened for microseconds, and the primary key dropped for a second row', async () => {
    const own = await freshDatabase()
    const ownDir = join(dir, 'own')
    const ownLog = await sealedLog(own.adminUrl, ownDir, TENANT, [520])
    const admin = new Client({ connectionString: own.adminUrl })
    await admin.connect()
    await admin.query(`SET session_replication_role = replica; ALTER TABLE event ALTER COLUMN occurred_at TYPE timestamptz(6);
      UPDATE event SET occurred_at = occurred_at + interval '1 microsecond' WHERE "index" = 11;
      ALTER TABLE event DROP CONSTRAINT event_pkey CASCADE; INSERT INTO event SELECT * FROM event WHERE "index" = 499`)
    await admin.end()
    const { status, report } = await verified({ checkpoint: ownLog.checkpoint, key: ownLog.key, database: own.adminUrl })
    expect([status, report.findings]).toEqual([
      1,
      [
        { kind: 'no-leaf', index: 11 },
        { kind: 'twice', index: 499 },
      ],
    ])
    await ownLog.close()
    await own.drop()
  })

  test('without the folder outside, as the range between two signed checkpoints', async () => {
    const alone = join(dir, 'alone')
    writeFileSync(alone, log.note)
    const { status, report } = await after(
      async () => {
        await edit(300, 'actor')
        await recompute('tiles')
      },
      { checkpoint: alone },
    )
    expect([status, report.findings]).toEqual([1, [{ kind: 'somewhere', index: 256, to: 399 }]])
  })
})

describe('nothing is called verified that was not looked at', () => {
  test('a checkpoint, key, folder or database that cannot be used gives status 2 and its reason', async () => {
    const bad = join(dir, 'bad')
    writeFileSync(bad, log.note.replace(`\n${SEALED}\n`, '\n1\n'))
    writeFileSync(join(dir, 'bytes'), Buffer.from([0xff, 0xfe]))
    const good = { checkpoint: log.checkpoint, key: log.key, database: database.adminUrl }
    const away = new URL(database.adminUrl)
    away.pathname = '/nosuchdatabase'
    const cases: [Partial<Parameters<typeof runVerify>[0]>, RegExp][] = [
      [{ checkpoint: undefined }, /name a signed checkpoint with --checkpoint/],
      [{ checkpoint: bad }, /its signature does not fit its text/],
      [{ checkpoint: join(dir, 'bytes') }, /cannot be read as text/],
      [{ checkpoint: join(dir, 'none') }, /cannot be read as text/],
      [{ key: 'x' }, /the key is none/],
      [{ key: log.key.replace('acme+', 'acne+') }, /the key is none/],
      [{ published: dir }, /holds no checkpoint/],
      [{ database: '' }, /there is no database/],
      [{ database: away.href }, /the database could not be read/],
    ]
    for (const [other, why] of cases) {
      const lines: string[] = []
      expect(
        await runVerify({ ...good, ...other }, (line) => {
          lines.push(line)
        }),
      ).toBe(2)
      expect(lines).toEqual([expect.stringMatching(why)])
    }
  })
})
