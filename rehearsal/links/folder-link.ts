/** A link that carries files: what one side puts into a folder appears, whole and under its name, in the folder of the other. */
import { copyFileSync, linkSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

export type FileFault =
  /** Nothing is carried. */
  | 'held'
  /** What waits is carried last first. */
  | 'backwards'
  /** Each file comes once more, under another name. */
  | 'twice'

const POLL_MS = 40

export class FolderLink {
  readonly from: string
  readonly to: string
  readonly #carried = new Set<string>()
  readonly #timer: NodeJS.Timeout
  #fault: FileFault | undefined
  #meets: (name: string) => boolean = () => true
  hits = 0

  constructor(from: string, to: string) {
    this.from = from
    this.to = to
    for (const folder of [from, to]) mkdirSync(folder, { recursive: true })
    this.#timer = setInterval(() => {
      this.#carry()
    }, POLL_MS)
  }

  /** Of files whose name `meets` does not fit, nothing is different. */
  set(fault: FileFault, meets: (name: string) => boolean = () => true): void {
    this.#fault = fault
    this.#meets = meets
  }

  heal(): void {
    this.#fault = undefined
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #carry(): void {
    const waiting = readdirSync(this.from)
      .filter((name) => isWhole(name) && !this.#carried.has(name))
      .toSorted()
    if (waiting.length === 0) return
    const fault = waiting.some(this.#meets) ? this.#fault : undefined
    if (fault !== undefined) this.hits++
    for (const name of fault === 'backwards' ? waiting.toReversed() : waiting) {
      if (fault === 'held' && this.#meets(name)) continue
      this.#copy(name, name)
      if (fault === 'twice') this.#copy(name, `again-${name}`)
      this.#carried.add(name)
    }
  }

  #copy(name: string, as: string): void {
    const half = join(this.to, `.${as}.part`)
    copyFileSync(join(this.from, name), half)
    try {
      linkSync(half, join(this.to, as))
    } catch {
      // It was carried before.
    }
    rmSync(half, { force: true })
  }
}

const isWhole = (name: string): boolean => !name.startsWith('.') && !/\.(tmp|part|filepart)$/u.test(name) && name.includes('.')
