/** What an object is called by people: a number, a name, a reference. */
import type { AccrualState } from '../domain/accrual.ts'
import type { ExceptionState } from '../domain/exception.ts'
import type { InvoiceState } from '../domain/invoice-state.ts'
import { livePostings } from '../domain/headline.ts'
import type { Kind } from '../domain/event.ts'
import type { ObjectRecord } from '../domain/object.ts'
import type { BatchState, PaymentState } from '../domain/payment.ts'
import type { Found, PersonState, ReferenceState } from '../domain/reference.ts'
import type { EntryState, StatementState } from '../domain/statement.ts'
import type { DocumentState } from '../domain/document.ts'
import type { TieOutState } from '../domain/tie-out-record.ts'

type Titles = { readonly [kind in Kind]: (state: never, id: string) => string }
const said = <State>(title: (state: State, id: string) => string): ((state: never, id: string) => string) => title

/** What its system calls it, else what the first invoice that named it did. */
function reference(what: string, named: (found: Found) => string | undefined): (state: never, id: string) => string {
  return said<ReferenceState>((state, id) => {
    const answer = Object.values(state.reads)
      .map((read) => read.answer)
      .find((read) => read.found && named(read) !== undefined)
    return `${what} ${(answer?.found ? named(answer) : undefined) ?? (state.ask?.name || id)}`
  })
}

const TITLES: Titles = {
  invoice: said<InvoiceState>((state, id) => {
    const content = state.content?.value
    const [, posting] = livePostings(state)[0] ?? []
    const number = content?.number ?? posting?.confirmed?.number ?? id
    return `${content?.kind === 'credit-note' ? 'credit note' : 'invoice'} ${number}${content ? ` of ${content.supplier.name}` : ''}`
  }),
  order: reference('order', ({ order }) => order?.number),
  supplier: reference('supplier', ({ supplier }) => supplier && `${supplier.name} (${supplier.number})`),
  entity: reference('company', ({ entity }) => entity && `${entity.name} (${entity.number})`),
  person: said<PersonState>((state, id) => state.name ?? id),
  'payment-batch': said<BatchState>((state, id) => `payment file ${state.messageId ?? id}`),
  payment: said<PaymentState>((state, id) => `payment ${state.instructed?.endToEndId ?? state.booked?.number ?? id}`),
  statement: said<StatementState>((state, id) => `statement ${state.received?.statement ?? id}`),
  'statement-entry': said<EntryState>(({ entry }, id) => {
    const on = entry?.bookedOn ? ` on ${entry.bookedOn}` : ''
    return entry ? `bank entry of ${entry.amount} ${entry.currency}${on}` : id
  }),
  document: said<DocumentState>((state, id) => `document ${state.fileName || id}`),
  exception: said<ExceptionState>((state) => `case ${state.cause}`),
  'tie-out': said<TieOutState>(({ made }, id) => (made ? `tie-out of company ${made.entity} as of ${made.to}` : id)),
  accrual: said<AccrualState>(({ listed }, id) =>
    listed ? `accrual for invoice ${listed.number} of ${listed.supplier}, period ${listed.period}` : id,
  ),
  system: said<object>((_state, id) => `system ${id}`),
}

export function titleOf({ kind, state, id }: ObjectRecord): string {
  return TITLES[kind](state as never, id)
}
