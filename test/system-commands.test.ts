import { afterAll, beforeAll, expect, it } from 'vitest'
import type { CommandStanding } from '../src/api/queue.ts'
import type { SystemView } from '../src/api/systems.ts'
import type { Load } from '../src/delivery/standing.ts'
import { inTenant } from '../src/store/database.ts'
import { dueBefore } from '../src/store/effect-queue.ts'
import { writeDelivery } from '../src/store/system.ts'
import { KEY, NOTHING_SWEPT, SYSTEMS } from './api-context.ts'
import { command, type Ran } from './command.ts'
import { TENANT } from './facts.ts'
import { postingDesk, type PostingDesk } from './posting-desk.ts'

const today = (time: string): string => `2026-01-15T${time}.000Z`
/** How the hub calls each system, as a test has it. */
const loads = new Map<string, Load>()
/** What is under way whenever somebody asks for a sweep, and what it came to. */
const SWEPT = { ...NOTHING_SWEPT, asked: 3, same: 3 }

let desk: PostingDesk
let api = ''
beforeAll(async () => {
  desk = await postingDesk({
    systems: SYSTEMS.map((system) =>
      system.name === 'ap' ? { ...system, windows: [{ fromAt: 0, toAt: Date.parse(today('10:00:00')) }] } : system,
    ),
    load: (system) => loads.get(system),
    sweep: () => SWEPT,
    sweeping: () => ({ running: null, last: { ...SWEPT, endedAt: SWEPT.startedAt } }),
  })
  api = await desk.listen()
})
afterAll(() => desk.close())

const systems = (...args: string[]): Promise<Ran> => command(['systems', ...args], { TIEOUT_API: api, TIEOUT_API_KEY: KEY })
const out = async (...args: string[]): Promise<string> => {
  const ran = await systems(...args)
  expect([ran.status, ran.err], ran.err).toEqual([0, ''])
  expect(
    ran.out.split('\n').filter((line) => [...line].length > 80 && !line.includes('--after ')),
    ran.out,
  ).toEqual([])
  return ran.out
}

it('a posting that is due waits for its turn, with what it is about', async () => {
  const said = await out('erp')
  expect(said).toMatch(/^Waiting: 1 invoice, 119\.00 EUR\n/u)
  expect(said).toMatch(
    /\n {2}invoice\.post {7}invoice R-1 of Acme GmbH, 119\.00 EUR\n {6}it is its turn\.\n {6}Moves as soon as erp has a free place\.\n/u,
  )
  expect(await out('ap', '--stopped')).toBe('Nothing stands in the queue of ap.\n')
  expect(await out()).toMatch(/^erp +\d+ behind .*never heard\n {4}queue: \d waiting\n/u)
})

it('the forecast of a queue begins when its system may be called again: after a wait that it told, after its maintenance', async () => {
  const load = { perSecond: 0.01, inFlight: 0, concurrency: 1, callsPerWindow: 1, perMs: 100_000, toldToWaitUntil: undefined }
  for (const system of ['erp', 'ap']) loads.set(system, load)
  const told = async (): Promise<unknown[]> =>
    (await desk.get<{ systems: SystemView[] }>('/v1/systems')).systems.map((system) => [
      system.closedUntil,
      system.toldToWaitUntil,
      system.clearAt,
    ])
  expect(await told()).toEqual([
    [null, null, today('09:01:40')],
    [today('10:00:00'), null, today('10:01:40')],
    [null, null, null],
  ])
  loads.set('erp', { ...load, toldToWaitUntil: Date.parse(today('09:10:00')) })
  expect((await told())[0]).toEqual([null, today('09:10:00'), today('09:11:40')])
  expect(await out()).toMatch(
    / {4}queue: 1 waiting; clear at about 2026-01-15 09:11 UTC\n {4}told us to wait until 2026-01-15 09:10 UTC\nap .*\n {4}queue: 1 waiting; clear at about 2026-01-15 10:01 UTC\n {4}closed by its calendar until 2026-01-15 10:00 UTC\n/u,
  )
  expect(await out('erp')).toMatch(/\n {6}erp told us to wait until 09:10:00 \(Retry-After\)\.\n/u)
  loads.clear()
})

it('an invoice waits for what its route requires next, and for its command', async () => {
  expect(await out('--item', 'R-1')).toMatch(
    /^invoice R-1 of Acme GmbH: approved\n {2}- before it is posted it waits for the ERP to be asked to post it\n {2}invoice\.post@erp +waiting\n {6}it is its turn\.\n/u,
  )
  const { status, out: json } = await systems('--item', desk.id, '--json')
  expect([status, JSON.parse(json)]).toMatchObject([
    0,
    {
      id: desk.id,
      headline: 'approved',
      commands: [{ command: 'invoice.post', because: 'turn' }, { command: 'invoice.submit' }],
      cases: [],
    },
  ])
})

