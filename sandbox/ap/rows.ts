import { amount, currency, date, decimal, flag, list, note, oneOf, optional, record, text, texts, type Of } from '../plumbing/shape.ts'

/** What the AP tool keeps, in its own words, and the shapes in which it takes it. Rows are replaced, never changed in place. */

export const DUTIES = ['CODER', 'TEAM_LEAD', 'HEAD', 'BOARD'] as const
export type Duty = (typeof DUTIES)[number]
export const BADGES = ['AT_LEDGER', 'IN_RUN', 'MONEY_OUT', 'BOUNCED', 'HELD', 'CLOSED', 'NONE'] as const

export const person = record({
  handle: text(60),
  fullName: text(200),
  duties: list(oneOf(...DUTIES), 10),
  ceilings: list(record({ ccy: text(3), upTo: amount }), 100),
  units: optional(list(text(40), 1000), ['*']),
  active: optional(flag, true),
})
export type Person = Of<typeof person>
export const legalUnit = record({ legalUnit: text(40), name: text(200), vatReg: note(30) })
export type LegalUnit = Of<typeof legalUnit>
export const signRule = record({ ccy: text(3), upTo: optional(amount, null), steps: list(oneOf(...DUTIES), 10) })
export type SignRule = Of<typeof signRule>
export const glAccount = record({ glAccount: text(40), text: note(200) })
export type GlAccount = Of<typeof glAccount>

const remitTo = record({ iban: optional(note(70), null), other: optional(note(70), null), digest: optional(note(200), null) })

/** Without the keys that were not given: what came in goes out. */
const remit: typeof remitTo = (value, field, problems) => {
  const held = remitTo(value, field, problems)
  return Object.fromEntries(Object.entries(held).filter(([, one]) => one !== null)) as typeof held
}

export const openFields = {
  corrRef: optional(note(200), ''),
  billKind: oneOf('BILL', 'CREDIT'),
  billNo: text(200),
  billedOn: date,
  dueOn: optional(date, null),
  legalUnit: text(40),
  creditor: record({ name: text(300), vatReg: optional(note(40), ''), vendorNo: optional(note(60), '') }),
  remitTo: optional(remit, null),
  ccy: currency,
  netTotal: amount,
  taxTotal: amount,
  grossTotal: amount,
  payTotal: optional(amount, null),
  poRefs: optional(list(text(120), 200), []),
  rows: optional(
    list(
      record({
        rowNo: text(60),
        text: optional(note(2000), ''),
        qty: optional(decimal, '1'),
        price: optional(note(40), ''),
        rowNet: amount,
        taxPct: optional(note(20), ''),
        poRef: optional(note(120), ''),
        poRow: optional(note(60), ''),
      }),
    ),
    [],
  ),
  openedBy: text(60),
}
export const openBody = record(openFields)
export type Opened = Of<typeof openBody>

export const codingLine = record({
  rowNo: note(60),
  glAccount: text(40),
  kostl: optional(note(40), ''),
  amount,
  taxPct: optional(note(20), ''),
})
export type CodingLine = Of<typeof codingLine>

export const badgeBody = record({
  badge: oneOf(...BADGES),
  on: optional(date, null),
  note: optional(note(1000), ''),
  refs: optional(texts(20, 500), {}),
  by: text(60),
})

export type Stage = 'INBOX' | 'CODING' | 'SIGNOFF' | 'GREENLIT' | 'DECLINED' | 'RECALLED'
export interface Signer {
  readonly step: number
  readonly duty: Duty
  readonly by: string | null
  readonly fullName: string | null
  readonly verdict: 'WAITING' | 'SIGNED' | 'DECLINED'
  readonly at: string | null
}
export interface Ticket extends Readonly<Opened> {
  readonly ticketNo: string
  readonly stage: Stage
  /** Place of its last change among all changes of all tickets. */ readonly mark: number
  readonly rev: number
  readonly openedAt: string
  readonly pickedBy: string | null
  readonly coding: { readonly by: string; readonly at: string; readonly lines: readonly CodingLine[] } | null
  readonly signers: readonly Signer[]
  readonly badge: (Of<typeof badgeBody> & { readonly on: string; readonly at: string }) | null
  readonly closedBy: string | null
  readonly closedReason: string | null
  /** Who changed which fields since it was opened, oldest first. */
  readonly amendments: readonly { readonly by: string; readonly at: string; readonly changed: readonly string[] }[]
  readonly changedAt: string
}

/** What a checking service said of a ticket while it was coded. `stale`: it said so from memory, as of `asOf`. */
export interface CheckResult {
  readonly about: 'CREDITOR' | 'UNIT' | 'MONTH' | 'PO'
  readonly light: 'GREEN' | 'RED' | 'GREY'
  readonly remark: string
  readonly stale: boolean
  readonly asOf: string | null
}
export interface Check {
  readonly ticketNo: string
  readonly rev: number
  readonly at: string
  readonly results: readonly CheckResult[]
}

/** A webhook that waits to be sent: the exact bytes of its body. */
export interface Hook {
  readonly hookId: string
  readonly type: string
  readonly body: string
}
/** The answer kept under an Idempotency-Key. */
export interface KeptKey {
  readonly key: string
  readonly fingerprint: string
  readonly status: number
  readonly body: unknown
  readonly at: string
}
