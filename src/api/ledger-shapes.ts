/** The shapes of answers about ledgers: tie-outs, cut-overs and accruals. */
import { z } from 'zod'
import { named, PROBLEM, text, maybe, instant, date, sha256, count } from './shapes.ts'

const sum = z.string().regex(/^-?\d+(\.\d+)?$/u)
const account = { account: text, currency: text }
const lines = z.strictObject({ opening: sum, posted: sum, reversed: sum, settled: sum, revalued: sum, closing: sum })
export const TIE_OUT = named(
  'TieOut',
  z.strictObject({
    entity: text,
    from: date,
    to: date,
    ties: z.boolean(),
    document: sha256,
    event: text,
    by: text,
    madeAt: instant,
    differenceCount: count,
    evidence: z.array(z.strictObject({ system: text, replies: count, items: count })),
    accounts: z.array(
      z.strictObject({
        ...account,
        hub: lines,
        erp: lines,
        ap: lines.nullable(),
        unexplained: z.strictObject({ erp: sum, ap: sum }),
        lines: z.array(text),
      }),
    ),
    differences: z.array(
      z.strictObject({
        ...account,
        with: z.enum(['erp', 'ap']),
        document: text,
        supplier: text,
        number: text,
        object: maybe,
        amount: sum,
        reason: text,
      }),
    ),
  }),
)
export const TIE_OUT_RUN = named(
  'TieOutRun',
  z.strictObject({
    id: text,
    entity: text,
    from: date,
    to: date,
    by: text,
    startedAt: instant,
    stage: text,
    read: count,
    made: TIE_OUT.nullable(),
    problem: PROBLEM.nullable(),
  }),
)
export const CUT_OVER = named(
  'CutOver',
  z.strictObject({
    entity: text,
    on: date,
    document: sha256,
    items: count,
    created: count,
    linked: count,
    repeated: count,
  }),
)
export const TIE_OUTS = named(
  'TieOuts',
  z.strictObject({
    tieOuts: z.array(z.strictObject({ id: text, entity: maybe, asOf: date.nullable(), ties: z.boolean(), madeAt: instant })),
    next: maybe,
  }),
)
export const ACCRUALS = named(
  'Accruals',
  z.strictObject({
    accruals: z.array(
      z.strictObject({
        id: text,
        invoice: text,
        entity: text,
        period: text,
        was: date,
        on: date,
        number: text,
        supplier: text,
        amount: sum,
        currency: text,
        listedAt: instant,
        accounts: z.array(z.looseObject({ account: text, amount: sum })),
        booked: z.strictObject({ by: text, document: text, at: instant }).nullable(),
        dropped: z.strictObject({ reason: text, at: instant }).nullable(),
      }),
    ),
    next: maybe,
  }),
)
export const BOOKED = named('Booked', z.strictObject({ accrual: text, document: text, outcome: text }))
