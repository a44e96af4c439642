/** Who looks at the hubs all the time: what they show of invoices, what they have under way, how much memory they hold. */
import type { UnderWay } from './checks/evidence.ts'
import { TARGETS } from './world/company.ts'
import type { World } from './world/world.ts'

const EVERY_MS = 300
/** Every so many looks the queues are looked at too. */
const QUEUES_EVERY = 6

interface Listed {
  readonly objects: readonly { readonly id: string; readonly state: string }[]
}
interface Queue {
  readonly commands: readonly { readonly effect: string; readonly attempts: number }[]
}

export class Looking {
  readonly underWay: UnderWay[] = []
  residentMb = 0
  readonly #world: World
  readonly #known = new Map<string, string>()
  readonly #open = new Map<string, { readonly effect: string; readonly attempt: number; readonly from: number; till: number }>()
  readonly #running: Promise<void>
  #stopped = false

  constructor(world: World) {
    this.#world = world
    this.#running = this.#look()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#running
    this.underWay.push(...this.#open.values())
    this.#open.clear()
  }

  async #look(): Promise<void> {
    for (let at = 0; !this.#stopped; at++) {
      await this.#states(at % 2 === 0 ? 0 : 1)
      if (at % QUEUES_EVERY === 0) await this.#queues()
      for (const { process } of this.#world.hubs) this.residentMb = Math.max(this.residentMb, process?.residentMb() ?? 0)
      await new Promise((done) => {
        setTimeout(done, EVERY_MS)
      })
    }
  }

  async #states(nth: 0 | 1): Promise<void> {
    const hub = this.#world.hubs[nth]
    const page = await this.#world.ask<Listed>('/v1/objects?kind=invoice&limit=200', hub)
    const at = new Date().toISOString()
    for (const { id, state } of page?.objects ?? []) {
      if (this.#known.get(id) === state) continue
      this.#known.set(id, state)
      this.#world.history.add({ kind: 'shown', at, hub: hub.name, invoice: id, state })
    }
  }

  async #queues(): Promise<void> {
    const pages = await Promise.all(
      [...TARGETS, 'bank'].map((system) => this.#world.ask<Queue>(`/v1/systems/${system}/queue?stands=under-way&limit=100`)),
    )
    if (pages.includes(undefined)) return
    const now = Date.now()
    const seen = new Set<string>()
    for (const { effect, attempts } of pages.flatMap((page) => page?.commands ?? [])) {
      const key = `${effect} ${attempts}`
      seen.add(key)
      const known = this.#open.get(key)
      if (known) known.till = now
      else this.#open.set(key, { effect, attempt: attempts, from: now, till: now })
    }
    for (const [key, row] of this.#open) {
      if (seen.has(key)) continue
      this.underWay.push(row)
      this.#open.delete(key)
    }
  }
}
