/** Balances and open items from the typed rows of the ledger: right against a plain sum, and planned well at a million rows. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { inTenant, openPool, type ClientBase, type Pool } from '../src/store/database.ts'
import { entriesOf, ledgerBalances, openDocuments } from '../src/store/ledger-entry.ts'
import { hubDatabase, type HubDatabase } from './hub-database.ts'

const ROWS = 1_000_000
/** Two rows per document, four companies, ten years; every document of the last sixty days, and each hundredth before, is open. */
const FILL = `
  INSERT INTO ledger_entry (tenant, object, fact, place, entity, document, account, currency, kind, booked_on, amount, supplier, number, closed_on)
  SELECT 'acme', 'inv_' || n, 'f' || k, 0, 'E' || n % 4, n::text, '16000' || n % 2, CASE WHEN n % 5 = 0 THEN 'USD' ELSE 'EUR' END,
    CASE k WHEN 1 THEN 'posted' ELSE 'settled' END, posted + (k - 1) * 30, CASE k WHEN 1 THEN 1 ELSE -1 END * (n % 1000 + 0.01), 'K', n::text,
    CASE WHEN open THEN 'infinity' ELSE posted + 30 END
  FROM (SELECT n, DATE '2017-01-01' + n % 3650 AS posted, n % 3650 >= 3590 OR n % 100 = 0 AS open FROM generate_series(1, ${ROWS / 2}) AS n) AS d, generate_series(1, 2) AS k
  WHERE k = 1 OR NOT open`

let database: HubDatabase
let pool: Pool
beforeAll(async () => {
  database = await hubDatabase()
  pool = openPool(database.url(), { max: 1 })
  await database.admin(async (client) => {
    await client.query(FILL)
    await client.query('ANALYZE ledger_entry')
  })
}, 600_000)
afterAll(async () => {
  await pool.end()
  await database.drop()
})

const read = <T>(work: (client: ClientBase) => Promise<T>): Promise<T> => inTenant(pool, 'acme', work)

test('the balances of a month are those that a sum over everything gives', async () => {
  const period = { entity: 'E1', from: '2026-11-01', to: '2026-11-30' }
  const balances = await read((client) => ledgerBalances(client, 'acme', period))
  const plain = await database.admin(
    async (client) =>
      (
        await client.query<{ account: string; currency: string; line: string; amount: string }>({
          text: `SELECT account, currency, line, sum(amount)::text AS amount FROM (
             SELECT *, 'opening' AS line FROM ledger_entry WHERE entity = $1 AND booked_on < $2
             UNION ALL SELECT *, kind FROM ledger_entry WHERE entity = $1 AND booked_on BETWEEN $2 AND $3
             UNION ALL SELECT *, 'closing' FROM ledger_entry WHERE entity = $1 AND booked_on <= $3) AS x GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`,
          values: [period.entity, period.from, period.to],
        })
      ).rows,
  )
  expect(balances.map((row) => ({ ...row, amount: Number(row.amount) }))).toEqual(
    plain.map((row) => ({ ...row, amount: Number(row.amount) })),
  )
  expect(balances.length).toBeGreaterThan(6)

  const open = await read((client) => openDocuments(client, 'acme', 'E1', '2026-11-30'))
  const closing = balances.filter(({ line }) => line === 'closing').map(({ amount }) => Number(amount))
  expect(open.reduce((sum, row) => sum + Math.round(Number(row.open) * 100), 0)).toBe(
    Math.round(closing.reduce((sum, amount) => sum + amount * 100, 0)),
  )
  expect(await read((client) => entriesOf(client, 'acme', ['inv_7']))).toMatchObject([
    { document: '7', kind: 'posted', amount: '7.01' },
    { kind: 'settled', amount: '-7.01' },
  ])
}, 120_000)

interface Plan {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Actual Rows'?: number
  readonly 'Actual Loops'?: number
  readonly 'Rows Removed by Filter'?: number
  readonly Plans?: readonly Plan[]
}
const nodesOf = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)]

test('a balance of now reads what is open and what moved, and not the history', async () => {
  const texts = new Map<string, { text: string; values: unknown[] }>()
  await read(async (client) => {
    const query = client.query.bind(client) as (...args: unknown[]) => unknown
    client.query = ((...args: unknown[]) => {
      const [config] = args as [{ name?: string; text: string; values?: unknown[] }]
      if (config.name?.startsWith('ledger_')) texts.set(config.name, { text: config.text, values: config.values ?? [] })
      return query(...args)
    }) as typeof client.query
    await ledgerBalances(client, 'acme', { entity: 'E1', from: '2026-12-01', to: '2026-12-31' })
    await openDocuments(client, 'acme', 'E1', '2026-12-31')
    await entriesOf(client, 'acme', ['inv_7'])
  })
  expect([...texts.keys()].sort()).toEqual(['ledger_balances', 'ledger_of_objects', 'ledger_open'])
  for (const [name, { text, values }] of texts) {
    const plans = await read(
      async (client) =>
        (await client.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>({ text: `EXPLAIN (ANALYZE, FORMAT JSON) ${text}`, values })).rows,
    )
    const nodes = nodesOf(plans[0]!['QUERY PLAN'][0].Plan)
    expect(
      nodes.filter((node) => node['Node Type'] === 'Seq Scan').map((node) => node['Relation Name']),
      name,
    ).toEqual([])
    // A hundredth of the company's documents, and three months of them, are about 4,000 of its 250,000 rows.
    const rows = nodes
      .filter((node) => node['Relation Name'] === 'ledger_entry')
      .map((node) => ((node['Actual Rows'] ?? 0) + (node['Rows Removed by Filter'] ?? 0)) * (node['Actual Loops'] ?? 1))
    expect(
      rows.reduce((sum, count) => sum + count, 0),
      name,
    ).toBeLessThan(25_000)
  }
}, 120_000)
