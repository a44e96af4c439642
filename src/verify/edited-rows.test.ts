/** The verifier on rows of which a column was edited, by forgers who cover it up more and more. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { COLUMNS, flipped, forged, indicesOf, Log, type Edit } from '../../test/forged-log.ts'
import { sentenceOf, type Finding } from './finding.ts'
import { linesOf } from './report.ts'

const seed = Number(process.env['TIEOUT_SEED'] ?? Date.now() % 2 ** 31)
console.log(`verify/edited-rows.test.ts: TIEOUT_SEED=${seed}`)

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
