/**
 * What a connector is: a declaration and pure functions. It says what a system can do (what is present can be done, what is
 * absent cannot), turns our commands into requests, and turns the system's words into facts of its role. Sending, repeating,
 * looking, polling, storing and deciding belong to the engine.
 *
 * A connector's functions never throw for what a system says: hostile or broken input becomes `unclear` or a trouble text.
 * One that throws all the same is treated as `unclear`.
 *
 *     export const acme: ConnectorKind<AcmeConfig> = {
 *       name: 'acme', role: 'erp',
 *       readConfig(config) { … },
 *       open: (config, system, given) => ({
 *         system, kind: 'acme', role: 'erp',
 *         places: { http: { baseUrl: config.url, auth: { scheme: 'bearer', secret: config.token } } },
 *         limits: { concurrency: 4, rate: { calls: 20, perMs: 1_000 } },
 *         commands: { 'invoice.post': postInvoice(system) },
 *         feeds: [movesFeed(system)], statuses: [MOVE_STATUS],
 *         probe: { request: () => get('/version'), read: (reply) => … },
 *       }),
 *     }
 */
import type { Json } from '../lib/canonical-json.ts'
import type { Sha256 } from '../lib/hash.ts'
import type { CalendarDate, Instant } from '../lib/time.ts'
import type { Role } from '../domain/event.ts'
import type { Arrival, CommandName, Facet } from '../domain/object.ts'
import type { Held, SweptKind } from '../domain/held.ts'
import type { AccountLines, ApClaim, Booked, OpenItem } from '../domain/tie-out.ts'
import type { Reply, Request } from './request.ts'

export interface ConnectorKind<Config = unknown> {
  /** Names the software, e.g. `tryton`; a system of ours has a name of its own, e.g. `erp`. */
  readonly name: string
  readonly role: Role
  /** The configuration decoded, or everything that is wrong with it; a key that is not known is wrong. */
  readConfig(config: Json): { readonly config: Config } | { readonly problems: readonly string[] }
  /** Silent: nothing goes out. `system` is the name in our configuration, which aliases and sources carry. */
  open(config: Config, system: string, given: Given): Connector
}

/** What a connector needs of the machine; it comes in, so that a connector imports nothing that acts. */
export interface Given {
  readonly sha256: Sha256
}

export interface Connector {
  readonly system: string
  readonly kind: string
  readonly role: Role
  /** Where requests go: each transport that any of its requests names. */
  readonly places: { readonly http?: HttpPlace; readonly folder?: FolderPlace }
  readonly limits: Limits
  readonly commands: { readonly [name in CommandName]?: Command }
  readonly feeds: readonly Feed[]
  readonly notices?: Notices
  /** What it says of its ledger, where it keeps or believes one. */
  readonly ledger?: LedgerReport
  /** What it holds of our objects, asked for by a sweep. */
  readonly holdings?: readonly Holdings[]
  /** One per field of theirs whose words we give a meaning. */
  readonly statuses: readonly StatusTable[]
  /** The first call out, and the one by which a stopped system is tried again. Changes nothing there. */
  readonly probe: { request(): Request; read(reply: Reply): 'ok' | { readonly trouble: string } }
}

export interface HttpPlace {
  /** `https://host[:port][/prefix]`, no query. `http:` only when `plain` says so. */
  readonly baseUrl: string
  readonly plain?: boolean
  /** `public` (unless said): only addresses that anybody on the internet can have. `private`: it stands in our own network. */
  readonly network?: 'public' | 'private'
  readonly auth: Auth
  /** Longest reply body taken; a longer one makes the outcome unclear. Default 5 MiB. */
  readonly replyBytes?: number
}

/** Credentials by reference: `secret` is a name that only the transport resolves, directly before it sends. */
export type Auth =
  | { readonly scheme: 'none' }
  | { readonly scheme: 'bearer'; readonly secret: string }
  | { readonly scheme: 'basic'; readonly user: string; readonly secret: string }
  | { readonly scheme: 'header'; readonly name: string; readonly secret: string }

