import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Fault } from '../lib/fault.ts'
import { sha256 } from '../store/sha256.ts'
import { openCheckpoint, parseCheckpoint, type Checkpoint } from '../tlog/checkpoint.ts'
import { equalBytes, leafHash } from '../tlog/hash.ts'
import { formatVerifierKey } from '../tlog/note.ts'
import { edgeTiles, TiledTree, tilePath, type Tile } from '../tlog/tile.ts'
import { ed25519Verify } from './ed25519.ts'
import { publishedCheckpoint, publishedTiles } from './publish.ts'
import type { SealStore } from './seal-store.ts'
import { sealTenant, type SealParts } from './seal-tenant.ts'
import { initSigner } from './signer-home.ts'
import { startSigner, type SignerCore } from './signer.ts'

let dir: string
let core: SignerCore
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tieout-seal-'))
  initSigner(join(dir, 'signer'), 'hub.example')
  core = startSigner(join(dir, 'signer'))
})
afterEach(() => {
  core.close()
  rmSync(dir, { recursive: true, force: true })
})

const leaf = (index: number): Uint8Array => leafHash(sha256, `leaf ${index}`)
const rootAt = (size: number): Uint8Array => {
  const tree = new TiledTree(sha256)
  for (let index = 0; index < size; index++) tree.append(leaf(index))
  return tree.root()
}

/** A database in memory that keeps the rules of the real one: a tile only ever grows. */
class MemoryStore implements SealStore {
  size = 0
  leaf = leaf
  readonly tiles = new Map<string, Uint8Array>()
  readonly checkpoints: { size: number; note: string }[] = []
  head = async (): Promise<number> => this.size
  leafHashes = async (from: number, to: number): Promise<Uint8Array[]> =>
    Array.from({ length: Math.min(to, this.size) - from }, (_, at) => this.leaf(from + at))
  latestCheckpoint = async (): Promise<{ size: number; note: string } | undefined> => this.checkpoints.at(-1)
  tile = async (level: number, index: number, width: number): Promise<Uint8Array | undefined> => {
    const hashes = this.tiles.get(`${level}/${index}`)
    return hashes && hashes.length >= width * 32 ? hashes : undefined
  }
  putTiles = async (tiles: readonly Tile[]): Promise<void> => {
    for (const { level, index, hashes } of tiles) {
      const there = this.tiles.get(`${level}/${index}`) ?? new Uint8Array()
      const shorter = Math.min(there.length, hashes.length)
      if (!equalBytes(there.subarray(0, shorter), hashes.subarray(0, shorter))) throw new Error(`tile ${level}/${index} was rewritten`)
      if (hashes.length > there.length) this.tiles.set(`${level}/${index}`, hashes)
    }
  }
  putCheckpoint = async ({ size, note }: { size: number; note: string }): Promise<void> => {
    if (!this.checkpoints.some((checkpoint) => checkpoint.size === size)) this.checkpoints.push({ size, note })
  }
}

const signer = (): SealParts['signer'] => ({
  verifierKey: async (tenant) => formatVerifierKey(core.keyOf(tenant)),
  last: async (tenant) => core.last(tenant),
  sign: async (request) => core.sign(request),
})
const parts = (store: SealStore): SealParts => ({ store, signer: signer(), publishDir: join(dir, 'published') })
const folder = (): string => join(dir, 'published', 'acme')

/** Everything that must be so when sealing is at rest: three memories with one checkpoint, and a folder that proves its root. */
async function expectSealed(store: MemoryStore, size: number): Promise<void> {
  const note = core.last('acme')!
  expect(openCheckpoint(note, core.keyOf('acme'), ed25519Verify)).toMatchObject({ size })
  expect(equalBytes((parseCheckpoint(`${note.split('\n').slice(0, 3).join('\n')}\n`) as Checkpoint).root, rootAt(size))).toBe(true)
  expect(store.checkpoints.at(-1)).toEqual({ size, note })
  expect(publishedCheckpoint(folder())).toBe(note)
  const published = publishedTiles(folder())
  for (const edge of edgeTiles(size)) expect(await published(edge.level, edge.index, edge.width), tilePath(edge)).toBeDefined()
  for (let index = 0; index < size; index++) {
    const at = index % 256
    const tile = await published(0, Math.floor(index / 256), at + 1)
    if (!tile || !equalBytes(tile.subarray(at * 32, (at + 1) * 32), leaf(index))) expect.fail(`published leaf hash ${index}`)
  }
}

