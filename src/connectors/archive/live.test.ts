/** Against the running archive, which shares no code with this connector. */
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Connector, Reading } from '../../connector/contract.ts'
import { sha256 } from '../../connector/transport/sending.ts'
import type { Json } from '../../lib/canonical-json.ts'
import { Workshop, type System } from '../../../sandbox/testing.ts'
import { drive, type Drive } from '../../../test/drive.ts'
import { archive } from './connector.ts'

const SECRETS = { TOKEN_OF_ARCHIVE: 'letmein' }
const UNTIL = '2040-12-31'
const shop = new Workshop()
let there: System
let here: Drive
let connector: Connector
beforeAll(async () => {
  const started = await shop.start('archive', ['--data', await shop.folder()], { SANDBOX_ARCHIVE_TOKEN: SECRETS.TOKEN_OF_ARCHIVE })
  there = {
    ...started,
    call: (method, path, body, headers) =>
      started.call(method, path, body, { authorization: `Bearer ${SECRETS.TOKEN_OF_ARCHIVE}`, ...headers }),
  }
  expect((await there.call('PUT', '/setup', { vaults: [{ vaultId: 'evidence', title: 'E', leastDays: 365 }] })).status).toBe(200)
  connector = open({})
  here = drive(connector, SECRETS)
})
afterAll(async () => {
  await here.close()
  await shop.clear()
})

function open(more: object): Connector {
  const read = archive.readConfig({ url: there.url, token: 'TOKEN_OF_ARCHIVE', vault: 'evidence', ...more })
  if (!('config' in read)) throw new Error(read.problems.join())
  return archive.open(read.config, 'archive', { sha256 })
}

type PackContent = { readonly [key: string]: Json } & { readonly name: string; readonly document: string }
const pack = (name: string, text: string, until = UNTIL): PackContent => ({
  name,
  document: here.keep({ bytes: Buffer.from(text), mediaType: 'application/json' }),
  until,
  covers: 17,
})
const storing = (content: PackContent, key = 'key-1'): Promise<Reading> => here.run('evidence.store', content, { key, object: 'inv_1' })
const reading = (content: PackContent): Promise<Reading> => here.run('lookup.evidence', content, { object: 'inv_1' })
const card = async (name: string): Promise<{ status: number; keepTill: string; depositNo: string; note: string }> => {
  const { status, body } = await there.call('GET', `/vaults/evidence/deposits/${name}/card`)
  return { status, ...(body as { keepTill: string; depositNo: string; note: string }) }
}
const stowings = async (name: string): Promise<number> =>
  (await there.call('GET', '/books')).text.split('\n').filter((line) => line.includes('"STOWED"') && line.includes(`"label":"${name}"`))
    .length
const fault = (rule: object): Promise<unknown> => there.call('PUT', '/faults', { rules: [{ op: 'deposit.put', first: 1, ...rule }] })

