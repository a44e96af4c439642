/** What delivery and its target's desk are given from outside, and what they share. */
import type { LanePolicies } from '../domain/lane.ts'
import type { Arrival } from '../domain/object.ts'
import type { Connector } from '../connector/contract.ts'
import type { Clocks } from '../connector/transport/sending.ts'
import type { Transport } from '../connector/transport/transport.ts'
import type { Pool } from '../store/database.ts'
import type { Receipt } from '../store/item.ts'
import type { Aftermath } from './aftermath.ts'
import type { Budget } from './budget.ts'
import type { Window } from './calendar.ts'
import type { Identity } from './process.ts'
import type { Turns } from './turns.ts'

/** The door: everything that delivery learns goes through it. Resolves when durable, one receipt per arrival, in order. */
export type Submit = (arrivals: readonly Arrival[]) => Promise<readonly Receipt[]>

/** One system of one tenant. */
export interface SystemPlan {
  readonly tenant: string
  readonly connector: Connector
  /** When it is not to be called. */
  readonly windows?: readonly Window[]
}

/** What happened since the start; of this process only. */
export interface Counts {
  claimed: number
  sent: number
  notSent: number
  unknown: number
  looks: number
  /** Writes that the fence refused: the attempt had been closed by somebody else meanwhile. */
  fenced: number
  expired: number
  probes: number
}

/** `away`: it could not be reached. `failing`: it was, and gave no usable answer. `credential`: it does not let us in. */
export type SystemSignal = 'working' | 'failing' | 'away' | 'credential'

/** Everything about one system of one tenant, in this process. */
export interface Desk {
  readonly tenant: string
  readonly connector: Connector
  readonly windows: readonly Window[]
  readonly lanes: LanePolicies
  readonly pool: Pool
  readonly submit: Submit
  readonly clocks: Clocks
  readonly identity: Identity
  readonly transport: Transport
  readonly budget: Budget
  readonly turns: Turns
  readonly counts: Counts
  /** `key n` of tries that this process has under way. */
  readonly underWay: Set<string>
  readonly freezeLimitMs: number
  /** Present after the database was set back. */
  readonly aftermath: Aftermath | undefined
  /** A try was committed, the last of a claim. */
  readonly claimed: (attempt: { readonly key: string; readonly n: number }) => void
  /** Says that a system worked or failed, so that its breaker can move. */
  readonly signal: (how: SystemSignal, says: string) => void
  /** When a call of this process last worked (ms since 1970). */
  readonly workedAt: () => number
  /** The system has answered. */
  readonly heard: () => void
  /** A fault that nothing here can mend, for the log. */
  readonly trouble: (what: string, error: unknown) => void
}