it('a paused system says who paused it and why; it goes on when somebody says so; both are events', async () => {
  const pause = ['pause', 'erp', '--reason', 'The ERP is being upgraded.', '--by', 'Anna']
  expect(await out(...pause)).toBe('erp is paused: it is called no more until somebody says resume.\n')
  expect(await out('pause', 'erp', '--reason', 'Another reason.', '--by', 'bert')).toBe(
    'erp is paused already by anna since 2026-01-15 09:00 UTC: The ERP is being\nupgraded. Nothing changed.\n',
  )
  expect(await out('erp', '--waiting')).toMatch(
    /erp was paused by anna at 09:00:00: The ERP is being upgraded\.\n {6}Moves when somebody lets it go on: tieout systems resume erp --reason WHY\n {6}--by LOGIN\.\n/u,
  )
  expect(await out()).toMatch(/^erp .*\n.*\n {4}paused by anna since 2026-01-15 09:00 UTC: The ERP is being upgraded\n/u)
  const { systems: told } = await desk.get<{ systems: SystemView[] }>('/v1/systems')
  expect(told.map(({ paused, pausedBy }) => [paused, pausedBy])).toEqual([
    [true, { by: 'person:anna', since: '2026-01-15T09:00:00.000Z', reason: 'The ERP is being upgraded.' }],
    [false, null],
    [false, null],
  ])
  // Written by one that ended between the event and what follows from it: asked once more, it is carried through.
  await desk.database.admin((client) => client.query('UPDATE system SET paused = false'))
  await out(...pause)
  expect(await out()).toMatch(/paused by anna since/u)
  expect(await out('resume', 'erp', '--reason', 'The upgrade is done.', '--by', 'bert')).toBe('erp is called again.\n')
  expect(await out('resume', 'erp', '--reason', 'The upgrade is done.', '--by', 'bert')).toBe('erp is not paused. Nothing changed.\n')
  expect(await out('erp', '--waiting')).toContain('it is its turn')
  const { rows } = await desk.database.admin((client) =>
    client.query<{ type: string; actor: string }>("SELECT type, actor FROM event WHERE type LIKE 'system.%' ORDER BY index"),
  )
  expect(rows).toEqual([
    { type: 'system.paused', actor: 'person:anna' },
    { type: 'system.resumed', actor: 'person:bert' },
  ])
  expect(await systems('pause', 'sap', '--reason', 'abc', '--by', 'a')).toMatchObject({
    status: 1,
    err: 'There is no system sap; there are erp, ap, bank.\n',
  })
})

it('of several who pause it and let it go on at the same moment, what stands is what the log says last', async () => {
  for (let round = 0; round < 5; round++) {
    const said = await Promise.all(
      [true, false, true].map((paused, at) => desk.post('/v1/systems/bank/pauses', { paused, reason: 'test', person: `p${round}${at}` })),
    )
    expect(said.filter(({ status }) => status !== 200 && status !== 409)).toEqual([])
  }
  const {
    rows: [last],
  } = await desk.database.admin((client) =>
    client.query<{ type: string }>("SELECT type FROM event WHERE type LIKE 'system.%' ORDER BY index DESC LIMIT 1"),
  )
  const {
    rows: [row],
  } = await desk.database.admin((client) => client.query<{ paused: boolean }>("SELECT paused FROM system WHERE name = 'bank'"))
  expect(row!.paused).toBe(last!.type === 'system.paused')
})

