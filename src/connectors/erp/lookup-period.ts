import { z } from 'zod'
import { getJson } from '../../connector/json.ts'
import { isOpen } from './answers.ts'
import type { Setting } from './config.ts'
import { LIST_LIMIT, lookup } from './lookup.ts'
import type { Lookup } from './replies.ts'
import { PostingPeriod } from './wire.ts'

const Content = z.object({ question: z.string(), entity: z.string(), month: z.string().regex(/^\d{4}-\d{2}$/) })

/** `GET /posting-periods`: the one that holds the first day of the month; where special periods overlap it, one open is enough. */
export function lookupPeriod(setting: Setting): Lookup {
  return lookup(setting, {
    content: Content, row: PostingPeriod,
    request: ({ entity, month }) => getJson('/posting-periods', { companyCode: entity, on: `${month}-01`, limit: LIST_LIMIT }),
    choose: (rows) => rows.length === 0 ? { none: true } : { one: rows },
    found: (rows) => ({ answer: { period: { open: rows.some(isOpen) } }, number: rows.map((row) => row.from).join(' ') }),
  })
}
