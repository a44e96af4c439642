import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { Fault } from '../lib/fault.ts'
import { sha256 } from '../store/sha256.ts'
import { openCheckpoint } from '../tlog/checkpoint.ts'
import { leafHash } from '../tlog/hash.ts'
import { parseVerifierKey, type VerifierKey } from '../tlog/note.ts'
import { consistencyRanges, proofOf } from '../tlog/proof.ts'
import { nodeReader, TiledTree, type Tile } from '../tlog/tile.ts'
import { ed25519Verify } from './ed25519.ts'
import { openSigner, type Signer } from './signer-child.ts'
import { initSigner } from './signer-home.ts'
import { startSigner, type SignRequest } from './signer.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tieout-signer-'))
})
afterEach(() => {
  rmSync(dir, { recursive: true, force: true })
})

const roots: Uint8Array[] = []
const tiles = new Map<string, Tile>()
const tree = new TiledTree(sha256)
for (let index = 0; index <= 40; index++) {
  roots.push(tree.root())
  tree.append(leafHash(sha256, `leaf ${index}`))
}
for (const tile of tree.takeTiles()) tiles.set(`${tile.level}/${tile.index}`, tile)

async function growth(from: number, size: number): Promise<SignRequest> {
  const missing = (): never => expect.fail('a tile is missing')
  const read = nodeReader(sha256, size, async (level, index) => tiles.get(`${level}/${index}`)?.hashes, missing)
  const proof = from === 0 || from === size ? [] : await proofOf(sha256, consistencyRanges(from, size), read)
  return { tenant: 'acme', from, size, root: roots[size]!, proof }
}

describe('the signing key', () => {
  test('is made once, readable by its owner alone, and a second making leaves it alone', () => {
    initSigner(dir, 'hub.example/eu')
    const path = join(dir, 'key.json')
    if (process.platform !== 'win32') expect(statSync(path).mode & 0o777).toBe(0o600)
    const before = readFileSync(path, 'utf8')
    expect(
      codeOf(() => {
        initSigner(dir, 'hub.example/eu')
      }),
    ).toBe('config-not-valid')
    expect(readFileSync(path, 'utf8')).toBe(before)
    expect(readdirSync(dir).sort()).toEqual(['key.json', 'last'])
  })

  test('is never made by starting on a wrong path', async () => {
    const wrong = join(dir, 'wrong')
    await expect(openSigner({ dir: wrong })).rejects.toThrow(/There is no signing key at/)
    expect(existsSync(wrong)).toBe(false)
  })

  test('is refused when its file is damaged or the deployment has no proper name', () => {
    for (const name of ['', 'a b', 'A', 'a+b', '/a', 'a/', '../a', 'x'.repeat(201)]) {
      expect(
        codeOf(() => {
          initSigner(dir, name)
        }),
        name,
      ).toBe('config-not-valid')
    }
    for (const text of ['', '{}', 'null', '{"version":1,"deployment":"a","privateKey":"x"}']) {
      writeFileSync(join(dir, 'key.json'), text)
      expect(
        codeOf(() => startSigner(dir)),
        text,
      ).toBe('config-not-valid')
    }
  })
})

describe('the signer', () => {
  test('signs what extends its last checkpoint and remembers it before it answers', async () => {
    initSigner(dir, 'hub.example')
    const signer = startSigner(dir)
    for (const [from, size] of [
      [0, 1],
      [1, 7],
      [7, 8],
      [8, 40],
    ] as const) {
      const answer = signer.sign(await growth(from, size))
      const note = 'note' in answer ? answer.note : expect.fail(answer.refused)
      expect(openCheckpoint(note, signer.keyOf('acme'), ed25519Verify)).toMatchObject({ origin: 'hub.example/acme', size })
      expect(readFileSync(join(dir, 'last', 'acme'), 'utf8')).toBe(note)
    }
    signer.close()
  })

  test('refuses what does not extend it, and forgets nothing by it', async () => {
    initSigner(dir, 'hub.example')
    const signer = startSigner(dir)
    signer.sign(await growth(0, 7))
    const before = signer.last('acme')
    const good = await growth(7, 20)
    const refused: [string, SignRequest][] = [
      ['a smaller tree', await growth(0, 6)],
      ['another tree of the same size', { ...(await growth(7, 7)), root: roots[8]! }],
      ['no proof', { ...good, proof: [] }],
      ['a proof with a changed bit', { ...good, proof: good.proof.map((hash, at) => (at === 0 ? hash.map((byte) => byte ^ 1) : hash)) }],
      ['a proof from another size', await growth(6, 20)],
      ['a tree that begins anew', await growth(0, 20)],
      ['another root', { ...good, root: roots[21]! }],
      ['nothing', { ...good, size: 0 }],
      ['half a leaf', { ...good, size: 20.5 }],
      ['a short root', { ...good, root: new Uint8Array(31) }],
      ['a tenant that is a path', { ...good, tenant: '../key.json' }],
      ['a first checkpoint of another tenant that starts at 7', { ...good, tenant: 'beta' }],
    ]
    for (const [what, request] of refused) expect(signer.sign(request), what).toHaveProperty('refused')
    expect(signer.last('acme')).toBe(before)
    expect(signer.sign(good)).toHaveProperty('note')
    signer.close()
  })

  test('gives the same note again when the answer to it was lost', async () => {
    initSigner(dir, 'hub.example')
    const signer = startSigner(dir)
    const first = signer.sign(await growth(0, 7))
    expect(signer.sign(await growth(7, 7))).toEqual(first)
    expect(signer.sign(await growth(0, 7))).toEqual(first)
    signer.close()
  })

  test('does not go on from a memory that it cannot read', async () => {
    initSigner(dir, 'hub.example')
    const signer = startSigner(dir)
    signer.sign(await growth(0, 7))
    writeFileSync(join(dir, 'last', 'acme'), signer.last('acme')!.replace('\n7\n', '\n3\n'))
    const more = await growth(3, 8)
    expect(codeOf(() => signer.sign(more))).toBe('log-inconsistent')
    signer.close()
  })
})