it('an open breaker is told with its next probe, a refused command with the words of the system', async () => {
  const since = Date.parse('2026-01-15T08:58:00.000Z')
  const breaker = { state: 'open', pauseMs: 2_000, until: since + 300_000, since, cause: 'failing', says: 'answered 503' }
  await inTenant(desk.database.pool, TENANT, (client) => writeDelivery(client, TENANT, 'erp', 0, JSON.stringify({ breaker })))
  expect(await out('erp')).toMatch(
    /erp has not answered as it should since 08:58:00, its breaker is open:\n {6}answered 503\.\n {6}Moves after the next probe, at 09:03:00\.\n/u,
  )
  expect(await out()).toMatch(/ {4}breaker open, next probe 2026-01-15 09:03 UTC\n {4}answered 503\n/u)
  await desk.tries('refused', 'account 4760 is locked')
  const said = await out('erp')
  expect(said).toMatch(/^For a person: 1 invoice, 119\.00 EUR\n/u)
  expect(said).toMatch(/ {6}erp refused it: account 4760 is locked\.\n {6}Moves when a person has it tried again: /u)
  expect(await out('--item', 'R-1')).toMatch(/\n {2}! The system refused the command: with ap-lead, due [^(]+\(exc_\w+\)\n/u)
})

it('a queue is told page by page, each command once, in the order in which it is taken', async () => {
  await desk.database.admin((client) =>
    client.query(`
    INSERT INTO effect (tenant, key, target, command, object, occurrence, subject, content, content_hash, lane, state, due_at, due_on, blocks)
    SELECT '${TENANT}', encode(sha256(n::text::bytea), 'hex'), 'bank', 'invoice.status', 'o' || n, '0', 'o' || n, '{}', repeat('0', 64), n % 3,
      CASE n % 4 WHEN 0 THEN 'unknown' ELSE 'waiting' END, '2026-01-14T00:00:00Z'::timestamptz + n % 5 * interval '1 hour', '2026-01-14'::date + n % 2, false
    FROM generate_series(1, 57) AS n`),
  )
  await desk.post('/v1/systems/bank/pauses', { paused: false, reason: 'test', person: 'p' })
  const seen: CommandStanding[] = []
  let after: string | undefined
  do {
    const page: { commands: CommandStanding[]; next: string | null } = await desk.get(
      `/v1/systems/bank/queue?limit=10${after ? `&after=${after}` : ''}`,
    )
    seen.push(...page.commands)
    after = page.next ?? undefined
  } while (after !== undefined)
  expect(new Set(seen.map(({ effect }) => effect)).size).toBe(57)
  const { rows } = await desk.database.admin((client) =>
    client.query<{ key: string }>("SELECT key FROM effect WHERE target = 'bank' ORDER BY lane, due_on, due_at, key"),
  )
  expect(seen.map(({ effect }) => effect)).toEqual(rows.map(({ key }) => key))
  const turns = seen.filter(({ because }) => because === 'turn').map(({ why }) => Number(/^(\d+) that/u.exec(why)?.[1] ?? 0))
  expect(turns).toEqual(turns.toSorted((a, b) => a - b))
  expect(turns.at(-1)).toBe(56)
  // As they are counted for whoever asks about one object.
  const due = seen.filter(({ because }) => because === 'turn').map(({ effect }) => effect)
  const before = await inTenant(desk.database.pool, TENANT, (client) => dueBefore(client, TENANT, due, '2100-01-01T00:00:00.000Z'))
  expect(due.map((key) => before.get(key))).toEqual(turns)
  const more = await out('bank', '--waiting', '--limit', '5')
  expect(await out('bank', '--waiting', '--limit', '5', '--after', /--after (\S+)$/mu.exec(more)![1]!)).not.toBe(more)
  await desk.database.admin((client) => client.query("UPDATE effect SET state = 'open' WHERE target = 'bank' AND lane = 2"))
  const underWay = await out('bank', '--limit', '5')
  expect(underWay).toMatch(/^Under way\n/u)
  const [, ...next] = /^… and more: tieout systems (bank) (--under-way) (--after) (\S+)$/mu.exec(underWay)!
  expect(await out(...next)).toMatch(/^Under way\n/u)
})

it('whoever asks for a full sweep while another one is under way is told that it is not the full one', async () => {
  const { status, out: said, err } = await systems('sweep', 'erp', '--full')
  expect(status).toBe(1)
  expect(said).toBe('erp: 3 things looked at (only what it was told and had not shown), all as we have them.\n')
  expect(err).toBe('A sweep of erp that is not a full one is under way. This is what it comes to;\nask for the full one when it is over.\n')
  expect(await systems('sweep', 'erp')).toEqual({ status: 0, out: said, err: '' })
})

it('what is wrong is one sentence and status 1', async () => {
  expect(await systems('sap')).toMatchObject({ status: 1, out: '', err: 'There is no system sap; there are erp, ap, bank.\n' })
  expect(await systems('--item', 'nothing')).toMatchObject({ status: 1, err: 'No system that we know calls anything by this id.\n' })
  expect(await systems('erp', '--waiting', '--after', 'x')).toMatchObject({
    status: 1,
    err: 'after is not what the last page gave as next.\n',
  })
  for (const [args, err] of [
    [['erp', '--item', 'R-1'], 'Name a system or, by --item, an invoice or payment: not both.'],
    [['erp', '--waiting', '--stopped'], 'Name one of --under-way, --waiting and --stopped, or none for all three.'],
    [['--limit', '5'], '--under-way, --waiting, --stopped, --limit and --after are about the queue of one system: name it.'],
    [['--item', 'R-1', '--stopped'], '--under-way, --waiting, --stopped, --limit and --after are about the queue of one system: name it.'],
    [['erp', '--after', 'x'], '--after is a place in one list: name --under-way, --waiting or --stopped, too.'],
  ] as const) {
    expect(await systems(...args)).toEqual({ status: 1, out: '', err: `${err}\n` })
  }
})
