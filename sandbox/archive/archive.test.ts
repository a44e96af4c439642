import { createHash } from 'node:crypto'
import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Workshop, type Answer, type System } from '../testing.ts'

const shop = new Workshop()
afterAll(() => shop.clear())

const digestOf = (bytes: string): string => createHash('sha256').update(bytes).digest('hex')
const SETUP = {
  vaults: [
    { vaultId: 'evidence', title: 'Evidence' },
    { vaultId: 'long', title: 'Long', leastDays: 3650 },
  ],
}
const place = (label: string, vault = 'evidence'): string => `/vaults/${vault}/deposits/${label}`

async function archiveIn(...args: string[]): Promise<System> {
  const system = await shop.start('archive', ['--data', await shop.folder(), ...args])
  expect((await system.call('PUT', '/setup', SETUP)).body).toEqual({ loaded: { vaults: 2 } })
  return system
}

const put = (system: System, label: string, bytes: string, keepTill = '2040-12-31', more: Record<string, string> = {}): Promise<Answer> =>
  system.call('PUT', place(label), bytes, { 'content-type': 'text/plain', 'x-digest': digestOf(bytes), 'x-keep-till': keepTill, ...more })

describe('deposits', () => {
  let system: System
  beforeAll(async () => {
    system = await archiveIn()
  })

  test('what was stowed is read back byte for byte, with its digest and day, by GET and HEAD', async () => {
    const bytes = '<Rechnung>äöü \u0001 no JSON</Rechnung>'
    const { status, body } = await put(system, 'a.xml', bytes, '2040-12-31', { 'x-note': 'by test' })
    expect(status).toBe(201)
    expect(body).toMatchObject({
      label: 'a.xml',
      digest: digestOf(bytes),
      size: Buffer.byteLength(bytes),
      mime: 'text/plain',
      note: 'by test',
      keepTill: '2040-12-31',
    })
    const fetched = await system.call('GET', place('a.xml'))
    expect(fetched.text).toBe(bytes)
    expect([fetched.headers.get('x-digest'), fetched.headers.get('x-keep-till'), fetched.headers.get('content-type')]).toEqual([
      digestOf(bytes),
      '2040-12-31',
      'text/plain',
    ])
    const head = await system.call('HEAD', place('a.xml'))
    expect([head.status, head.text, head.headers.get('x-digest'), head.headers.get('x-deposit-no')]).toEqual([
      200,
      '',
      digestOf(bytes),
      body.depositNo,
    ])
    expect((await system.call('GET', `${place('a.xml')}/card`)).body).toEqual(body)
  })

  test('the same bytes again are held already and stowed once; other bytes under the label are refused', async () => {
    const first = await put(system, 'once', 'one')
    const before = (await system.books()).length
    const again = await put(system, 'once', 'one', '2040-12-31', { 'x-note': 'another note' })
    expect([again.status, again.body]).toEqual([200, first.body])
    const other = await put(system, 'once', 'two')
    expect([other.status, other.body.code, other.body.card.digest]).toEqual([409, 'AX-41', digestOf('one')])
    expect(await system.books()).toHaveLength(before)
    expect((await system.call('GET', place('once'))).text).toBe('one')
  })

  test('one content under two labels stands in the book once', async () => {
    await put(system, 'twin-1', 'twins')
    await put(system, 'twin-2', 'twins')
    const contents = (await system.books())
      .flatMap(({ facts }) => facts)
      .filter(({ what, key }) => what === 'CONTENT' && key === digestOf('twins'))
    expect(contents).toHaveLength(1)
    expect((await system.call('GET', place('twin-2'))).text).toBe('twins')
  })

  test('a day is lengthened, by putting or prolonging, and never shortened', async () => {
    await put(system, 'long.txt', 'long', '2035-12-31')
    expect((await put(system, 'long.txt', 'long', '2036-12-31')).body).toMatchObject({ keepTill: '2036-12-31' })
    const shorter = await put(system, 'long.txt', 'long', '2035-12-31')
    expect([shorter.status, shorter.body.code, shorter.body.card.keepTill]).toEqual([422, 'AX-52', '2036-12-31'])
    const prolong = (keepTill: string): Promise<Answer> => system.call('PUT', `${place('long.txt')}/keep-till`, { keepTill, by: 'a' })
    expect((await prolong('2036-01-01')).body.code).toBe('AX-52')
    expect((await prolong('2037-01-01')).body.keepTill).toBe('2037-01-01')
    expect((await system.call('GET', `${place('long.txt')}/card`)).body.keepTill).toBe('2037-01-01')
  })

  test.each([
    ['AX-20', 422, 'bad-digest', { 'x-digest': digestOf('else') }],
    ['AX-10', 400, 'no-digest', { 'x-digest': '' }],
    ['AX-10', 400, 'no-day', { 'x-keep-till': '2036-02-30' }],
    ['AX-10', 400, 'a%2Fb', {}],
  ])('%s (%i) is the refusal of %s with %j, and nothing is kept', async (code, status, label, more) => {
    const before = (await system.books()).length
    const answer = await put(system, label, 'bytes', '2040-12-31', more)
    expect([answer.status, answer.body.code]).toEqual([status, code])
    expect(await system.books()).toHaveLength(before)
  })

  test('a vault keeps everything as long as it says, and does not say less later', async () => {
    const short = await system.call('PUT', place('x', 'long'), 'x', { 'x-digest': digestOf('x'), 'x-keep-till': '2027-01-01' })
    expect([short.status, short.body.code]).toEqual([422, 'AX-31'])
    expect((await system.call('PUT', '/setup', { vaults: [{ vaultId: 'long', title: 'Long', leastDays: 1 }] })).body.code).toBe('AX-30')
    expect((await system.call('PUT', place('x', 'nowhere'), 'x', {})).body.code).toBe('AX-40')
  })

  test('lists filter by beginning and digest, in pages, and refuse a misspelt filter', async () => {
    for (const at of [1, 2, 3]) await put(system, `list-${at}`, `number ${at}`)
    const labels = (answer: Answer): string[] => answer.body.cards.map((card: { label: string }) => card.label)
    const list = (query: string): Promise<Answer> => system.call('GET', `/vaults/evidence/deposits?${query}`)
    expect(labels(await list('begins=list-'))).toEqual(['list-1', 'list-2', 'list-3'])
    const page = await list('begins=list-&limit=2')
    expect(labels(page)).toEqual(['list-1', 'list-2'])
    expect(labels(await list(`begins=list-&after=${page.body.next}`))).toEqual(['list-3'])
    expect(labels(await list(`digest=${digestOf('number 2')}`))).toEqual(['list-2'])
    expect((await list('label=list-1')).body.code).toBe('AX-10')
  })
})