describe('storing', () => {
  test('is done with the number, digest and day on the card, and the archive holds the very bytes', async () => {
    const content = pack('pack.a.json', '{"a":"ä"}')
    const { outcome } = await storing(content)
    const held = await card('pack.a.json')
    expect(outcome).toEqual({ kind: 'done', receipt: { reference: held.depositNo, digest: content.document, keepTill: UNTIL } })
    expect((await there.call('GET', '/vaults/evidence/deposits/pack.a.json')).text).toBe('{"a":"ä"}')
    expect(held.note).toBe('hub key-1')
  })

  test('carried out and the reply lost: nobody knows; again it is held already, and stowed once', async () => {
    const content = pack('pack.lost.json', 'lost')
    await fault({ reply: 'lost' })
    expect((await storing(content)).outcome.kind).toBe('unclear')
    expect((await storing(content)).outcome).toMatchObject({ kind: 'done', receipt: { digest: content.document } })
    expect(await stowings('pack.lost.json')).toBe(1)
  })

  test('landing late, after it was sent again: both say done, and it is stowed once', async () => {
    const content = pack('pack.late.json', 'late')
    await fault({ effect: 'late', lateMs: 100, reply: 'lost' })
    expect((await storing(content)).outcome.kind).toBe('unclear')
    expect((await storing(content)).outcome.kind).toBe('done')
    await expect.poll(async () => (await there.call('GET', '/faults')).body.rules[0].hit).toBe(1)
    expect((await storing(content)).outcome.kind).toBe('done')
    expect(await stowings('pack.late.json')).toBe(1)
  })

  test('equal under another key is done; other bytes under the name are something else', async () => {
    await storing(pack('pack.same.json', 'same'))
    expect((await storing(pack('pack.same.json', 'same'), 'key-2')).outcome.kind).toBe('done')
    const { outcome } = await storing(pack('pack.same.json', 'not the same'))
    expect(outcome).toMatchObject({ kind: 'other', reference: (await card('pack.same.json')).depositNo })
    expect(outcome.kind === 'other' && outcome.says).toContain('AX-41')
  })

  test('a later day lengthens; an earlier one than is held is done, and shortens nothing', async () => {
    await storing(pack('document.x', 'x', '2040-12-31'))
    expect((await storing(pack('document.x', 'x', '2041-12-31'))).outcome).toMatchObject({
      kind: 'done',
      receipt: { keepTill: '2041-12-31' },
    })
    expect((await storing(pack('document.x', 'x', '2040-12-31'))).outcome).toMatchObject({
      kind: 'done',
      receipt: { keepTill: '2041-12-31' },
    })
    expect((await card('document.x')).keepTill).toBe('2041-12-31')
  })

  test('a day that the vault finds too early is refused in its words', async () => {
    const { outcome } = await storing(pack('pack.short.json', 'short', '2026-12-31'))
    expect(outcome).toMatchObject({ kind: 'refused', code: 'AX-31' })
    expect(outcome.kind === 'refused' && outcome.says).toContain('at least')
    expect((await card('pack.short.json')).status).toBe(404)
  })

  test('an answer for another label or with another digest proves nothing', async () => {
    for (const patch of [
      { label: 'pack.other.json' },
      { digest: createHash('sha256').update('?').digest('hex') },
      { keepTill: '2030-01-01' },
      { depositNo: null },
    ]) {
      await fault({ patch })
      expect((await storing(pack('pack.patched.json', 'patched'))).outcome.kind, JSON.stringify(patch)).toBe('unclear')
    }
  })

  test('a document whose bytes are not kept here is never sent', async () => {
    await expect(here.run('document.store', { name: 'document.y', document: 'f'.repeat(64), until: UNTIL })).rejects.toThrow('was not kept')
  })
})

describe('reading back', () => {
  test('what is held, byte for byte, is evidence: the same fact each time', async () => {
    const content = pack('pack.read.json', 'read')
    const { outcome } = await storing(content)
    const depositNo = outcome.kind === 'done' ? String(outcome.receipt.reference) : ''
    const first = await reading(content)
    expect(first.outcome).toMatchObject({ kind: 'done' })
    expect(first.observations).toMatchObject([
      {
        type: 'evidence.archived',
        readBack: true,
        about: [{ names: ['inv_1'], offers: [`archive|deposit|${depositNo}`] }],
        data: { archive: 'archive', document: content.document, until: UNTIL, covers: 17 },
      },
    ])
    expect((await reading(content)).observations).toEqual(first.observations)
  })

  test('answered as stowed and kept nowhere: it is absent, and nothing is archived', async () => {
    const content = pack('pack.none.json', 'none')
    await fault({ effect: 'none' })
    expect((await storing(content)).outcome.kind).toBe('done')
    const { outcome, observations } = await reading(content)
    expect(outcome).toMatchObject({ kind: 'done', receipt: { found: false } })
    expect(observations).toMatchObject([{ type: 'status.reported', data: { facet: 'evidence', word: 'absent' } }])
  })

  test('other bytes, a shorter day and half an answer are no evidence', async () => {
    const content = pack('pack.half.json', 'half of it')
    await storing(content)
    expect((await reading({ ...content, document: 'e'.repeat(64) })).outcome.kind).toBe('other')
    expect((await reading({ ...content, until: '2050-12-31' })).outcome.kind).toBe('other')
    for (const reply of ['cut', 'html']) {
      await there.call('PUT', '/faults', { rules: [{ op: 'deposit.fetch', first: 1, reply }] })
      const { outcome, observations } = await reading(content)
      expect([outcome.kind, observations], reply).toEqual(['unclear', []])
    }
  })
})

