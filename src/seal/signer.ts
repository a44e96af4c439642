import { assert } from '../lib/assert.ts'
import { Fault } from '../lib/fault.ts'
import { mark } from '../lib/mark.ts'
import { sha256 } from '../store/sha256.ts'
import { openCheckpoint, signCheckpoint, type Checkpoint } from '../tlog/checkpoint.ts'
import { equalBytes, HASH_BYTES } from '../tlog/hash.ts'
import { verifierKey, type VerifierKey } from '../tlog/note.ts'
import { verifyConsistency } from '../tlog/proof.ts'
import { isRefused, type Refused } from '../tlog/refused.ts'
import { ed25519Verify } from './ed25519.ts'
import { isTenant, lockSigner, readLast, readSignerKey, writeLast } from './signer-home.ts'

/** Asks for a checkpoint of `size` leaves; `proof` is the consistency proof from the signer's last one, of `from` leaves. */
export type SignRequest = {
  readonly tenant: string
  readonly from: number
  readonly size: number
  readonly root: Uint8Array
  readonly proof: readonly Uint8Array[]
}
export type SignAnswer = { readonly note: string } | Refused

/** The signer as its one process has it; {@link openSigner} reaches it from outside. */
export type SignerCore = {
  /** The tenant's public key, in the form verifiers take: `<deployment>/<tenant>+<id>+<base64>`. */
  keyOf(tenant: string): VerifierKey
  /** The last checkpoint it signed for a tenant, word for word. */
  last(tenant: string): string | undefined
  /**
   * Signs what extends its last checkpoint and refuses all else. When it answers with a note, that note is durable in its own
   * folder; trouble on the way there is thrown and must end the process, for then nobody knows what the folder holds.
   */
  sign(request: SignRequest): SignAnswer
  close(): void
}

/** Throws the faults `config-not-valid` (no key in `dir`) and `signer-away` (another signer holds `dir`). */
export function startSigner(dir: string): SignerCore {
  const { deployment, publicKey, sign } = readSignerKey(dir)
  const lock = lockSigner(dir)

  const keyOf = (tenant: string): VerifierKey => {
    const key = verifierKey(sha256, `${deployment}/${tenant}`, publicKey)
    assert(!isRefused(key), 'the names of deployment and tenant make the name of a key')
    return key
  }

  // Read from the disk each time: the file is the truth, and a round is seconds apart.
  const lastCheckpoint = (tenant: string): Checkpoint | undefined => {
    const note = readLast(dir, tenant)
    if (note === undefined) return undefined
    const checkpoint = openCheckpoint(note, keyOf(tenant), ed25519Verify)
    if (!isRefused(checkpoint)) return checkpoint
    throw new Fault('log-inconsistent', `The signer's last checkpoint of ${tenant} cannot be read: ${checkpoint.refused}.`)
  }

  return {
    keyOf,
    last: (tenant) => readLast(dir, tenant),
    sign: (request) => {
      // Before the name becomes a file's.
      if (!isTenant(request.tenant)) return { refused: 'this is not the name of a tenant' }
      const last = lastCheckpoint(request.tenant)
      const why = refusal(request, last)
      if (why !== undefined) return { refused: why }
      const again = last?.size === request.size ? readLast(dir, request.tenant) : undefined
      if (again !== undefined) return { note: again }
      const key = keyOf(request.tenant)
      const note = signCheckpoint({ origin: key.name, size: request.size, root: request.root }, key, sign)
      mark('signer-persist-before')
      writeLast(dir, request.tenant, note)
      mark('signer-persist-after')
      return { note }
    },
    close: () => {
      lock.release()
    },
  }
}

/** Why a checkpoint is not signed; undefined when it extends the last one. */
function refusal(request: SignRequest, last: Checkpoint | undefined): string | undefined {
  const { tenant, from, size, root, proof } = request
  if (!Number.isSafeInteger(size) || size < 1) return 'a checkpoint has at least one leaf'
  if (root.length !== HASH_BYTES) return 'a root has 32 bytes'
  if (!last) return from === 0 && proof.length === 0 ? undefined : `nothing was signed for ${tenant} yet, and the request starts at ${from}`
  if (size < last.size) return `${size} leaves were offered, and ${last.size} are signed`
  if (size === last.size) return equalBytes(root, last.root) ? undefined : `another tree of ${size} leaves is signed`
  if (from !== last.size) return `the proof starts at ${from}, and ${last.size} leaves are signed`
  const extends_ = verifyConsistency(sha256, from, size, last.root, root, proof)
  return extends_ ? undefined : `the tree of ${size} leaves does not extend the signed one of ${from}`
}
