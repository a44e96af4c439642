/**
 * The shapes of answers, as the OpenAPI document has them. Written down apart from the code that answers, so that a test can hold one
 * against the other: an answer with a member that is not here fails it, and so does one without.
 */
import { z } from 'zod'

/** Names in the document. */
export const NAMED = z.registry<{ readonly id: string }>()
export function named<T extends z.ZodType>(id: string, shape: T): T {
  NAMED.add(shape, { id })
  return shape
}

export const text = z.string()
export const maybe = text.nullable()
export const instant = z.iso.datetime({ precision: 3 })
export const maybeInstant = instant.nullable()
export const date = z.iso.date()
const amount = z
  .string()
  .regex(/^-?\d+(\.\d+)?$/u)
  .nullable()
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/u)
export const count = z.int().min(0)
export const counts = z.record(text, count)
/** May gain members, or is whatever its source said. */
const open = z.record(text, z.unknown())
export const outcome = z.enum(['new', 'repeat', 'parked'])

export const PROBLEM = named(
  'Problem',
  z.strictObject({
    type: text,
    title: text,
    status: z.int(),
    code: text,
    detail: text.optional(),
    instance: text,
    whatToDo: text,
  }),
)

const refused = z.strictObject({ code: text, says: text, line: count, column: count })
export const DOCUMENT_PROBLEM = named('DocumentProblem', PROBLEM.extend({ document: sha256, refused }))

const taken = z.strictObject({ id: text, source: text, event: text, outcome, grade: z.enum(['claimed', 'acknowledged', 'settled']) })
const refusedEvent = z.strictObject({ id: text.optional(), source: text.optional(), outcome: z.literal('refused'), problem: PROBLEM })
const receipts = named('Receipts', z.strictObject({ receipts: z.array(z.union([taken, refusedEvent])) }))
export const RECEIPT = named('Receipt', z.union([taken, receipts]))
export const RECEIPTS = receipts

export const DOCUMENT = named(
  'Document',
  z.strictObject({
    document: sha256,
    received: z.array(z.strictObject({ invoice: text, number: text })),
  }),
)

const row = {
  title: text,
  state: text,
  currency: maybe,
  amount,
  party: maybe,
  entity: maybe,
  dueOn: date.nullable(),
  owner: maybe,
  cause: maybe,
  system: maybe,
  open: z.boolean(),
  breaches: z.array(text),
}
export const OBJECTS = named(
  'Objects',
  z.strictObject({
    objects: z.array(z.strictObject({ id: text, kind: text, since: instant, ...row })),
    next: maybe,
  }),
)

const axes = z.strictObject({
  document: text,
  validation: text,
  match: text,
  approval: text,
  posting: text,
  settlement: text,
  archive: text,
  holds: z.array(text),
})
const cell = z.strictObject({ system: text, facet: text, expected: maybe, told: maybe, reported: maybe, heardAt: maybeInstant })
const doubts = z.array(z.strictObject({ effect: sha256, system: text, command: text, since: instant, lookAt: maybeInstant, says: text }))
export const OBJECT = named(
  'Object',
  z.strictObject({
    id: text,
    kind: text,
    title: text,
    version: count,
    wakeAt: maybeInstant,
    row: z.strictObject(row).nullable(),
    headline: z.strictObject({ state: maybe, rests: z.array(text), breaches: z.array(text), route: text }).optional(),
    axes: axes.optional(),
    links: z
      .array(z.strictObject({ invoice: text, is: z.enum(['corrects', 'corrected-by', 'names', 'named-by']), number: text, since: instant }))
      .optional(),
    exceptions: z.array(z.strictObject({ cause: text, id: text, open: z.boolean() })),
    state: open,
    names: z.array(text),
    cells: z.array(cell.extend({ object: text })),
    doubts,
  }),
)
export const CANDIDATES = named(
  'Candidates',
  z.strictObject({
    asked: text,
    candidates: z.array(z.strictObject({ id: text, kind: text, title: text, state: maybe.optional() })),
  }),
)

const answered = z
  .strictObject({
    action: text,
    person: text,
    reason: text,
    second: text.exactOptional(),
    agrees: z.strictObject({ reason: text, through: z.array(text) }).exactOptional(),
  })
  .nullable()
/** One person's word while another has yet to say the same. */
const said = z
  .strictObject({ action: text, person: text, reason: text, at: instant, through: text, counts: z.boolean(), says: text })
  .nullable()
const fromCase = {
  id: text,
  version: count,
  cause: text,
  title: text,
  says: text,
  hint: text,
  about: text,
  owner: text,
  assigned: maybe,
  severity: text,
  amount,
  currency: maybe,
  party: maybe,
  system: maybe,
  raisedAt: instant,
  dueAt: instant,
  escalations: count,
  open: z.boolean(),
  answered,
  said,
  actions: z.array(z.strictObject({ action: text, says: text, second: z.boolean() })),
}
const oneCase = named('CaseListed', z.strictObject(fromCase))
export const CASE = named('Case', z.strictObject({ ...fromCase, object: z.strictObject({ id: text, kind: text, title: text }).nullable() }))
/** What our own code broke on: kept, and not taken in. */
const quarantined = z.strictObject({ id: text, source: text, type: text, says: text, owner: text, since: text, lastAt: text, times: count })
export const CASES = named('Cases', z.strictObject({ exceptions: z.array(oneCase), next: maybe, quarantined: z.array(quarantined) }))
export const ANSWERED = named(
  'Answered',
  z.strictObject({ exception: text, action: text, person: text, second: text.optional(), outcome, waits: z.boolean(), says: text }),
)
export const WITHDRAWN = named('Withdrawn', z.strictObject({ exception: text, action: text, person: text, outcome }))
export const ASSIGNED = named('Assigned', z.strictObject({ exception: text, to: text, person: text, outcome }))

