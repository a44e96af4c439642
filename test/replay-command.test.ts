import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { replayable } from '../src/delivery/answer.ts'
import { inTenant } from '../src/store/database.ts'
import { eventsOf } from '../src/store/event.ts'
import { KEY } from './api-context.ts'
import { command, type Ran } from './command.ts'
import { TENANT } from './facts.ts'
import { postingDesk, type PostingDesk } from './posting-desk.ts'

let desk: PostingDesk
let api = ''
beforeAll(async () => {
  desk = await postingDesk({ replayable: (query) => replayable(desk.database.pool, TENANT, [], query) })
  api = await desk.listen()
  await desk.tries('refused', 'account 4760 is locked')
  // Two more, one of which was given up, as if of other invoices.
  await desk.database.admin((client) =>
    client.query(`
    INSERT INTO effect (tenant, key, target, command, object, occurrence, subject, content, content_hash, lane, state, attempts, due_at, due_on, blocks)
    SELECT '${TENANT}', repeat(n::text, 64), t, c, 'o' || n, '0', '${desk.id}', '{}', repeat('0', 64), 6, s, 1, '9999-12-31T23:59:59.999Z', '2026-01-15', false
    FROM (VALUES (1, 'ap', 'invoice.status', 'dead'), (2, 'ap', 'invoice.status', 'held')) AS x (n, t, c, s);
    INSERT INTO attempt (tenant, key, n, process, request_hash, opened_at, not_after, outcome, says, closed_at)
    SELECT '${TENANT}', repeat(n::text, 64), 1, 'p', 'h', '2026-01-10Z', '2026-01-10Z', 'no-effect', '503 each time', '2026-01-10Z' FROM generate_series(1, 2) AS n`),
  )
})
afterAll(() => desk.close())

const WHO = ['--by', 'Anna', '--reason', 'The account is open again.']
const replay = (...args: string[]): Promise<Ran> => command(['replay', ...args], { TIEOUT_API: api, TIEOUT_API_KEY: KEY })
const log = async (): Promise<number> =>
  (await inTenant(desk.database.pool, TENANT, (client) => eventsOf(client, TENANT, desk.id, null, 500))).length

it('a dry run says which, about what, why it stopped and under which key; and changes nothing', async () => {
  const before = await log()
  const { status, out } = await replay('--system', 'erp', '--dry-run', ...WHO)
  const { key } = await desk.effect()
  expect([status, out]).toEqual([
    0,
    [
      'Would be sent again: 1 command, 119.00 EUR',
      '  invoice.post@erp         invoice R-1 of Acme GmbH, 119.00 EUR',
      '      refused: account 4760 is locked (last tried 2026-01-15 09:01:01 UTC)',
      `      the system cannot do it, key ${key.slice(0, 16)}…`,
      '',
    ].join('\n'),
  ])
  expect([(await desk.effect()).state, await log()]).toEqual(['refused', before])
})

it('is narrowed by system, object, cause, time and words, and never takes what may have happened', async () => {
  const keys = async (...args: string[]): Promise<string[]> => {
    const { commands } = JSON.parse((await replay('--dry-run', '--json', ...args, ...WHO)).out) as { commands: { effect: string }[] }
    return commands.map(({ effect }) => effect)
  }
  const { key } = await desk.effect()
  const dead = '1'.repeat(64)
  expect(await keys('--object', 'R-1')).toEqual([key, dead])
  expect(await keys('--cause', 'dead-letter')).toEqual([dead])
  expect(await keys('--cause', 'refused-by-target')).toEqual([key])
  expect(await keys('--to', '2026-01-12T00:00:00Z')).toEqual([dead])
  expect(await keys('--from', '2026-01-12T01:00:00+01:00')).toEqual([key])
  expect(await keys('--says', 'LOCKED')).toEqual([key])
  expect(await keys('--system', 'ap', '--says', 'locked')).toEqual([])
  expect((await replay('--system', 'bank', ...WHO)).out).toBe('No refused or given up command fits.\n')
})

