/** A log that was set back has lost objects by whose ids other systems still call them. Whoever tells of them again finds them under these. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { invoice, posting } from '../../test/arrivals.ts'
import { hubDatabase, type HubDatabase } from '../../test/hub-database.ts'
import { invoiceDocument } from '../../test/facts.ts'
import { contentOf, invoiceRef } from '../domain/invoice-content.ts'
import { adopt } from '../intake/adopt.ts'
import { openIntake, type Intake } from '../intake/batcher.ts'
import { admit } from '../intake/door.ts'
import { boundNames, namesOf } from './alias.ts'
import { inTenant, type ClientBase } from './database.ts'
import { eventById, eventsOf } from './event.ts'
import { rebuild } from './rebuild.ts'
import { sha256 } from './sha256.ts'
import { TEST_LAW } from './test-law.ts'

interface Hub {
  readonly database: HubDatabase
  readonly intake: Intake
}
const bugs: unknown[] = []

/** A hub over a database of its own, whose clock is `days` ahead. */
async function hub(lost: boolean, days = 0): Promise<Hub> {
  const database = await hubDatabase()
  const clock = (): number => Date.now() + days * 86_400_000
  const settings = { law: TEST_LAW, cfg: 'c'.repeat(64), config: 1, clock, lost }
  return { database, intake: openIntake({ pool: database.pool, settings, onBug: (error) => bugs.push(error) }) }
}
const read = <T>({ database }: Hub, work: (client: ClientBase) => Promise<T>): Promise<T> => inTenant(database.pool, 'acme', work)
async function objectOf(of: Hub, name: string): Promise<string> {
  return (await read(of, (client) => boundNames(client, 'acme', [name]))).get(name) ?? 'nobody'
}
const historyOf = (of: Hub, id: string): Promise<string[]> =>
  read(of, async (client) => (await eventsOf(client, 'acme', id, null, 100)).map((event) => event.type))

/** The hub as it was before, and the one that goes on without what that one knew. */
let before: Hub
let after: Hub
beforeAll(async () => {
  before = await hub(false)
  after = await hub(true, 3)
}, 60_000)
afterAll(async () => {
  for (const of of [before, after]) {
    await of.intake.close()
    expect((await rebuild(of.database.pool, 'acme', TEST_LAW)).differences).toEqual([])
    await of.database.drop()
  }
  expect(bugs).toEqual([])
})

const OF = { create: 'invoice', same: { day: '2026-11-20' } } as const

test('what is told again comes back under its id, whenever, by whichever way and with whichever names besides', async () => {
  const [name, more] = ['capture|invoice|1', 'public|invoice|like 1']
  await before.intake.submit([invoice('1', {}, { about: [{ names: [name], ...OF }] })])
  const again = { eventId: 'by mail', occurredAt: '2026-11-27T09:00:00.000Z', about: [{ names: [name, more], ...OF }] }
  await after.intake.submit([invoice('1', {}, again)])
  const id = await objectOf(before, name)
  expect(id).toMatch(/^inv_[0-9a-f]{26}$/u)
  // Its digits begin with the day that it gives itself.
  expect(Number.parseInt(id.slice(4, 15), 16)).toBe(Date.parse('2026-11-20'))
  expect(await objectOf(after, name)).toBe(id)
  expect(await objectOf(after, more)).toBe(id)
})

test('an invoice is the same by each of its renditions, and by another name of its file', () => {
  const content = contentOf(invoiceDocument())
  const idOf = (document: string, fileName: string): string | undefined =>
    admit(invoice(fileName, {}, { occurredAt: new Date().toISOString(), about: [invoiceRef(sha256, content, document)] })).refs.about[0]?.id
  expect(idOf('a'.repeat(64), 'a.xml')).toMatch(/^inv_[0-9a-f]{26}$/u)
  expect(idOf('b'.repeat(64), 'b.pdf')).toBe(idOf('a'.repeat(64), 'a.xml'))
})

test('without a day of its own it is the time of its event that counts, not that of the commit', async () => {
  await before.intake.submit([invoice('2')])
  await after.intake.submit([invoice('2')])
  expect(await objectOf(after, 'capture|invoice|2')).toBe(await objectOf(before, 'capture|invoice|2'))
})

test('what is said about a lost id waits, and is folded when somebody tells of the object', async () => {
  const name = 'capture|invoice|3'
  await before.intake.submit([invoice('3', {}, { about: [{ names: [name], ...OF }] })])
  const id = await objectOf(before, name)
  const [parked] = await after.intake.submit([posting('3', { about: [{ names: [id, 'erp|document|4711'] }] })])
  expect(parked).toMatchObject({ outcome: 'parked' })
  expect(await after.intake.submit([posting('3b', { about: [{ names: [id] }] })])).toMatchObject([{ outcome: 'parked' }])
  await after.intake.submit([invoice('3', {}, { about: [{ names: [name], ...OF }] })])
  expect((await historyOf(after, id)).slice(0, 3)).toEqual(['invoice.received', 'posting.confirmed', 'posting.confirmed'])
  expect(await objectOf(after, 'erp|document|4711')).toBe(id)
  expect(await read(after, (client) => namesOf(client, 'acme', id))).toEqual([name, 'erp|document|4711'])
})

test('a posting of a lost invoice that nobody tells of for long becomes that invoice, and who tells of it later finds it', async () => {
  const name = 'capture|invoice|4'
  await before.intake.submit([invoice('4', {}, { about: [{ names: [name], ...OF }] })])
  const id = await objectOf(before, name)
  const data = { postingNo: '4712', entity: '1000', reference: id }
  const about = [{ names: [id, 'erp|posting|1000 4712'] }]
  const [parked] = await after.intake.submit([posting('4', { about, data })])
  const event = await read(after, (client) => eventById(client, 'acme', parked!.eventId))
  await adopt(after.database.pool, (arrivals) => after.intake.submit(arrivals), 'acme', [event!.index])
  expect(await objectOf(after, 'erp|posting|1000 4712')).toBe(id)
  await after.intake.submit([invoice('4', {}, { about: [{ names: [name], ...OF }] })])
  expect(await objectOf(after, name)).toBe(id)
  expect(await historyOf(after, id)).toEqual(expect.arrayContaining(['posting.confirmed', 'invoice.received']))
})

test('where nothing was lost, an id that nobody has is refused as before', async () => {
  const [receipt] = await before.intake.submit([posting('5', { about: [{ names: [`inv_${'5'.repeat(26)}`] }] })])
  expect(receipt).toMatchObject({ outcome: 'refused', fault: { code: 'not-found' } })
})
