import { z } from 'zod'
import { getJson } from '../../connector/json.ts'
import { onlyOne, orderOf } from './answers.ts'
import type { Setting } from './config.ts'
import { LIST_LIMIT, lookup } from './lookup.ts'
import { orderAlias } from './names.ts'
import type { Lookup } from './replies.ts'
import { PurchaseOrder } from './wire.ts'

const Content = z.object({ question: z.string(), number: z.string(), entity: z.string() })

/** `GET /purchase-orders` by company and number: two companies may both have given the same. */
export function lookupOrder(setting: Setting): Lookup {
  return lookup(setting, {
    content: Content,
    row: PurchaseOrder,
    request: ({ number, entity }) => getJson('/purchase-orders', { companyCode: entity, poNo: number.trim(), limit: LIST_LIMIT }),
    choose: (rows) => onlyOne(rows, (row) => `${row.companyCode}/${row.poNo}`),
    found: (order) => ({ answer: { order: orderOf(order) }, number: order.poNo, alias: orderAlias(setting.system, order) }),
  })
}
