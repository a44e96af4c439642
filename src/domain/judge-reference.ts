/** What a supplier, a company or an order asks of a system that does not answer: told to whoever operates that, once for each. */
import { minuteOf, type Instant } from '../lib/time.ts'
import { exceptionDecisions, type WantedException } from './exception.ts'
import { COMMANDS, type CommandName, type Judgement, type ObjectRecord } from './object.ts'
import { foundIn, readOf, type ReferenceState } from './reference.ts'
import type { Laws } from './view.ts'

/** A lookup that ended without the answer that is still wanted: the system cannot say (`refused`), or gave none (`exhausted`). */
interface Ended {
  readonly input: 'refused' | 'exhausted'
  readonly question: string
  readonly since: Instant
  readonly lookup: CommandName
  readonly system: string
  readonly command: string
  readonly says: string
}

export function endedLookups(state: ReferenceState): Ended[] {
  return Object.entries(state.sent).flatMap(([place, { input, occurrence, says }]): Ended[] => {
    const at = occurrence.lastIndexOf('#')
    const [question, since] = [occurrence.slice(0, at), occurrence.slice(at + 1)]
    if ((input !== 'refused' && input !== 'exhausted') || state.wants[question] !== since) return []
    const [lookup = '', system = ''] = place.split(' ')[0]!.split('@')
    return [{ input, question, since, lookup: lookup as CommandName, system, command: `${place} ${occurrence}`, says: says ?? 'no words' }]
  })
}

/** What cannot be answered is a matter of whoever asked. What is not asked any more nobody hears of again, unless somebody is told. */
export function silentLookups({ policy }: Laws, state: ReferenceState): WantedException[] {
  return endedLookups(state)
    .filter(({ input, question, since, system }) => input === 'exhausted' && (readOf(state, question, system)?.answer.readAt ?? '') < since)
    .map(({ question, since, lookup, system, command, says }) => ({
      cause: 'system-silent',
      says: `${system} has given no answer about ${state.ask?.name ?? 'it'} (${question}) since ${minuteOf(since)}, and is not asked any more: ${says}`,
      owner: policy.owners[COMMANDS[lookup].lane].technical,
      system,
      command,
    }))
}

export function judgeReference(laws: Laws, { id, state }: ObjectRecord<ReferenceState>, asOf: Instant): Judgement {
  // A question to a company is that company's; a supplier is everybody's.
  const company = foundIn(state, 'entity', laws.policy.systems.erp)?.entity
  const context = { amount: null, currency: null, party: null, ...(company ? { entity: company.number, zone: company.zone } : {}) }
  return { decisions: exceptionDecisions(laws, id, state.exceptions, silentLookups(laws, state), context, asOf), wakeAt: null, waits: [] }
}
