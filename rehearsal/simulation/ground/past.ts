/**
 * What a run leaves behind, as plain records: what the simulated systems really did (each kept by the system itself), what came in
 * over their doors, and what the hub showed. The invariants read this and nothing else. Times in ms since 1970.
 */

/** K1 knows our key again, K2 our reference is unique there, K3 our reference can be looked for, K4 neither. */
export type Class = 'K1' | 'K2' | 'K3' | 'K4'

/** One command as a system's door saw it. */
export interface Arrived {
  readonly at: number
  readonly system: string
  readonly command: string
  readonly key: string
  readonly reference: string
  readonly content: string
  /** Told by the sender's side, not by the system: which try it was, by which process, and whether that try was on record then. */
  readonly attempt: number
  readonly process: string
  readonly recorded: boolean
  /** When that try was put on record. */
  readonly openedAt: number
  /** The try that began what was in doubt then: its own number when nothing was. */
  readonly begun: number
  /** `taken`: it will have its effect. `busy`: 429 or 503. `locked`: this one thing cannot be done now. `refused`: a business no. `known`: the key or reference was there already. */
  readonly answer: 'taken' | 'busy' | 'locked' | 'refused' | 'known' | 'lying-refusal'
}

/** One thing that a system really did. Never changed afterwards; what is undone is a later record. */
export interface Done {
  readonly at: number
  readonly system: string
  readonly command: string
  readonly key: string
  /** The object in our words that it is about, as it came in. */
  readonly reference: string
  /** The system's own number of it. */
  readonly number: string
  readonly amount: string
  readonly party: string
  /** The promised settle time was kept. */
  readonly inTime: boolean
}

export interface Undone {
  readonly at: number
  readonly system: string
  readonly number: string
}

/** What a person said in the AP tool. `amount`: gross, as the ticket held it. */
export interface Approved {
  readonly at: number
  readonly reference: string
  readonly amount: string
  /** By the person who had entered it. */
  readonly own: boolean
  readonly withdrawnAt: number | null
}

/** What the hub's public side showed of an invoice from `at` on. */
export interface Shown {
  readonly at: number
  readonly invoice: string
  readonly state: string
  readonly amount: string
  /** Postings that it names, by the ERP's number. */
  readonly postings: readonly string[]
  readonly breaches: readonly string[]
  readonly exceptions: readonly string[]
  /** What it says that systems were told and took: `system command`. */
  readonly told: readonly string[]
}

/** A payment at the bank: what the company asked for, and the bank's own book. */
export interface BankLine {
  readonly at: number
  readonly kind: 'booked' | 'returned'
  readonly message: string
  readonly endToEnd: string
  readonly amount: string
  readonly invoices: readonly string[]
}

/** An effect as the hub's queue shows it at the end. */
export interface Queued {
  readonly key: string
  readonly system: string
  readonly command: string
  readonly invoice: string
  readonly state: string
  readonly dueAt: number | null
  /** Open business cases of the object that it is about. */
  readonly cases: readonly string[]
}

/** What a person decided about an effect of which nobody knew. */
export interface Said {
  readonly at: number
  readonly key: string
  readonly word: 'applied' | 'not-applied'
}

/** A no-longer-wanted word that the hub had taken in: from then on nothing new may be begun for that invoice. */
export interface Stopped {
  readonly at: number
  readonly invoice: string
  readonly until: number | null
}

/** The system told us how to treat it. */
export interface Asked {
  readonly at: number
  readonly system: string
  readonly process: string
  readonly until: number
}

/** A stretch in which nobody was to call, as every process knew. */
export interface Closed {
  readonly system: string
  readonly from: number
  readonly to: number
  readonly why: string
}

/** What the target of a command of money offers. */
export interface Offer {
  readonly system: string
  readonly command: string
  readonly class: Class
}

export interface Past {
  readonly offers: readonly Offer[]
  /** Calls that one process may begin at a system within so many ms. */
  readonly rate: { readonly calls: number; readonly perMs: number }
  readonly arrived: readonly Arrived[]
  /** Calls of any kind, looks and probes included; `begunAt`: when they were decided on, before whatever kept their process from making them. */
  readonly calls: readonly {
    readonly begunAt: number
    readonly at: number
    readonly system: string
    readonly process: string
    readonly kind: 'command' | 'look' | 'probe'
  }[]
  readonly done: readonly Done[]
  readonly undone: readonly Undone[]
  readonly approved: readonly Approved[]
  readonly bank: readonly BankLine[]
  readonly blocked: readonly string[]
  readonly shown: readonly Shown[]
  readonly queued: readonly Queued[]
  readonly said: readonly Said[]
  readonly stopped: readonly Stopped[]
  readonly closed: readonly Closed[]
  /** Stretches in which nothing got through to a system. */
  readonly away: readonly Closed[]
  readonly asked: readonly Asked[]
  /** Standing of an invoice folded in other orders of the same facts. */
  readonly refolded: readonly { readonly invoice: string; readonly was: string; readonly became: string }[]
  /** Words about a try that came after it had been settled otherwise: what stood before and after. */
  readonly late: readonly { readonly at: number; readonly invoice: string; readonly before: string; readonly after: string }[]
  /** Causes for which a person is asked at the end, whatever they are about. */
  readonly causes: readonly string[]
  /** News that the hub has not taken in, by its id. */
  readonly unheard: readonly string[]
  readonly healedAt: number
  readonly endedAt: number
}
