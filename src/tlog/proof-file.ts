import type { Sha256 } from '../lib/hash.ts'
import { base64Of, bytesOfBase64 } from './base64.ts'
import { openCheckpoint, type Checkpoint } from './checkpoint.ts'
import { HASH_BYTES } from './hash.ts'
import type { Ed25519Verify, VerifierKey } from './note.ts'
import { verifyInclusion } from './proof.ts'
import type { Refused } from './refused.ts'

/** That one leaf stands at `index` under the signed `checkpoint`. c2sp.org/tlog-proof; stored as `*.tlog-proof`. */
export type ProofFile = {
  readonly index: number
  /** Inclusion proof, leaf's sibling first. */
  readonly proof: readonly Uint8Array[]
  /** The signed note, word for word. */
  readonly checkpoint: string
  /** Opaque bytes beside the proof; nothing vouches for them. */
  readonly extra?: Uint8Array
}

const HEADER = 'c2sp.org/tlog-proof@v1'
const LIMIT_LENGTH = 1_048_576
/** A tree of 2^53 leaves has paths of 53 hashes. */
const LIMIT_HASHES = 53

export function formatProofFile({ index, proof, checkpoint, extra }: ProofFile): string {
  const lines = [HEADER, ...(extra ? [`extra ${base64Of(extra)}`] : []), `index ${index}`, ...proof.map(base64Of)]
  return `${lines.join('\n')}\n\n${checkpoint}`
}

/** Strict: formatted again it gives the same text. The checkpoint inside is not looked at here. */
export function parseProofFile(text: string): ProofFile | Refused {
  if (text.length > LIMIT_LENGTH) return { refused: 'it is longer than a proof may be' }
  const split = text.indexOf('\n\n')
  const [header, ...lines] = text.slice(0, Math.max(split, 0)).split('\n')
  if (header !== HEADER) return { refused: `its first line is not ${HEADER}` }
  const extra = lines[0]?.startsWith('extra ') ? bytesOfBase64(lines.shift()!.slice('extra '.length)) : undefined
  const index = Number(/^index (\d+)$/.exec(lines.shift() ?? '')?.[1] ?? NaN)
  const hashes = lines.map(bytesOfBase64)
  const proof = hashes.filter((hash) => hash?.length === HASH_BYTES) as Uint8Array[]
  if (!Number.isSafeInteger(index)) return { refused: 'it has no line with the index' }
  if (proof.length !== hashes.length || proof.length > LIMIT_HASHES) return { refused: 'a line of its proof is not a hash' }
  const parsed: ProofFile = { index, proof, checkpoint: text.slice(split + 2), ...(extra ? { extra } : {}) }
  return formatProofFile(parsed) === text ? parsed : { refused: 'it is not written in the one way a proof is written' }
}

/** The index and the checkpoint under which the leaf with hash `leaf` is proved to stand, or why it is not. */
export function verifyProofFile(
  sha256: Sha256,
  verify: Ed25519Verify,
  key: VerifierKey,
  leaf: Uint8Array,
  text: string,
): { readonly index: number; readonly checkpoint: Checkpoint } | Refused {
  const file = parseProofFile(text)
  if ('refused' in file) return file
  const checkpoint = openCheckpoint(file.checkpoint, key, verify)
  if ('refused' in checkpoint) return checkpoint
  if (!verifyInclusion(sha256, file.index, checkpoint.size, leaf, file.proof, checkpoint.root)) {
    return { refused: `it does not prove this leaf at index ${file.index} of ${checkpoint.size}` }
  }
  return { index: file.index, checkpoint }
}
