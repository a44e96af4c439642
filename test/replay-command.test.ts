import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { modelConnector } from '../src/connector/kit/model-connector.ts'
import { replayable } from '../src/delivery/answer.ts'
import { inTenant } from '../src/store/database.ts'
import { eventsOf } from '../src/store/event.ts'
import { KEY } from './api-context.ts'
import { command, type Ran } from './command.ts'
import { TENANT } from './facts.ts'
import { postingDesk, type PostingDesk } from './posting-desk.ts'

let desk: PostingDesk
let api = ''
/** Both take `invoice.post` and `invoice.status`. */
const systems = ['erp', 'ap'].map((system) => modelConnector({ url: 'http://127.0.0.1:1', class: 'K1' }, system))
beforeAll(async () => {
  desk = await postingDesk({ replayable: (query) => replayable(desk.database.pool, TENANT, systems, query) })
  api = await desk.listen()
  await desk.tries('refused', 'account 4760 is locked')
  // Three more: one that was given up, one in doubt, and one that was given up and that the system cannot do any more.
  await desk.database.admin((client) =>
    client.query(`
    INSERT INTO effect (tenant, key, target, command, object, occurrence, subject, content, content_hash, lane, state, attempts, due_at, due_on, blocks)
    SELECT '${TENANT}', repeat(n::text, 64), t, c, 'o' || n, '0', '${desk.id}', '{}', repeat('0', 64), 6, s, 1, '9999-12-31T23:59:59.999Z', '2026-01-15', false
    FROM (VALUES (1, 'ap', 'invoice.status', 'dead'), (2, 'ap', 'invoice.status', 'held'), (5, 'ap', 'evidence.store', 'dead')) AS x (n, t, c, s);
    INSERT INTO attempt (tenant, key, n, process, request_hash, opened_at, not_after, outcome, says, closed_at)
    SELECT '${TENANT}', repeat(n::text, 64), 1, 'p', 'h', '2026-01-10Z', '2026-01-10Z', 'no-effect', '503 each time', '2026-01-10Z' FROM generate_series(1, 2) AS n`),
  )
})
afterAll(() => desk.close())

const WHO = ['--by', 'Anna', '--reason', 'The account is open again.']
const replay = (...args: string[]): Promise<Ran> => command(['replay', ...args], { TIEOUT_API: api, TIEOUT_API_KEY: KEY })
const log = async (): Promise<number> =>
  (await inTenant(desk.database.pool, TENANT, (client) => eventsOf(client, TENANT, desk.id, null, 500))).length

it('a dry run says which, about what, why it stopped, what would be sent and under which key; and changes nothing', async () => {
  const before = await log()
  const { status, out } = await replay('--system', 'erp', '--dry-run')
  const { key, content } = await desk.effect()
  expect([status, out.replace(/\(\d+ bytes\)/u, '(n bytes)')]).toEqual([
    0,
    [
      'Would be sent again: 1 command, 119.00 EUR',
      '  invoice.post@erp         invoice R-1 of Acme GmbH, 119.00 EUR',
      '      refused: account 4760 is locked (last tried 2026-01-15 09:01:01 UTC)',
      '      with number R-1, supplier V1, gross 119 EUR, issued on 2026-01-10, posted',
      '      on 2026-01-15, due on 2026-02-09',
      `      POST /entries (n bytes), key ${key.slice(0, 16)}…`,
      '',
    ].join('\n'),
  ])
  const { commands } = JSON.parse((await replay('--system', 'erp', '--dry-run', '--json')).out) as { commands: object[] }
  expect(commands).toMatchObject([{ effect: key, content: JSON.parse(content) as object, outcome: 'due' }])
  expect([(await desk.effect()).state, await log()]).toEqual(['refused', before])
})

it('what the system cannot do is named apart', async () => {
  const { out } = await replay('--cause', 'dead-letter', '--dry-run')
  expect(out).toMatch(
    /^Would be sent again: 1 command, 119\.00 EUR\n {2}invoice\.status@ap [^]*\nCannot be sent: 1 command, 119\.00 EUR\n {2}evidence\.store@ap .*\n {6}given up: no words\n {6}the system cannot do it, key 5{16}…\n$/u,
  )
})

