/** Table `cell`: the matrix of what each system should show, what it was told and what it says. */
import type { Cell } from '../domain/object.ts'
import type { Instant } from '../lib/time.ts'
import { textArray } from './arrays.ts'
import { query, type ClientBase, type Query } from './database.ts'

const WRITE = {
  name: 'cell_write',
  text: `INSERT INTO cell (tenant, object, system, facet, expected, told, reported, heard_at)
         SELECT $1, o, s, f, e, t, r, CASE WHEN r IS NULL THEN NULL ELSE $2::timestamptz END
         FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[]) AS x (o, s, f, e, t, r)
         ON CONFLICT (tenant, object, system, facet) DO UPDATE SET expected = excluded.expected, told = excluded.told, reported = excluded.reported,
           heard_at = CASE WHEN cell.reported IS DISTINCT FROM excluded.reported THEN $2 ELSE cell.heard_at END`,
}

/** Writes cells as they are now. */
export function writingCells(tenant: string, cells: readonly Cell[], now: Instant): Query[] {
  if (cells.length === 0) return []
  const last = new Map(cells.map((cell) => [`${cell.object} ${cell.system} ${cell.facet}`, cell]))
  const rows = [...last.keys()].sort().map((key) => last.get(key)!)
  const column = (pick: (cell: Cell) => string | null): Buffer => textArray(rows.map(pick))
  return [query(WRITE, [
    tenant, now, column((cell) => cell.object), column((cell) => cell.system), column((cell) => cell.facet), column((cell) => cell.expected),
    column((cell) => cell.told), column((cell) => cell.reported),
  ])]
}

export type StoredCell = Cell & { readonly heardAt: Instant | null }

export async function cellsOf(client: ClientBase, tenant: string, object: string): Promise<StoredCell[]> {
  const { rows } = await client.query<StoredCell>({
    name: 'cell_of',
    text: `SELECT object, system, facet, expected, told, reported, heard_at AS "heardAt" FROM cell
           WHERE tenant = $1 AND object = $2 AND num_nonnulls(expected, told, reported) > 0 ORDER BY system, facet`,
    values: [tenant, object],
  })
  return rows
}

/** Per system how many cells show, or were told, what they should, and how many are behind. */
export async function countSteps(client: ClientBase, tenant: string): Promise<{ system: string; inStep: number; behind: number }[]> {
  const { rows } = await client.query<{ system: string; total: number; behind: number }>({
    name: 'cell_count',
    text: `SELECT system, count(*)::int AS total, count(*) FILTER (WHERE expected IS DISTINCT FROM coalesce(reported, told))::int AS behind
           FROM cell WHERE tenant = $1 AND expected IS NOT NULL GROUP BY 1 ORDER BY 1`,
    values: [tenant],
  })
  return rows.map((row) => ({ system: row.system, inStep: row.total - row.behind, behind: row.behind }))
}
