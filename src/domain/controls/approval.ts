/** The approval gate: the hub counts the grants itself, against its own dated table of authority. */
import { TERM_ROWS, changedTerms, type Terms } from '../terms.ts'
import { liveGrants, livePostings } from '../headline.ts'
import type { Grant } from '../invoice-state.ts'
import { dateIn } from '../../lib/time.ts'
import { parseMoney } from '../money.ts'
import { loginOf } from '../names.ts'
import { personOf, supplierOf, type InvoiceView } from '../view.ts'
import { fail, indeterminate, notApplicable, pass, type Control } from './control.ts'
import { REFERENCE_CONTROLS } from './validation.ts'

export interface ApprovalView extends InvoiceView {
  readonly ours: Terms
  readonly completed: { readonly terms: Terms; readonly enterers: readonly string[] }
}

/** Grants that say yes to the terms as they were completed, by persons who did not enter it nor create the supplier. */
export function grantsOf(view: ApprovalView): Grant[] {
  const entered = enterersOf(view)
  return sayingYes(view).filter((grant) => !entered.has(grant.person))
}

const sayingYes = (view: ApprovalView): Grant[] =>
  liveGrants(view.state).filter((grant) => changedTerms(grant.terms, view.completed.terms).length === 0)

function enterersOf(view: ApprovalView): Set<string> {
  const creator = view.state.content ? supplierOf(view, view.state.content.value).found?.supplier?.createdBy : undefined
  return new Set([...view.completed.enterers, ...(creator ? [creator] : [])])
}

export const APPROVAL_CONTROLS: readonly Control<ApprovalView>[] = [
  {
    id: 'A2',
    title: 'What was approved is what was received',
    evaluate: (view) => {
      const changed = changedTerms(view.completed.terms, view.ours)
      if (changed.length > 0) {
        const shown = changed.map((term) => `${term} (approved ${text(view.completed.terms[term])}, received ${text(view.ours[term])})`)
        return fail('approval-terms-differ', `Approved and received differ in ${shown.join(', ')}.`)
      }
      return pass(`All ${TERM_ROWS.length} terms agree.`)
    },
  },
  {
    id: 'A1',
    title: 'A named person with authority for the amount said yes to these terms',
    evaluate: (view) => {
      const grants = grantsOf(view)
      if (grants.length === 0) {
        return sayingYes(view).length > 0
          ? notApplicable('Nobody but those who entered or changed it said yes.')
          : fail('approval-incomplete', 'The AP tool says approved; no grant on these terms is there.')
      }
      const { gross, currency } = view.ours
      const amount = parseMoney(gross, currency)
      const best = grants.map((grant) => ({ grant, limit: limitOf(view, grant, currency) }))
      if (amount && best.some(({ limit }) => limit !== null && limit >= (amount.minor < 0n ? -amount.minor : amount.minor))) {
        return pass(best.map(({ grant }) => `${loginOf(grant.person)} at ${grant.at}`).join(', '))
      }
      const unknown = grants.filter((grant) => !personOf(view, grant.person))
      if (unknown.length === grants.length)
        return indeterminate(
          `The hub’s table of authority does not know ${unknown.map((grant) => loginOf(grant.person)).join(', ')}.`,
          unknown.map((grant) => grant.person),
        )
      return fail(
        'authority-exceeded',
        `Nobody who approved has authority for ${gross} ${currency}.`,
        {},
        grants.map((grant) => grant.person),
      )
    },
  },
  {
    id: 'A4',
    title: 'Whoever approves did not enter or change it, nor create the supplier',
    evaluate: (view) => {
      const own = sayingYes(view)[0]
      if (own && grantsOf(view).length === 0)
        return fail('duties-conflict', `${loginOf(own.person)} approved what the same person entered or changed, and nobody else did.`)
      return pass('Entered and approved by different persons.')
    },
  },
  {
    ...REFERENCE_CONTROLS.P1,
    // What is posted already needs no open period any more.
    evaluate: (view) =>
      view.state.content && livePostings(view.state).length === 0
        ? REFERENCE_CONTROLS.P1.evaluate({ ...view, content: view.state.content.value })
        : notApplicable('It is posted.'),
  },
]

/** A limit that holds in whatever currency the invoice is in, figure for figure. */
const ANY = '*'

/** The highest limit (minor units) that the person had in the currency on the date of the grant; null for none. */
function limitOf(view: ApprovalView, grant: Grant, currency: string): bigint | null {
  const person = personOf(view, grant.person)
  if (!person) return null
  // The day where the company is: a table of authority is dated by its calendar, not by that of Greenwich.
  const on = dateIn(view.state.parties?.zone ?? 'UTC', grant.at)
  // A revocation ends all that was given before it, also a higher limit than the one that follows.
  const revoked =
    person.state.revoked
      .map((given) => given.on)
      .filter((day) => day <= on)
      .sort()
      .at(-1) ?? ''
  const limits = person.state.grants
    .filter(
      (given) =>
        (given.currency === currency || given.currency === ANY) &&
        given.from > revoked &&
        given.from <= on &&
        (given.to === null || given.to >= on),
    )
    .flatMap((given) => parseMoney(given.limit, currency)?.minor ?? [])
  return limits.length === 0 ? null : limits.reduce((a, b) => (a > b ? a : b))
}

const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))
