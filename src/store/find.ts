/** Finding objects by whatever anybody calls them. */
import { findByAnyId } from './alias.ts'
import { rowsOf, type ClientBase } from './database.ts'

const NUMBERED = { name: 'list_row_numbered', text: 'SELECT object FROM list_row WHERE tenant = $1 AND kind = \'invoice\' AND title = $2 ORDER BY object LIMIT 50' }

/**
 * The objects that anybody knows under `id`: a canonical id, an external name, the id in one, or the number on an invoice, which
 * several suppliers (or a duplicate) may have used. At most 100.
 */
export async function findObjects(client: ClientBase, tenant: string, id: string): Promise<string[]> {
  if (id === '') return []
  const named = await findByAnyId(client, tenant, id)
  const numbered = await rowsOf<[string]>(client, NUMBERED, [tenant, id])
  return [...new Set([...named, ...numbered.map(([object]) => object)])]
}
