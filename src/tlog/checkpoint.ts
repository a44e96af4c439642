import { base64Of, bytesOfBase64 } from './base64.ts'
import { HASH_BYTES } from './hash.ts'
import { openNote, signNote, type Ed25519Sign, type Ed25519Verify, type VerifierKey } from './note.ts'
import type { Refused } from './refused.ts'

/** What a log says of itself at one size. c2sp.org/tlog-checkpoint; `origin` is `<deployment>/<tenant>`. */
export type Checkpoint = { readonly origin: string; readonly size: number; readonly root: Uint8Array }

/** The text that is signed: origin, size and root, each on a line. */
export function formatCheckpoint({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${base64Of(root)}\n`
}

/** Strict: what was parsed is formatted again and must give the same text, so that a checkpoint has one spelling. */
export function parseCheckpoint(text: string): Checkpoint | Refused {
  const [origin, size, base64, ...rest] = text.split('\n')
  const root = bytesOfBase64(base64 ?? '-')
  if (!origin || size === undefined || root?.length !== HASH_BYTES || rest.length !== 1) {
    return { refused: 'it does not read origin, size, root, each on a line' }
  }
  const checkpoint = { origin, size: Number(size), root }
  const isSize = Number.isSafeInteger(checkpoint.size) && checkpoint.size >= 0
  return isSize && formatCheckpoint(checkpoint) === text ? checkpoint : { refused: 'its size is not written as a decimal number' }
}

export function signCheckpoint(checkpoint: Checkpoint, key: VerifierKey, sign: Ed25519Sign): string {
  return signNote(formatCheckpoint(checkpoint), key, sign)
}

/** The checkpoint in a signed note, when `key` signed it and it speaks of the log of that name. */
export function openCheckpoint(note: string, key: VerifierKey, verify: Ed25519Verify): Checkpoint | Refused {
  const opened = openNote(note, key, verify)
  if ('refused' in opened) return opened
  const checkpoint = parseCheckpoint(opened.text)
  if ('refused' in checkpoint) return checkpoint
  if (checkpoint.origin === key.name) return checkpoint
  return { refused: `it speaks of the log ${checkpoint.origin}, and the key is for ${key.name}` }
}