describe('sealing', () => {
  test('goes on from where it stopped, through sizes on both sides of a full tile', async () => {
    const store = new MemoryStore()
    for (const size of [0, 1, 2, 255, 255, 256, 257, 511, 512, 700]) {
      store.size = size
      expect(await sealTenant(parts(store), 'acme')).toBe(size)
      if (size > 0) await expectSealed(store, size)
    }
    expect(store.checkpoints.map((checkpoint) => checkpoint.size)).toEqual([1, 2, 255, 256, 257, 511, 512, 700])
  })

  test('catches up with a long log in slices, and keeps of partial tiles only those without their full one', async () => {
    const store = new MemoryStore()
    for (const size of [70_000, 70_100, 70_200]) {
      store.size = size
      await sealTenant(parts(store), 'acme')
    }
    await expectSealed(store, 70_200)
    const partial = readdirSync(folder(), { recursive: true, encoding: 'utf8' }).filter((path) => /\.p./.test(path))
    expect(partial.sort()).toEqual(['tile/0/274.p/56', 'tile/1/001.p/17', 'tile/1/001.p/18', 'tile/2/000.p/1'])
  })

  test('writes nothing when nothing happened', async () => {
    const store = new MemoryStore()
    store.size = 300
    await sealTenant(parts(store), 'acme')
    const before = timesBelow(folder())
    await sealTenant(parts(store), 'acme')
    expect(timesBelow(folder())).toEqual(before)
  })

  // Each write to the outside, broken in both ways: it did not happen, and it happened but nobody heard.
  const writes = ['putTiles', 'sign', 'putCheckpoint'] as const
  for (const write of writes) {
    for (const kept of [false, true]) {
      test(`converges when ${write} breaks ${kept ? 'after' : 'before'} it is kept, whatever the log did meanwhile`, async () => {
        const store = new MemoryStore()
        store.size = 300
        await sealTenant(parts(store), 'acme')
        for (const [now, then] of [
          [400, 400],
          [600, 900],
        ] as const) {
          store.size = now
          await expect(sealTenant(broken(parts(store), write, kept), 'acme')).rejects.toThrow('broken on purpose')
          store.size = then
          expect(await sealTenant(parts(store), 'acme')).toBe(then)
          await expectSealed(store, then)
        }
      })
    }
  }

  test('converges when publishing broke at any file', async () => {
    const store = new MemoryStore()
    store.size = 300
    await sealTenant(parts(store), 'acme')
    const early = publishedCheckpoint(folder())!
    const had = new Set(filesBelow(folder()))
    store.size = 900
    await sealTenant(parts(store), 'acme')
    const written = filesBelow(folder()).filter((path) => !had.has(path))
    expect(written.length).toBeGreaterThan(3)
    // Any subset may have been written before the checkpoint was: take each file away alone, and all.
    for (const lost of [...written.map((path) => [path]), written, []]) {
      writeFileSync(join(folder(), 'checkpoint'), early)
      for (const path of lost) rmSync(join(folder(), path))
      writeFileSync(join(folder(), '.new-1-checkpoint'), 'half a chec')
      // The partial tile of size 300 goes when its full one comes, which may be before the new checkpoint stands.
      await sealTenant(parts(store), 'acme')
      await expectSealed(store, 900)
    }
  })

  test('publishes again in full when the folder is lost', async () => {
    const store = new MemoryStore()
    store.size = 600
    await sealTenant(parts(store), 'acme')
    rmSync(folder(), { recursive: true })
    await sealTenant(parts(store), 'acme')
    await expectSealed(store, 600)
  })
})