/** Folders of this machine (or mounted on it). Files are put into one and read from another; at least one is given. */
export interface FolderPlace {
  readonly put?: string
  readonly read?: string
  /** Longest file read. Default 64 MiB. */
  readonly fileBytes?: number
}

/** What the system can bear. The engine stays below it and learns a lower rate from 429 and Retry-After. */
export interface Limits {
  /** Calls at the same time, looks and polls included. */
  readonly concurrency: number
  readonly rate: { readonly calls: number; readonly perMs: number }
}

// ---------------------------------------------------------------------------------------------------------------- commands

/**
 * One command. Two calls that both have an effect are two commands.
 *
 * After an attempt whose outcome nobody knows, its class says what may be done:
 * - `K1` the target knows our key again for `keyRetentionMs` after the first try: the same call once more within it; later as
 *   K3 if there is a `find`, else as K4. An answer that the first call is still under way must be read as `unclear`.
 * - `K2` our reference is unique there: the same call once more. "Exists already" and equal content is `done`, other content
 *   is `other`.
 * - `K3` our reference can be found: wait, look twice, then another attempt.
 * - `K4` neither: a person decides.
 * A command of manner `read` (a lookup) changes nothing there and is declared K2.
 */
export type Command = CommandBase &
  (
    | { readonly class: 'K1'; readonly keyRetentionMs: number; readonly find?: Find }
    | { readonly class: 'K2'; readonly find?: Find }
    | { readonly class: 'K3'; readonly find: Find }
    | { readonly class: 'K4'; readonly find?: undefined }
  )

export interface CommandBase {
  /** From the claim to the end of the reply; the call is given up then. 100 to 120,000. */
  readonly timeoutMs: number
  /**
   * Replies after which certainly nothing was done, and which may go away by themselves. All other replies go to `read`,
   * but 3xx and 5xx, which are unclear whatever they say, since the effect may have happened before they were made.
   */
  readonly noEffect: readonly NoEffect[]
  /**
   * K1 and K2 only: a refusal of a repeated call proves that no earlier call under the same key or reference was carried
   * out either. Unless said, a refusal after an unknown outcome is looked into (with `find`) or shown to a person.
   */
  readonly refusalCoversEarlier?: true
  /** SHA-256 (hex) of documents whose bytes `write` needs. */
  documents?(content: Content): readonly string[]
  /** The request. The same input and key give the same bytes for ever; no clock, no randomness. */
  write(input: CommandInput, key: string): Request
  /** What a reply says, and the facts in it. Unless it explicitly says done or refused, it is `unclear`. */
  read(reply: Reply, call: Call): Reading
}

export interface Find {
  /** Longest time after which a call that the target took in may still have its effect. */
  readonly settleMs: number
  /** Least time between two looks. */
  readonly gapMs: number
  /**
   * Looks for what carries our key or reference. Ask by primary key or by a list that the target reads from where it
   * writes, never by a search index that lags behind.
   */
  request(key: string, input: CommandInput): Request
  read(reply: Reply, call: Call): Found
}

/** The effect's content, as the domain decided it, and the documents that `documents` named. */
export interface CommandInput {
  readonly content: Content
  /** The bytes of a document that was asked for. */
  document(sha256: string): Uint8Array
}
export type Content = { readonly [key: string]: Json | undefined }

/** The call that a reply answers. */
export interface Call {
  readonly key: string
  readonly input: CommandInput
  /** Which effect it is about, e.g. to say whom a lookup's answer concerns. */
  readonly object: string
  readonly occurrence: string
  /** When the reply was complete. */
  readonly at: Instant
}

/**
 * `about: 'effect'`: it is this one (counts towards its dead-letter limit). `'target'`: it is busy or away for all (counts
 * for nobody, slows down or stops the calls). `'credential'`: it does not let us in (stops the calls, one exception).
 * The longest wait is taken from Retry-After where there is one, within [0, 1 h].
 */
export interface NoEffect {
  readonly status: number
  readonly about: 'effect' | 'target' | 'credential'
}

