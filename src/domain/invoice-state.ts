/** What is known of one invoice, and what is known of one that nothing was told of yet. Every collection is keyed by what makes its members one. */
import type { Answered } from './answers.ts'
import { inOrder } from '../lib/canonical-json.ts'
import type { Instant } from '../lib/time.ts'
import type { CutOverItem } from './cut-over.ts'
import type { EffectInput } from './effect.ts'
import type { ExceptionMap } from './exception.ts'
import type { InvoiceContent } from './invoice-content.ts'
import type { HeadlineState, Routed } from './routes.ts'
import type { Progress } from './payment.ts'
import type { Coding, Terms } from './terms.ts'
export type FactRef = { readonly event: string; readonly at: Instant }

export type Verdict = FactRef & {
  readonly pass: boolean
  /** What was judged: the event that brought the content, the hash of the approval terms, the document number. */
  readonly subject: string
  /** Controls that failed, as `cause: sentence`. */
  readonly failed: readonly string[]
  /** Events that the verdict rests on besides its subject. */
  readonly rests: readonly string[]
  /** A match that takes nothing of its order, because the invoice was refused. */
  readonly released?: true
}

export type Grant = FactRef & { readonly step: string; readonly person: string; readonly terms: Terms }
export type Posting = {
  readonly confirmed:
    | (FactRef & {
        readonly settled: boolean
        readonly amount: string
        readonly currency: string
        readonly supplier: string
        readonly number: string
        readonly postedOn: string
        readonly ours: boolean
        readonly entity: string
        readonly account: string | null
        readonly due: string | null
        /** What of it is tax, and on which accounts the rest stands, where the ERP says so. */
        readonly tax: string | null
        readonly coding: Coding | null
      })
    | null
  readonly reversed: (FactRef & { readonly settled: boolean; readonly on: string }) | null
  /** The ERP said once that under this number it has nothing of ours. What only a reply named stands no longer then. */
  readonly denied?: true
}
export type Allocation = FactRef & {
  readonly kind: string
  readonly amount: string
  /** Null where only the currency of the invoice could be meant. */
  readonly currency: string | null
  readonly evidence: string
  readonly undone: string | null
  /** Of one that an entry took back: what the bank said. */
  readonly returned?: string
  /** Of an entry that was matched to this invoice alone: what the ledger is told of it. */
  readonly booked: { readonly bankReference: string; readonly bookedOn: string } | null
  /** True when the bank booked it and nobody had instructed it, as far as we know. */
  readonly outside?: true
  /** The days on which it was booked and taken back; null where nobody said. `posting`: the one it covers, where that is known. */
  readonly on: string | null
  readonly undoneOn: string | null
  readonly posting: string | null
  /** Between two of our companies: whose books cleared it; null elsewhere. */
  readonly ledger: string | null
}
export type Sent = {
  readonly occurrence: string
  readonly input: EffectInput
  readonly contentHash: string
  readonly event: string
  readonly at: Instant
  readonly says: string | null
  readonly dead: boolean
  readonly receipt: string | null
  /** Found beside what was carried out: what proves the one does not explain the other. */
  readonly besides?: true
  /** It was a case, which ended by this, and not by what the system said. */
  readonly over?: EffectInput
}

export type Granted = {
  readonly terms: Terms
  readonly hash: string
  readonly approvers: readonly string[]
  readonly approvedAt: Instant
  readonly authority: string
  readonly postOn: string
}

export type Parties = {
  readonly supplier: string
  readonly entity: string
  readonly zone: string
  /** `category rate` → the ERP's tax code. */
  readonly taxCodes: { readonly [question: string]: string }
}

/** `day`: the posting date that it is about; `on`: the day that it is posted on instead; `accrued`: what stands on the accrual list for it. */
export type PostingPlan = FactRef & {
  readonly day: string
  readonly period: string
  readonly held: 'hold' | 'refuse' | null
  readonly on: string | null
  readonly accrued: string | null
}

/** What the period of its date made of a reversal that two persons asked for (`of`: their answer); `on`: the day that it is booked on. */
export type ReversalPlan = FactRef & {
  readonly of: string
  readonly period: string
  readonly held: 'hold' | 'refuse' | null
  readonly on: string
}

/** `system|facet` → the word we told it, and when it said that it took it. */
export type Told = { readonly [cell: string]: { readonly word: string; readonly at: Instant } }

/** What is on its way to the archive: see evidence.ts. */
export interface Evidence {
  readonly wanted: (FactRef & { readonly covers: number; readonly until: string }) | null
  readonly prepared: (FactRef & { readonly wanted: string; readonly document: string; readonly covers: number }) | null
  readonly kept: Kept
}

/** Documents that the archive has, by SHA-256, and the day till which it was told to keep them. */
export type Kept = { readonly [sha256: string]: { readonly event: string; readonly until: string } }

/** With the instant at which we heard of it, by our clock: facts of two systems are not compared by theirs. */
export type Heard = FactRef & { readonly heardAt: Instant }

/** `corrects`: an invoice of type 384 (UNTDID 1001), which stands in the place of the other. */
export type Link = FactRef & { readonly is: 'corrects' | 'corrected-by' | 'names' | 'named-by'; readonly number: string }

