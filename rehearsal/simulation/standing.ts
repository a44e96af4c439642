/** How an invoice stands in the hub: what is shown of it, and whether its facts in other orders, or words that came late, would move it. */
import { axesOf } from '../../src/domain/axes.ts'
import { EVENT_TYPES, type Event } from '../../src/domain/event.ts'
import { headlineOf, livePostings } from '../../src/domain/headline.ts'
import { evolveInvoice } from '../../src/domain/invoice.ts'
import { NO_INVOICE, type InvoiceState } from '../../src/domain/invoice-state.ts'
import type { Law } from '../../src/domain/object.ts'
import { msOf } from '../../src/lib/time.ts'
import type { Chance } from './chance.ts'
import type { Past, Shown } from './ground/past.ts'
import type { Store } from './store.ts'

export function viewOf(id: string, state: InvoiceState): Omit<Shown, 'at'> {
  const booked = state.headline === 'posted' || state.headline === 'paid'
  return {
    invoice: id,
    state: state.headline ?? '',
    amount: state.content?.value.totals.taxInclusive ?? '',
    breaches: state.breaches,
    postings: booked
      ? livePostings(state)
          .filter(([, posting]) => posting.confirmed?.settled)
          .map(([postingNo]) => postingNo)
      : [],
    exceptions: Object.entries(state.exceptions)
      .filter(([, { open }]) => open)
      .map(([cause]) => cause)
      .sort(),
    told: Object.entries(state.told)
      .map(([cell, { word }]) => `${cell} ${word}`)
      .sort(),
  }
}

/** The same facts in other orders, beside the same decisions: the invoice has to stand where it stands. */
export function refolded(store: Store, chance: Chance): Past['refolded'] {
  return [...store.records.values()]
    .filter((record) => record.kind === 'invoice')
    .flatMap(({ id }) => {
      const events = store.log.filter((event) => event.objects.includes(id))
      const [facts, rest] = [events.filter(isPlainFact), events.filter((event) => !isPlainFact(event))]
      const was = standing([...facts, ...rest], id)
      const shuffled = facts
        .map((event) => ({ event, at: chance.next() }))
        .sort((a, b) => a.at - b.at)
        .map(({ event }) => event)
      const became = [standing([...shuffled, ...rest], id), standing([...facts.toReversed(), ...rest], id)]
      return became.filter((other) => other !== was).map((other) => ({ invoice: id, was, became: other }))
    })
}

/** What a word that came too late would change. */
export function lateWords(store: Store, law: Law, count: () => void): Past['late'] {
  return store.log
    .filter((event) => event.type === 'effect.replied-late')
    .flatMap((event) =>
      event.objects.flatMap((id) => {
        const record = store.records.get(id)
        if (!record) return []
        count()
        const [before, after] = [JSON.stringify(record.state), JSON.stringify(law.evolve(record, id, event).state)]
        return before === after ? [] : [{ at: msOf(event.recordedAt), invoice: id, before, after }]
      }),
    )
}

const isPlainFact = (event: Event): boolean => EVENT_TYPES[event.type].nature === 'fact' && event.type !== 'exception.answered'

function standing(events: readonly Event[], id: string): string {
  const state = events.reduce((known, event) => evolveInvoice(known, event, id), NO_INVOICE)
  const { holds: _holds, ...axes } = axesOf(state)
  return JSON.stringify([headlineOf(state).state, axes, livePostings(state).map(([postingNo]) => postingNo)])
}
