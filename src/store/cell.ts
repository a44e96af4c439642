/** Table `cell`: the matrix of what each system should show, what it was told and what it says. */
import type { Cell, Facet } from '../domain/object.ts'
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
  return [
    query(WRITE, [
      tenant,
      now,
      column((cell) => cell.object),
      column((cell) => cell.system),
      column((cell) => cell.facet),
      column((cell) => cell.expected),
      column((cell) => cell.told),
      column((cell) => cell.reported),
    ]),
  ]
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

const CONFIRM = {
  name: 'cell_confirm',
  text: `UPDATE cell SET heard_at = $2 FROM unnest($4::text[], $5::text[]) AS x (o, f) WHERE cell.tenant = $1 AND cell.object = o AND cell.system = $3 AND cell.facet = f`,
}

/** A sweep has heard these cells: they are as they stand, or what changed is told through the door. */
export async function confirmCells(
  client: ClientBase,
  tenant: string,
  system: string,
  cells: readonly { readonly object: string; readonly facet: Facet }[],
  at: Instant,
): Promise<void> {
  const sorted = cells.toSorted((a, b) => (a.object < b.object ? -1 : a.object > b.object ? 1 : a.facet < b.facet ? -1 : 1))
  await client.query({
    ...CONFIRM,
    values: [tenant, at, system, textArray(sorted.map(({ object }) => object)), textArray(sorted.map(({ facet }) => facet))],
  })
}

// A walk along the key: each page goes on behind the last, so that one sweep passes every cell of the tenant once.
const UNHEARD = {
  name: 'cell_unheard',
  text: `SELECT object, facet FROM cell
         WHERE tenant = $1 AND (object, facet) > ($2, $3) AND system = $4 AND facet = ANY($5::text[]) AND num_nonnulls(told, reported) > 0
           AND (heard_at IS NULL OR heard_at < $6) AND ($7 OR (told = expected AND reported IS DISTINCT FROM expected))
         ORDER BY object, facet LIMIT $8`,
}

/** Cells of a system that nobody has heard since: all of them, or those that were told and have not been seen to show it. */
export async function unheardCells(
  client: ClientBase,
  tenant: string,
  system: string,
  facets: readonly Facet[],
  since: Instant,
  all: boolean,
  after: UnheardCell | null,
  limit: number,
): Promise<UnheardCell[]> {
  const { rows } = await client.query<UnheardCell>({
    ...UNHEARD,
    values: [tenant, after?.object ?? '', after?.facet ?? '', system, textArray(facets), since, all, limit],
  })
  return rows
}
export interface UnheardCell {
  readonly object: string
  readonly facet: Facet
}

/**
 * Per system how many cells show, or were told, what they should, and how many are behind. Told is enough where nothing was reported: it is
 * the system's own answer that it did so, and not every system shows what it holds; what it shows later counts instead.
 */
export async function countSteps(client: ClientBase, tenant: string): Promise<{ system: string; inStep: number; behind: number }[]> {
  const { rows } = await client.query<{ system: string; total: number; behind: number }>({
    name: 'cell_count',
    text: `SELECT system, count(*)::int AS total, count(*) FILTER (WHERE expected IS DISTINCT FROM coalesce(reported, told))::int AS behind
           FROM cell WHERE tenant = $1 AND expected IS NOT NULL GROUP BY 1 ORDER BY 1`,
    values: [tenant],
  })
  return rows.map((row) => ({ system: row.system, inStep: row.total - row.behind, behind: row.behind }))
}
