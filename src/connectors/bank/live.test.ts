/** Against the running bank, which shares no code with this connector and writes its files by other means. */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { Connector, Observation } from '../../connector/contract.ts'
import { sha256 } from '../../connector/transport/sending.ts'
import { hexOf } from '../../lib/hash.ts'
import { BELGIAN, DUTCH, FRENCH, OURS, paymentFile, type Order } from '../../../sandbox/bank/fixture.ts'
import { Workshop, type System } from '../../../sandbox/testing.ts'
import { drive, type Drive } from '../../../test/drive.ts'
import { bank } from './connector.ts'

const shop = new Workshop()
const drives: Drive[] = []
afterAll(async () => {
  await Promise.all(drives.map((one) => one.close()))
  await shop.clear()
})

interface Held {
  readonly there: System
  readonly here: Drive
  readonly connector: Connector
  readonly put: string
  readonly read: string
}

async function branch(...args: string[]): Promise<Held> {
  const [put, read, data] = [await shop.folder(), await shop.folder(), await shop.folder()]
  const there = await shop.start('bank', [
    '--data',
    data,
    '--in',
    put,
    '--out',
    read,
    '--poll',
    '20',
    '--statement-every',
    '1000000',
    ...args,
  ])
  await there.call('PUT', '/setup', {
    accounts: [{ iban: OURS, ccy: 'EUR', holder: 'Nordlicht', opening: '1000.00' }],
    closed: [BELGIAN],
    bouncing: [],
  })
  const config = bank.readConfig({ put, read, halfMs: 0 })
  if (!('config' in config)) throw new Error(config.problems.join())
  const connector = bank.open(config.config, 'bank', { sha256 })
  const here = drive(connector)
  drives.push(here)
  return { there, here, connector, put, read }
}

const transmit = (
  here: Drive,
  messageId: string,
  orders: readonly Order[],
  batch = false,
): {
  content: { messageId: string; document: string }
  run: () => ReturnType<Drive['run']>
} => {
  const bytes = new TextEncoder().encode(paymentFile({ msgId: messageId, orders, batch }))
  const content = { messageId, document: here.keep({ bytes, mediaType: 'application/xml' }) }
  return { content, run: () => here.run('payment.transmit', content) }
}

/** Reads on until the facts satisfy; what has been read before is kept. */
async function readUntil(here: Drive, satisfied: (all: readonly Observation[]) => boolean): Promise<Observation[]> {
  const all: Observation[] = []
  let cursor: string | null = null
  await expect
    .poll(
      async () => {
        const swept = await here.sweep(cursor)
        cursor = swept.cursor
        all.push(...swept.observations)
        return satisfied(all)
      },
      { timeout: 8_000, interval: 20 },
    )
    .toBe(true)
  return all
}

const ofType = (all: readonly Observation[], type: string): Observation[] => all.filter((one) => one.type === type)
const has =
  (type: string, count = 1) =>
  (all: readonly Observation[]): boolean =>
    ofType(all, type).length >= count

