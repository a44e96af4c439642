/** What the API needs of the hub, and nothing more: src/hub.ts gives it, tests give another one. */
import type { Replayable } from '../delivery/answer.ts'
import type { Window } from '../delivery/calendar.ts'
import type { Load } from '../delivery/standing.ts'
import type { Role } from '../domain/event.ts'
import type { SweepData } from '../domain/event-data.ts'
import type { Refused } from '../domain/invoice-document.ts'
import type { Arrival } from '../domain/object.ts'
import type { Laws } from '../domain/view.ts'
import type { TieOutRuns } from '../export/tie-outs.ts'
import type { CutOverMade, CutOverWish } from '../intake/cut-over.ts'
import type { Fault } from '../lib/fault.ts'
import type { Pool } from '../store/database.ts'
import type { ReplayQuery } from '../store/effect-replay.ts'
import type { Metric } from './metrics-text.ts'

export interface ApiContext {
  /** Connections with the rights of the hub (or of a reader, for what only reads). */
  readonly pool: Pool
  readonly tenant: string
  /** The one access key, until identities come. At least 16 characters. */
  readonly key: string
  /** The configured systems; whoever has the key may speak for each of them, in the role that it has here. */
  readonly systems: readonly ConfiguredSystem[]
  /** The door. One receipt per arrival, in their order, once all is durable; a fault when nothing was taken in. */
  submit(arrivals: readonly Arrival[]): Promise<readonly Receipt[]>
  /** Stores the bytes and takes them in as invoices. */
  capture(document: CapturedDocument): Promise<Captured>
  /** Keeps the bytes as evidence that events may name; gives their SHA-256 in hex. */
  keep(bytes: Uint8Array, mediaType: string): Promise<string>
  /** What a system pushed at us. `refused`: its signature does not hold, or the system sends none. */
  notice(system: string, raw: Uint8Array, headers: Readonly<Record<string, string>>): Promise<'ok' | { readonly refused: string }>
  /** Compare the hub's ledger with the ERP's and the AP tool's, and record what came out. */
  readonly tieOuts: Pick<TieOutRuns, 'start' | 'find'>
  /** Takes over what is open, when it is what the ERP's balance is made of. */
  cutOver(wish: CutOverWish): Promise<CutOverMade>
  /** What only this process knows: its commits, its calls, its sweeps. */
  metrics(): readonly Metric[]
  /** What the controls of a validation go by. */
  readonly laws: Laws
  /** Resolves when this process has committed something, or after `ms`. */
  moved(ms: number): Promise<void>
  /** How this process calls a system at present; undefined for one that it does not call. */
  load(system: string): Load | undefined
  /** Asks a system what it holds, unless that is under way; gives how far it is. */
  sweep(system: string, full: boolean): SweepView
  /** What is under way of that in this process, and what the last one came to. */
  sweeping(system: string): { readonly running: SweepView | null; readonly last: (SweepView & { readonly endedAt: string }) | null }
  /** Refused and given up commands that fit, and what each would send. */
  replayable(query: ReplayQuery): Promise<readonly Replayable[]>
  /** Milliseconds since 1970. */
  now(): number
}

/** Counts of what a system holds, as far as it was asked. */
export type SweepView = Omit<SweepData, 'system'>

export interface ConfiguredSystem {
  /** Our name of it. */
  readonly name: string
  /** Its connector. */
  readonly kind: string
  readonly role: Role
  /** When it is not called. */
  readonly windows?: readonly Window[]
}

/** What became of one arrival. `parked`: logged, and waiting for an object that it names. */
export interface Receipt {
  /** The event's canonical id. */
  readonly eventId: string
  readonly outcome: 'new' | 'repeat' | 'parked' | 'refused'
  readonly fault?: Fault
}

export interface CapturedDocument {
  readonly bytes: Uint8Array
  readonly mediaType: string
  readonly fileName: string
  /** Who brought it, as an event's actor. */
  readonly by: string
}

export interface Captured {
  /** SHA-256, hex. */
  readonly document: string
  /** One per invoice in it. */
  readonly received: readonly { readonly invoice: string; readonly number: string }[]
  /** Why it is no invoice; it is kept all the same, with a case for a person. */
  readonly refused?: Refused
}
