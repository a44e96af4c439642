/** What the systems themselves call an invoice and what pays it, out of their own books: nothing of it comes from the hub. */
import { assert } from '../src/lib/assert.ts'
import type { Row } from './company-api.ts'
import type { BookLine, TryOut } from './try-out.ts'

type System = Parameters<TryOut['books']>[0]
type Booked = BookLine['facts'][number]

/** The ids of the invoice, under our own id of it; and by kind of object those of its payment, of the file that it is in, of the bank's entry and its statement, and of the order. */
export function bookIds(
  company: Pick<TryOut, 'books'>,
  { id: invoice, title }: Pick<Row, 'id' | 'title'>,
): { readonly [idOrKind: string]: readonly string[] } {
  const last = (system: System, what: string, ...naming: readonly string[]): Booked => {
    const facts = company.books(system).flatMap((line) => line.facts)
    const found = facts.findLast((fact) => fact.what === what && naming.every((text) => JSON.stringify(fact).includes(text)))
    assert(found !== undefined, `${system} has no ${what} that names ${naming.join(' and ')}`)
    return found
  }
  const text = ({ row }: Booked, field: string): string => String(row[field])
  const document = last('erp', 'DOCUMENT', `"${invoice}"`).key
  const payment = last('erp', 'PAYMENT', `"${document}"`)
  const file = text(payment, 'msgId')
  const items = last('erp', 'DOCUMENT', '"items":[', invoice).row['items'] as readonly { readonly poNo: string }[]
  const entry = last('bank', 'ENTRY', `"${file}"`).key
  const statement = /<Stmt>\s*<Id>([^<]+)</u.exec(text(last('bank', 'OUT', `${entry}</AcctSvcrRef>`), 'text'))?.[1]
  assert(statement !== undefined, `a statement has the entry ${entry}`)
  return {
    [invoice]: [
      title,
      last('ap', 'TICKET', `"${invoice}"`).key,
      document,
      text(last('archive', 'DEPOSIT', `"pack.${invoice}.`), 'depositNo'),
    ],
    payment: [payment.key, last('erp', 'CLEARING', `"${document}"`).key],
    'payment-batch': [file, text(payment, 'runNo')],
    'statement-entry': [entry],
    statement: [statement],
    order: items.flatMap(({ poNo }) => (poNo === '' ? [] : [poNo])).slice(0, 1),
  }
}
