/**
 * The AP tool's own shapes, as its documentation gives them (sandbox/README.md, section "AP tool"). Only what is used is
 * named; members that are not named are let through unread, so that a new release of the tool stops nothing.
 */
import { z } from 'zod'
import { instantOf } from '../../lib/time.ts'

const text = z.string().max(4_000)
const id = z.string().min(1).max(200)
const amount = z
  .string()
  .max(40)
  .regex(/^-?\d+(\.\d+)?$/, 'is no decimal text')
const instant = z.iso.datetime({ offset: true }).transform((value) => instantOf(Date.parse(value)))

/** "Refusals" */
export const Refusal = z.object({ error: id, detail: text.default('') })

/** "Tickets": the answers to a new one and to a badge. */
export const Opened = z.object({ ticketNo: id, stage: id })
export const Badged = z.object({ ticketNo: id, badge: id })

const Creditor = z.object({ name: text, vatReg: text.nullish(), vendorNo: text.nullish() })
/** "`remitTo` is {"iban"}, {"other"} or {"digest"} or null: it is held and given back as it came." */
const RemitTo = z.union([z.object({ iban: text }), z.object({ other: text }), z.object({ digest: text })]).nullable()
const Line = z.object({ glAccount: id, kostl: text.nullish(), amount })

/** What is approved, in a ticket as read and in the `terms` of a notice. */
const held = {
  creditor: Creditor,
  remitTo: RemitTo,
  legalUnit: id,
  dueOn: z.iso.date().nullish(),
  ccy: id,
  netTotal: amount,
  taxTotal: amount,
  grossTotal: amount,
  poRefs: z.array(text).default([]),
  rev: z.int().nonnegative(),
}
const HeldTerms = z.object({ ...held, coding: z.array(Line).nullish() })
export type HeldTerms = z.infer<typeof HeldTerms>

const Signer = z.object({ step: z.int(), by: id.nullable(), verdict: id, at: instant.nullable() })

/** "A ticket as read" */
export const Ticket = z.object({
  ...held,
  ticketNo: id,
  corrRef: text.nullish(),
  stage: id,
  billKind: id,
  billNo: text,
  openedBy: text.nullish(),
  openedAt: instant,
  changedAt: instant,
  coding: z.object({ by: id, at: instant, lines: z.array(Line) }).nullable(),
  signers: z.array(Signer),
  badge: z.object({ badge: id, refs: z.record(z.string(), z.unknown()).nullish(), at: instant }).nullable(),
  closedBy: id.nullish(),
  closedReason: text.nullish(),
  amendments: z.array(z.object({ by: id, changed: z.array(id) })),
})
export type Ticket = z.infer<typeof Ticket>

/** The list: tickets are taken one by one, so that one of an unknown shape does not hide the others. */
export const Tickets = z.object({ tickets: z.array(z.unknown()).max(10_000), mark: z.int().nonnegative(), more: z.boolean() })

/** "ledger-view" */
export const LedgerView = z.object({
  rows: z.array(
    z.object({
      ticketNo: id,
      corrRef: text.nullish(),
      billNo: text,
      ccy: id,
      payTotal: amount,
      ledgerRef: text.nullable(),
      atLedgerOn: z.iso.date(),
      moneyOutOn: z.iso.date().nullable(),
    }),
  ),
  next: z.string().nullable(),
})

/** "Webhooks" */
export const Notice = z.object({ type: id, timestamp: instant, data: z.record(z.string(), z.unknown()) })

const By = z.object({ handle: id })
const about = { ticketNo: id, corrRef: text.nullish(), stage: id }
export const SignedData = z.object({ ...about, step: z.int(), by: By, signedAt: instant, terms: HeldTerms })
export const CodedData = z.object({ ...about, codedAt: instant })
export const ClosedData = z.object({ ...about, by: By, at: instant, reason: text })