describe('what the archive holds', () => {
  /** A little more than the vault's least. */
  const DAY = new Date(Date.now() + 400 * 86_400_000).toISOString().slice(0, 10)
  const asked = async (label: string): Promise<unknown> => {
    const { one } = connector.holdings![0]!
    const reply = await here.send(one.ask(label))
    return 'unsent' in reply ? reply : one.read(reply, label)
  }

  test('is told of a pack by its card: whose it is, which bytes, till when; of other deposits nothing', async () => {
    const content = pack('pack.inv_7.17.0123456789ab.json', 'a pack')
    await storing(content)
    await storing(pack('document.7', 'a document'))
    const held = {
      names: ['inv_7'],
      key: 'pack.inv_7.17.0123456789ab.json',
      shows: [{ facet: 'evidence', word: content.document, claims: '17', document: content.document, until: UNTIL }],
    }
    expect(await asked('pack.inv_7.17.0123456789ab.json')).toMatchObject([held])
    expect(await asked('document.7')).toEqual([])
    const { list } = connector.holdings![0]!
    const reply = await here.send(list!.ask(null))
    const page = 'unsent' in reply ? { trouble: reply.unsent } : list!.readPage(reply, null)
    if ('trouble' in page) throw new Error(page.trouble)
    expect(page.held.find(({ key }) => key === held.key)).toMatchObject(held)
    expect([page.held.every(({ key }) => key.startsWith('pack.inv_')), page.cursor]).toEqual([true, null])
  })

  test('is nothing of a pack that was never stored, or was shredded; an answer that nobody understands is not that', async () => {
    expect(await asked('pack.inv_8.1.0123456789ab.json')).toEqual([])
    await storing(pack('pack.inv_9.1.0123456789ab.json', 'to be shredded', DAY))
    await there.call('PUT', '/tempo', { aheadDays: 3_000 })
    expect((await there.call('DELETE', '/vaults/evidence/deposits/pack.inv_9.1.0123456789ab.json', { by: 'somebody' })).status).toBe(200)
    await there.call('PUT', '/tempo', { aheadDays: 0 })
    expect(await asked('pack.inv_9.1.0123456789ab.json')).toMatchObject([{ names: ['inv_9'], shows: [{ word: 'absent', claims: null }] }])
    for (const reply of ['cut', 'html', 'error']) {
      await there.call('PUT', '/faults', { rules: [{ op: 'deposit.card', first: 1, reply }] })
      expect(await asked('pack.inv_7.17.0123456789ab.json'), reply).toHaveProperty('trouble')
    }
  })
})

test('the probe says whether we are let in and whether there is such a vault', async () => {
  const probing = async (one: Connector, drive: Drive): Promise<unknown> => {
    const reply = await drive.send(one.probe.request())
    if ('unsent' in reply) throw new Error(reply.unsent)
    return one.probe.read(reply)
  }
  expect(await probing(connector, here)).toBe('ok')
  expect(await probing(open({ vault: 'cellar' }), here)).toEqual({ trouble: 'There is no vault cellar.' })
  const stranger = drive(connector, { TOKEN_OF_ARCHIVE: 'wrong' })
  expect(await probing(connector, stranger)).toEqual({ trouble: 'it does not take our token' })
  await stranger.close()
})