describe('a payment file', () => {
  test('is put there unchanged and once, accepted, announced and booked', async () => {
    const { there, here, put } = await branch()
    const { content, run } = transmit(here, 'M 1/ä', [
      { id: 'E-1', amt: '100.00' },
      { id: 'E-2', amt: '50.00', iban: DUTCH },
    ])
    expect(await here.look('payment.transmit', content)).toEqual({ kind: 'absent' })
    expect((await run()).outcome).toEqual({ kind: 'done', receipt: { reference: 'pain001-M_201_2f_c3_a4.xml' } })
    expect((await run()).outcome).toEqual({ kind: 'done', receipt: { reference: 'pain001-M_201_2f_c3_a4.xml' } })
    expect(await readdir(put)).toEqual(['.sent', 'pain001-M_201_2f_c3_a4.xml'])
    expect(hexOf(sha256(new Uint8Array(await readFile(join(put, 'pain001-M_201_2f_c3_a4.xml')))))).toBe(content.document)
    expect(await here.look('payment.transmit', content)).toMatchObject({ kind: 'one', equal: true })
    const other = transmit(here, 'M 1/ä', [{ id: 'E-9', amt: '1.00' }])
    expect((await other.run()).outcome).toMatchObject({ kind: 'other', reference: 'pain001-M_201_2f_c3_a4.xml' })
    expect(await here.look('payment.transmit', other.content)).toMatchObject({ kind: 'one', equal: false })

    await readUntil(here, has('statement.entry-announced', 2))
    await there.call('POST', '/cycle')
    const all = await readUntil(here, has('statement.received'))
    expect(new Set(all.map((one) => one.eventId)).size).toBe(all.length)
    expect(ofType(all, 'payment.accepted').map((one) => [one.about[0]?.names, one.data['code']])).toEqual([
      [['public|payment-file|M 1/ä'], 'ACCP'],
      [['public|payment-file|M 1/ä'], 'ACSC'],
    ])
    const booked = ofType(all, 'statement.entry-booked')
    expect(
      booked.map(({ data }) => [
        data['endToEndId'],
        data['amount'],
        data['currency'],
        data['direction'],
        data['part'],
        data['parts'],
        data['counterparty'],
        data['remittance'],
      ]),
    ).toEqual([
      ['E-1', '100.00', 'EUR', 'debit', 1, 1, 'Müller & Fils', 'RE-1'],
      ['E-2', '50.00', 'EUR', 'debit', 1, 1, 'Müller & Fils', 'RE-1'],
    ])
    expect(booked[0]).toMatchObject({
      readBack: true,
      about: [{ names: [expect.stringMatching(new RegExp(`^bank\\|entry\\|${OURS} .+ 1 1$`))], create: 'statement-entry' }],
    })
    expect(ofType(all, 'statement.entry-announced')[0]?.about[0]?.names[0]).toMatch(/^bank\|announced-entry\|/)
    expect(ofType(all, 'statement.received')).toMatchObject([
      { data: { account: OURS, currency: 'EUR', opening: '1000.00', closing: '850.00', entries: 2, findings: [] } },
    ])
    for (const one of [...booked, ...ofType(all, 'payment.accepted'), ...ofType(all, 'statement.received')])
      expect(here.documents.has(String(one.data['document'] as string))).toBe(true)
    expect((await here.sweep(null)).observations).toEqual(all)
  })

  test('that was fetched and deleted may have been there: no look can tell, and only a person lets it go again', async () => {
    const { here, put } = await branch()
    const { content, run } = transmit(here, 'M-2', [{ id: 'E-1', amt: '100.00' }])
    await run()
    await expect
      .poll(async () => {
        await rm(join(put, 'taken', 'pain001-M-2.xml'), { force: true })
        await rm(join(put, 'pain001-M-2.xml'), { force: true })
        return here.look('payment.transmit', content)
      })
      .toEqual({ kind: 'untraceable', says: 'pain001-M-2.xml may have been put there; it is not there any more. Ask the bank.' })
  })

  test('is refused as a whole when its MsgId came before, and singly for a closed account; the batch is one entry', async () => {
    const { there, here, put } = await branch()
    await transmit(
      here,
      'M-2',
      [
        { id: 'E-1', amt: '100.00' },
        { id: 'E-2', amt: '50.00', iban: BELGIAN },
        { id: 'E-3', amt: '25.00', iban: DUTCH },
      ],
      true,
    ).run()
    await readUntil(here, has('payment.accepted', 2))
    await writeFile(join(put, 'again.xml'), paymentFile({ msgId: 'M-2', orders: [{ id: 'E-7', amt: '1.00' }] }))
    await there.call('POST', '/cycle')
    const all = await readUntil(
      here,
      (facts) => has('statement.received')(facts) && ofType(facts, 'payment.rejected').some((one) => one.data['endToEndId'] === undefined),
    )
    expect(ofType(all, 'payment.accepted').map((one) => one.data['code'])).toEqual(['PART', 'PART'])
    const rejected = ofType(all, 'payment.rejected')
    expect(rejected[0]).toMatchObject({
      about: [{ names: ['public|payment|M-2 E-2'] }, { names: ['public|payment-file|M-2'] }],
      data: { messageId: 'M-2', endToEndId: 'E-2', code: 'AC04' },
    })
    expect(rejected.at(-1)).toMatchObject({ about: [{ names: ['public|payment-file|M-2'] }], data: { messageId: 'M-2', code: 'AM05' } })
    const [entry] = ofType(all, 'statement.entry-booked')
    expect(entry?.data).toMatchObject({ amount: '125.00', batch: 'M-2-1', count: 2, part: 1, parts: 1, direction: 'debit' })
    expect(entry?.data['endToEndId']).toBeUndefined()
  })

  test('a returned payment, a collected one and a charge are told as what they are', async () => {
    const { there, here } = await branch()
    await transmit(here, 'M-3', [{ id: 'E-1', amt: '100.00', iban: FRENCH }]).run()
    await readUntil(here, has('statement.entry-announced'))
    expect((await there.call('POST', '/returns', { endToEndId: 'E-1', reason: 'AC04' })).status).toBeLessThan(300)
    await there.call('POST', '/entries', {
      iban: OURS,
      side: 'DBIT',
      amount: '77.00',
      ccy: 'EUR',
      means: 'COLLECTION',
      counterName: 'Stadtwerke',
      counterIban: DUTCH,
      mandateId: 'MD-1',
      remittance: 'RE-2026-17',
    })
    await there.call('POST', '/entries', { iban: OURS, side: 'DBIT', amount: '1.50', ccy: 'EUR', means: 'CHARGE' })
    await there.call('POST', '/cycle')
    const all = await readUntil(here, has('statement.received'))
    const [paid, back, collected, charge] = ofType(all, 'statement.entry-booked').map((one) => one.data)
    expect(paid).toMatchObject({ endToEndId: 'E-1', direction: 'debit' })
    expect(paid?.['returns']).toBeUndefined()
    expect(back).toMatchObject({ amount: '100.00', direction: 'credit', returns: { endToEndId: 'E-1', code: 'AC04' } })
    expect(collected).toMatchObject({ amount: '77.00', direction: 'debit', counterparty: 'Stadtwerke', remittance: 'RE-2026-17' })
    expect(charge).toMatchObject({ amount: '1.50', direction: 'debit' })
  })
})

test('a file that cannot be read is kept for a person and stops nothing behind it; others’ files are left alone', async () => {
  const { here, read, connector } = await branch()
  await writeFile(join(read, 'pain002-900001.xml'), '<Document><broken')
  await writeFile(join(read, 'readme.txt'), 'not the bank’s')
  await transmit(here, 'M-4', [{ id: 'E-1', amt: '1.00' }]).run()
  await readUntil(here, has('statement.entry-announced'))
  const swept = await here.sweep(null)
  expect(swept.unreadable).toMatchObject([
    { reference: 'pain002-900001.xml', says: expect.stringContaining('line'), mediaType: 'application/xml' },
  ])
  expect(swept.observations.length).toBeGreaterThan(1)
  const reply = await here.send(connector.probe.request())
  expect('unsent' in reply ? reply : connector.probe.read(reply)).toBe('ok')
})
