import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { until, Workshop, type Answer, type System } from '../testing.ts'
import { note, POSITIONS, procurementIn, SETUP, slip } from './fixture.ts'

const shop = new Workshop()
afterAll(() => shop.clear())
const PURCHASE = '/purchases/1000/4500000001'
const codes = (answer: Answer): string[] => answer.body.reasons.map((reason: { code: string }) => reason.code)

describe('purchases', () => {
  let system: System
  beforeAll(async () => {
    system = await procurementIn(shop)
  })

  test('each change is an edition of its own, on the latest only, and the older ones stay', async () => {
    const change = (basedOn: number, pieces: string): Promise<Answer> =>
      system.call('POST', `${PURCHASE}/editions`, {
        basedOn,
        positions: [{ ...POSITIONS[0], pieces }, POSITIONS[1]],
        by: 'p.orlow',
        why: 'more paper',
      })
    expect((await change(1, '12')).body).toMatchObject({ edition: 2, changedBy: 'p.orlow', why: 'more paper' })
    expect(codes(await change(1, '13'))).toEqual(['PU-15'])
    expect((await change(2, '14')).status).toBe(201)
    const { items } = (await system.call('GET', `${PURCHASE}/editions`)).body
    expect(items.map((row: { edition: number; positions: { pieces: string }[] }) => [row.edition, row.positions[0]?.pieces])).toEqual([
      [1, '10'],
      [2, '12'],
      [3, '14'],
    ])
  })

  test('what is shut takes no change and no goods until it is open again; both are editions', async () => {
    const turn = (how: string): Promise<Answer> => system.call('POST', `${PURCHASE}/${how}`, { by: 'p.orlow', why: 'done' })
    const before = (await system.call('GET', PURCHASE)).body.edition as number
    expect((await turn('shut')).body).toMatchObject({ phase: 'SHUT', edition: before + 1 })
    expect(codes(await turn('shut'))).toEqual(['PU-16'])
    expect(codes(await system.call('POST', '/slips', slip('1')))).toEqual(['PU-16'])
    expect((await turn('reopen')).body).toMatchObject({ phase: 'ISSUED', edition: before + 2 })
    expect((await system.call('POST', '/slips', slip('1'))).status).toBe(201)
  })

  test.each([
    ['PU-13', { merchantId: 'MX-9' }],
    ['PU-14', { merchantId: 'MX-000002' }],
  ])('%s is the refusal of a new purchase with %j', async (code, more) => {
    const { unitCode: _unit, purchaseNo: _no, ...row } = SETUP.purchases[0]!
    expect(codes(await system.call('PUT', '/purchases/1000/77', { ...row, ...more }))).toEqual([code])
    expect((await system.call('GET', '/purchases/1000/77')).status).toBe(404)
  })

  test('a set-up that is equal changes nothing, and one bad row refuses all of it', async () => {
    const before = (await system.books()).length
    expect((await system.call('PUT', '/setup', { merchants: SETUP.merchants, units: SETUP.units })).body.taken).toEqual({
      units: 0,
      merchants: 0,
      purchases: 0,
      arrivals: 0,
    })
    const bad = { merchants: [{ ...SETUP.merchants[0], name: 'Other' }], purchases: [{ ...SETUP.purchases[0], unitCode: '9' }] }
    expect((await system.call('PUT', '/setup', bad)).status).toBe(422)
    expect(await system.books()).toHaveLength(before)
  })

  test('a misspelt filter, a missing and an unknown field are malformed', async () => {
    expect((await system.call('GET', '/purchases?purchaseno=1')).status).toBe(400)
    const answer = await system.call('POST', '/slips', { ...slip('1'), by: undefined, colour: 'red' })
    expect([answer.status, answer.body.reasons.map((reason: { at: string }) => reason.at).toSorted()]).toEqual([400, ['by', 'colour']])
  })

  test('merchants are found by tax number however it is written', async () => {
    expect((await system.call('GET', '/merchants?vatReg=fr%2012345678901')).body.items).toHaveLength(1)
    expect((await system.call('GET', '/merchants?name=blauwal%20b.v.')).body.items[0].merchantId).toBe('MX-000002')
  })
})

