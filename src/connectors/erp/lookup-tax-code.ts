import { z } from 'zod'
import { getJson } from '../../connector/json.ts'
import { sumOf } from '../../domain/invoice-content.ts'
import { chosenTaxKey } from './answers.ts'
import type { Setting } from './config.ts'
import { LIST_LIMIT, lookup } from './lookup.ts'
import type { Lookup } from './replies.ts'
import { TaxKey } from './wire.ts'

const Content = z.object({ question: z.string(), entity: z.string().nullable(), category: z.string(), rate: z.string() })

/**
 * `GET /tax-keys` by category and percentage. Not by company: whether that filter also gives the keys of all companies (`*`)
 * is not documented, so the rows are chosen here.
 */
export function lookupTaxCode(setting: Setting): Lookup {
  return lookup(setting, {
    content: Content,
    row: TaxKey,
    request: ({ category, rate }) => taxKeysRequest(category, rate),
    choose: (rows, { entity, category, rate }) => chosenTaxKey(setting, rows, entity ?? '*', category, rate),
    found: (key) => ({ answer: { taxCode: taxCodeOf(key) }, number: key.taxKey }),
  })
}

export const taxKeysRequest = (category: string, rate: string): ReturnType<typeof getJson> =>
  getJson('/tax-keys', { category, pct: rate, limit: LIST_LIMIT })
export const taxCodeOf = (key: TaxKey): { code: string; category: string; rate: string; active: boolean } => ({
  code: key.taxKey,
  category: key.category,
  rate: sumOf([key.pct]),
  active: true,
})
