/**
 * An entry as facts, word for word the same whether a look or the feed brought it. The same fact has the same `eventId`, whenever
 * it is read; what may be another thing later goes into the id.
 */
import { meaningOf, type Observation } from '../../connector/contract.ts'
import { postingName } from '../../domain/names.ts'
import type { Ref } from '../../domain/object.ts'
import type { Setting } from './config.ts'
import { STATUS } from './map.ts'
import type { Entry } from './wire.ts'

/** What the entry's status says has happened. `readBack`: the system itself was read, and not only its reply to a call of ours. */
export function entryFacts(setting: Setting, entry: Entry): Observation[] {
  const meaning = meaningOf(STATUS, entry.status)
  if (entry.on === undefined || (meaning !== 'posted' && meaning !== 'reversed')) return []
  const common = { about: [refOf(setting, entry)], occurredAt: entry.at, readBack: true, reference: entry.id }
  if (meaning === 'reversed') {
    return [
      {
        ...common,
        eventId: `entry|${entry.id}|reversed`,
        type: 'posting.reversed',
        data: { postingNo: entry.id, entity: entry.entity, reversalNo: '', reversedOn: entry.on },
      },
    ]
  }
  return [
    {
      ...common,
      eventId: `entry|${entry.id}|posted`,
      type: 'posting.confirmed',
      data: {
        postingNo: entry.id,
        entity: entry.entity,
        supplier: entry.party,
        number: entry.number,
        amount: entry.amount,
        currency: entry.currency,
        postedOn: entry.on,
        ...(isOurs(entry) ? { reference: entry.reference } : {}),
      },
    },
  ]
}

/** Their word as it stands, with what it claims where we know it. `at`: where it stands in what they tell; its instant beside it, for a restored system gives places anew. */
export function statusFact(setting: Setting, entry: Entry, at: string): Observation {
  const claims = meaningOf(STATUS, entry.status)
  return {
    eventId: `status|${at}|${entry.at}|v${STATUS.version}`,
    type: 'status.reported',
    occurredAt: entry.at,
    readBack: true,
    reference: entry.id,
    about: [refOf(setting, entry)],
    data: { system: setting.system, facet: 'posting', word: entry.status, amount: entry.amount, ...(claims === null ? {} : { claims }) },
  }
}

/** An entry that we did not cause becomes an invoice of its own: somebody owes that money, whoever booked it. */
function refOf({ system }: Setting, entry: Entry): Ref {
  const name = postingName(system, entry.entity, entry.id)
  return isOurs(entry) ? { names: [entry.reference, name] } : { names: [name], create: 'invoice' }
}

const isOurs = (entry: Entry): boolean => entry.reference.startsWith('inv_')
