import { hash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { corpus } from '../../test/corpora.ts'
import type { Sha256 } from '../lib/hash.ts'
import { verifyConsistency, verifyInclusion } from './proof.ts'

// transparency-dev/merkle, testdata: one file per proof, most of them broken in one way (wantErr).
type Vector = { proof: string[] | null; desc: string; wantErr: boolean }
type Inclusion = Vector & { leafIdx: number; treeSize: number; root: string; leafHash: string }
type Consistency = Vector & { size1: number; size2: number; root1: string; root2: string }

const sha256: Sha256 = (data) => hash('sha256', data, 'buffer')
const folder = corpus('merkle-vectors')

describe.skipIf(!folder)(`RFC 6962 proofs of others${folder ? '' : ' (left out: corpus merkle-vectors is not here)'}`, () => {
  test('inclusion: each is accepted or refused as its file says', () => {
    const vectors = read<Inclusion>('inclusion')
    for (const { file, vector } of vectors) {
      const { leafIdx, treeSize, leafHash, proof, root } = vector
      const accepted = verifyInclusion(sha256, leafIdx, treeSize, bytes(leafHash), (proof ?? []).map(bytes), bytes(root))
      expect(accepted, `${file}: ${vector.desc}`).toBe(!vector.wantErr)
    }
    say('inclusion', vectors)
    expect(vectors).toHaveLength(98)
  })

  test('consistency: each is accepted or refused as its file says', () => {
    const vectors = read<Consistency>('consistency')
    for (const { file, vector } of vectors) {
      const { size1, size2, root1, root2, proof } = vector
      const accepted = verifyConsistency(sha256, size1, size2, bytes(root1), bytes(root2), (proof ?? []).map(bytes))
      expect(accepted, `${file}: ${vector.desc}`).toBe(!vector.wantErr)
    }
    say('consistency', vectors)
    expect(vectors).toHaveLength(98)
  })
})

function read<V extends Vector>(kind: string): { file: string; vector: V }[] {
  const root = join(folder!, 'testdata', kind)
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.json'))
  return files.map((file) => ({ file, vector: JSON.parse(readFileSync(join(root, file), 'utf8')) as V }))
}

function say(kind: string, vectors: readonly { vector: Vector }[]): void {
  const refused = vectors.filter(({ vector }) => vector.wantErr).length
  console.log(`merkle-vectors: ${vectors.length} ${kind} proofs as expected, ${refused} of them to be refused`)
}

function bytes(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, 'base64'))
}
