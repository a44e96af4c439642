import type { PoolClient } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { stepEffect, type EffectRow } from '../src/domain/effect.ts'
import { openIntake } from '../src/intake/batcher.ts'
import { startWaker } from '../src/intake/waker.ts'
import { boundNames, namesOf } from '../src/store/alias.ts'
import { findObjects } from '../src/store/find.ts'
import {
  addLook,
  attemptsOf,
  closeAttempts,
  openAttempts,
  senderDone,
  senderGone,
  sendingProcesses,
  stillOpen,
} from '../src/store/attempt.ts'
import { keyByHash, listKeys } from '../src/store/access-key.ts'
import { cellsOf, confirmCells, unheardCells } from '../src/store/cell.ts'
import { inTenant, openPool, type ClientBase } from '../src/store/database.ts'
import { readDocument, storeDocument } from '../src/store/document.ts'
import { claimDue, countEffects, effectsOf, lookAgainDue, nextDue, readEffects, saveEffect, writeEffects } from '../src/store/effect.ts'
import { dueBefore, dueUntil, obstaclesTo, queuePage, queueTotals, type Stands } from '../src/store/effect-queue.ts'
import { refusedEffects } from '../src/store/effect-replay.ts'
import { checkpointOver } from '../src/store/checkpoint.ts'
import { eventById, eventsAbout, eventsFrom, eventsOf, evidenceWanted } from '../src/store/event.ts'
import { listObjects } from '../src/store/list-row.ts'
import { nextWake, postpone } from '../src/store/object.ts'
import { rebuild } from '../src/store/rebuild.ts'
import { countQuarantined, keepQuarantined, quarantinedIds, resolveQuarantined, standingQuarantined } from '../src/store/quarantine.ts'
import { claimRequest, forgetRequests, settleRequest } from '../src/store/request-key.ts'
import { heard, lockSystem, readCursor, readSystem, readTurn, writeCursor, writeDelivery, writePaused } from '../src/store/system.ts'
import { TEST_LAW } from '../src/store/test-law.ts'
import { noticeParked, overdueParked } from '../src/store/unbound.ts'
import { fact, invoice, posting } from './arrivals.ts'
import { hubDatabase, type HubDatabase } from './hub-database.ts'

let database: HubDatabase
beforeAll(async () => {
  database = await hubDatabase()
})
afterAll(() => database.drop())

/** Statements that go by the tenant alone, each with its reason. */
const BY_TENANT: { readonly [name: string]: string } = {
  access_key_list: 'the keys of a tenant are few',
  checkpoint_over: 'how often a log was set back: one can count it on a hand',
  head_read: 'one row per tenant',
  log_append: 'the head is one row per tenant',
  unbound_park: 'the head is one row per tenant',
  unbound_park_names: 'the head is one row per tenant',
  stir_oldest: 'the first of the table in the order of its key',
  object_next_wake: 'the first of an index',
  attempt_senders: 'a partial index of the attempts that may still be sent: as many as are under way or in doubt',
  effect_refused: 'a partial index of what waits for people',
  effect_count: 'partial indexes of what stands in queues; what is done is in none',
  quarantine_count: 'a partial index of what stands in quarantine',
  quarantine_ids: 'a partial index of what stands in quarantine, oldest first',
  quarantine_standing: 'a partial index of what stands in quarantine, oldest first',
}

interface Plan {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Index Cond'?: string
  readonly Plans?: readonly Plan[]
}

test('every statement goes by an index and by more than its tenant, as soon as the planner knows that there is something', async () => {
  const statements = await everyStatement()
  expect(statements.size).toBeGreaterThan(50)
  const bad: string[] = []
  const seen = new Set<string>()
  const pool = openPool(database.url(), { max: 1 })
  const {
    rows: [version],
  } = await pool.query<{ n: number }>("SELECT current_setting('server_version_num')::int AS n")
  // Before 16 a plan for unknown parameters cannot be asked for.
  if (version!.n < 160_000) return
  for (const [name, text] of statements) {
    const plans = await inTenant(
      pool,
      'acme',
      async (client) => (await client.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(`EXPLAIN (GENERIC_PLAN, FORMAT JSON) ${text}`)).rows,
    )
    for (const node of nodesOf(plans[0]!['QUERY PLAN'][0].Plan)) {
      if (node['Relation Name'] === undefined || node['Node Type'] === 'ModifyTable') continue
      const columns = (node['Index Cond'] ?? '').replaceAll(/\(?\b(\w+\.)?tenant\b\)? = [^)]*(\([^)]*\)[^)]*)*/gu, '')
      // Rows by their place come from another part of the plan.
      const good = node['Node Type'] === 'Tid Scan' || (/Index (Only )?Scan$/u.test(node['Node Type']) && /[a-z]/u.test(columns))
      if (good) continue
      if (BY_TENANT[name] !== undefined && /Index (Only )?Scan$/u.test(node['Node Type'])) seen.add(name)
      else bad.push(`${name}: ${node['Node Type']} on ${node['Relation Name']} by ${node['Index Cond'] ?? 'nothing'}`)
    }
  }
  await pool.end()
  expect(bad).toEqual([])
  expect(
    Object.keys(BY_TENANT).filter((name) => !seen.has(name)),
    'reasons that nobody needs',
  ).toEqual([])
})

