/** What a scenario is, and what it can do while it is played. */
import type { Check } from '../checks/evidence.ts'
import type { Dice } from '../dice.ts'
import type { Begin } from '../faults/case.ts'
import type { Bill } from '../world/company.ts'
import type { Settings } from '../world/hub.ts'
import type { Server } from '../world/server.ts'
import type { World } from '../world/world.ts'

/** How far an invoice has to be so that the disturbance no longer delays it: taken in, or a state of the hub. */
export type Until = 'taken' | 'approved' | 'posted' | 'paid'

/** Between the beginning and the end of a disturbance. */
export interface Act {
  readonly world: World
  readonly dice: Dice
  /** Those that are sent while it lasts. */
  readonly bills: readonly Bill[]
  readonly lastsMs: number
  /** A line of the report's story. */
  readonly says: (what: string) => void
  /** From here on it can be seen: the time until somebody sees it counts from now. */
  readonly countsFromHere: () => void
  /** Done once all bills of the disturbance were taken. */
  readonly sent: Promise<unknown>
}

/** Beside what must hold of every run. */
export interface OwnPromise {
  readonly means: string
  readonly check: (marks: Marks) => Check
}
/** When the disturbance began and ended, and what its course left to be judged. */
export interface Marks {
  readonly beginsAt: string
  readonly endsAt: string
  readonly left: Left
}
export type Left = ReadonlyMap<string, unknown>

export interface Scenario {
  readonly title: string
  readonly says: string
  /** How its time stands to the time of real life. */
  readonly compressed: string
  readonly until: Until
  /** How many of the invoices are sent before, meanwhile and after, as parts of all; and within how much of its time those before. */
  readonly parts?: { readonly of: readonly [before: number, meanwhile: number, after: number]; readonly evenly: true }
  /** Which bills of the sample are sent; all when nothing is said. */
  readonly takes?: (bill: Bill) => boolean
  /** How many invoices when nobody says. */
  readonly bills?: number
  /** What was sent before is done before it begins. */
  readonly calm?: true
  readonly settings?: Settings
  readonly prepare?: (server: Server, database: string) => Promise<void>
  readonly begin: Begin
  /** What happens while it lasts: it lasts as long as this takes, and no shorter than was asked for. What it returns is judged by its own promises. */
  readonly course?: (act: Act) => Promise<Left>
  /** Whether whoever operates the hub can see it now. */
  readonly shows: (world: World) => Promise<boolean>
  readonly promises?: { readonly [name: string]: OwnPromise }
}
