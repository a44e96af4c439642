import { hash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Sha256 } from '../lib/hash.ts'
import { Frontier } from './frontier.ts'
import { equalBytes, leafHash, nodeHash } from './hash.ts'
import { consistencyRanges, inclusionRanges, proofOf, verifyConsistency, verifyInclusion, type NodeReader } from './proof.ts'
import { edgeTiles, nodeReader, readEdge, rootOfEdge, TiledTree, tilePath, widthOf, type Tile } from './tile.ts'

const sha256: Sha256 = (data) => hash('sha256', data, 'buffer')
const seed = Number(process.env['TIEOUT_SEED'] ?? Date.now() % 2 ** 31)
console.log(`tree.test.ts: TIEOUT_SEED=${seed}`)
const PROPERTY = { seed, numRuns: 300 }

const MANY = 70_000
const leaves = Array.from({ length: MANY }, (_, index) => leafHash(sha256, `leaf ${index}`))
const roots: Uint8Array[] = []
const tiles = new Map<string, Tile>()
const whole = new TiledTree(sha256)
for (const leaf of leaves) {
  roots.push(whole.root())
  whole.append(leaf)
}
roots.push(whole.root())
for (const tile of whole.takeTiles()) tiles.set(`${tile.level}/${tile.index}`, tile)

// RFC 6962 section 2.1 as it is written there, recursion and all: what the fast code is held against.
function definedRoot(hashes: readonly Uint8Array[]): Uint8Array {
  if (hashes.length === 0) return sha256('')
  if (hashes.length === 1) return hashes[0]!
  let split = 1
  while (split * 2 < hashes.length) split *= 2
  return nodeHash(sha256, definedRoot(hashes.slice(0, split)), definedRoot(hashes.slice(split)))
}

function reader(size: number): NodeReader {
  return nodeReader(
    sha256,
    size,
    async (level, index) => tiles.get(`${level}/${index}`)?.hashes,
    (tile) => {
      throw new Error(`no ${tilePath(tile)}`)
    },
  )
}

const inclusion = (index: number, size: number): Promise<Uint8Array[]> => proofOf(sha256, inclusionRanges(index, size), reader(size))
const consistency = (from: number, to: number): Promise<Uint8Array[]> => proofOf(sha256, consistencyRanges(from, to), reader(to))
const flipped = (bytes: Uint8Array, bit: number): Uint8Array => bytes.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))

describe('the tree', () => {
  test('has the roots of RFC 6962 at every size from 0 to 300', () => {
    for (let size = 0; size <= 300; size++) expect(equalBytes(roots[size]!, definedRoot(leaves.slice(0, size))), `size ${size}`).toBe(true)
  })

  test('has the published roots of sizes 0 and 8 over the test leaves of the Certificate Transparency project', () => {
    const inputs = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f']
    const frontier = new Frontier(sha256)
    expect(Buffer.from(frontier.root()).toString('hex')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
    for (const input of inputs) frontier.append(sha256(Buffer.from(`00${input}`, 'hex')))
    expect(Buffer.from(frontier.root()).toString('hex')).toBe('5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328')
  })

  test('continues from its tiled right edge at any size as if it had never stopped', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(2000), fc.nat(1500), async (stop, more) => {
        const before = new TiledTree(sha256)
        for (const leaf of leaves.slice(0, stop)) before.append(leaf)
        const kept = new Map(before.takeTiles().map((tile) => [`${tile.level}/${tile.index}`, tile]))
        const edge = await readEdge(stop, async (level, index) => kept.get(`${level}/${index}`)?.hashes)
        expect(equalBytes(rootOfEdge(sha256, edge!), roots[stop]!)).toBe(true)
        const after = new TiledTree(sha256, stop, edge)
        for (const leaf of leaves.slice(stop, stop + more)) after.append(leaf)
        expect(equalBytes(after.root(), roots[stop + more]!)).toBe(true)
        for (const tile of after.takeTiles()) {
          expect(tile.width).toBe(widthOf(tile.level, tile.index, stop + more))
          expect(equalBytes(tile.hashes, tiles.get(`${tile.level}/${tile.index}`)!.hashes.subarray(0, tile.width * 32))).toBe(true)
        }
      }),
      PROPERTY,
    )
  })

  test('has the tiles that the specification counts for 256 and for 70,000 leaves', () => {
    expect(edgeTiles(256)).toEqual([{ level: 1, index: 0, width: 1 }])
    expect(edgeTiles(MANY)).toEqual([
      { level: 0, index: 273, width: 112 },
      { level: 1, index: 1, width: 17 },
      { level: 2, index: 0, width: 1 },
    ])
    expect([...tiles.values()].filter((tile) => tile.level === 0 && tile.width === 256)).toHaveLength(273)
    expect(tilePath({ level: 0, index: 1_234_067, width: 256 })).toBe('tile/0/x001/x234/067')
    expect(tilePath({ level: 2, index: 67, width: 5 })).toBe('tile/2/067.p/5')
  })
})

