import { Fault } from '../lib/fault.ts'
import { mark } from '../lib/mark.ts'
import { sha256 } from '../store/sha256.ts'
import { openCheckpoint, type Checkpoint } from '../tlog/checkpoint.ts'
import { equalBytes } from '../tlog/hash.ts'
import { parseVerifierKey, type VerifierKey } from '../tlog/note.ts'
import { consistencyRanges, proofOf } from '../tlog/proof.ts'
import { isRefused } from '../tlog/refused.ts'
import { nodeReader, readEdge, rootOfEdge, TiledTree, tilePath, type TileName } from '../tlog/tile.ts'
import { ed25519Verify } from './ed25519.ts'
import { publish } from './publish.ts'
import type { SealStore } from './seal-store.ts'
import type { Signer } from './signer-child.ts'

/** Leaves read and written at a time while catching up: bounds memory and the length of a transaction. */
const SLICE = 32_768

export type SealParts = {
  readonly store: SealStore
  readonly signer: Pick<Signer, 'verifierKey' | 'last' | 'sign'>
  /** Folder outside the database; the tenant's checkpoint and tiles go to `<publishDir>/<tenant>`. */
  readonly publishDir: string
}

/**
 * One round for one tenant: tiles to the database, a checkpoint from the signer, the checkpoint to the database, then both to
 * the folder outside. It may end after any of these steps; the next round starts from what the signer remembers and goes on.
 * Gives the size that is sealed now. Throws the fault `log-inconsistent` when the database does not extend what was signed or
 * published, and nothing is signed then; `signer-away` and `database-away` pass through.
 */
export async function sealTenant({ store, signer, publishDir }: SealParts, tenant: string): Promise<number> {
  const key = keyOf(await signer.verifierKey(tenant))
  // The signer is asked before the database, so that a log that grows meanwhile cannot look shorter than what was signed.
  const signedNote = await signer.last(tenant)
  const signed = signedNote === undefined ? undefined : opened(signedNote, key, "The signer's last checkpoint")
  const storedNote = await store.latestCheckpoint()
  const stored = storedNote && opened(storedNote.note, key, 'The last checkpoint in the database')
  const head = await store.head()
  checkMemories(tenant, head, signed, stored)
  if (head === 0) return 0

  if (stored?.size !== head) {
    const root = await growTiles(store, tenant, stored, head)
    mark('seal-tiles-after')
    const note = await signedOrFault(signer, tenant, signed, head, root, store)
    mark('seal-sign-after')
    const checkpoint = opened(note, key, 'The checkpoint from the signer')
    if (checkpoint.size !== head || !equalBytes(checkpoint.root, root)) {
      throw inconsistent(tenant, 'The signer signed something else than was asked')
    }
    await store.putCheckpoint({ size: head, root, note })
    mark('seal-checkpoint-after')
    await publish({ dir: publishDir, tenant, key, note, tile: store.tile })
  } else {
    await publish({ dir: publishDir, tenant, key, note: storedNote!.note, tile: store.tile })
  }
  return head
}

/** Signer, database and head must tell one story; what differs here is a restored backup, a lost folder or a tampered table. */
function checkMemories(tenant: string, head: number, signed: Checkpoint | undefined, stored: Checkpoint | undefined): void {
  const signedSize = signed?.size ?? 0
  if (signedSize > head) {
    throw inconsistent(tenant, `${signedSize} events are signed and the database has ${head}: it was set back, or events were removed`)
  }
  if (stored && stored.size > signedSize) {
    throw inconsistent(
      tenant,
      `The database has a checkpoint of ${stored.size} events and the signer remembers ${signedSize}: ` +
        'its folder was lost or set back. Put the published checkpoint back into it',
    )
  }
  if (stored && signed && stored.size === signed.size && !equalBytes(stored.root, signed.root)) {
    throw inconsistent(tenant, `Two different trees of ${signed.size} events were signed`)
  }
}

/** Writes the tiles from the stored checkpoint's size up to `head`; gives the root there. */
async function growTiles(store: SealStore, tenant: string, stored: Checkpoint | undefined, head: number): Promise<Uint8Array> {
  const start = stored?.size ?? 0
  const edge = await readEdge(start, store.tile)
  if (!edge || (stored && !equalBytes(rootOfEdge(sha256, edge), stored.root))) {
    throw inconsistent(tenant, `The tiles in the database do not give the root of its checkpoint of ${start} events`)
  }
  const tree = new TiledTree(sha256, start, edge)
  while (tree.size < head) {
    const wanted = Math.min(head, tree.size + SLICE)
    const hashes = await store.leafHashes(tree.size, wanted)
    if (hashes.length !== wanted - tree.size) throw inconsistent(tenant, `The event at index ${tree.size + hashes.length} is missing`)
    for (const hash of hashes) {
      if (hash.length !== 32) throw inconsistent(tenant, `The leaf hash at index ${tree.size} has not 32 bytes`)
      tree.append(hash)
    }
    await store.putTiles(tree.takeTiles())
  }
  return tree.root()
}

async function signedOrFault(
  signer: SealParts['signer'],
  tenant: string,
  signed: Checkpoint | undefined,
  head: number,
  root: Uint8Array,
  store: SealStore,
): Promise<string> {
  const from = signed?.size ?? 0
  const missing = (tile: TileName): never => {
    throw inconsistent(tenant, `The database lacks ${tilePath(tile)}`)
  }
  const nodes = nodeReader(sha256, head, store.tile, missing)
  const proof = from === 0 || from === head ? [] : await proofOf(sha256, consistencyRanges(from, head), nodes)
  const answer = await signer.sign({ tenant, from, size: head, root, proof })
  if (isRefused(answer)) throw inconsistent(tenant, `The signer refused: ${answer.refused}`)
  return answer.note
}

function keyOf(text: string): VerifierKey {
  const key = parseVerifierKey(sha256, text)
  if (isRefused(key)) throw new Fault('signer-away', `Its key cannot be read: ${key.refused}.`)
  return key
}

function opened(note: string, key: VerifierKey, what: string): Checkpoint {
  const checkpoint = openCheckpoint(note, key, ed25519Verify)
  if (isRefused(checkpoint)) throw new Fault('log-inconsistent', `${what} for ${key.name} is not valid: ${checkpoint.refused}.`)
  return checkpoint
}

function inconsistent(tenant: string, says: string): Fault {
  return new Fault('log-inconsistent', `Tenant ${tenant}: ${says}.`)
}
