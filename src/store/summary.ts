/** Counts over the tables for one picture of everything: few rows whatever the size of the tables, each by an index of its own. */
import type { ClientBase } from 'pg'
import { countSteps } from './cell.ts'
import { OWN_CHECKPOINTS } from './checkpoint.ts'

export interface Summary {
  readonly received: number
  readonly refused: number
  /** Invoices by headline. */
  readonly states: { readonly [state: string]: number }
  readonly money: readonly { readonly state: string; readonly currency: string; readonly amount: string }[]
  /** Invoices that show a state whose earlier warrant is missing. */
  readonly breaches: number
  /** Open cases by cause. */
  readonly exceptions: { readonly [cause: string]: number }
  readonly latest: readonly { readonly exception: string; readonly cause: string; readonly says: string; readonly owner: string }[]
  /** Cells of the matrix that show what they should, and those that do not (yet). */
  readonly systems: { readonly [name: string]: { readonly inStep: number; readonly behind: number } }
  /** What the hub itself has still to do: commands that are not done, news that has not been worked on. */
  readonly busy: number
  /** Invoices on their way with no open case: somebody else's turn, or the hub's. */
  readonly moving: number
  /** `size` is the head of the log. `root` belongs to the checkpoint over its first `sealed` events; it is the whole log's once they are equal. */
  readonly log: { readonly size: number; readonly root: string | null; readonly sealed: number }
}

export async function summaryOf(client: ClientBase, tenant: string): Promise<Summary> {
  const invoices = await client.query<{
    state: string
    currency: string | null
    count: number
    amount: string
    breaches: number
    moving: number
  }>({
    name: 'summary_invoices',
    text: `SELECT state, currency, count(*)::int AS count, coalesce(sum(amount::numeric), 0)::text AS amount,
             count(*) FILTER (WHERE cardinality(breaches) > 0)::int AS breaches, count(*) FILTER (WHERE open AND cause IS NULL)::int AS moving
           FROM list_row WHERE tenant = $1 AND kind = 'invoice' GROUP BY 1, 2 ORDER BY 1, 2`,
    values: [tenant],
  })
  const cases = await client.query<{ cause: string; count: number }>({
    name: 'summary_cases',
    text: "SELECT cause, count(*)::int AS count FROM list_row WHERE tenant = $1 AND kind = 'exception' AND open GROUP BY 1 ORDER BY 1",
    values: [tenant],
  })
  const latest = await client.query<{ exception: string; cause: string; says: string; owner: string }>({
    name: 'summary_latest',
    text: `SELECT object AS exception, cause, title AS says, owner FROM list_row WHERE tenant = $1 AND kind = 'exception' AND open ORDER BY since DESC, object LIMIT 5`,
    values: [tenant],
  })
  const rest = await client.query<{
    refused: number
    effects: number
    stirs: number
    due: number
    size: number
    sealed: number | null
    root: Buffer | null
  }>({
    name: 'summary_rest',
    text: `SELECT (SELECT count(*)::int FROM list_row WHERE tenant = $1 AND kind = 'document') AS refused,
                  (SELECT count(*)::int FROM effect WHERE tenant = $1 AND state IN ('waiting', 'open', 'unknown')) AS effects,
                  (SELECT count(*)::int FROM stir WHERE tenant = $1) AS stirs,
                  (SELECT count(*)::int FROM object WHERE tenant = $1 AND wake_at <= now()) AS due,
                  (SELECT next_index FROM tenant_head WHERE tenant = $1) AS size,
                  c.size AS sealed, c.root
           FROM (SELECT 1) AS one LEFT JOIN LATERAL (SELECT size, root FROM checkpoint WHERE tenant = $1 AND ${OWN_CHECKPOINTS} ORDER BY size DESC LIMIT 1) AS c ON true`,
    values: [tenant],
  })
  const systems = await countSteps(client, tenant)
  const [counts] = rest.rows
  const sum = (pick: (row: (typeof invoices.rows)[number]) => number): number => invoices.rows.reduce((total, row) => total + pick(row), 0)
  const states: { [state: string]: number } = {}
  for (const row of invoices.rows) states[row.state] = (states[row.state] ?? 0) + row.count
  return {
    received: sum((row) => row.count),
    refused: counts?.refused ?? 0,
    states,
    breaches: sum((row) => row.breaches),
    money: invoices.rows.flatMap((row) =>
      row.currency === null ? [] : [{ state: row.state, currency: row.currency, amount: row.amount }],
    ),
    exceptions: Object.fromEntries(cases.rows.map((row) => [row.cause, row.count])),
    latest: latest.rows,
    systems: Object.fromEntries(systems.map(({ system, inStep, behind }) => [system, { inStep, behind }])),
    moving: sum((row) => row.moving),
    busy: (counts?.effects ?? 0) + (counts?.stirs ?? 0) + (counts?.due ?? 0),
    log: { size: counts?.size ?? 0, root: counts?.root?.toString('hex') ?? null, sealed: counts?.sealed ?? 0 },
  }
}
