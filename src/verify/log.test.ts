/** The verifier on a log that holds, and on one of which rows, tiles or checkpoints are not what they were; edited rows stand in edited-rows.test.ts. */
import { sign } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { COLUMNS, flipped, key, Log, pair, rowAt, sha256 } from '../../test/forged-log.ts'
import { signCheckpoint } from '../tlog/checkpoint.ts'
import { linesOf } from './report.ts'

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

  test('a checkpoint of another log beside its own is none of its business', async () => {
    const log = new Log()
    const before = await log.verify()
    const other = { origin: 'hub.example/other', size: 650, root: sha256('other') }
    log.checkpoints.push({ ...other, note: signCheckpoint(other, key, (message) => sign(null, message, pair.privateKey)) })
    expect(await log.verify()).toEqual(before)
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
