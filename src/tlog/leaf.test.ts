import { hash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalJson } from '../lib/canonical-json.ts'
import { Fault } from '../lib/fault.ts'
import { base64Of, bytesOfBase64 } from './base64.ts'
import { leafHash } from './hash.ts'
import { commitmentOf, leafBytes, type LeafRow } from './leaf.ts'

const seed = Number(process.env['TIEOUT_SEED'] ?? Date.now() % 2 ** 31)
console.log(`leaf.test.ts: TIEOUT_SEED=${seed}`)
const sha256 = (data: Uint8Array | string): Uint8Array => hash('sha256', data, 'buffer')

// Any UTF-16, so that NUL and lone surrogates are met too.
const text = fc.string({
  unit: fc.oneof(
    { weight: 20, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }) },
    { weight: 1, arbitrary: fc.constantFrom('\ud800', '\u0000', '"', '\\', '\u2028', 'é', '€', '𝄞') },
  ),
  maxLength: 30,
})
const instant = fc.integer({ min: 0, max: 4_102_444_800_000 }).map((ms) => new Date(ms).toISOString())
const row: fc.Arbitrary<LeafRow> = fc.record({
  tenant: text,
  id: text,
  type: text,
  actor: text,
  cfg: text,
  v: fc.integer(),
  objects: fc.array(text, { maxLength: 5 }),
  occurredAt: instant,
  recordedAt: instant,
  commitment: fc.uint8Array({ minLength: 32, maxLength: 32 }),
})

test('the leaf built as text is the canonical JSON of its members, and refuses what that refuses', () => {
  let clean = 0
  let refused = 0
  fc.assert(
    fc.property(row, (some) => {
      const built = outcome(() => leafBytes(some))
      expect(built).toEqual(
        outcome(() =>
          canonicalJson({
            v: some.v,
            tenant: some.tenant,
            id: some.id,
            type: some.type,
            objs: some.objects,
            at: some.occurredAt,
            rec: some.recordedAt,
            actor: some.actor,
            cfg: some.cfg,
            commit: Buffer.from(some.commitment).toString('base64'),
          }),
        ),
      )
      if (built === 'body-not-clean') refused++
      else clean++
    }),
    { seed, numRuns: 2000 },
  )
  expect(clean).toBeGreaterThan(100)
  expect(refused).toBeGreaterThan(100)
})

test('a row that cannot be a leaf is a fault and no leaf', () => {
  const good: LeafRow = {
    tenant: 'a',
    id: 'evt_1',
    type: 'invoice.received',
    v: 1,
    objects: ['inv_1'],
    actor: 'system:ap',
    cfg: '0'.repeat(64),
    occurredAt: '2025-01-02T03:04:05.678Z',
    recordedAt: '2025-01-02T03:04:05.678Z',
    commitment: new Uint8Array(32),
  }
  const length = leafBytes(good).length
  for (const bad of [
    { occurredAt: '2025-01-02T03:04:05Z' },
    { recordedAt: '+010000-01-01T00:00:00.000Z' },
    { v: 1.5 },
    { commitment: new Uint8Array(31) },
    { actor: 'x'.repeat(65_536) },
    { actor: '€'.repeat(21_845) },
  ]) {
    expect(outcome(() => leafBytes({ ...good, ...bad }))).toBe('event-not-valid')
  }
  expect(leafBytes({ ...good, actor: 'x'.repeat(65_535 - length + 'system:ap'.length) })).toHaveLength(65_535)
})

test('leaf hash and commitment are SHA-256 over the bytes that the specification names', () => {
  expect(leafHash(sha256, 'L€')).toEqual(sha256(Buffer.concat([Buffer.of(0), Buffer.from('L€')])))
  const salt = new Uint8Array(32).fill(7)
  expect(commitmentOf(sha256, salt, Buffer.from('{}'))).toEqual(sha256(Buffer.concat([salt, Buffer.from('{}')])))
})

test('base64 is written as everywhere else and each byte string has one spelling', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
      expect(base64Of(bytes)).toBe(Buffer.from(bytes).toString('base64'))
      expect(bytesOfBase64(base64Of(bytes))).toEqual(bytes)
    }),
    { seed },
  )
  for (const other of ['QQ', 'QQ=', 'QR==', 'QQ==\n', 'Q===', 'QQ=A', '====', 'QQ-_', 'QQé=']) {
    expect(bytesOfBase64(other), other).toBeUndefined()
  }
})

function outcome(run: () => string): string {
  try {
    return run()
  } catch (error) {
    if (error instanceof Fault) return error.code
    throw error
  }
}
