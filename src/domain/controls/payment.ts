/** The release gates: every payment to an account of the supplier master, and the whole file exactly what people released. */
import type { FactData } from '../event-data.ts'
import { amountDue, currencyOf, holdReasons, liveAllocations, liveHolds, livePostings, negative, postingsOf } from '../headline.ts'
import type { InvoiceState } from '../invoice-state.ts'
import { sumOf } from '../invoice-content.ts'
import { parseDecimal } from '../money.ts'
import { loginOf, plainAccount } from '../names.ts'
import { aliasOf, type Look, type ObjectRecord } from '../object.ts'
import { itemsBeside, type BatchState, type Progress } from '../payment.ts'
import { foundIn, type ReferenceState } from '../reference.ts'
import { blockerOf, type Laws } from '../view.ts'
import { fail, indeterminate, pass, type Control } from './control.ts'

export interface PayeeView extends Laws {
  readonly id: string
  readonly payment: FactData['payment.instructed']
  /** The allocations that this payment has given already: the bank may have been faster than we. */
  readonly allocated: readonly string[]
  readonly look: Look
}

const invoiceOf = (view: PayeeView, posting: string): ObjectRecord<InvoiceState> | undefined =>
  view.look(posting) as ObjectRecord<InvoiceState> | undefined

export const PAYEE_CONTROLS: readonly Control<PayeeView>[] = [
  {
    id: 'S10',
    title: 'The creditor account is one of the supplier master’s',
    evaluate: ({ payment, look, policy }) => {
      const name = aliasOf(policy.systems.erp, 'supplier', payment.supplier)
      const record = look(name) as ObjectRecord<ReferenceState> | undefined
      const supplier = foundIn(record?.state, 'supplier', policy.systems.erp)?.supplier
      if (!record || !supplier) return indeterminate(`The ERP has not yet answered about supplier ${payment.supplier}.`, [name])
      const inputs = { supplier: record.id, version: record.version }
      if (!supplier.active || supplier.blocked)
        return fail('payment-stopped', `Supplier ${payment.supplier} is ${supplier.blocked ? 'blocked' : 'not active'}.`, inputs, [
          record.id,
        ])
      const blocker = blockerOf(policy, record.state)
      if (blocker)
        return fail('payment-stopped', `Supplier ${payment.supplier} is blocked or not active in ${blocker}.`, inputs, [record.id])
      if (!supplier.accounts.some((account) => plainAccount(account) === plainAccount(payment.account))) {
        return fail(
          'payment-stopped',
          `${payment.endToEndId} pays account …${payment.account.slice(-4)}, which is not an account of supplier ${payment.supplier}.`,
          inputs,
          [record.id],
        )
      }
      return pass(`Account …${payment.account.slice(-4)} is the supplier master’s.`, inputs)
    },
  },
  {
    id: 'Y4',
    title: 'Every item is a posted invoice of this supplier, in this currency, without a hold, and no more than what is due',
    evaluate: (view) => {
      const unknown = view.payment.items.filter((item) => !invoiceOf(view, item.posting)).map((item) => item.posting)
      if (unknown.length > 0)
        return indeterminate(`Postings ${unknown.map((name) => name.split('|').at(-1)).join(', ')} are not known here.`, unknown)
      const items = Map.groupBy(view.payment.items, (item) => invoiceOf(view, item.posting))
      for (const [invoice, parts] of items) {
        if (!invoice) continue
        const amount = sumOf(parts.map((item) => item.amount))
        const held = liveHolds(invoice.state).length > 0 || holdReasons(invoice.state).length > 0
        const posted = livePostings(invoice.state)
        if (posted.length === 0) return fail('payment-stopped', `${invoice.id} is not posted.`, {}, [invoice.id])
        // An account of the payment's supplier proves nothing of an invoice that is another one's.
        const another = posted.find(([, { confirmed }]) => confirmed?.supplier !== view.payment.supplier)
        if (another)
          return fail(
            'payment-stopped',
            `${invoice.id} is posted to supplier ${another[1].confirmed?.supplier}; ${view.payment.endToEndId} pays ${view.payment.supplier}.`,
            {},
            [invoice.id],
          )
        const currency = currencyOf(invoice.state)
        if (currency !== view.payment.currency)
          return fail(
            'payment-stopped',
            `${invoice.id} is due in ${currency}; ${view.payment.endToEndId} pays ${view.payment.currency}.`,
            {},
            [invoice.id],
          )
        if (held) return fail('payment-stopped', `${invoice.id} is on hold.`, {}, [invoice.id])
        // Each of its postings would be paid, as far as what is due by now lets them.
        if (isTwice(invoice.state))
          return fail('payment-stopped', `${invoice.id} is posted twice, and nobody has said which posting stays.`, {}, [invoice.id])
        const open = openIn(view, invoice.state)
        if (!within(amount, open))
          return fail(
            'payment-stopped',
            `${invoice.id}: ${amount} would be paid, ${open} is open beside what is settled and what other payments are about to pay.`,
            {},
            [invoice.id],
          )
      }
      return pass(`${view.payment.items.length} posted invoices.`)
    },
  },
  {
    id: 'Y5',
    title: 'The payment is the sum of its items',
    evaluate: ({ payment }) => {
      const sum = itemsBeside(payment)
      return sum === null
        ? pass(`${payment.amount} ${payment.currency}.`)
        : fail('payment-stopped', `${payment.endToEndId} is ${payment.amount}; its items add up to ${sum}.`)
    },
  },
]

