/** The links do what a fault says, to a server that counts what it was asked: what was done, and what was only lost. */
import { createServer, type Server } from 'node:http'
import { createServer as createByteServer, connect, type AddressInfo } from 'node:net'
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ByteLink } from './byte-link.ts'
import { FolderLink } from './folder-link.ts'
import { ANSWER_NAMES, HttpLink, type HttpFault } from './http-link.ts'

describe('HTTP', () => {
  let upstream: Server
  let link: HttpLink
  let asked: number

  beforeEach(async () => {
    asked = 0
    upstream = createServer((request, reply) => {
      asked++
      request.resume()
      reply.writeHead(201, { 'content-type': 'application/json' }).end('{"bookedAt":"now","docNo":"51"}')
    }).listen(0, '127.0.0.1')
    await new Promise((done) => upstream.once('listening', done))
    link = await HttpLink.open(
      'erp',
      () => `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`,
      () => {},
    )
  })
  afterEach(async () => {
    await link.close()
    upstream.closeAllConnections()
    await new Promise((done) => upstream.close(done))
  })

  const post = async (): Promise<{ status: number; text: string } | 'nothing'> => {
    try {
      const answer = await fetch(`${link.url}/documents`, {
        method: 'POST',
        body: '{}',
        redirect: 'manual',
        signal: AbortSignal.timeout(1_500),
      })
      return { status: answer.status, text: await answer.text() }
    } catch {
      return 'nothing'
    }
  }

  test.each<[string, HttpFault, number, number | 'nothing']>([
    ['down', { kind: 'down' }, 0, 'nothing'],
    ['request lost', { kind: 'drop', hang: false }, 0, 'nothing'],
    ['never answered', { kind: 'drop', hang: true }, 0, 'nothing'],
    ['reply lost', { kind: 'lose' }, 1, 'nothing'],
    ['429, nothing done', { kind: 'status', status: 429, done: false }, 0, 429],
    ['500 after the work', { kind: 'status', status: 500, done: true }, 1, 500],
    ['twice', { kind: 'twice' }, 2, 201],
    ['slow', { kind: 'slow', ms: 50 }, 1, 201],
  ])('%s', async (_name, fault, done, status) => {
    link.set({ fault, effects: true })
    const told = await post()
    expect(told === 'nothing' ? told : told.status).toBe(status)
    expect(asked).toBe(done)
    expect(link.hits).toBeGreaterThan(0)
    link.heal()
    await expect.poll(post).toEqual({ status: 201, text: '{"bookedAt":"now","docNo":"51"}' })
  })

  test('late: the caller is cut off, and the work is done afterwards', async () => {
    link.set({ fault: { kind: 'late', ms: 150 } })
    expect(await post()).toBe('nothing')
    expect(asked).toBe(0)
    await expect.poll(() => asked).toBe(1)
  })

  test.each(ANSWER_NAMES)('answer %s: the work is done, and nobody is told its number', async (as) => {
    link.set({ fault: { kind: 'answer', as } })
    const told = await post()
    expect(asked).toBe(1)
    // Nothing else was posted before, so that another's number is its own.
    if (told !== 'nothing' && as !== 'others-id' && as !== 'wrong-type') expect(told.text).not.toContain('"51"')
  })

  test('reads pass a fault of effects', async () => {
    link.set({ fault: { kind: 'lose' }, effects: true })
    expect((await fetch(`${link.url}/documents`)).status).toBe(201)
    expect(link.hits).toBe(0)
  })
})