test('nothing is shredded before its day is over, and then its label stays used', async () => {
  const system = await archiveIn()
  await put(system, 'old', 'old', '2030-12-31')
  const shred = (): Promise<Answer> => system.call('DELETE', place('old'), { by: 'a' })
  expect((await shred()).body.code).toBe('AX-53')
  expect((await system.call('GET', place('old'))).text).toBe('old')
  await system.call('PUT', '/tempo', { aheadDays: Math.ceil((Date.parse('2031-01-01') - Date.now()) / 86_400_000) })
  expect((await shred()).status).toBe(200)
  for (const answer of [await system.call('GET', place('old')), await put(system, 'old', 'old', '2050-12-31'), await shred()]) {
    expect([answer.status, answer.body.code]).toEqual([410, 'AX-43'])
  }
})

test('the books outlive a kill and a torn last line', async () => {
  const data = await shop.folder()
  const first = await shop.start('archive', ['--data', data])
  await first.call('PUT', '/setup', SETUP)
  const { body } = await put(first, 'kept', 'kept')
  await first.kill('SIGKILL')
  await appendFile(join(data, 'book.jsonl'), '{"n":99,"half')
  const second = await shop.start('archive', ['--data', data])
  expect((await second.call('GET', `${place('kept')}/card`)).body).toEqual(body)
  expect((await second.call('GET', place('kept'))).text).toBe('kept')
  expect((await put(second, 'next', 'next')).body.depositNo).toBe('D-00000002')
})

test('faults: stowed and the reply lost, nothing kept behind a 201, and landing late', async () => {
  const system = await archiveIn()
  const rules = (...given: object[]): Promise<Answer> =>
    system.call('PUT', '/faults', { rules: given.map((rule) => ({ op: 'deposit.put', first: 1, ...rule })) })
  await rules({ reply: 'lost' })
  await expect(put(system, 'lost', 'lost')).rejects.toThrow('fetch failed')
  expect((await put(system, 'lost', 'lost')).status).toBe(200)
  await rules({ effect: 'none' })
  expect((await put(system, 'none', 'none')).status).toBe(201)
  expect((await system.call('GET', place('none'))).status).toBe(404)
  await rules({ effect: 'late', lateMs: 2_000 })
  await expect(put(system, 'late', 'late')).rejects.toThrow('fetch failed')
  expect((await system.call('GET', place('late'))).status).toBe(404)
  await expect.poll(async () => (await system.call('GET', place('late'))).status).toBe(200)
})

test('with a token nobody else is let in', async () => {
  const system = await shop.start('archive', ['--data', await shop.folder()], { SANDBOX_ARCHIVE_TOKEN: 'secret' })
  expect((await system.call('GET', '/vaults/evidence')).status).toBe(401)
  expect((await system.call('GET', '/vaults/evidence', undefined, { authorization: 'Bearer secret' })).status).toBe(404)
})