describe('the signer as a process of its own', () => {
  let signer: Signer
  const open = async (): Promise<Signer> => {
    signer = await openSigner({ dir })
    onTestFinished(() => signer.close())
    return signer
  }

  test('answers as it would in the same process, and the environment does not reach it', async () => {
    initSigner(dir, 'hub.example')
    await open()
    const key = parseVerifierKey(sha256, await signer.verifierKey('acme')) as VerifierKey
    expect(await signer.last('acme')).toBeUndefined()
    const answer = await signer.sign(await growth(0, 7))
    const note = 'note' in answer ? answer.note : expect.fail(answer.refused)
    expect(openCheckpoint(note, key, ed25519Verify)).toMatchObject({ size: 7 })
    expect(await signer.last('acme')).toBe(note)
    expect(await signer.sign(await growth(0, 3))).toEqual({ refused: '3 leaves were offered, and 7 are signed' })
    await expect(signer.verifierKey('../x')).rejects.toThrow(/does not answer/)
    if (process.platform === 'linux') expect(readFileSync(`/proc/${pidOf(dir)}/environ`, 'utf8')).toBe('')
  })

  test('is alone: a second one on the same folder is refused while it lives', async () => {
    initSigner(dir, 'hub.example')
    await open()
    await expect(openSigner({ dir })).rejects.toThrow(/Another signer is running/)
    await signer.close()
    const second = await openSigner({ dir })
    await second.close()
  })

  test.runIf(process.platform === 'linux')('is started again after kill -9 and remembers', async () => {
    initSigner(dir, 'hub.example')
    await open()
    await signer.sign(await growth(0, 7))
    const first = pidOf(dir)
    process.kill(first, 'SIGKILL')
    // A call may meet the dying process; by then it fails as a fault, and the next one has a new process.
    await expect.poll(() => signer.last('acme').catch(() => ''), { timeout: 20_000 }).toContain('\n7\n')
    expect(pidOf(dir)).not.toBe(first)
    expect(await signer.sign(await growth(7, 9))).toHaveProperty('note')
  })

  test('answers every line, refuses what is none of its requests, and ends with its input', async () => {
    initSigner(dir, 'hub.example')
    const lines = [
      'x',
      'null',
      '7',
      '[]',
      '{"n":1}',
      '{"n":2,"op":"key","tenant":"acme"}',
      '{"n":3,"op":"sign","tenant":"acme"}',
      '{"n":4,"op":"sign","tenant":"acme","from":0,"size":1,"root":"AA==","proof":[]}',
      '{"n":5,"op":"sign","tenant":"acme","from":0,"size":1,"root":"x","proof":[null]}',
      '{"n":6,"op":"last","tenant":"toString"}',
      '{"n":7,"op":"drop","tenant":"acme"}',
    ]
    const { answers, status } = await talk(dir, `${lines.join('\n')}\n`)
    expect(answers).toHaveLength(lines.length + 1)
    expect(answers.filter((answer) => 'refused' in answer)).toHaveLength(lines.length - 1)
    expect(answers.find((answer) => answer.n === 2)).toHaveProperty('key')
    expect(status).toBe(0)
    expect((await talk(dir, 'x'.repeat(70_000))).status).toBe(1)
  })
})

async function talk(folder: string, input: string): Promise<{ answers: Record<string, unknown>[]; status: number | null }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'signer-main.ts'), folder], { stdio: ['pipe', 'pipe', 'inherit'] })
  let said = ''
  child.stdout.on('data', (chunk) => {
    said += chunk
  })
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const status = await new Promise<number | null>((done) => child.once('close', done))
  return {
    answers: said
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
    status,
  }
}

/** The one process that runs on this folder: found by its arguments, for only its parent has its number. */
function pidOf(folder: string): number {
  const pids = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
  return pids.find((pid) => argumentsOf(pid).at(-1) === folder) ?? expect.fail('no signer runs')
}

function argumentsOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean)
  } catch {
    return []
  }
}

function codeOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof Fault) return error.code
    throw error
  }
  return 'nothing was thrown'
}
