import { z } from 'zod'
import { getJson } from '../../connector/json.ts'
import type { PeriodSpan } from '../../domain/event-data.ts'
import { isOpen, isOrdinary } from './answers.ts'
import type { Setting } from './config.ts'
import { LIST_LIMIT, lookup } from './lookup.ts'
import type { Lookup } from './replies.ts'
import { PostingPeriod } from './wire.ts'

const Content = z.object({ question: z.string(), entity: z.string(), month: z.string().regex(/^\d{4}-\d{2}$/) })

/**
 * `GET /posting-periods` of a company: the ordinary periods that have days in the month, in the ledger that supplier invoices are
 * posted in, each open when all accounts that such a posting needs are. Special periods are left out: no day is in one by itself.
 */
export function lookupPeriod(setting: Setting): Lookup {
  return lookup(setting, {
    content: Content,
    row: PostingPeriod,
    request: ({ entity }) => getJson('/posting-periods', { companyCode: entity, limit: LIST_LIMIT }),
    choose: (rows, { month }) => {
      const spans = spansIn(setting, rows, month)
      return spans.length === 0 ? { none: true } : { one: spans }
    },
    found: (spans, { month }) => ({
      answer: { period: { open: spans.find(({ from, to }) => from <= `${month}-01` && `${month}-01` <= to)?.open ?? false, spans } },
      number: spans.map(({ name }) => name).join(' '),
    }),
  })
}

function spansIn(setting: Setting, rows: readonly PostingPeriod[], month: string): PeriodSpan[] {
  const meant = rows.filter((row) => isOrdinary(setting, row) && row.from.slice(0, 7) <= month && month <= row.to.slice(0, 7))
  return [...Map.groupBy(meant, ({ fiscalYear, periodNo }) => `${fiscalYear}/${periodNo}`)].flatMap(([name, same]) => {
    const [first] = same
    return first ? [{ name, from: first.from, to: first.to, open: same.every(isOpen) }] : []
  })
}
