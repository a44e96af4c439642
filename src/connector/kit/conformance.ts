/**
 * The conformance kit: what every connector promises, tried out against a simulated target over the real transport. One call
 * gives one result per promise; a test file turns them into tests:
 *
 *     for (const result of await runConformance(subject)) test(result.promise, () => expect(result.broken).toEqual([]))
 *
 * What a connector does not declare it need not keep (`applies: false`); the declaration is public, so leaving out is too. A command
 * that it declares is tried, or the subject says why it cannot be.
 */
import type { Json } from '../../lib/canonical-json.ts'
import type { CommandName } from '../../domain/object.ts'
import type { ConnectorKind, Content } from '../contract.ts'
import { configPromise, limitsPromise, secretsPromise } from './promises-of-form.ts'
import { holdingsPromise, noticesPromise, pagingPromise, statusesPromise } from './promises-of-reading.ts'
import { classifiedPromise, moneyPromise, oncePromise, refusalPromise } from './promises-of-writing.ts'
import { Try } from './try.ts'

export const PROMISES = {
  paging: { says: 'paging loses and doubles nothing', run: pagingPromise },
  once: { says: 'a repeated call has one effect, also when the reply is lost or the first call lands late', run: oncePromise },
  refusal: { says: 'a refusal is told in their words and is no reason to try again', run: refusalPromise },
  classified: { says: 'each failure of HTTP and transport means what it means', run: classifiedPromise },
  statuses: { says: 'every status is mapped, an invented one is reported and not guessed', run: statusesPromise },
  notices: { says: 'a bad signature is refused, a replay is harmless, the order irrelevant', run: noticesPromise },
  holdings: { says: 'only its own word that something is not there means that it is gone', run: holdingsPromise },
  money: { says: 'amounts are exact', run: moneyPromise },
  limits: { says: 'limits are stated and kept, reading comes to an end', run: limitsPromise },
  secrets: { says: 'no secret leaks', run: secretsPromise },
  config: { says: 'unknown configuration is refused', run: configPromise },
} as const satisfies Record<string, { says: string; run: (attempt: Try) => Promise<boolean> }>
export type PromiseName = keyof typeof PROMISES

/** What becomes of the next booking call at the target. `late`: it takes effect `lateMs` after it came, whatever is replied. */
export interface TargetFate {
  readonly effect: 'done' | 'none' | 'late'
  readonly lateMs?: number
  readonly reply: 'as-is' | 'lost' | 'status' | 'html' | 'cut' | 'never'
  /** With `status`. */
  readonly status?: number
  readonly retryAfter?: string
}

/** A command as the kit tries it. */
export interface CommandCase {
  /** Content that the target takes; another `n` is another business fact. `amount` where the command has one. */
  accepts(n: number, amount?: string): Content
  /** Content that the target's business refuses, and a piece of its own words for it. */
  readonly refuses?: { readonly content: (n: number) => Content; readonly words: string }
  /** What the target's own books say was done under this key: how often, and with which amounts (decimal texts). Not through the connector. */
  truth(key: string, content: Content): Promise<readonly { readonly amount?: string }[]>
  /** Sets the fate of the next call of this command. */
  fate(fate: TargetFate): Promise<void>
}

/** A connector and a simulated target of its own, for the kit. */
export interface Subject {
  readonly kind: ConnectorKind
  /** A configuration that is valid for the target as it runs. */
  readonly config: Json
  readonly sha256: (data: Uint8Array | string) => Uint8Array
  /** Values of the secrets that the configuration names. The kit searches everything that comes out for them. */
  readonly secrets: Readonly<Record<string, string>>
  readonly commands: { readonly [name in CommandName]?: CommandCase }
  /** Commands that are declared and that the kit cannot try here, each with the reason; one in neither is a promise broken. */
  readonly untried?: { readonly [name in CommandName]?: string }
  /** Documents that the contents name, by SHA-256 (hex). */
  readonly documents?: ReadonlyMap<string, Uint8Array>
  /** How long the kit waits for an answer that never comes (ms), instead of the declared time-out. */
  readonly patienceMs?: number
  /** Makes `count` new facts at the target for the first feed, and gives a text for each that its observation contains. */
  readonly happens?: (count: number) => Promise<readonly string[]>
  /** Makes a fact at the target whose field of this table holds this word, and gives a text that its observation contains. */
  readonly shows?: (table: string, word: string) => Promise<string>
  /** Makes a fact with this amount that the feed tells of. */
  readonly tells?: (amount: string) => Promise<string>
  /** The n-th notice of one thing, as the target sends and signs it; each tells a fact of its own. */
  readonly notice?: (
    n: number,
    atMs: number,
    secret: string,
  ) => { readonly raw: Uint8Array; readonly headers: Readonly<Record<string, string>> }
}

export interface ConformanceResult {
  readonly promise: PromiseName
  readonly says: string
  readonly applies: boolean
  /** Empty when the promise was kept. */
  readonly broken: readonly string[]
}

/** Tries every promise, one after the other. Never throws for what the connector does. */
export async function runConformance(subject: Subject): Promise<readonly ConformanceResult[]> {
  const results: ConformanceResult[] = []
  for (const [promise, { says, run }] of Object.entries(PROMISES) as [PromiseName, (typeof PROMISES)[PromiseName]][]) {
    const attempt = new Try(subject)
    let applies = true
    try {
      applies = await run(attempt)
    } catch (error) {
      attempt.break(`it broke: ${(error as Error).message}`)
    } finally {
      await attempt.end()
    }
    results.push({ promise, says, applies, broken: attempt.broken })
  }
  return results
}
