/**
 * Files that an object stands for (a payment file and what the bank said of it, a statement), on their way to the archive. Each is
 * stored once, by that object, whoever's invoices are in it: with every invoice a payment file would go there a thousand times.
 */
import type { Event, EventType } from './event.ts'
import { later, ref } from './fact-order.ts'
import { stored } from './invoice.ts'
import type { Kept, FactRef, Told } from './invoice-state.ts'
import { sending, type EffectData, type SentMap } from './sent.ts'

export interface Filed {
  readonly files: { readonly [sha256: string]: FactRef }
  readonly kept: Kept
  readonly sent: SentMap
  readonly told: Told
}

export const NO_FILES: Filed = { files: {}, kept: {}, sent: {}, told: {} }

/** Facts whose document is stored by the object that they are about. */
export const FILED: ReadonlySet<EventType> = new Set<EventType>([
  'payment.released',
  'payment.accepted',
  'payment.rejected',
  'statement.received',
])

/** Folds what becomes of the object's commands, and the files that its facts name. */
export function filing<S extends Filed>(state: S, event: Event): S {
  if (event.type === 'effect.replied-late') return state
  if (event.type.startsWith('effect.')) {
    const data = event.data as unknown as EffectData
    return {
      ...state,
      ...sending(state, event, data),
      ...(data.command === 'document.store' ? { kept: stored(state.kept, event, data) } : {}),
    }
  }
  const { document } = event.data
  if (!FILED.has(event.type) || typeof document !== 'string') return state
  return { ...state, files: { ...state.files, [document]: later(state.files[document] ?? null, ref(event)) } }
}