export interface InvoiceState {
  readonly origin: 'received' | 'observed' | 'taken-over' | null
  /** What was open of it when it was taken over; counts only where the hub never received the invoice itself. */
  readonly takenOver: (FactRef & Pick<CutOverItem, 'postingNo' | 'open'> & { readonly on: string }) | null
  readonly content: (Heard & { readonly value: InvoiceContent; readonly document: string; readonly corrected: boolean }) | null
  /** Documents that hold the same invoice, by hash → event. */
  readonly renditions: { readonly [sha256: string]: string }
  readonly withdrawn: FactRef | null
  readonly rejected: FactRef | null
  readonly reinstated: FactRef | null
  readonly verdicts: {
    readonly validation: Verdict | null
    readonly match: Verdict | null
    readonly approval: Verdict | null
    readonly posting: Verdict | null
  }
  /** The approval terms as we see them, fixed when the content was validated; coding stays open until it is completed. */
  readonly terms: (FactRef & { readonly value: Terms }) | null
  /** The other systems' own numbers for the parties and taxes, as they stood when it was validated. */
  readonly parties: Parties | null
  /** What the last passed approval verdict found: final terms, who said yes with which authority, and the day to post on. */
  readonly granted: Granted | null
  /** What the period of the posting date made of the posting, while it was not yet made: held, or put on another day. */
  readonly postingPlan: PostingPlan | null
  readonly reversalPlan?: ReversalPlan
  /** The policy's waiver, when the last approval verdict is one: on which order, and who approved that. */
  readonly waived: (FactRef & { readonly order: string; readonly by: string }) | null
  readonly approval: {
    readonly ticket: string | null
    readonly requested: FactRef | null
    readonly grants: readonly Grant[]
    /** Refusals and withdrawals: each ends the grants that are not later than it. */
    readonly ends: readonly (Heard & { readonly kind: 'refused' | 'withdrawn'; readonly person: string; readonly reason: string })[]
    readonly completed: (FactRef & { readonly terms: Terms; readonly enterers: readonly string[] }) | null
  }
  readonly parked: { readonly [postingNo: string]: string }
  readonly postings: { readonly [postingNo: string]: Posting }
  /** `claims`: its payee has passed, so that no other payment may have the same money. */
  readonly payments: {
    readonly [payment: string]: { readonly progress: Progress; readonly amount: string; readonly event: string; readonly claims?: boolean }
  }
  readonly allocations: { readonly [event: string]: Allocation }
  readonly revaluations: {
    readonly [event: string]: FactRef & {
      readonly posting: string
      readonly amount: string
      readonly currency: string
      readonly on: string
    }
  }
  /** How often the ERP has carried out our block of a posting, and our lifting of it. */
  readonly blocks: { readonly [postingNo: string]: { readonly held: number; readonly lifted: number } }
  readonly holds: { readonly [hold: string]: { readonly kind: string; readonly placed: FactRef | null; readonly released: FactRef | null } }
  readonly archived: (FactRef & { readonly document: string; readonly until: string; readonly covers: number }) | null
  readonly evidence: Evidence
  /** Other invoices that it names (BT-25), or that name it, by id. */
  readonly links: { readonly [invoice: string]: Link }
  readonly exceptions: ExceptionMap
  /** Answers of persons to exceptions that let a control pass: cause → what was answered, about which things. */
  readonly answers: {
    readonly [cause: string]: Answered & {
      readonly action: string
      readonly person: string
      readonly second: string | null
      readonly reason: string
    }
  }
  /** What became of its commands; see sent.ts. */
  readonly sent: { readonly [place: string]: Sent }
  readonly told: Told
  readonly reported: {
    readonly [cell: string]: {
      readonly word: string
      readonly mapped: boolean
      readonly at: Instant
      readonly event: string
      readonly of?: string
      readonly amount?: string
    }
  }
  readonly divergences: { readonly [cell: string]: string }
  /** Words from systems without authority: counted, never believed. */
  readonly claims: number
  /** Facts and verdicts so far that evidence must cover; `archived.covers` is compared with it. */
  readonly facts: number
  readonly headline: HeadlineState | null
  /** The route that it was put on with its present content; null before anything was decided. */
  readonly routed: Routed | null
  readonly breaches: readonly string[]
  /** The move by which it came where it stands, archived or not. */
  readonly movedBy: string | null
}

export const NO_INVOICE: InvoiceState = inOrder({
  origin: null,
  takenOver: null,
  content: null,
  renditions: {},
  withdrawn: null,
  rejected: null,
  reinstated: null,
  verdicts: { validation: null, match: null, approval: null, posting: null },
  terms: null,
  parties: null,
  granted: null,
  postingPlan: null,
  waived: null,
  approval: { ticket: null, requested: null, grants: [], ends: [], completed: null },
  parked: {},
  postings: {},
  payments: {},
  allocations: {},
  blocks: {},
  revaluations: {},
  holds: {},
  archived: null,
  evidence: { wanted: null, prepared: null, kept: {} },
  links: {},
  exceptions: {},
  answers: {},
  sent: {},
  told: {},
  reported: {},
  divergences: {},
  claims: 0,
  facts: 0,
  headline: null,
  routed: null,
  breaches: [],
  movedBy: null,
})
