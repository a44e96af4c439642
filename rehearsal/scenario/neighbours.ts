/** What each of the other systems did while it lasted: by its own books, by the calls between it and the hub, and by what waited for it. */
import { factsOf, type Books } from '../checks/evidence.ts'
import { TARGETS, type SystemName } from '../world/company.ts'
import type { World } from '../world/world.ts'

export interface Neighbour {
  readonly system: SystemName
  /** By its own books. */
  readonly did: string
  /** Calls of the hub that it answered as it should, and those that were refused, lost or spoilt. The bank is spoken to in files. */
  readonly answered: number
  readonly failed: number
  /** The most commands that waited for it at one moment. */
  readonly waiting: number
  /** From the end to when nothing waited for it any more; null when something still does. */
  readonly caughtUpMs: number | null
}

const NEIGHBOURS: readonly SystemName[] = [...TARGETS, 'bank']

/** The acts of each system that a person would ask about: fact, verb, and what to call one or many of them. */
const ACTS: { readonly [system in SystemName]: readonly (readonly [what: string, verb: string, one: string, many: string])[] } = {
  erp: [
    ['DOCUMENT', 'BOOKED', 'invoice posted', 'invoices posted'],
    ['PAYMENT', 'INSTRUCTED', 'payment instructed', 'payments instructed'],
    ['CLEARING', 'BOOKED', 'payment cleared', 'payments cleared'],
  ],
  ap: [
    ['TICKET', 'OPENED', 'approval asked for', 'approvals asked for'],
    ['TICKET', 'GREENLIT', 'approval given', 'approvals given'],
  ],
  procurement: [
    ['NOTE', 'NOTED', 'status noted', 'statuses noted'],
    ['SLIP', 'COUNTED', 'delivery counted', 'deliveries counted'],
  ],
  archive: [['DEPOSIT', 'STOWED', 'file stored', 'files stored']],
  bank: [
    ['FILE', 'TAKEN', 'payment file taken', 'payment files taken'],
    ['ENTRY', 'BOOKED', 'entry booked', 'entries booked'],
    ['OUT', 'WRITTEN', 'report written', 'reports written'],
  ],
}

interface Systems {
  readonly systems: readonly { readonly name: string; readonly queue: { readonly [state: string]: number } }[]
}
const UNDONE = ['waiting', 'open', 'unknown'] as const

/** Looks at the queues of all systems from the beginning of a disturbance until everything is at rest. */
export class Watch {
  readonly #world: World
  readonly #beginsAt = new Date().toISOString()
  readonly #hitsBefore: ReadonlyMap<SystemName, number>
  readonly #most = new Map<string, number>()
  readonly #lastWaited = new Map<string, number>()
  readonly #waiting = new Map<string, number>()
  #ended: { readonly at: string; readonly moment: number; readonly hits: ReadonlyMap<SystemName, number> } | undefined

  constructor(world: World) {
    this.#world = world
    this.#hitsBefore = this.#hits()
  }

  async look(): Promise<void> {
    const page = await this.#world.ask<Systems>('/v1/systems')
    for (const { name, queue } of page?.systems ?? []) {
      const waiting = UNDONE.reduce((sum, state) => sum + (queue[state] ?? 0), 0)
      this.#most.set(name, Math.max(waiting, this.#most.get(name) ?? 0))
      this.#waiting.set(name, waiting)
      if (waiting > 0) this.#lastWaited.set(name, performance.now())
    }
  }

  /** The disturbance is over: from here on they catch up. */
  ends(): void {
    this.#ended = { at: new Date().toISOString(), moment: performance.now(), hits: this.#hits() }
  }

  told(books: Books): Neighbour[] {
    const { at: endsAt, moment, hits } = this.#ended ?? { at: new Date().toISOString(), moment: performance.now(), hits: this.#hits() }
    const meanwhile = ({ at }: { readonly at: string }): boolean => at >= this.#beginsAt && at <= endsAt
    return NEIGHBOURS.map((system) => {
      const acts = ACTS[system].flatMap(([what, verb, one, many]) => {
        const count = factsOf(books[system], what, verb).filter(meanwhile).length
        return count === 0 ? [] : [`${count} ${count === 1 ? one : many}`]
      })
      return {
        system,
        did: acts.join(', ') || 'nothing',
        failed: (hits.get(system) ?? 0) - (this.#hitsBefore.get(system) ?? 0),
        waiting: this.#most.get(system) ?? 0,
        answered: this.#world.calls.filter((call) => call.link === system && meanwhile(call) && call.fault === null && call.status !== null)
          .length,
        caughtUpMs:
          (this.#waiting.get(system) ?? 0) > 0 ? null : Math.max(0, Math.round((this.#lastWaited.get(system) ?? moment) - moment)),
      }
    })
  }

  /** How many calls each link has met with a fault. */
  #hits(): ReadonlyMap<SystemName, number> {
    return new Map(TARGETS.map((name) => [name, this.#world.company.links[name].hits]))
  }
}
