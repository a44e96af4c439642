/** Finding objects by whatever anybody calls them. */
import type { ObjectRecord } from '../domain/object.ts'
import { foundIn, type ReferenceState } from '../domain/reference.ts'
import { Fault } from '../lib/fault.ts'
import { findByAnyId } from './alias.ts'
import { rowsOf, type ClientBase } from './database.ts'
import { readObjects } from './object.ts'

const NUMBERED = {
  name: 'list_row_numbered',
  text: "SELECT object FROM list_row WHERE tenant = $1 AND kind IN ('invoice', 'order', 'statement') AND title = $2 ORDER BY object LIMIT 50",
}

/**
 * The objects that anybody knows under `id`: a canonical id, an external name, the id in one, or the number of an invoice, an order
 * or a statement, which several suppliers (or a duplicate), companies or accounts may have used. At most 100.
 */
export async function findObjects(client: ClientBase, tenant: string, id: string): Promise<string[]> {
  if (id === '') return []
  const named = await findByAnyId(client, tenant, id)
  const numbered = await rowsOf<[string]>(client, NUMBERED, [tenant, id])
  return [...new Set([...named, ...numbered.map(([object]) => object)])]
}

export interface Company {
  readonly id: string
  readonly number: string
  readonly zone: string
}

/** The company that is meant by any id of it, with the ERP's number and the zone of its calendar. Throws `not-found` when there is none. */
export async function findCompany(client: ClientBase, tenant: string, erp: string, asked: string): Promise<Company> {
  const records = await readObjects(client, tenant, await findObjects(client, tenant, asked), false)
  const companies = [...records.values()].filter((record) => record.kind === 'entity') as unknown as ObjectRecord<ReferenceState>[]
  const [company, another] = companies
  if (another) throw new Fault('request-not-valid', `${asked} is the id of ${companies.length} companies; name one by an id of its own.`)
  const read = foundIn(company?.state, 'entity', erp)?.entity
  if (!company || !read) throw new Fault('not-found', `The ERP has told of no company ${asked}.`)
  return { id: company.id, number: read.number, zone: read.zone }
}