describe('inclusion proofs', () => {
  test('of every index verify at every size from 1 to 300', async () => {
    for (let size = 1; size <= 300; size++) {
      const read = reader(size)
      for (let index = 0; index < size; index++) {
        const proof = await proofOf(sha256, inclusionRanges(index, size), read)
        if (!verifyInclusion(sha256, index, size, leaves[index]!, proof, roots[size]!)) expect.fail(`index ${index} of ${size}`)
      }
    }
  })

  test('verify in large trees, and no changed bit, other index, missing or added hash is accepted', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 2, max: MANY }), fc.nat(), fc.nat(), fc.nat(), async (size, pick, which, bit) => {
        const index = pick % size
        const leaf = leaves[index]!
        const root = roots[size]!
        const proof = await inclusion(index, size)
        const broken = proof.with(which % proof.length, flipped(proof[which % proof.length]!, bit % 256))
        const other = (index + 1 + (which % (size - 1))) % size
        expect(verifyInclusion(sha256, index, size, leaf, proof, root)).toBe(true)
        expect(verifyInclusion(sha256, index, size, leaf, broken, root)).toBe(false)
        expect(verifyInclusion(sha256, index, size, flipped(leaf, bit % 256), proof, root)).toBe(false)
        expect(verifyInclusion(sha256, index, size, leaf, proof, flipped(root, bit % 256))).toBe(false)
        expect(verifyInclusion(sha256, other, size, leaf, proof, root)).toBe(false)
        expect(verifyInclusion(sha256, index, size, leaf, proof.slice(1), root)).toBe(false)
        expect(verifyInclusion(sha256, index, size, leaf, [...proof, proof[0]!], root)).toBe(false)
      }),
      PROPERTY,
    )
  })

  test('refuse sizes and hashes that are none, and never throw', () => {
    for (const [index, size] of [
      [0, 0],
      [1, 1],
      [-1, 1],
      [0.5, 1],
      [2 ** 64 - 1, 1],
      [0, NaN],
    ] as const) {
      expect(verifyInclusion(sha256, index, size, leaves[0]!, [], leaves[0]!)).toBe(false)
    }
    expect(verifyInclusion(sha256, 0, 2, leaves[0]!, [new Uint8Array(31)], roots[2]!)).toBe(false)
    expect(verifyInclusion(sha256, 0, 1, new Uint8Array(), [], new Uint8Array())).toBe(false)
  })
})

describe('consistency proofs', () => {
  test('verify between every two sizes from 1 to 128', async () => {
    for (let to = 1; to <= 128; to++) {
      const read = reader(to)
      for (let from = 1; from <= to; from++) {
        const proof = await proofOf(sha256, consistencyRanges(from, to), read)
        if (!verifyConsistency(sha256, from, to, roots[from]!, roots[to]!, proof)) expect.fail(`from ${from} to ${to}`)
      }
    }
  })

  test('verify in large trees, and no changed bit or exchanged root is accepted', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 2, max: MANY }), fc.nat(), fc.nat(), fc.nat(), async (to, pick, which, bit) => {
        const from = 1 + (pick % (to - 1))
        const proof = await consistency(from, to)
        const broken = proof.with(which % proof.length, flipped(proof[which % proof.length]!, bit % 256))
        expect(verifyConsistency(sha256, from, to, roots[from]!, roots[to]!, proof)).toBe(true)
        expect(verifyConsistency(sha256, from, to, roots[from]!, roots[to]!, broken)).toBe(false)
        expect(verifyConsistency(sha256, from, to, flipped(roots[from]!, bit % 256), roots[to]!, proof)).toBe(false)
        expect(verifyConsistency(sha256, from, to, roots[from]!, flipped(roots[to]!, bit % 256), proof)).toBe(false)
        expect(verifyConsistency(sha256, from, to, roots[to]!, roots[from]!, proof)).toBe(false)
        expect(verifyConsistency(sha256, to, from, roots[to]!, roots[from]!, proof)).toBe(false)
      }),
      PROPERTY,
    )
  })
})