/** A million with TIEOUT_TEST_ROWS=1000000; fewer show the same plan. */
const ROWS = Number(process.env['TIEOUT_TEST_ROWS'] ?? 50_000)

test.each([
  { postings: 5, analysed: true },
  { postings: 10_000, analysed: false },
  { postings: 10_000, analysed: true },
])(
  'a claim reads what it takes and no more, however many rows wait and in whatever lane it begins ($postings postings, analysed: $analysed)',
  async ({ postings, analysed }) => {
    const wide = await hubDatabase()
    try {
      await wide.admin(async (client) => {
        await client.query(`
        INSERT INTO effect (tenant, key, target, command, object, occurrence, subject, content, content_hash, lane, state, due_at, due_on, blocks)
        SELECT 'acme', lpad(to_hex(n), 64, '0'), 'erp', CASE WHEN n <= ${postings} THEN 'invoice.post' ELSE 'invoice.status' END, 'inv_' || n, '0', 'inv_' || n, '{}', repeat('0', 64),
          CASE WHEN n <= ${postings} THEN 3 ELSE 6 END, 'waiting', now(), current_date + n % 90, n <= ${postings} FROM generate_series(1, ${ROWS}) AS n`)
        if (analysed) await client.query('VACUUM ANALYZE effect')
      })
      const text = (await everyStatement()).get('effect_claim')!
      interface Measured extends Plan {
        readonly 'Index Name'?: string
        readonly 'Shared Hit Blocks': number
        readonly 'Shared Read Blocks': number
        readonly Plans?: readonly Measured[]
      }
      const measure = async (from: number): Promise<{ plan: Measured; ms: number }> =>
        inTenant(wide.pool, 'acme', async (client) => {
          const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: Measured; 'Execution Time': number }] }>(
            `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`,
            ['acme', 'erp', '2100-01-01T00:00:00.000Z', 48, from],
          )
          const [{ Plan: plan, 'Execution Time': ms }] = rows[0]!['QUERY PLAN']
          return { plan, ms }
        })
      for (const from of [0, 5]) {
        const { plan, ms } = await measure(from)
        const nodes = nodesOf(plan) as Measured[]
        console.log(
          `a claim of 20 among ${ROWS}, from lane ${from}: ${plan['Shared Hit Blocks'] + plan['Shared Read Blocks']} pages, ${ms.toFixed(1)} ms`,
        )
        expect(nodes.map((node) => node['Index Name']).filter((name) => name !== undefined)).toContain('effect_due')
        expect(nodes.map((node) => node['Node Type'])).not.toContain('Sort')
        expect(plan['Shared Hit Blocks'] + plan['Shared Read Blocks']).toBeLessThan(2_000)
      }
    } finally {
      await wide.drop()
    }
  },
  300_000,
)

function nodesOf(plan: Plan): Plan[] {
  // A bitmap scan's condition stands in the index scan below it.
  if (plan['Node Type'] === 'Bitmap Heap Scan')
    return (plan.Plans ?? [])
      .flatMap(nodesOf)
      .map((node) =>
        node['Node Type'] === 'Bitmap Index Scan' ? { ...node, 'Node Type': 'Index Scan', 'Relation Name': plan['Relation Name']! } : node,
      )
  return [plan, ...(plan.Plans ?? []).flatMap(nodesOf)]
}

let caught: Promise<Map<string, string>> | undefined
const everyStatement = (): Promise<Map<string, string>> => (caught ??= statementsOfEverything())

