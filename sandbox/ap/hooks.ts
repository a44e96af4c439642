import { Webhook } from 'standardwebhooks'
import type { Book } from '../plumbing/book.ts'
import { draw } from '../plumbing/chance.ts'
import type { Faults } from '../plumbing/faults.ts'
import type { Hook } from './rows.ts'
import type { Tray } from './tray.ts'

const AT_ONCE = 16
const ANSWER_MS = 15_000

interface Setting {
  readonly tray: Tray
  readonly book: Book
  readonly faults: () => Faults
  readonly secrets: readonly string[]
  readonly tempo: { readonly retryBaseMs: number; readonly retryMaxMs: number }
  readonly seed: number
}

/** Sends what waits, each until it is answered with a 2xx, many at a time and in no order worth relying on. */
export class HookSender {
  readonly #setting: Setting
  readonly #signers: readonly Webhook[]
  /** Hooks in flight or waiting for their next try. */
  readonly #taken = new Set<string>()
  readonly #queue: Hook[] = []
  #inFlight = 0
  #stopped = false

  constructor(setting: Setting) {
    this.#setting = setting
    this.#signers = setting.secrets.map((secret) => new Webhook(secret))
  }

  /** Takes up everything that waits: at start, and when there is somewhere to send it to. */
  wakeAll(): void {
    for (const hookId of this.#setting.tray.waiting.keys()) this.wake(hookId)
  }

  wake(hookId: string): void {
    const { tray } = this.#setting
    const hook = tray.waiting.get(hookId)
    if (!hook || tray.hookUrl === null || this.#stopped || this.#taken.has(hookId)) return
    this.#taken.add(hookId)
    this.#begin(hook)
  }

  stop(): void {
    this.#stopped = true
  }

  #begin(hook: Hook): void {
    const rule = this.#setting.faults().turn('webhook.send')
    if (rule?.effect === 'none') this.#gone(hook, 'DROPPED')
    else if (rule?.effect === 'late')
      setTimeout(() => {
        this.#enqueue(hook)
      }, rule.lateMs)
    else this.#enqueue(hook)
    if (rule?.effect === 'twice') this.#enqueue(hook)
  }

  #enqueue(hook: Hook): void {
    this.#queue.push(hook)
    this.#next()
  }

  #next(): void {
    while (this.#inFlight < AT_ONCE && !this.#stopped) {
      const hook = this.#queue.shift()
      if (!hook) return
      this.#inFlight += 1
      void this.#deliver(hook).finally(() => {
        this.#inFlight -= 1
        this.#next()
      })
    }
  }

  async #deliver(hook: Hook, tries = 0): Promise<void> {
    // Nobody hears of what a crash could still take back.
    await this.#setting.book.settled()
    if (await this.#send(hook)) this.#gone(hook, 'DELIVERED')
    else
      setTimeout(
        () => {
          if (!this.#stopped) void this.#deliver(hook, tries + 1)
        },
        this.#pause(hook, tries),
      )
  }

  async #send(hook: Hook): Promise<boolean> {
    const url = this.#setting.tray.hookUrl
    if (url === null) return false
    const at = new Date()
    try {
      const response = await fetch(url, {
        method: 'POST',
        body: hook.body,
        redirect: 'manual',
        signal: AbortSignal.timeout(ANSWER_MS),
        headers: {
          'content-type': 'application/json',
          'webhook-id': hook.hookId,
          'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
          'webhook-signature': this.#signers.map((signer) => signer.sign(hook.hookId, at, hook.body)).join(' '),
        },
      })
      await response.arrayBuffer()
      return response.ok
    } catch {
      return false
    }
  }

  #pause(hook: Hook, tries: number): number {
    const { tempo, seed } = this.#setting
    const jitter = 0.8 + 0.4 * draw(seed, 'retry', hook.hookId, tries)
    return Math.min(tempo.retryBaseMs * 2 ** tries, tempo.retryMaxMs) * jitter
  }

  #gone(hook: Hook, verb: 'DELIVERED' | 'DROPPED'): void {
    if (!this.#setting.tray.waiting.has(hook.hookId)) return
    this.#setting.book.commit('webhook.send', [{ what: 'HOOK_GONE', verb, key: hook.hookId, row: { hookId: hook.hookId } }])
    this.#taken.delete(hook.hookId)
  }
}