const about = z.strictObject({ id: text, kind: text, title: text, amount, currency: maybe })
const standing = named(
  'CommandStanding',
  z.strictObject({
    because: text,
    why: text,
    moves: text,
    movesAt: maybeInstant,
    effect: sha256,
    system: text,
    command: text,
    occurrence: text,
    lane: text,
    state: text,
    attempts: count,
    failures: count,
    dueAt: maybeInstant,
    about,
  }),
)
export const STANDING = named(
  'Standing',
  z.strictObject({
    id: text,
    kind: text,
    title: text,
    wakeAt: maybeInstant,
    headline: maybe.optional(),
    route: text.optional(),
    holds: z.array(text).optional(),
    missing: z.array(z.strictObject({ state: text, passed: z.boolean(), waitsFor: text })).optional(),
    commands: z.array(standing),
    cases: z.array(oneCase),
  }),
)
export const QUEUE = named(
  'Queue',
  z.strictObject({
    system: text,
    stands: text,
    totals: z.unknown().optional(),
    countedTo: count.optional(),
    commands: z.array(standing),
    next: maybe,
  }),
)
export const REPLAYED = named(
  'Replayed',
  z.strictObject({
    dryRun: z.boolean(),
    more: z.boolean(),
    commands: z.array(
      z.strictObject({
        effect: sha256,
        system: text,
        command: text,
        state: text,
        says: maybe,
        lastTriedAt: maybeInstant,
        request: text,
        content: open,
        contentHash: sha256,
        about,
        outcome: z.enum(['due', 'cannot-be-sent', 'changed', 'not-shown', 'moved-meanwhile']),
      }),
    ),
    gone: z.array(sha256),
  }),
)

const controls = z.array(z.strictObject({ id: text, verdict: text, says: text }))
export const VERDICT = named(
  'Verdict',
  z.strictObject({
    id: maybe,
    kind: text,
    askedAt: instant,
    verdict: z.enum(['pass', 'fail', 'indeterminate']),
    says: text,
    cause: maybe,
    controls,
    cached: z.boolean(),
    readAt: maybeInstant,
    ageMs: count.nullable(),
    evidence: z.array(z.strictObject({ object: text, asked: text, event: text, readAt: instant, ageMs: count, answer: open })),
  }),
)

const step = z.strictObject({
  index: count,
  leafHash: sha256,
  id: text,
  type: text,
  says: text,
  recordedAt: instant,
  occurredAt: instant,
  nature: z.enum(['fact', 'decision']),
  system: text,
  role: text,
  actor: text,
  reference: maybe,
  grade: text,
  with: z.array(text),
  rests: z.array(count),
  controls,
  erased: z.boolean(),
})
const tried = z.strictObject({
  n: count,
  requestHash: text,
  openedAt: instant,
  closedAt: maybeInstant,
  ms: count.nullable(),
  outcome: text,
  says: maybe,
  receipt: z.unknown(),
  looks: z.array(z.strictObject({ at: instant, found: text, says: text.exactOptional() })),
})
const log = z.strictObject({ size: count, sealed: count, root: maybe })
export const TRACE = named(
  'Trace',
  z.strictObject({
    asked: text,
    id: text,
    kind: text,
    title: text,
    names: z.array(text),
    standing: z.strictObject({
      state: maybe,
      row: z.strictObject(row).nullable(),
      breaches: z.array(text),
      rests: z.array(z.strictObject({ id: text, index: count.nullable(), says: text })),
      route: maybe,
      axes: axes.nullable(),
      amountDue: amount,
    }),
    steps: z.array(step),
    more: z.boolean(),
    waits: z.array(z.strictObject({ after: count, before: count, ms: count, for: maybe, says: text })),
    commands: z.array(
      z.strictObject({
        command: text,
        target: text,
        object: text,
        occurrence: text,
        key: sha256,
        state: text,
        dueAt: maybeInstant,
        tries: z.array(tried),
      }),
    ),
    doubts,
    cells: z.array(cell),
    cases: z.array(
      z.strictObject({
        id: text,
        cause: text,
        title: text,
        says: text,
        owner: text,
        dueAt: instant,
        open: z.boolean(),
        actions: z.array(text),
        answered,
        said: maybe,
      }),
    ),
    together: z.array(z.strictObject({ id: text, kind: text, title: text, state: maybe })),
    log,
  }),
)

export const SUMMARY = named(
  'Summary',
  z.strictObject({
    received: count,
    refused: count,
    states: counts,
    money: z.array(z.strictObject({ state: text, currency: text, amount })),
    breaches: count,
    exceptions: counts,
    latest: z.array(z.strictObject({ exception: text, cause: text, says: text, owner: text })),
    systems: z.record(text, z.strictObject({ inStep: count, behind: count })),
    busy: count,
    moving: count,
    log,
  }),
)
export const OPENAPI = z.record(text, z.unknown())
