/** Sending against a hub of the test's own making, which answers as it is told. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { ROUTES } from '../api/routes.ts'
import { feed, LARGEST_BYTES, leftOf, type Fed, type Patience } from './feed.ts'

type Reply = { readonly status: number; readonly body?: object } | 'hangs up'

/** A hub that answers each name as `replies` says for its nth time; the names in the order in which they were sent. */
async function hubWith(replies: (name: string, time: number) => Reply): Promise<{ api: string; sent: string[] }> {
  const sent: string[] = []
  const server = createServer((request, response) => {
    const name = new URL(request.url ?? '', 'http://hub').searchParams.get('name') ?? ''
    request.resume().once('end', () => {
      sent.push(name)
      const reply = replies(name, sent.filter((one) => one === name).length)
      if (reply === 'hangs up') return void request.socket.destroy()
      response.writeHead(reply.status, { 'content-type': 'application/json' }).end(JSON.stringify(reply.body ?? {}))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { api: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, sent }
}

/** Ordinary files of these names in a folder of the test's own. */
function filesNamed(...names: string[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'tieout-feed-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return names.map((name) => {
    writeFileSync(join(folder, name), name)
    return join(folder, name)
  })
}

const SOON: Patience = { pauseMs: 5, tries: 4, busyMs: 60_000 }
const TAKEN: Reply = { status: 200 }
const BROKEN: Reply = { status: 500, body: { code: 'internal', title: 'Something broke inside the hub.' } }
const BUSY: Reply = { status: 429, body: { code: 'backlog-too-old', title: 'More work is waiting than can be done in time.' } }

async function fedTo(hub: { api: string }, files: readonly string[], patience = SOON): Promise<Fed> {
  const feeding = feed({ api: hub.api, key: 'k', files }, new AbortController().signal, patience)
  await feeding.over
  return feeding.fed()
}
const told = ({ notTaken }: Fed): string[][] => notTaken.map(({ file, says, whatToDo }) => [basename(file), says, whatToDo])

test('what cannot be read is named and never sent; it keeps nothing else from being sent, a pipe neither', async () => {
  const [first = '', last = ''] = filesNamed('a.xml', 'z.xml')
  const at = (name: string): string => join(first, '..', name)
  symlinkSync(at('nowhere'), at('dangling.xml'))
  mkdirSync(at('folder'))
  symlinkSync(at('folder'), at('linked.xml'))
  execFileSync('sh', ['-c', 'mkfifo "$0"', at('pipe.xml')])
  writeFileSync(at('large.xml'), '')
  truncateSync(at('large.xml'), LARGEST_BYTES + 1)
  const hub = await hubWith(() => TAKEN)
  const fed = await fedTo(hub, [first, at('dangling.xml'), at('linked.xml'), at('pipe.xml'), at('large.xml'), last])
  const itself = 'Put the file itself there, so that this account can read it.'
  expect(told(fed)).toEqual([
    ['dangling.xml', 'There is no such file.', itself],
    ['linked.xml', 'This is a link to a folder, which is not followed.', itself],
    ['pipe.xml', 'This is neither a file nor a folder.', itself],
    ['large.xml', 'The document has 20971521 bytes; the limit is 20971520.', 'Ask the sender for it without its large attachments.'],
  ])
  expect(hub.sent).toEqual(['a.xml', 'z.xml'])
  expect([fed.taken, leftOf(fed)]).toEqual([2, 0])
})

test('what the hub refuses is named with its own words, once; what it keeps without being able to read it is taken', async () => {
  const replies: Record<string, Reply> = {
    'empty.xml': { status: 400, body: { code: 'request-not-valid', title: 'The request does not fit.', detail: 'The body is empty.' } },
    'other.xml': { status: 413, body: { code: 'body-too-large', title: 'The body is larger than the limit.' } },
    'letter.xml': { status: 422, body: { code: 'document-not-read', title: 'The document could not be read as an invoice.' } },
    'strange.xml': { status: 418 },
  }
  const hub = await hubWith((name) => replies[name] ?? TAKEN)
  const fed = await fedTo(hub, filesNamed('empty.xml', 'good.xml', 'letter.xml', 'other.xml', 'strange.xml'))
  const correct = 'Correct the file or its name.'
  expect(told(fed)).toEqual([
    ['empty.xml', 'The body is empty.', correct],
    ['other.xml', 'The body is larger than the limit.', correct],
    ['strange.xml', 'The hub answered 418.', correct],
  ])
  expect([fed.taken, hub.sent.length]).toEqual([2, 5])
})

test('a document that the hub breaks on lets the others go first, is tried so often and then named', async () => {
  const hub = await hubWith((name, time) => {
    if (name === 'b.xml') return BROKEN
    if (name === 'c.xml') return 'hangs up'
    return name === 'a.xml' && time === 1 ? BROKEN : TAKEN
  })
  const fed = await fedTo(hub, filesNamed('a.xml', 'b.xml', 'c.xml', 'd.xml'))
  expect(hub.sent.slice(0, 5)).toEqual(['a.xml', 'b.xml', 'c.xml', 'd.xml', 'a.xml'])
  expect(['b.xml', 'c.xml'].map((name) => hub.sent.filter((one) => one === name).length)).toEqual([4, 4])
  const tell = 'Tell whoever runs the hub: its log says what happened.'
  expect(told(fed)).toEqual([
    ['b.xml', 'Something broke inside the hub.', tell],
    ['c.xml', expect.stringMatching(/^The hub gave no answer: (?:UND_ERR_SOCKET|ECONNRESET)\.$/u), tell],
  ])
  expect(fed.taken).toBe(2)
})

test('a hub that is busy is waited for, and gets the same document before the next', async () => {
  const hub = await hubWith((name, time) => (name === 'a.xml' && time <= 6 ? BUSY : TAKEN))
  const fed = await fedTo(hub, filesNamed('a.xml', 'b.xml'))
  expect(hub.sent).toEqual([...Array.from({ length: 7 }, () => 'a.xml'), 'b.xml'])
  expect([fed.taken, fed.notTaken]).toEqual([2, []])
})

test('a hub that takes nothing for too long gets each once more, and each is named', async () => {
  const hub = await hubWith((name) => (name === 'a.xml' ? TAKEN : BUSY))
  const fed = await fedTo(hub, filesNamed('a.xml', 'b.xml', 'c.xml'), { ...SOON, busyMs: 50 })
  expect(told(fed).map(([name]) => name)).toEqual(['b.xml', 'c.xml'])
  expect(told(fed)[0]).toContain('More work is waiting than can be done in time.')
  expect(hub.sent.filter((name) => name === 'c.xml')).toHaveLength(1)
})

test('told to stop, it ends in the middle, and what was not sent is neither taken nor refused', async () => {
  const stop = new AbortController()
  const hub = await hubWith((name) => {
    if (name === 'b.xml') stop.abort()
    return TAKEN
  })
  const feeding = feed({ api: hub.api, key: 'k', files: filesNamed('a.xml', 'b.xml', 'c.xml') }, stop.signal, { ...SOON, tries: 1 })
  await feeding.over
  expect(hub.sent).toEqual(['a.xml', 'b.xml'])
  expect(feeding.fed().notTaken).toEqual([])
  expect(leftOf(feeding.fed())).toBe(2)
})

test('the largest file that is read is the largest that the hub takes', () => {
  const takes = ROUTES.find(({ method, path }) => method === 'POST' && path === '/v1/documents')?.takes
  expect(takes?.limitBytes).toBe(LARGEST_BYTES)
})
