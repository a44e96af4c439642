/** What an invoice has to do with others: those that it names, and the other company's books of an invoice between two of ours. */
import type { WantedException } from './exception.ts'
import { covers } from './answers.ts'
import { correctedBy, liveAllocations, oneSided, warranted } from './headline.ts'
import { precedingNames } from './invoice-content.ts'
import type { InvoiceState } from './invoice-state.ts'
import type { Look, ObjectRecord } from './object.ts'
import type { Scratch } from './scratch.ts'
import type { Laws } from './view.ts'

type Sheet = Scratch<InvoiceState>

/** As long as it may still be linked to an invoice that it names, or be paid. */
export const precedes = (state: InvoiceState): boolean => (state.content?.value.preceding.length ?? 0) > 0 && !warranted(state, ['paid'])

/** Corrected invoice, UNTDID 1001: it stands in the place of the one that it names. Others only refer to what was before them. */
const CORRECTED = '384'

/** What it names is linked both ways once it is known to be right; of two of which one corrects the other, one is paid. */
export function link(laws: Laws, sheet: Sheet, look: Look): WantedException[] {
  const content = sheet.state.content?.value
  if (!content || !precedes(sheet.state) || !isValidated(sheet.state)) return []
  const names = precedingNames(laws.sha256, content)
  const paid: { readonly number: string; readonly link: string }[] = []
  for (const [at, name] of names.entries()) {
    const earlier = look(name) as ObjectRecord<InvoiceState> | undefined
    sheet.waitFor([earlier?.id ?? name])
    if (!earlier || earlier.id === sheet.id) continue
    // What is refused for good corrects nothing any more.
    const relation = content.typeCode === CORRECTED && !warranted(sheet.state, ['rejected']) ? 'corrects' : 'names'
    if (sheet.state.links[earlier.id]?.is !== relation) {
      sheet.decide(
        'invoice.linked',
        'link',
        { relation, earlier: earlier.id, later: sheet.id, number: content.number, earlierNumber: content.preceding[at] ?? '' },
        [earlier.id],
      )
    }
    if (relation === 'corrects' && isPaying(earlier.state))
      paid.push({ number: content.preceding[at] ?? '', link: sheet.state.links[earlier.id]?.event ?? '' })
  }
  const answer = sheet.state.answers['corrects-paid']
  const accepted =
    answer?.action === 'accept-difference' &&
    covers(
      answer,
      paid.map(({ link }) => link),
    )
  if (paid.length === 0 || accepted) return []
  return [
    { cause: 'corrects-paid', says: `${paid.map(({ number }) => number).join(', ')} was paid or is in a payment file that was released.` },
  ]
}

const isValidated = ({ content, verdicts: { validation } }: InvoiceState): boolean =>
  validation?.pass === true && validation.subject === content?.event

const isPaying = (state: InvoiceState): boolean =>
  liveAllocations(state).length > 0 ||
  Object.values(state.payments).some(({ progress }) => progress === 'released' || progress === 'accepted')

/** Another stands in its place: it has to be refused, its posting reversed before; or two people say that both are to be paid. */
export function superseded(state: InvoiceState): WantedException[] {
  const corrected = correctedBy(state)
  return corrected && !warranted(state, ['rejected']) && !warranted(state, ['paid'])
    ? [{ cause: 'superseded', says: `${corrected.number} corrects it.` }]
    : []
}

/** The two ledgers book one after the other; what differs for longer is a finding, and not paid. */
export function betweenCompanies(laws: Laws, sheet: Sheet): WantedException[] {
  const gap = oneSided(sheet.state)
  if (!gap) return []
  const until = sheet.after(gap.since, laws.policy.graceMs)
  if (sheet.asOf < until) {
    sheet.wake(until)
    return []
  }
  return [{ cause: 'intercompany-unequal', says: `Our ledger cleared ${gap.ours} between the companies, the other's ${gap.theirs}.` }]
}