it('sends what was shown: of a preview whatever changed, went or came since is named and left alone', async () => {
  const file = join(await mkdtemp(join(tmpdir(), 'tieout-replay-')), 'preview.json')
  const shown = (await replay('--object', 'R-1', '--dry-run', '--json', ...WHO)).out
  const dead = '1'.repeat(64)
  const add = (n: number): Promise<unknown> =>
    desk.database.admin((client) =>
      client.query(`
    INSERT INTO effect (tenant, key, target, command, object, occurrence, subject, content, content_hash, lane, state, attempts, due_at, due_on, blocks)
    VALUES ('${TENANT}', repeat('${n}', 64), 'ap', 'invoice.status', 'o${n}', '0', '${desk.id}', '{}', repeat('0', 64), 6, 'dead', 1, '9999-12-31T23:59:59.999Z', '2026-01-16', false)`),
    )
  await writeFile(
    file,
    JSON.stringify({
      commands: [{ effect: '3'.repeat(64), contentHash: '0'.repeat(64) }, ...(JSON.parse(shown) as { commands: object[] }).commands],
    }),
  )
  await desk.database.admin((client) => client.query(`UPDATE effect SET content_hash = repeat('f', 64) WHERE key = '${dead}'`))
  await add(4)
  const [dry, before] = [await replay('--object', 'R-1', '--dry-run', '--preview', file, ...WHO), await log()]
  expect(dry.out).toMatch(
    /^Would be sent again: 1 command, 119\.00 EUR\n[^]*another content than was shown\. It was left\s+alone[^]*not among what was shown[^]*not to be sent again now: 1\.\n$/u,
  )
  const { key } = await desk.effect()
  const hash = (
    await desk.database.admin((client) => client.query<{ content_hash: string }>(`SELECT content_hash FROM effect WHERE key = '${key}'`))
  ).rows[0]!.content_hash
  await desk.database.admin((client) => client.query(`UPDATE effect SET content_hash = repeat('e', 64) WHERE key = '${key}'`))
  const none = await replay('--object', 'R-1', '--preview', file, ...WHO)
  expect(none.out).toMatch(/^Due again: 0 commands\n/u)
  expect([await log(), (await desk.effect()).state]).toEqual([before, 'refused'])
  await desk.database.admin((client) =>
    client.query(`DELETE FROM effect WHERE key = repeat('4', 64); UPDATE effect SET content_hash = '${hash}' WHERE key = '${key}'`),
  )
  expect(await replay('--object', 'R-1', '--preview', `${file}.not`, ...WHO)).toMatchObject({
    status: 1,
    err: expect.stringMatching(/is not what tieout replay --dry-run --json prints\.\n$/u) as string,
  })
})

it('makes them due again under their keys, each by an event with who and why; again there is nothing left', async () => {
  const { key, attempts } = await desk.effect()
  const ran = await replay('--object', 'R-1', ...WHO)
  expect(ran).toMatchObject({ status: 0, out: expect.stringMatching(/^Due again: 2 commands, 119\.00 EUR\n/u) as string })
  expect(await desk.effect()).toMatchObject({ key, state: 'waiting', attempts, failures: 0 })
  const events = await inTenant(desk.database.pool, TENANT, (client) => eventsOf(client, TENANT, desk.id, null, 500))
  const replays = events.filter(({ data }) => data['input'] === 'replay')
  expect(replays.map(({ data }) => data['effect'])).toEqual(expect.arrayContaining([key, '1'.repeat(64)]))
  for (const event of replays)
    expect(event).toMatchObject({
      type: 'effect.resolved',
      actor: 'person:anna',
      data: { says: 'The account is open again.', through: expect.stringMatching(/^key ./u) as string },
    })
  expect(await desk.cases()).toEqual([])
  expect((await replay('--object', 'R-1', ...WHO)).out).toBe('No refused or given up command fits.\n')
})

it('what is wrong is one sentence and status 1', async () => {
  expect(await replay(...WHO)).toMatchObject({ status: 1, err: 'Say which ones: system, object, cause, from, to or says.\n' })
  expect(await replay('--system', 'sap', ...WHO)).toMatchObject({ status: 1, err: 'There is no system sap; there are erp, ap, bank.\n' })
  expect(await replay('--object', 'nothing', ...WHO)).toMatchObject({
    status: 1,
    err: 'No system that we know calls anything by this id.\n',
  })
  expect(await replay('--from', 'yesterday', ...WHO)).toMatchObject({ status: 1, err: 'from: is no instant as RFC 3339 writes it.\n' })
  expect(await replay('--system', 'erp', '--by', 'anna', '--reason', 'x')).toMatchObject({ status: 1, err: 'reason: says too little.\n' })
})
