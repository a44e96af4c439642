/** Cases about master data: what the ERP does not know, or knows otherwise. */
import type { Arrival } from '../../src/domain/object.ts'
import type { Case } from './case.ts'
import { arrives, bill, company, NO_ORDER } from './story.ts'

const free = bill(NO_ORDER)
const ordered = bill()

/** What the ERP answers; of one thing that it finds nothing, or finds it otherwise. */
const answering = (asked: string, otherwise: { readonly [part: string]: object } | 'nothing'): Arrival[] =>
  company().map((arrival) => {
    if (arrival.data['asked'] !== asked) return arrival
    const parts = otherwise === 'nothing' ? [] : Object.entries(otherwise)
    const changed = Object.fromEntries(parts.map(([part, change]) => [part, { ...(arrival.data[part] as object), ...change }]))
    return { ...arrival, data: { ...arrival.data, found: otherwise !== 'nothing', ...changed } }
  })

export const REFERENCE_CASES: readonly Case[] = [
  {
    name: 'supplier unknown',
    story: 'The ERP knows no supplier of this VAT id.',
    facts: [...answering('supplier', 'nothing'), arrives(free)],
  },
  {
    name: 'company unknown',
    story: 'The invoice is addressed to a company that the ERP does not know.',
    facts: [...answering('entity', 'nothing'), arrives(free)],
  },
  {
    name: 'currency that the company does not take',
    story: 'The company takes CHF only; the invoice is in EUR.',
    facts: [...answering('entity', { entity: { currencies: ['CHF'] } }), arrives(free)],
  },
  {
    name: 'tax code unknown',
    story: 'The ERP has no tax code for category S at 19 %.',
    facts: [...answering('tax-code S 19', 'nothing'), arrives(free)],
  },
  {
    name: 'order unknown',
    story: 'The ERP knows no order PO-1.',
    facts: [...answering('order', 'nothing'), arrives(ordered)],
  },
  {
    name: 'order of another supplier',
    story: 'Order PO-1 is supplier V2’s.',
    facts: [...answering('order', { order: { supplier: 'V2' } }), arrives(ordered)],
  },
  {
    name: 'no answer about the supplier',
    story: 'The ERP has not answered about the supplier; after a quarter of an hour a person is told.',
    facts: [...company().filter((arrival) => arrival.data['asked'] !== 'supplier'), arrives(free)],
  },
]