describe('bytes', () => {
  let folder: string
  let heard: string
  let link: ByteLink
  let reply: string
  let server: ReturnType<typeof createByteServer>

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tieout-link-'))
    heard = ''
    reply = 'ok'
    const path = join(folder, 'socket')
    server = createByteServer((socket) => {
      socket
        .on('data', (bytes) => {
          heard += bytes.toString()
          socket.write(reply)
        })
        .on('error', () => {})
    }).listen(path)
    await new Promise((done) => server.once('listening', done))
    link = await ByteLink.open(() => path)
  })
  afterEach(async () => {
    await link.close()
    await new Promise((done) => server.close(done))
    rmSync(folder, { recursive: true, force: true })
  })

  /** What came back, and whether the connection was cut; who expects that it is waits longer. */
  const say = (words: string, ms = 300): Promise<{ told: string; cut: boolean }> =>
    new Promise((done) => {
      let told = ''
      const socket = connect(link.port, '127.0.0.1', () => {
        socket.write(words)
      })
      const end = (cut: boolean): void => {
        socket.destroy()
        done({ told, cut })
      }
      const timer = setTimeout(() => {
        end(false)
      }, ms)
      socket
        .on('data', (bytes) => {
          told += bytes.toString()
        })
        .on('error', () => {})
        .on('close', () => {
          clearTimeout(timer)
          end(true)
        })
    })

  test('whole, everything passes', async () => {
    expect(await say('SELECT')).toEqual({ told: 'ok', cut: false })
  })
  test('an error of the server is counted by its code, once it has arrived', async () => {
    const [full, placeless, deadlocked] = [link.told('53100'), link.told('53300'), link.told('40P01')]
    reply = 'E\0\0\0?SERROR\0VERROR\0C53100\0MNo space left on device\0\0'
    await say('INSERT')
    reply = 'E\0\0\0?SERROR\0VERROR\0C40P01\0Mdeadlock detected\0\0'
    await say('UPDATE')
    expect([full.hits, placeless.hits, deadlocked.hits, link.asked]).toEqual([1, 0, 1, 2])
    link.set({ kind: 'swallow', side: 'server' })
    expect(await say('INSERT')).toMatchObject({ told: '' })
    link.heal()
    reply = 'D\0\0\0?C53100, as a text says'
    await say('SELECT')
    expect(full.hits).toBe(1)
  })
  test('refused connections end at once', async () => {
    link.set({ kind: 'refuse' })
    expect(await say('SELECT', 5_000)).toEqual({ told: '', cut: true })
    expect(heard).toBe('')
  })
  test('COMMIT done and its answer lost: the server has heard it, the client is cut', async () => {
    link.set({ kind: 'cut-at', word: 'COMMIT', after: true, times: 1 })
    expect(await say('COMMIT', 5_000)).toEqual({ told: '', cut: true })
    expect(heard).toBe('COMMIT')
    expect(await say('COMMIT')).toEqual({ told: 'ok', cut: false })
  })
  test('cut before COMMIT: the server never hears it', async () => {
    link.set({ kind: 'cut-at', word: 'COMMIT', after: false, times: 1 })
    expect(await say('COMMIT', 5_000)).toEqual({ told: '', cut: true })
    expect(heard).toBe('')
  })
  test.each(['client', 'server'] as const)(
    'what the %s sends is swallowed, and the connection is cut when the link heals',
    async (side) => {
      link.set({ kind: 'swallow', side })
      const saying = say('SELECT', 5_000)
      await expect.poll(() => link.hits).toBeGreaterThan(0)
      expect(heard).toBe(side === 'client' ? '' : 'SELECT')
      link.heal()
      expect(await saying).toEqual({ told: '', cut: true })
    },
  )
  test('dripping, all of it arrives in the end', async () => {
    link.set({ kind: 'drip', bytes: 2 })
    const saying = say('SELECT 1')
    await expect.poll(() => heard).toBe('SELECT 1')
    await saying
  })
})

describe('files', () => {
  let folder: string
  let link: FolderLink

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tieout-link-'))
    link = new FolderLink(join(folder, 'from'), join(folder, 'to'))
  })
  afterEach(() => {
    link.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const [A, B] = ['camt053-000001.xml', 'camt053-000002.xml']
  /** Whole or not at all, as both sides do. */
  const put = (name: string, text: string): void => {
    writeFileSync(join(link.from, `.${name}.tmp`), text)
    renameSync(join(link.from, `.${name}.tmp`), join(link.from, name))
  }
  const arrived = (): Record<string, string> =>
    Object.fromEntries(
      readdirSync(link.to)
        .filter((name) => !name.startsWith('.'))
        .map((name) => [name, readFileSync(join(link.to, name), 'utf8')]),
    )

  test('are held, and come twice, under a number of their own', async () => {
    link.set('held')
    put(A, 'a')
    put('.b.xml', 'b')
    await expect.poll(() => link.hits).toBeGreaterThan(0)
    expect(arrived()).toEqual({})
    link.set('twice')
    await expect.poll(arrived).toEqual({ [A]: 'a', 'camt053-900001.xml': 'a' })
  })

  test('half of one arrives, the others whole; it is completed, or comes anew', async () => {
    const struck: string[] = []
    link.set(
      'half',
      (name) => name.startsWith('camt053'),
      (name) => struck.push(name),
    )
    put('pain002-000003.xml', 'other')
    await expect.poll(arrived).toEqual({ 'pain002-000003.xml': 'other' })
    put(A, 'first')
    await expect.poll(arrived).toMatchObject({ [A]: 'fi' })
    put(B, 'second')
    await expect.poll(arrived).toMatchObject({ [A]: 'fi', [B]: 'second' })
    expect(struck).toEqual([A])
    link.again(A)
    expect(arrived()).toMatchObject({ [A]: 'fi', 'camt053-900001.xml': 'first' })
    link.complete(A)
    expect(arrived()).toMatchObject({ [A]: 'first' })
  })

  test.each([
    ['fetched', { [A]: 'pay' }],
    ['lost', {}],
  ] as const)('%s: one is gone from where it was put, and is counted each time that it is put there', async (how, there) => {
    const struck: [string, string, boolean][] = []
    link.set(
      how,
      () => true,
      (name, bytes) => struck.push([name, bytes.toString(), A in arrived()]),
    )
    put(A, 'pay')
    // Whoever is told is told before it arrives.
    await expect.poll(() => struck, { interval: 1 }).toEqual([[A, 'pay', false]])
    expect([readdirSync(link.from), arrived()]).toEqual([[], there])
    put(A, 'pay')
    await expect.poll(() => link.puts.get(A)).toBe(2)
    await expect.poll(arrived).toEqual({ [A]: 'pay' })
    expect(readdirSync(link.from)).toEqual([A])
  })
})