it('tells fifty at most, and says how many more there are', async () => {
  await desk.database.admin((client) =>
    client.query(`
    INSERT INTO effect (tenant, key, target, command, object, occurrence, subject, content, content_hash, lane, state, attempts, due_at, due_on, blocks)
    SELECT '${TENANT}', encode(sha256(n::text::bytea), 'hex'), 'bank', 'invoice.status', 'm' || n, '0', '${desk.id}', '{}', repeat('0', 64), 6, 'dead', 1,
      '9999-12-31T23:59:59.999Z', '2026-01-15', false
    FROM generate_series(1, 60) AS n`),
  )
  const { out } = await replay('--system', 'bank', '--dry-run')
  expect(out).toMatch(
    /^Would be sent again: 0 commands\nCannot be sent: 60 commands, 119\.00 EUR\n[^]*\n… and 10 more \(--json has all\)\n$/u,
  )
  expect(out.match(/^ {2}invoice\.status@bank /gmu)).toHaveLength(50)
  await desk.database.admin((client) => client.query("DELETE FROM effect WHERE target = 'bank'"))
})

it('is narrowed by system, object, cause, time and words, and never takes what may have happened', async () => {
  const keys = async (...args: string[]): Promise<string[]> => {
    const { commands } = JSON.parse((await replay('--dry-run', '--json', ...args)).out) as { commands: { effect: string }[] }
    return commands.map(({ effect }) => effect)
  }
  const { key } = await desk.effect()
  const [dead, gone] = ['1'.repeat(64), '5'.repeat(64)]
  expect(await keys('--object', 'R-1')).toEqual([key, dead, gone])
  expect(await keys('--cause', 'dead-letter')).toEqual([dead, gone])
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
    /^Would be sent again: 1 command, 119\.00 EUR\n[^]*\nCannot be sent: 1 [^]*\nLeft alone, another content than was shown: 1 [^]*\nLeft alone, not among what was shown: 1 [^]*not to be sent again now: 1\.\n$/u,
  )
  // Without more words the file itself is the choice: what it does not name does not come into it.
  const chosen = await replay('--dry-run', '--preview', file)
  expect(chosen.out).toMatch(
    /^Would be sent again: 1 command, [^]*\nCannot be sent: 1 [^]*another content than was shown: 1 [^]* now: 1\.\n$/u,
  )
  expect(chosen.out).not.toContain('not among what was shown')
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
    err: `There is no file ${file}.not.\n`,
  })
  await writeFile(`${file}.not`, 'no JSON')
  expect(await replay('--preview', `${file}.not`, ...WHO)).toMatchObject({
    status: 1,
    err: `${file}.not is not what tieout replay --dry-run --json prints.\n`,
  })
})

it('makes them due again under their keys, each by an event with who and why; again there is nothing left', async () => {
  const { key, attempts } = await desk.effect()
  desk.passes(1_000)
  const ran = await replay('--object', 'R-1', ...WHO)
  expect(ran).toMatchObject({
    status: 0,
    out: expect.stringMatching(/^Due again: 2 commands, 119\.00 EUR\n[^]*\nCannot be sent: 1 command/u) as string,
  })
  expect(await desk.effect()).toMatchObject({ key, state: 'waiting', attempts, failures: 0 })
  const events = await inTenant(desk.database.pool, TENANT, (client) => eventsOf(client, TENANT, desk.id, null, 500))
  const replays = events.filter(({ data }) => data['input'] === 'replay')
  expect([replays.length, new Set(replays.map(({ data }) => data['effect']))]).toEqual([2, new Set([key, '1'.repeat(64)])])
  for (const event of replays)
    expect(event).toMatchObject({
      type: 'effect.resolved',
      actor: 'person:anna',
      data: { says: 'The account is open again.', through: expect.stringMatching(/^key ./u) as string },
    })
  expect(await desk.cases()).toEqual([])
  expect((await replay('--object', 'R-1', '--cause', 'refused-by-target', ...WHO)).out).toBe('No refused or given up command fits.\n')
})

it('what is wrong is one sentence and status 1', async () => {
  expect(await replay(...WHO)).toMatchObject({
    status: 1,
    err: 'Say which ones: system, object, cause, from, to or says; or exactly those that a dry run showed.\n',
  })
  expect(await replay('--system', 'erp', '--by', 'anna')).toMatchObject({
    status: 1,
    err: 'Say who says so (--by) and why (--reason); --dry-run needs neither.\n',
  })
  expect(await replay('--system', 'sap', ...WHO)).toMatchObject({ status: 1, err: 'There is no system sap; there are erp, ap, bank.\n' })
  expect(await replay('--object', 'nothing', ...WHO)).toMatchObject({
    status: 1,
    err: 'No system that we know calls anything by this id.\n',
  })
  expect(await replay('--from', 'yesterday', ...WHO)).toMatchObject({ status: 1, err: 'from: is no instant as RFC 3339 writes it.\n' })
  expect(await replay('--system', 'erp', '--by', 'anna', '--reason', 'x')).toMatchObject({ status: 1, err: 'reason: says too little.\n' })
})