describe('slips', () => {
  let system: System
  beforeAll(async () => {
    system = await procurementIn(shop)
  })
  const counted = async (): Promise<string> => (await system.call('GET', PURCHASE)).body.positions[0].countedSoFar as string

  test('counts add up, and a slip that is taken back counts no more, once', async () => {
    const first = (await system.call('POST', '/slips', slip('4'))).body.slipNo as string
    await system.call('POST', '/slips', slip('2.5'))
    expect(await counted()).toBe('6.5')
    const back = (): Promise<Answer> => system.call('POST', `/slips/${first}/take-back`, { by: 'door', why: 'broken' })
    expect((await back()).body.takenBack).toMatchObject({ by: 'door', why: 'broken' })
    expect(await counted()).toBe('2.5')
    expect(codes(await back())).toEqual(['SL-23'])
    const lost = await system.call('POST', `${PURCHASE}/editions`, { basedOn: 1, positions: [POSITIONS[1]], by: 'p', why: 'x' })
    expect(codes(lost)).toEqual(['PU-17'])
  })

  test.each([
    ['SL-21', { rows: [{ pos: '99', counted: '1' }] }],
    ['SL-22', { rows: [{ pos: '20', counted: '1' }] }],
    ['SL-24', { rows: [{ pos: '10', counted: '0' }] }],
    ['SL-24', { rows: [] }],
    ['PU-11', { purchaseNo: '77' }],
  ])('%s is the refusal of a slip with %j, and nothing is counted', async (code, more) => {
    const before = await counted()
    expect(codes(await system.call('POST', '/slips', slip('1', more)))).toEqual([code])
    expect(await counted()).toBe(before)
  })

  test('announced goods are counted once when they are due, also after a kill; for a shut purchase they are turned away', async () => {
    const data = await shop.folder()
    const first = await shop.start('procurement', ['--data', data, '--door', '0'])
    const arrival = (arrivalNo: string, purchaseNo: string): unknown => ({
      arrivalNo,
      unitCode: '1000',
      purchaseNo,
      rows: [{ pos: '10', counted: '3' }],
      afterMs: 0,
    })
    const purchases = [SETUP.purchases[0], { ...SETUP.purchases[0], purchaseNo: '77' }]
    const load = { ...SETUP, purchases, arrivals: [arrival('A-1', '4500000001'), arrival('A-2', '77')] }
    expect((await first.call('PUT', '/setup', load)).body.taken.arrivals).toBe(2)
    await first.call('POST', '/purchases/1000/77/shut', { by: 'p', why: 'no need' })
    await first.kill('SIGKILL')
    const second = await shop.start('procurement', ['--data', data, '--door', '10'])
    await second.call('PUT', '/setup', load)
    const ends = await until('both arrivals', async () => {
      const facts = (await second.books())
        .flatMap((line) => line.facts)
        .filter((fact) => fact.what === 'ARRIVAL' && fact.verb !== 'ANNOUNCED')
      return facts.length >= 2 ? facts.map((fact) => `${fact.key} ${fact.verb}`) : undefined
    })
    expect(ends).toEqual(['A-1 COUNTED', 'A-2 TURNED_AWAY'])
    expect((await second.call('GET', PURCHASE)).body.positions[0].countedSoFar).toBe('3')
    expect((await second.call('GET', '/slips')).body.items).toHaveLength(1)
  })
})

describe('notes on claims', () => {
  let system: System
  beforeAll(async () => {
    system = await procurementIn(shop)
  })

  test('a note is unique under its reference: again it says what is held, equal or not, and changes nothing', async () => {
    expect((await system.call('POST', '/notes', note('n-1'))).status).toBe(201)
    for (const shows of ['AGREED', 'LEDGERED']) {
      const again = await system.call('POST', '/notes', note('n-1', { shows }))
      expect([again.status, codes(again), again.body.held.shows]).toEqual([409, ['NO-31'], 'AGREED'])
    }
    expect((await system.call('GET', '/claims/claim-1')).body).toMatchObject({ shows: 'AGREED', notes: [{ noteRef: 'n-1' }] })
  })

  test('a claim shows what the last note said', async () => {
    await system.call('POST', '/notes', note('n-2', { shows: 'PAID_OUT' }))
    expect((await system.call('GET', '/claims/claim-1')).body.shows).toBe('PAID_OUT')
    expect(codes(await system.call('POST', '/notes', note('n-3', { purchaseNo: '77' })))).toEqual(['PU-11'])
    expect((await system.call('GET', '/notes/n-3')).status).toBe(404)
  })

  test('carried out and the reply lost: there once, and the second call says so', async () => {
    await system.call('PUT', '/faults', { rules: [{ op: 'note.put', first: 1, reply: 'lost' }] })
    await expect(system.call('POST', '/notes', note('n-4'))).rejects.toThrow('fetch failed')
    expect((await system.call('POST', '/notes', note('n-4'))).status).toBe(409)
    expect((await system.books()).flatMap((line) => line.facts).filter((fact) => fact.key === 'n-4')).toHaveLength(1)
  })
})

describe('journal and process', () => {
  test('parts of the journal hold every fact once, in the order of the book, and are repeatable', async () => {
    const system = await procurementIn(shop)
    for (const counted of ['1', '2', '3']) await system.call('POST', '/slips', slip(counted))
    const seen: string[] = []
    let from = 0
    for (let end = false; !end;) {
      const { body } = await system.call('GET', `/journal?from=${from}&max=2`)
      expect((await system.call('GET', `/journal?from=${from}&max=2`)).body.entries).toEqual(body.entries)
      seen.push(...body.entries.map((entry: { seq: number; key: string }) => `${entry.seq} ${entry.key}`))
      from = body.upTo
      end = body.end
    }
    const facts = (await system.books()).flatMap((line) => line.facts)
    expect(seen).toEqual(facts.map((fact, at) => `${at + 1} ${fact.key}`))
  })

  test('SIGKILL loses nothing that was answered, a torn line is cut off, numbers go on', async () => {
    const data = await shop.folder()
    const first = await shop.start('procurement', ['--data', data])
    await first.call('PUT', '/setup', SETUP)
    await Promise.all(Array.from({ length: 20 }, () => first.call('POST', '/slips', slip('0.1'))))
    const books = await first.books()
    await first.kill('SIGKILL')
    await appendFile(join(data, 'book.jsonl'), '{"n":99,"at":"20')
    const second = await shop.start('procurement', ['--data', data])
    expect(await second.books()).toEqual(books)
    expect((await second.call('POST', '/slips', slip('1'))).body.slipNo).toBe('WE0000021')
  })

  test('with a token every call but alive needs it, and SIGTERM ends in order', async () => {
    const system = await shop.start('procurement', ['--data', await shop.folder()], { SANDBOX_PROCUREMENT_TOKEN: 'open sesame' })
    expect((await system.call('GET', '/alive')).body).toEqual({ alive: true, system: 'procurement' })
    expect(codes(await system.call('GET', '/units'))).toEqual(['PX-401'])
    expect((await system.call('GET', '/units', undefined, { authorization: 'Bearer open sesame' })).status).toBe(200)
    expect(await system.kill('SIGTERM')).toBe(0)
  })
})
