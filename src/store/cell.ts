/** Table `cell`: the matrix of what each system should show, what it was told and what it says. */
import type { ClientBase } from 'pg'
import type { Cell } from '../domain/object.ts'
import { textArray } from './arrays.ts'

/** Writes cells as they are now. */
export async function writeCells(client: ClientBase, tenant: string, cells: readonly Cell[]): Promise<void> {
  const last = [...new Map(cells.map((cell) => [`${cell.object} ${cell.system} ${cell.facet}`, cell])).entries()].sort(([a], [b]) => a < b ? -1 : 1).map(([, cell]) => cell)
  if (last.length === 0) return
  const column = (pick: (cell: Cell) => string | null): Buffer => textArray(last.map(pick))
  await client.query({
    name: 'cell_write',
    text: `INSERT INTO cell (tenant, object, system, facet, expected, told, reported)
           SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
           ON CONFLICT (tenant, object, system, facet) DO UPDATE SET expected = excluded.expected, told = excluded.told, reported = excluded.reported`,
    values: [tenant, column((cell) => cell.object), column((cell) => cell.system), column((cell) => cell.facet), column((cell) => cell.expected), column((cell) => cell.told), column((cell) => cell.reported)],
  })
}

export async function cellsOf(client: ClientBase, tenant: string, object: string): Promise<Cell[]> {
  const { rows } = await client.query<Cell>('SELECT object, system, facet, expected, told, reported FROM cell WHERE tenant = $1 AND object = $2 ORDER BY system, facet', [tenant, object])
  return rows
}

/** Per system how many cells show, or were told, what they should, and how many are behind. */
export async function countSteps(client: ClientBase, tenant: string): Promise<{ system: string; inStep: number; behind: number }[]> {
  const { rows } = await client.query<{ system: string; total: number; behind: number }>(
    `SELECT system, count(*)::int AS total, count(*) FILTER (WHERE expected IS DISTINCT FROM coalesce(reported, told))::int AS behind
     FROM cell WHERE tenant = $1 AND expected IS NOT NULL GROUP BY 1 ORDER BY 1`, [tenant])
  return rows.map((row) => ({ system: row.system, inStep: row.total - row.behind, behind: row.behind }))
}
