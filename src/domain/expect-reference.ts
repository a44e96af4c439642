/** Which questions about a party, an order or a code are put to the systems that know. */
import type { Expectation, WantedEffect } from './object.ts'
import type { ReferenceState } from './reference.ts'
import { askedAbout } from './policy.ts'
import { foundIn, readOf } from './reference.ts'
import type { Laws } from './view.ts'
import type { Subject } from './cell.ts'

/** A lookup per question whose answer is missing or older than wanted; tax codes and periods only once the company is known. */
export function expectReference(laws: Laws, { id, state }: Subject<ReferenceState>): Expectation {
  const { erp } = laws.policy.systems
  const entity = foundIn(state, 'entity', erp)?.entity?.number
  const asked = Object.entries(state.wants).flatMap(([question, since]) =>
    askedAbout(laws.policy, question).map((target) => [question, since, target] as const),
  )
  const effects = asked.flatMap(([question, since, target]): WantedEffect[] => {
    const read = readOf(state, question, target)
    if (read && read.answer.readAt >= since) return []
    const common = { target, object: id, occurrence: `${question}#${since}`, subject: id }
    const [what, ...words] = question.split(' ')
    switch (what) {
      case 'supplier':
        return [
          {
            ...common,
            command: 'lookup.supplier',
            content: { question, names: state.ask?.names ?? [], name: state.ask?.name ?? '', written: state.ask?.written },
          },
        ]
      case 'entity':
        return [
          {
            ...common,
            command: 'lookup.entity',
            content: { question, names: state.ask?.names ?? [], name: state.ask?.name ?? '', written: state.ask?.written },
          },
        ]
      case 'order':
        return [{ ...common, command: 'lookup.order', content: { question, number: state.ask?.name ?? '', entity: state.ask?.entity } }]
      case 'tax-code':
        return entity === undefined
          ? []
          : [{ ...common, command: 'lookup.tax-code', content: { question, entity, category: words[0] ?? '', rate: words[1] ?? '0' } }]
      case 'period':
        return entity === undefined ? [] : [{ ...common, command: 'lookup.period', content: { question, entity, month: words[0] ?? '' } }]
      default:
        return []
    }
  })
  return { cells: [], effects, marks: [] }
}
