/** The typed row of each object that people list: what lists filter and sort by. */
import type { AccrualState } from './accrual.ts'
import type { DocumentState } from './document.ts'
import { gravest, type ExceptionState } from './exception.ts'
import { livePostings } from './headline.ts'
import type { InvoiceState } from './invoice-state.ts'
import type { ListRow, ObjectRecord } from './object.ts'
import type { OrderState } from './order.ts'
import type { PaymentState } from './payment.ts'
import type { StatementState } from './statement.ts'
import type { TieOutState } from './tie-out-record.ts'

const EMPTY: ListRow = {
  title: '',
  state: '',
  currency: null,
  amount: null,
  party: null,
  entity: null,
  dueOn: null,
  owner: null,
  cause: null,
  system: null,
  open: true,
  breaches: [],
}

export function listRowOf(record: ObjectRecord): ListRow | undefined {
  switch (record.kind) {
    case 'invoice':
      return invoiceRow(record.state as unknown as InvoiceState)
    case 'exception':
      return exceptionRow(record.state as unknown as ExceptionState)
    case 'payment':
      return paymentRow(record.state as unknown as PaymentState)
    case 'tie-out':
      return tieOutRow(record.state as unknown as TieOutState)
    case 'accrual':
      return accrualRow(record.state as unknown as AccrualState)
    case 'document':
      return documentRow(record.state as unknown as DocumentState)
    case 'order':
      return orderRow(record.state as unknown as OrderState)
    case 'statement':
      return numbered((record.state as unknown as StatementState).received?.statement)
    default:
      return undefined
  }
}

function invoiceRow(state: InvoiceState): ListRow {
  const content = state.content?.value
  const [, posting] = livePostings(state)[0] ?? []
  return {
    ...EMPTY,
    title: content?.number ?? posting?.confirmed?.number ?? '',
    state: state.headline ?? '',
    currency: content?.currency ?? posting?.confirmed?.currency ?? null,
    amount: content?.totals.payable ?? posting?.confirmed?.amount ?? null,
    party: content?.supplier.name ?? posting?.confirmed?.supplier ?? null,
    entity: content?.entity.name ?? null,
    dueOn: content?.dueOn ?? null,
    breaches: state.breaches,
    open: !['paid', 'archived', 'rejected'].includes(state.headline ?? ''),
    // Why it does not move by itself.
    cause: gravest(state.exceptions),
  }
}

function exceptionRow(state: ExceptionState): ListRow {
  return {
    ...EMPTY,
    title: state.says,
    state: state.open ? 'open' : 'resolved',
    currency: state.currency,
    amount: state.amount,
    party: state.party,
    dueOn: state.dueAt.slice(0, 10),
    owner: state.assigned ?? state.owner,
    cause: state.cause,
    system: state.system,
    open: state.open,
  }
}

function tieOutRow({ made }: TieOutState): ListRow {
  return {
    ...EMPTY,
    title: `${made?.entity ?? ''} ${made?.to ?? ''}`,
    state: made?.ties ? 'ties' : 'differs',
    entity: made?.entity ?? null,
    dueOn: made?.to ?? null,
    open: !made?.ties,
  }
}

function accrualRow({ listed, booked, dropped }: AccrualState): ListRow {
  return {
    ...EMPTY,
    title: listed?.number ?? '',
    state: booked ? 'booked' : dropped ? 'dropped' : 'open',
    currency: listed?.currency ?? null,
    amount: listed?.amount ?? null,
    party: listed?.supplier ?? null,
    entity: listed?.entity ?? null,
    dueOn: listed?.was ?? null,
    open: booked === null && dropped === null,
  }
}

function documentRow(state: DocumentState): ListRow {
  return {
    ...EMPTY,
    title: state.fileName,
    state: 'refused',
    cause: state.refused?.code ?? null,
    open: Object.values(state.exceptions).some((exception) => exception.open),
  }
}

/** Nobody works off a list of these: they are found by the number, which no name of theirs is alone, since another company or account may have it, too. */
const numbered = (number: string | undefined): ListRow | undefined =>
  number === undefined ? undefined : { ...EMPTY, title: number, open: false }

function orderRow({ reads }: OrderState): ListRow | undefined {
  return numbered(Object.values(reads).flatMap(({ answer }) => (answer.found && answer.order ? [answer.order.number] : []))[0])
}

function paymentRow(state: PaymentState): ListRow | undefined {
  const { instructed, booked } = state
  // A clearing is no payment, and one that is explained is nobody's business.
  if (!instructed && (!booked || booked.clears)) return undefined
  return {
    ...EMPTY,
    title: instructed?.endToEndId ?? booked?.number ?? '',
    state: state.progress ?? 'observed',
    currency: (instructed ?? booked)?.currency ?? null,
    amount: (instructed ?? booked)?.amount ?? null,
    party: (instructed ?? booked)?.supplier ?? null,
    entity: booked?.entity ?? null,
    open: instructed ? !['settled', 'cancelled'].includes(state.progress ?? '') : gravest(state.exceptions) !== null,
  }
}