/** Several postings of it stand that are not together what was approved. */
function isTwice(state: InvoiceState): boolean {
  const proved = livePostings(state).filter(([, { confirmed }]) => confirmed?.settled).length
  const { posting } = state.verdicts
  return proved > 1 && !(posting?.pass && postingsOf(posting.subject).length === proved)
}

/** What is due, less what is settled and what other payments are about to pay: those that have left, and those that passed and have not. */
function openIn({ id: own, allocated }: PayeeView, state: InvoiceState): string {
  const settled = liveAllocations(state)
    .filter(([event]) => !allocated.includes(event))
    .map(([, allocation]) => allocation.amount)
  const underWay = Object.entries(state.payments)
    .filter(([id, { progress, claims }]) => id !== own && (LEFT.has(progress) || (progress === 'instructed' && claims)))
    .map(([, { amount }]) => amount)
  return sumOf([amountDue(state) ?? '0', ...[...settled, ...underWay].map(negative)])
}

const LEFT: ReadonlySet<Progress> = new Set<Progress>(['released', 'accepted'])

export const RELEASE_CONTROLS: readonly Control<BatchState>[] = [
  {
    id: 'Y3',
    title: 'Two different named people released it',
    evaluate: ({ released }) => {
      const people = new Set(released?.by)
      return people.size >= 2
        ? pass([...people].map(loginOf).join(', '))
        : fail('payment-file-differs', `Released by ${people.size === 0 ? 'nobody' : 'one person only'}.`)
    },
  },
  {
    id: 'Y2',
    title: 'Count, sum and bytes of the file are those that were released',
    evaluate: ({ released, file, seen, messageId }) => {
      if (!file || !released) return indeterminate('The file has not been read completely.', [])
      if (file.findings.length > 0) return fail('payment-file-differs', file.findings.join(' ').slice(0, 400))
      if (file.document !== released.document)
        return fail(
          'payment-file-differs',
          `The file that was read (${file.document.slice(0, 12)}) is not the one that was released (${released.document.slice(0, 12)}).`,
        )
      if (file.claimedCount !== String(file.count) || sumOf([file.claimedSum]) !== sumOf([file.sum])) {
        return fail(
          'payment-file-differs',
          `${messageId} says ${file.claimedCount} payments, ${file.claimedSum}; it holds ${file.count}, ${file.sum}.`,
        )
      }
      if (seen.count < file.count) return indeterminate(`${seen.count} of ${file.count} payments are known.`, [])
      if (seen.count !== file.count || seen.sum !== sumOf([file.sum]))
        return fail('payment-file-differs', `${seen.count} payments of ${seen.sum} are known; the file holds ${file.count}, ${file.sum}.`)
      return pass(`${file.count} payments, ${file.sum}.`)
    },
  },
  {
    id: 'S10',
    title: 'Every payee passed, and no payment was cancelled',
    evaluate: ({ cleared, failed, file, voidedItems }) => {
      if (voidedItems) return fail('payment-file-differs', `${voidedItems.count} of ${file?.count ?? 0} payments were cancelled.`)
      if (failed > 0) return fail('payment-file-differs', `${failed} of ${file?.count ?? 0} payments failed their payee control.`)
      return file && cleared >= file.count
        ? pass(`${cleared} payees.`)
        : indeterminate(`${cleared} of ${file?.count ?? 0} payees passed.`, [])
    },
  },
]

/** Of one side with what is open, and no more: where more was paid than is due, what is open is the supplier's to give back. */
function within(amount: string, open: string): boolean {
  const [part, whole] = [parseDecimal(amount, 18), parseDecimal(open, 18)]
  if (part === undefined || whole === undefined) return false
  return whole < 0n ? part <= 0n && part >= whole : part >= 0n && part <= whole
}