/** All prepared statements that the store has, caught while each is used once. */
async function statementsOfEverything(): Promise<Map<string, string>> {
  const statements = new Map<string, string>()
  const pool = openPool(database.url(), { max: 2 })
  const taken = new WeakSet<PoolClient>()
  pool.on('acquire', (client) => {
    if (taken.has(client)) return
    taken.add(client)
    const query = client.query.bind(client) as (...args: unknown[]) => unknown
    client.query = ((...args: unknown[]) => {
      const [config] = args as [{ name?: string; text?: string } | string]
      if (typeof config === 'object' && config.name !== undefined && config.text !== undefined) statements.set(config.name, config.text)
      return query(...args)
    }) as typeof client.query
  })
  const now = '2026-11-24T12:00:00.000Z'
  const hub = openIntake({ pool, settings: { law: TEST_LAW, cfg: 'c'.repeat(64), config: 1, clock: () => Date.parse(now) } })
  const read = <T>(work: (client: ClientBase) => Promise<T>): Promise<T> => inTenant(pool, 'acme', work)
  await hub.submit([posting('1')])
  await hub.submit([invoice('1'), invoice('1'), invoice('2', { supplier: 'erp|supplier|1', wakeOn: '2026-11-24T11:00:00.000Z' })])
  await hub.submit([
    invoice('1'),
    invoice('3'),
    fact('supplier.activated', 's', { source: { system: 'erp', role: 'erp' }, about: [{ names: ['erp|supplier|1'], create: 'supplier' }] }),
  ])
  const id = (await read((client) => boundNames(client, 'acme', ['capture|invoice|3']))).get('capture|invoice|3')!
  await hub.submit([fact('document.attached', 'by id', { about: [{ names: [id] }] })])
  const waker = startWaker({
    pool,
    nudge: (tenant, objects) => hub.nudge(tenant, objects),
    clock: () => Date.parse(now),
    everyMs: 3_600_000,
  })
  await waker.stop()
  await waker.round()
  const row = await read(async (client) => {
    const [claimed] = await claimDue(client, { tenant: 'acme', target: 'erp', limit: 1, now })
    const next = stepEffect(claimed!, 'claimed', { now }) as EffectRow
    await openAttempts(client, 'acme', [{ key: claimed!.key, n: 1, process: 'p', requestHash: 'h', openedAt: now, notAfter: now }])
    await writeEffects(client, 'acme', [next])
    return next
  })
  await hub.submit([
    {
      ...fact('effect.unknown', 'outcome', { source: { system: 'hub', role: 'hub' }, about: [{ names: [row.subject] }] }),
      data: { effect: row.key, attempt: 1, input: 'unclear' },
      guard: { effect: row.key, attempt: 1 },
    },
  ])
  const hash = await storeDocument(pool, 'acme', Buffer.from('document'), 'text/plain')
  await read(async (client) => {
    await Promise.all([
      findObjects(client, 'acme', '1'),
      namesOf(client, 'acme', id),
      cellsOf(client, 'acme', id),
      eventById(client, 'acme', 'evt_1'),
      eventById(client, 'acme', `${id}.2`),
      eventsFrom(client, 'acme', 0, 10),
      eventsAbout(client, 'acme', [id], 9),
      evidenceWanted(client, 'acme', 0, 9, 10),
      checkpointOver(client, 'acme', 1),
      eventsOf(client, 'acme', id, null, 10),
      effectsOf(client, 'acme', id),
      readEffects(client, 'acme', [row.key]),
      nextDue(client, 'acme', 'erp'),
      lookAgainDue(client, { tenant: 'acme', target: 'erp', limit: 1, now }),
      attemptsOf(client, 'acme', [row.key]),
      stillOpen(client, 'acme', 10, now),
      sendingProcesses(client, 'acme'),
      listObjects(client, 'acme', { kind: 'invoice', limit: 10 }),
      listObjects(client, 'acme', { kind: 'exception', owner: 'ap', open: true, limit: 10 }, 'due'),
      nextWake(client, 'acme'),
      standingQuarantined(client, 'acme', 10),
      countQuarantined(client, 'acme'),
      readSystem(client, 'acme', 'erp'),
      readCursor(client, 'acme', 'erp', 'f'),
      readTurn(client, 'acme', 'erp', 'f'),
      overdueParked(client, 'acme', now, 10),
      readDocument(client, 'acme', hash),
    ])
    await confirmCells(client, 'acme', 'erp', [{ object: id, facet: 'posting' }], now)
    await unheardCells(client, 'acme', 'erp', ['posting'], now, true, { object: id, facet: 'posting' }, 10)
    await saveEffect(client, 'acme', row, row)
    await closeAttempts(client, 'acme', [{ key: row.key, n: 1, outcome: 'done', says: null, receipt: null }], now)
    await addLook(client, 'acme', row.key, 1, { at: now, found: 'absent' })
    await senderDone(client, 'acme', row.key, 1, now)
    await senderGone(client, 'acme', ['p'], now, 10)
    await postpone(client, 'acme', [id], now)
    await noticeParked(client, 'acme', [1])
    await keepQuarantined(client, 'acme', { id: 'q', source: 's', type: 't', bytes: null, says: '', owner: '' }, now)
    await quarantinedIds(client, 'acme', 10)
    await resolveQuarantined(client, 'acme', ['q'], now)
    await heard(client, 'acme', 'erp', now)
    await writeDelivery(client, 'acme', 'erp', 0, '{}')
    await lockSystem(client, 'acme', 'erp')
    await writePaused(client, 'acme', 'erp', true)
    for (const stands of ['waiting', 'under-way', 'stopped'] as const satisfies Stands[]) {
      await queuePage(client, 'acme', 'erp', stands, 10)
      await queueTotals(client, 'acme', 'erp', stands)
    }
    await dueUntil(client, 'acme', 'erp', now, { lane: 0, dueOn: '2026-11-24', dueAt: now, key: row.key })
    await dueBefore(client, 'acme', [row.key], now)
    await obstaclesTo(client, 'acme', [row.key])
    await refusedEffects(client, 'acme', { target: 'erp' })
    await countEffects(client, 'acme')
    await writeCursor(client, 'acme', 'erp', 'f', 'x')
    await keyByHash(client, 'acme', Buffer.alloc(32))
    await listKeys(client, 'acme')
    const request = { caller: 'c', route: 'r', key: 'k' }
    const claim = { fingerprint: Buffer.alloc(32), now, busyUntil: now, expiresAt: now }
    await claimRequest(client, 'acme', request, { ...claim, busyUntil: '2026-11-25T12:00:00.000Z', expiresAt: '2026-11-25T12:00:00.000Z' })
    await claimRequest(client, 'acme', request, claim)
    await settleRequest(client, 'acme', request, now, { status: 200, headers: '{}', body: Buffer.from('{}') })
    await settleRequest(client, 'acme', request, now, undefined)
    await forgetRequests(client, 'acme', now, 10)
  })
  // A small log: what the planner must see to choose well then and later.
  await hub.submit(
    Array.from({ length: 300 }, (_, n) => invoice(`many ${n}`, { supplier: `erp|supplier|${n}`, wakeOn: '2026-12-01T00:00:00.000Z' })),
  )
  await hub.submit(Array.from({ length: 100 }, (_, n) => posting(`unknown ${n}`)))
  await database.admin((client) =>
    client.query(`
    INSERT INTO attempt (tenant, key, n, process, request_hash, opened_at, not_after) SELECT 'acme', 'k' || n, 1, 'p' || n % 7, 'h', now(), now() FROM generate_series(1, 500) AS n;
    INSERT INTO access_key (tenant, name, hash, scopes) SELECT 'acme', 'k' || n, sha256(n::text::bytea), '{objects.read}' FROM generate_series(1, 500) AS n;
    INSERT INTO request_key (tenant, caller, route, key, fingerprint, busy_until, expires_at)
      SELECT 'acme', 'c' || n % 7, 'r', 'k' || n, sha256(''), now(), now() FROM generate_series(1, 500) AS n;
    INSERT INTO quarantine (tenant, id, source, type, says, owner, since, last_at) SELECT 'acme', 'q' || n, 's', 't', '', '', now(), now() FROM generate_series(1, 500) AS n;
    INSERT INTO list_row (tenant, object, kind, since, title, state, owner, due_on, open, breaches)
      SELECT 'acme', 'exc' || n, 'exception', now(), '', 'open', 'o' || n % 7, current_date + n % 99, true, '{}' FROM generate_series(1, 500) AS n`),
  )
  await rebuild(pool, 'acme', TEST_LAW)
  await pool.query('SELECT tables_have_grown()')
  await hub.close()
  await pool.end()
  return statements
}