describe('sealing stops, signs nothing and says why', () => {
  test('when the database was set back', async () => {
    const store = new MemoryStore()
    store.size = 500
    await sealTenant(parts(store), 'acme')
    store.size = 300
    store.checkpoints.length = 0
    await expectStop(store, /500 events are signed and the database has 300/)
  })

  test('when it was set back and then grew otherwise', async () => {
    const store = new MemoryStore()
    store.size = 500
    await sealTenant(parts(store), 'acme')
    const forked = new MemoryStore()
    forked.size = 800
    forked.leaf = (index) => leaf(index < 499 ? index : index + 10_000)
    await expectStop(forked, /The signer refused: the tree of 800 leaves does not extend the signed one of 500/)
  })

  test('when the signer lost its memory', async () => {
    const store = new MemoryStore()
    store.size = 500
    await sealTenant(parts(store), 'acme')
    renameSync(join(dir, 'signer', 'last', 'acme'), join(dir, 'last-acme'))
    store.size = 501
    await expectStop(store, /its folder was lost or set back/)
    // What the message advises is the way out.
    writeFileSync(join(dir, 'signer', 'last', 'acme'), publishedCheckpoint(folder())!)
    expect(await sealTenant(parts(store), 'acme')).toBe(501)
  })

  test('when tiles, checkpoints or leaves in the database were tampered with', async () => {
    const store = new MemoryStore()
    store.size = 500
    await sealTenant(parts(store), 'acme')
    store.size = 600
    const tile = store.tiles.get('0/1')!
    store.tiles.set(
      '0/1',
      tile.map((byte, at) => (at === 5 ? byte ^ 1 : byte)),
    )
    await expectStop(store, /tiles in the database do not give the root/)
    store.tiles.set('0/1', tile)
    const [checkpoint] = store.checkpoints.splice(0)
    store.checkpoints.push({ size: 500, note: checkpoint!.note.replace('\n500\n', '\n400\n') })
    await expectStop(store, /The last checkpoint in the database for hub.example\/acme is not valid/)
    store.checkpoints.splice(0, 1, checkpoint!)
    store.leaf = (index) => (index === 550 ? new Uint8Array(3) : leaf(index))
    await expectStop(store, /The leaf hash at index 550 has not 32 bytes/)
    store.leaf = leaf
    store.leafHashes = async () => []
    await expectStop(store, /The event at index 500 is missing/)
  })

  test('when the folder outside holds what the log does not extend, and overwrites nothing there', async () => {
    const store = new MemoryStore()
    store.size = 500
    await sealTenant(parts(store), 'acme')
    const older = publishedCheckpoint(folder())!
    const path = join(folder(), 'tile', '0', '000')
    const bytes = readFileSync(path)
    rmSync(join(folder(), 'tile', '1'), { recursive: true })
    writeFileSync(
      path,
      bytes.map((byte, at) => (at === 9 ? byte ^ 1 : byte)),
    )
    store.size = 600
    await expect(sealTenant(parts(store), 'acme')).rejects.toThrow(/its file tile\/0\/000 differs from what the log says/)
    expect(publishedCheckpoint(folder())).toBe(older)
    expect(readFileSync(path)).not.toEqual(bytes)
  })

  async function expectStop(store: MemoryStore, says: RegExp): Promise<void> {
    const [signed, published] = [core.last('acme'), publishedCheckpoint(folder())]
    const error = await sealTenant(parts(store), 'acme').then(
      () => expect.fail('it went on'),
      (cause: unknown) => cause,
    )
    expect(error).toBeInstanceOf(Fault)
    expect((error as Fault).code).toBe('log-inconsistent')
    expect((error as Fault).message).toMatch(says)
    expect([core.last('acme'), publishedCheckpoint(folder())]).toEqual([signed, published])
  }
})

function broken(good: SealParts, write: 'putTiles' | 'sign' | 'putCheckpoint', kept: boolean): SealParts {
  const breaking =
    <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      if (kept) await call(...args)
      throw new Error('broken on purpose')
    }
  if (write === 'sign') return { ...good, signer: { ...good.signer, sign: breaking(good.signer.sign) } }
  // All else stays that of the same store.
  const store = Object.create(good.store) as SealStore
  return { ...good, store: Object.assign(store, { [write]: breaking(good.store[write] as (...args: unknown[]) => Promise<unknown>) }) }
}

function filesBelow(path: string): string[] {
  mkdirSync(path, { recursive: true })
  const names = readdirSync(path, { recursive: true, encoding: 'utf8' })
  return names.filter((name) => name !== 'checkpoint' && statSync(join(path, name)).isFile())
}

function timesBelow(path: string): [string, number, number][] {
  return readdirSync(path, { recursive: true, encoding: 'utf8' }).map((name) => {
    const { mtimeMs, ino } = statSync(join(path, name))
    return [name, mtimeMs, ino]
  })
}