export interface Reading {
  readonly outcome: Outcome
  /** Facts of the target's role. A reply to a write proves less than reading back: leave `readBack` out. */
  readonly observations: readonly Observation[]
}

export type Outcome =
  /** Carried out. `receipt.reference` is the target's own id of what it made. */
  | { readonly kind: 'done'; readonly receipt: Receipt }
  /** The target's business says no, in its own words. Never tried again by itself. */
  | { readonly kind: 'refused'; readonly says: string; readonly code?: string }
  /** Nothing was done, and the reply says so in its body (a status alone belongs in `noEffect`). */
  | { readonly kind: 'no-effect'; readonly about: NoEffect['about']; readonly says: string }
  /** Under our reference there is something else. */
  | { readonly kind: 'other'; readonly says: string; readonly reference?: string }
  /** Anything else. */
  | { readonly kind: 'unclear'; readonly says: string }

export type Receipt = { readonly reference: string; readonly [key: string]: Json | undefined }

export type Found =
  | { readonly kind: 'absent' }
  /** `equal`: amount, currency, party and reference are those that we sent. */
  | {
      readonly kind: 'one'
      readonly equal: boolean
      readonly receipt: Receipt
      readonly says?: string
      readonly observations: readonly Observation[]
    }
  | {
      readonly kind: 'several'
      readonly says: string
      readonly receipts: readonly Receipt[]
      readonly observations: readonly Observation[]
    }
  /** It is not there, but may have been carried out and left no trace: no later look can tell, only a person. */
  | { readonly kind: 'untraceable'; readonly says: string }
  /** The system answered as it should, and what it says decides nothing; a later look may tell. After some of them a person is asked. */
  | { readonly kind: 'undecided'; readonly says: string }
  /** No answer that could be read. It counts as a failure of the system, of which after some nothing is asked for a while. */
  | { readonly kind: 'unclear'; readonly says: string }

// ----------------------------------------------------------------------------------------------------- facts, feeds, notices

/**
 * A fact as the system says it; the engine adds tenant, source and actor. `eventId` is its identity within the system: the
 * same fact read again, by whichever way, has the same id and the same content (so no time of reading in it), and a fact
 * that changed has another id. A place in a feed is no id: a restored system gives it anew. Its instant goes with it.
 */
export type Observation = Pick<Arrival, 'eventId' | 'type' | 'occurredAt' | 'about' | 'data'> & {
  readonly [key in 'readBack' | 'ensures' | 'correlation' | 'causation']?: Exclude<Arrival[key], undefined>
} &
  /** Where to look it up there. */
  { readonly reference?: string }

/** Bytes to be kept before the facts that name them by their hash. */
export interface KeptDocument {
  readonly bytes: Uint8Array
  readonly mediaType: string
}

/**
 * What is polled. Pages are repeatable: the same cursor gives the same facts, perhaps more. The cursor is stored only after
 * the facts are durable, so a page may be read twice and none is lost. `null` is the beginning. A cursor is any text up to
 * 4,000 characters: where one fact needs a second call (a file that a row names), the cursor says so and `poll` asks for it.
 */
export interface Feed {
  readonly name: string
  readonly everyMs: number
  readonly timeoutMs: number
  poll(cursor: string | null): Request
  /** SHA-256 (hex) of documents, kept by an earlier page of this feed, whose bytes `readPage` needs beside the reply. */
  documents?(cursor: string | null): readonly string[]
  /** `trouble`: not understood as a whole (an error page, half an answer): the cursor stays and it is asked again. */
  readPage(reply: Reply, cursor: string | null, document: (sha256: string) => Uint8Array): Page | { readonly trouble: string }
}

export interface Page {
  readonly documents?: readonly KeptDocument[]
  readonly observations: readonly Observation[]
  readonly unreadable?: readonly Unreadable[]
  /** Where to go on; the same as before when there was nothing. */
  readonly cursor: string | null
  /** Whether another page is there now. */
  readonly more: boolean
}

