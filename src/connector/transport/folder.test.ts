import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile, mkdir, rename } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { marksIn } from '../../../test/marks.ts'
import { hexOf } from '../../lib/hash.ts'
import { type Request, requestHash } from '../request.ts'
import { makeFolders } from './folder.ts'
import { type SendMark, sha256 } from './sending.ts'
import { openTransport } from './transport.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tieout-folder-'))
  await makeFolders({ put: join(root, 'in'), read: join(root, 'out') })
})
afterEach(() => rm(root, { recursive: true }))

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const put = (name: string, text: string): Request => ({ transport: 'folder', act: 'put', name, bytes: utf8(text) })
const look = (name: string, text: string): Request => ({ transport: 'folder', act: 'look', name, sha256: hexOf(sha256(text)) })

function send(request: Request, options: { ms?: number; mark?: SendMark; now?: () => number } = {}) {
  const now = options.now ?? Date.now
  const transport = openTransport(
    {
      places: { folder: { put: join(root, 'in'), read: join(root, 'out'), fileBytes: 100 } },
      limits: { concurrency: 1, rate: { calls: 1, perMs: 1 } },
    },
    { clocks: { wall: now, monotonic: now }, secret: () => undefined, mark: options.mark ?? (() => undefined) },
  )
  const until = now() + (options.ms ?? 1_000)
  return transport.send(request, requestHash(request, sha256), { wall: until, monotonic: until })
}
const state = (state: string) => ({ kind: 'answered', reply: { transport: 'folder', state } })

test('a file is written once; the same again is seen, another under its name is left alone', async () => {
  expect(await send(put('M-1.xml', 'pay 1'))).toEqual(state('written'))
  expect(await send(put('M-1.xml', 'pay 1'))).toEqual(state('same'))
  expect(await send(put('M-1.xml', 'pay 2'))).toEqual(state('other'))
  expect(await readFile(join(root, 'in', 'M-1.xml'), 'utf8')).toBe('pay 1')
  expect(await readdir(join(root, 'in'))).toEqual(['.sent', 'M-1.xml'])
})

test('a file that the reader has taken away counts as there', async () => {
  await send(put('M-1.xml', 'pay 1'))
  await mkdir(join(root, 'in', 'taken'))
  await rename(join(root, 'in', 'M-1.xml'), join(root, 'in', 'taken', 'M-1.xml'))
  expect(await send(put('M-1.xml', 'pay 1'))).toEqual(state('same'))
  expect(await send(look('M-1.xml', 'pay 1'))).toEqual(state('same'))
  expect(await send(look('M-1.xml', 'pay 2'))).toEqual(state('other'))
  expect(await send(look('M-2.xml', 'pay 2'))).toEqual(state('absent'))
})

describe('a file that its reader fetched and deleted', () => {
  const half = (): Promise<unknown> =>
    send(put('M-1.xml', 'pay 1'), {
      mark: (point) => {
        if (point === 'send-mid') throw new Error('killed')
      },
    })

  test('is noted as one that may have been there', async () => {
    await send(put('M-1.xml', 'pay 1'))
    await rm(join(root, 'in', 'M-1.xml'))
    expect(await send(look('M-1.xml', 'pay 1'))).toEqual(state('noted'))
    expect(await send(look('M-2.xml', 'pay 2'))).toEqual(state('absent'))
  })

  test('is put again when somebody says so', async () => {
    await send(put('M-1.xml', 'pay 1'))
    await rm(join(root, 'in', 'M-1.xml'))
    expect(await send(put('M-1.xml', 'pay 1'))).toEqual(state('written'))
  })

  test('is told from one that was never whole', async () => {
    expect(await half()).toMatchObject({ kind: 'not-sent' })
    expect(await send(look('M-1.xml', 'pay 1'))).toEqual(state('absent'))
  })

  test('is told from one that lay ready when its process died; the next try moves that one', async () => {
    let since: number | undefined
    // Late only after it lies ready: both clocks are looked at once before.
    const now = (): number => (since !== undefined && ++since > 2 ? 5_000 : 0)
    const mark = (point: string): void => {
      if (point === 'send-mid') since = 0
    }
    expect(await send(put('M-1.xml', 'pay 1'), { now, mark })).toMatchObject({ kind: 'not-sent', late: true })
    expect(await readdir(join(root, 'in', '.sent'))).toEqual(['.M-1.xml', 'M-1.xml'])
    expect(await send(look('M-1.xml', 'pay 1'))).toEqual(state('absent'))
    expect(await send(put('M-1.xml', 'pay 2'))).toMatchObject({ kind: 'not-sent' })
    expect(await send(put('M-1.xml', 'pay 1'))).toEqual(state('written'))
    expect(await readdir(join(root, 'in', '.sent'))).toEqual(['M-1.xml'])
    expect(await readFile(join(root, 'in', 'M-1.xml'), 'utf8')).toBe('pay 1')
  })

  test('and whose note cannot be left is not put', async () => {
    await writeFile(join(root, 'in', '.sent'), 'no folder')
    expect(await send(put('M-1.xml', 'pay 1'))).toMatchObject({ kind: 'not-sent' })
    expect(await readdir(join(root, 'in'))).toEqual(['.sent'])
  })
})

