import { createHash } from 'node:crypto'
import { watch, type FSWatcher } from 'node:fs'
import { mkdir, open, readdir, readFile, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Book, Fact } from '../plumbing/book.ts'
import type { Counter } from './counter.ts'
import { fileKey, type Vault } from './vault.ts'

interface Setting {
  readonly vault: Vault
  readonly book: Book
  readonly counter: Counter
  readonly inDir: string
  readonly outDir: string
  readonly move: boolean
  readonly tempo: { latencyMs: number; pollMs: number; settleAfterMs: number; statementEveryMs: number; paused: number }
}

/** The working day: look into the input folder, book what is due, draw statements, fill the output folder. One thing at a time. */
export class Branch {
  readonly #setting: Setting
  /** What each name in the input folder looked like when it was last read, so that it is not read again at every look. */
  readonly #seen = new Map<string, string>()
  #watcher: FSWatcher | undefined
  #timer: NodeJS.Timeout | undefined
  #busy: Promise<void> = Promise.resolve()
  #lastCycle = Date.now()
  #stopped = false

  constructor(setting: Setting) {
    this.#setting = setting
  }

  async open(): Promise<void> {
    const { inDir, outDir, move } = this.#setting
    await Promise.all([mkdir(inDir, { recursive: true }), mkdir(outDir, { recursive: true })])
    if (move) await mkdir(join(inDir, 'taken'), { recursive: true })
    await this.#write()
    // Only a hint: what it misses, the next look finds.
    this.#watcher = watch(inDir, () => {
      this.kick()
    }).on('error', () => {
      /* looks go on */
    })
    this.kick()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    this.#watcher?.close()
    await this.#busy
  }

  /** A round now, after the one that is going on. */
  kick(): void {
    clearTimeout(this.#timer)
    if (!this.#stopped)
      this.#timer = setTimeout(() => {
        void this.round()
      }, 0)
  }

  /** One round; `cycle` draws statements although it is not yet time. Resolves when its files are in the output folder. */
  async round(cycle = false): Promise<string[]> {
    const names: string[] = []
    this.#busy = this.#busy
      .then(() => this.#round(cycle, names))
      .catch((error: unknown) => {
        process.stderr.write(`bank: ${error instanceof Error ? error.stack : String(error)}\n`)
        process.exit(1)
      })
    await this.#busy
    return names
  }

  async #round(cycle: boolean, names: string[]): Promise<void> {
    const { tempo } = this.#setting
    clearTimeout(this.#timer)
    if (tempo.paused === 0 && !this.#stopped) {
      await this.#takeFiles()
      this.#bookDue()
      if (cycle || Date.now() - this.#lastCycle >= tempo.statementEveryMs) {
        this.#lastCycle = Date.now()
        this.#commit('statement', this.#setting.counter.statements(new Date()))
      }
      names.push(...(await this.#write()))
    }
    if (!this.#stopped)
      this.#timer = setTimeout(
        () => {
          void this.round()
        },
        Math.max(10, Math.min(tempo.pollMs, tempo.statementEveryMs)),
      )
  }

  async #takeFiles(): Promise<void> {
    const { inDir, tempo, vault, counter, move } = this.#setting
    for (const item of (await readdir(inDir, { withFileTypes: true })).toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      if (!item.isFile() || /^\.|\.(tmp|part|filepart)$/.test(item.name)) continue
      const path = join(inDir, item.name)
      const looks = await stat(path).then(
        (now) => `${now.ino} ${now.size} ${now.mtimeMs}`,
        () => undefined,
      )
      if (looks === undefined || this.#seen.get(item.name) === looks) continue
      const bytes = await readFile(path).catch(() => undefined)
      if (!bytes) continue
      const sha256 = createHash('sha256').update(bytes).digest('hex')
      if (!vault.files.has(fileKey(item.name, sha256))) {
        if (tempo.latencyMs > 0) await sleep(tempo.latencyMs)
        const at = new Date()
        this.#commit('file', counter.file(bytes, item.name, sha256, at, new Date(at.getTime() + tempo.settleAfterMs)))
      }
      if (move) await rename(path, join(inDir, 'taken', item.name))
      else this.#seen.set(item.name, looks)
    }
  }

  #bookDue(): void {
    const { vault, counter } = this.#setting
    const at = new Date()
    const due = (when: string | null): boolean => when !== null && Date.parse(when) <= at.getTime()
    for (const message of vault.waiting.values()) if (due(message.bookAt)) this.#commit('settle', counter.settle(message, at))
    for (const collection of vault.collections.values()) {
      if (!vault.collected.has(collection.collectionId) && due(collection.dueAt)) this.#commit('collect', counter.collect(collection, at))
    }
    for (const bounce of vault.bounces) {
      if (!due(bounce.dueAt)) continue
      const facts = counter.giveBack(bounce.endToEndId, bounce.reason, at)
      if (Array.isArray(facts)) this.#commit('bounce', facts)
    }
  }

  #commit(op: string, facts: readonly Fact[]): void {
    this.#setting.book.commit(op, facts)
  }

  /** Puts what is made and not yet written into the output folder: under a hidden name, synced, then renamed. */
  async #write(): Promise<string[]> {
    const { vault, book, outDir } = this.#setting
    await book.settled()
    const names: string[] = []
    for (const { n, name, text } of vault.unwritten.values()) {
      const hidden = join(outDir, `.${name}.tmp`)
      const file = await open(hidden, 'w')
      await file.writeFile(text)
      await file.datasync()
      await file.close()
      await rename(hidden, join(outDir, name))
      book.commit('write', [{ what: 'OUT', verb: 'WRITTEN', key: name, row: { n, name, text: '' } }])
      names.push(name)
    }
    return names
  }
}