/**
 * One thing on a page that cannot be read though the page can: a file that is no bank file, a row of a shape that nobody
 * knows. Its bytes are kept and quarantined, a person is told, and the feed goes on: it must not stop what stands behind it.
 */
export interface Unreadable extends KeptDocument {
  /** Where it stands there; the same each time it is read. */
  readonly reference: string
  readonly says: string
}

/** What is asked of a ledger: a company by the system's own number, and a period of days in the company's calendar. */
export interface LedgerQuestion {
  readonly entity: string
  readonly from: CalendarDate
  readonly to: CalendarDate
}

/**
 * A report that is asked for when somebody wants it: no fact about one object and no command. Pages follow one another until the
 * cursor is null; each reply is kept as it came, as evidence. A system that can, answers all pages of one moment.
 */
export interface LedgerReport {
  readonly timeoutMs: number
  ask(question: LedgerQuestion, cursor: string | null): Request
  readPage(reply: Reply, question: LedgerQuestion, cursor: string | null): LedgerPage | { readonly trouble: string }
  /** Everything ever booked for some documents (at most 100), to say why they differ. */
  readonly entries?: {
    ask(question: LedgerQuestion, documents: readonly string[]): Request
    read(reply: Reply): { readonly booked: readonly Booked[] } | { readonly trouble: string }
  }
}

export interface LedgerPage {
  readonly accounts?: readonly AccountLines[]
  readonly items?: readonly OpenItem[]
  readonly claims?: readonly Omit<ApClaim, 'account'>[]
  readonly cursor: string | null
}

/**
 * What a system holds of what it was told, asked for to be compared and not because something moved. `list` gives all of it, page
 * after page until the cursor is null; what a page does not have may still be new there. `one` asks by number, from where the system
 * writes and never from an index that lags behind: only that says that something is gone.
 */
export interface Holdings {
  /** The kind of object whose cells it speaks of, and which cells. */
  readonly about: SweptKind
  readonly facets: readonly Facet[]
  /** By what `one` asks: the system's own number of the thing, or our reference. */
  readonly by: 'number' | 'reference'
  readonly timeoutMs: number
  readonly list?: {
    ask(cursor: string | null): Request
    readPage(reply: Reply, cursor: string | null): HoldingsPage | { readonly trouble: string }
  }
  readonly one: {
    ask(key: string): Request
    /** Nothing: it is not there. */
    read(reply: Reply, key: string): readonly HeldThing[] | { readonly trouble: string }
  }
}

export interface HoldingsPage {
  readonly held: readonly HeldThing[]
  readonly cursor: string | null
}

/** `facts`: all that it says by itself, for one that we do not have, or have otherwise. */
export interface HeldThing extends Held {
  facts(at: Instant): readonly Observation[]
}

/** What a system pushes at us. Order and repetition of notices mean nothing; only what they say counts. */
export interface Notices {
  /** Names of the secrets that a signature may be made with: the present one and, while it is rotated, the former. */
  readonly secrets: readonly string[]
  /** Over the raw bytes, in constant time, the sender's time at most 300 s from `now` (ms). `ok`, or why not, without the secret. */
  verify(
    raw: Uint8Array,
    headers: Readonly<Record<string, string>>,
    secrets: readonly string[],
    now: number,
  ): 'ok' | { readonly refused: string }
  readNotice(
    raw: Uint8Array,
  ): { readonly observations: readonly Observation[]; readonly documents?: readonly KeptDocument[] } | { readonly trouble: string }
}

// ---------------------------------------------------------------------------------------------------------------- statuses

/**
 * The words of one field of theirs and what each claims, in one of our words. Total: a word that is not here is reported as
 * it stands, with no meaning, and becomes an exception; it is never guessed.
 */
export interface StatusTable {
  readonly name: string
  readonly version: number
  readonly words: Readonly<Record<string, string>>
}

/** Our word for theirs; null when the table does not have it. */
export function meaningOf(table: StatusTable, word: string): string | null {
  return Object.hasOwn(table.words, word) ? (table.words[word] ?? null) : null
}
