import { hexOf, type Sha256 } from '../lib/hash.ts'
import { base64Of, bytesOfBase64 } from './base64.ts'
import { equalBytes } from './hash.ts'
import type { Refused } from './refused.ts'

// c2sp.org/signed-note, with the one signature type 0x01 (Ed25519, RFC 8032).

/** The 64 bytes that sign `message`. */
export type Ed25519Sign = (message: Uint8Array) => Uint8Array
/** Whether `signature` (64 bytes) of `message` was made by the key whose 32 public bytes are `publicKey`. */
export type Ed25519Verify = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean

/** Whom to believe: a name and the 32 bytes of an Ed25519 public key. */
export type VerifierKey = { readonly name: string; readonly id: Uint8Array; readonly publicKey: Uint8Array }

const TYPE_ED25519 = 1
const PUBLIC_BYTES = 32
const ID_BYTES = 4
const SIGNATURE_BYTES = 64
const DASH = '\u2014'
/** A checkpoint with some witnesses is below 4 kB; a verifier must take 16 signatures and may stop somewhere. */
const LIMIT_LENGTH = 65_536
const LIMIT_SIGNATURES = 64
const UTF8 = new TextEncoder()
// All control characters but newline, U+0000 to U+001F.
const CONTROL = /[\u0000-\u0009\u000b-\u001f]/
const KEY_NAME = /^[^\s+\p{White_Space}]+$/u

/** The key for `name`; a {@link VerifierKey} is only ever made here, so that its id always fits. */
export function verifierKey(sha256: Sha256, name: string, publicKey: Uint8Array): VerifierKey | Refused {
  if (!isKeyName(name)) return { refused: 'the name of a key is not empty and holds no space, plus or control character' }
  if (publicKey.length !== PUBLIC_BYTES) return { refused: 'an Ed25519 public key has 32 bytes' }
  const hashed = new Uint8Array([...UTF8.encode(name), 0x0a, TYPE_ED25519, ...publicKey])
  return { name, publicKey, id: sha256(hashed).slice(0, ID_BYTES) }
}

/** `<name>+<key id, hex>+<base64 of 0x01 ‖ public key>`: the one-line form in which verifiers of signed notes take keys. */
export function formatVerifierKey(key: VerifierKey): string {
  return `${key.name}+${hexOf(key.id)}+${base64Of(new Uint8Array([TYPE_ED25519, ...key.publicKey]))}`
}

export function parseVerifierKey(sha256: Sha256, text: string): VerifierKey | Refused {
  const parts = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text)
  const bytes = bytesOfBase64(parts?.[3] ?? '-')
  if (!parts || !bytes) return { refused: 'a key reads <name>+<8 hex digits>+<base64>' }
  if (bytes[0] !== TYPE_ED25519) return { refused: 'the key is not of the type Ed25519 (0x01)' }
  const key = verifierKey(sha256, parts[1]!, bytes.slice(1))
  if ('refused' in key) return key
  return formatVerifierKey(key) === text ? key : { refused: 'the id in the key does not fit its name and its bytes' }
}

/** The signed note: `text` (which ends in a newline), a blank line, one signature line. */
export function signNote(text: string, key: VerifierKey, sign: Ed25519Sign): string {
  const signature = sign(UTF8.encode(text))
  return `${text}\n${DASH} ${key.name} ${base64Of(new Uint8Array([...key.id, ...signature]))}\n`
}

/**
 * The text of a signed note, when `key` signed it. Signatures of other keys are passed over, as the specification wants; a
 * signature in `key`'s name and id that does not verify refuses the whole note.
 */
export function openNote(note: string, key: VerifierKey, verify: Ed25519Verify): { readonly text: string } | Refused {
  if (note.length > LIMIT_LENGTH) return { refused: 'it is longer than a signed note may be' }
  if (!note.isWellFormed() || CONTROL.test(note)) return { refused: 'it holds characters that a signed note cannot hold' }
  const split = note.lastIndexOf('\n\n')
  if (split < 0 || !note.endsWith('\n')) return { refused: 'it is not a signed note: a text, a blank line, signature lines' }
  const text = note.slice(0, split + 1)
  const lines = note.slice(split + 2, -1).split('\n')
  if (lines.length > LIMIT_SIGNATURES) return { refused: 'it holds more signatures than are read' }
  let verified = false
  for (const line of lines) {
    const parsed = parseSignature(line)
    if (!parsed) return { refused: 'a signature line is not well formed' }
    if (parsed.name !== key.name || !equalBytes(parsed.id, key.id)) continue
    if (parsed.signature.length !== SIGNATURE_BYTES || !verify(key.publicKey, UTF8.encode(text), parsed.signature)) {
      return { refused: 'its signature does not fit its text' }
    }
    verified = true
  }
  return verified ? { text } : { refused: `it is not signed by ${key.name} with the key ${hexOf(key.id)}` }
}

function parseSignature(line: string): { name: string; id: Uint8Array; signature: Uint8Array } | undefined {
  const [dash, name, base64, ...rest] = line.split(' ')
  if (dash !== DASH || name === undefined || base64 === undefined || rest.length > 0 || !isKeyName(name)) return undefined
  const bytes = bytesOfBase64(base64)
  if (!bytes || bytes.length <= ID_BYTES) return undefined
  return { name, id: bytes.slice(0, ID_BYTES), signature: bytes.slice(ID_BYTES) }
}

function isKeyName(name: string): boolean {
  return KEY_NAME.test(name) && name.isWellFormed() && !CONTROL.test(name)
}