describe('killed (SIGKILL) while it puts a file', () => {
  const NAME = 'M-1.xml'
  const LONG = 'pay 1 '.repeat(15)
  /** Its named points, and twice between them: all is written, it lies ready. */
  const POINTS = [...marksIn((file) => file === 'src/connector/transport/folder.ts'), 'clock:2', 'clock:3']
  const met = new Set<string>()

  /** What lies in its reader's way. */
  const seen = async (): Promise<string[]> => (await readdir(join(root, 'in'))).filter((name) => name !== '.sent')
  const hidden = async (): Promise<string> => {
    const lies = await readdir(join(root, 'in', '.sent')).catch((): string[] => [])
    const begun = lies.some((name) => name.endsWith('.tmp'))
    return lies.includes(`.${NAME}`) ? 'lies ready' : lies.includes(NAME) ? 'moved' : begun ? 'begun' : 'nothing'
  }

  test.each(POINTS)('at %s: it appears once, whole, and nobody takes what was given for what was not', async (point) => {
    const started = spawn(process.execPath, [join(import.meta.dirname, '../../../test/put-process.ts'), join(root, 'in'), NAME, LONG], {
      stdio: 'inherit',
      env: { ...process.env, NODE_OPTIONS: '', TIEOUT_KILL_AT: point },
    })
    expect(await once(started, 'exit')).toEqual([null, 'SIGKILL'])
    met.add(await hidden())
    const given = (await seen()).length > 0
    expect(await send(look(NAME, LONG))).toEqual(state(given ? 'same' : 'absent'))
    if (given) {
      // Its reader may be quicker than whoever looks.
      await rename(join(root, 'in', NAME), join(root, 'fetched'))
      expect(await send(look(NAME, LONG))).toEqual(state('noted'))
      await rename(join(root, 'fetched'), join(root, 'in', NAME))
    }
    expect(await send(put(NAME, LONG), { ms: 10_000 })).toEqual(state(given ? 'same' : 'written'))
    expect(await seen()).toEqual([NAME])
    expect(await readFile(join(root, 'in', NAME), 'utf8')).toBe(LONG)
    expect(await send(look(NAME, LONG))).toEqual(state('same'))
    expect(await hidden()).toBe('moved')
  })

  test('every stage of the file was met', () => {
    expect([...met].toSorted()).toEqual(['begun', 'lies ready', 'moved'])
  })
})

test('two writers of one name: one has written it, the other sees it', async () => {
  for (let n = 0; n < 20; n++) {
    const results = await Promise.all([1, 2].map(() => send(put(`M-${n}.xml`, 'pay 1'), { ms: 10_000 })))
    expect(results.map((result) => JSON.stringify(result)).toSorted()).toEqual(
      [state('same'), state('written')].map((result) => JSON.stringify(result)),
    )
  }
})

test('several writers of one name: it is there, and each knows that it is', async () => {
  const results = await Promise.all(Array.from({ length: 8 }, () => send(put('M-1.xml', 'pay 1'), { ms: 10_000 })))
  expect(results).toContainEqual(state('written'))
  for (const result of results) expect([state('written'), state('same')]).toContainEqual(result)
  expect(await readFile(join(root, 'in', 'M-1.xml'), 'utf8')).toBe('pay 1')
})

test('the deadline is looked at between writing and linking, and nothing of the file is left', async () => {
  let now = 0
  expect(
    await send(put('M-1.xml', 'pay 1'), {
      now: () => now,
      mark: (point) => {
        if (point === 'send-mid') now = 5_000
      },
    }),
  ).toMatchObject({ kind: 'not-sent', late: true })
  expect(await readdir(join(root, 'in'), { recursive: true })).toEqual(['.sent'])
})

test('a name is a name: no path, no hidden or temporary file', async () => {
  for (const name of ['../M-1.xml', 'a/b', '.hidden', 'x.tmp', '', 'a\u0000b', 'x'.repeat(300)]) {
    expect(await send(put(name, 'x'))).toMatchObject({ kind: 'not-sent' })
  }
})

test('what lies in the folder that is read from is listed and read, bounded', async () => {
  await writeFile(join(root, 'out', 'b-2.xml'), 'two')
  await writeFile(join(root, 'out', 'a-1.xml'), 'one')
  await writeFile(join(root, 'out', '.hidden'), 'x')
  await writeFile(join(root, 'out', 'c.tmp'), 'x')
  await writeFile(join(root, 'out', 'long.xml'), 'x'.repeat(101))
  expect(await send({ transport: 'folder', act: 'list' })).toMatchObject({
    kind: 'answered',
    reply: { state: 'listed', names: ['a-1.xml', 'b-2.xml', 'long.xml'] },
  })
  expect(await send({ transport: 'folder', act: 'read', name: 'a-1.xml' })).toMatchObject({ reply: { state: 'read', bytes: utf8('one') } })
  expect(await send({ transport: 'folder', act: 'read', name: 'none.xml' })).toEqual(state('absent'))
  expect(await send({ transport: 'folder', act: 'read', name: 'long.xml' })).toEqual({
    kind: 'unknown',
    says: 'the folder could not be read (EFBIG)',
  })
})

test('a folder that is not there: not sent', async () => {
  await rm(join(root, 'in'), { recursive: true })
  expect(await send(put('M-1.xml', 'x'))).toMatchObject({ kind: 'not-sent' })
})
