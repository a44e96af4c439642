/** The configuration: one schema, unknown keys refused with the nearest known one, all problems at once. */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { canonicalJson, type Json } from '../lib/canonical-json.ts'
import { Fault } from '../lib/fault.ts'
import { DEFAULT_POLICY, ownersOf, PERIOD_CLOSED, type Policy } from '../domain/policy.ts'
import { CALENDAR, LANES_CONFIG, MAINTENANCE } from './delivery.ts'
import { BANK_DAYS, CALENDARS, ESCALATION, escalationOf } from './days.ts'
import { LIMITS } from './differences.ts'
import { GRACE, graceTable } from './grace.ts'
import { nearest } from './nearest.ts'
import { ROUTING, routingOf, routingProblems } from './routing.ts'

const name = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'is 1 to 40 characters of a-z, 0-9 and -')
const plays = (what: string): z.ZodString => name.describe(`which of the systems is ${what}`)
const ms = (least: number, usual: number, says: string, most?: number): z.ZodDefault<z.ZodInt> =>
  (most === undefined ? z.int().min(least) : z.int().min(least).max(most)).default(usual).describe(says)

/** What each key means stands here once: `tieout init`, `tieout config explain` and docs/spec/config.md are made of it. */
export const SCHEMA = z.strictObject({
  tenant: z
    .string()
    .regex(/^[a-z0-9-]{1,40}$/, 'is 1 to 40 characters of a-z, 0-9 and -')
    .describe('whose log this hub keeps'),
  deployment: z
    .string()
    .regex(/^[a-z0-9.-]{1,80}$/, 'is lower-case letters, digits, dots and dashes')
    .default('tieout.local')
    .describe('first part of the log’s origin: a name of this installation that nobody else uses; fixed once the signing key is made'),
  api: z
    .strictObject({
      host: z.string().default('127.0.0.1').describe('the address that it listens on'),
      port: z.int().min(0).max(65_535).default(0).describe('0: any free one'),
      limits: z
        .strictObject({
          requests: z.int().min(1).default(12_000).describe('how often one access key may call in a minute'),
          validations: z.int().min(1).default(1_200).describe('and of that how often ask the ERP'),
        })
        .prefault({}),
    })
    .prefault({}),
  signer: z.string().describe('folder of the signing key and its last checkpoint; on another disk than the database'),
  publish: z.string().describe('folder where checkpoints and leaf hashes are published'),
  sealEveryMs: ms(100, 5_000, 'how often new events are sealed', 60_000),
  policy: z
    .strictObject({
      match: z
        .strictObject({
          absolute: z
            .string()
            .regex(/^\d+(\.\d+)?$/, 'is a decimal in quotes, as "0.05"')
            .describe('by how much an amount of a line may differ, in its currency'),
          bps: z.int().min(0).max(10_000).describe('and by how many hundredths of a per cent'),
        })
        .default(DEFAULT_POLICY.match)
        .describe('how far an invoice may differ from its order'),
      routing: ROUTING.prefault({}),
      differences: LIMITS.prefault({}).describe('what the ERP may clear without cash before a person is told'),
      referenceMaxAgeMs: ms(1_000, DEFAULT_POLICY.referenceMaxAgeMs, 'how long an answer about master data holds'),
      indeterminateAfterMs: ms(
        1_000,
        DEFAULT_POLICY.indeterminateAfterMs,
        'how long a control waits for an answer before a person is told',
      ),
      refusalGraceMs: ms(
        0,
        DEFAULT_POLICY.refusalGraceMs,
        'how long after an approver’s no an invoice may be rejected or sent again before a person is told',
      ),
      clearingGraceMs: ms(
        0,
        DEFAULT_POLICY.clearingGraceMs,
        'how long the ERP may show as cleared what no payment, netting or bank entry explains before a person is told',
      ),
      graceMs: ms(100, DEFAULT_POLICY.graceMs, 'how long a system may lag before it is a divergence'),
      grace: z.array(GRACE).default([]).describe('the same for single edges and states, tried before the ordinary rows'),
      bypassFrom: z.iso
        .date()
        .default(DEFAULT_POLICY.bypassFrom)
        .describe('documents of the ERP posted, and payments made, before this day are history: nobody asks who made them'),
      periodClosed: z
        .strictObject({
          ordinarily: z
            .enum(PERIOD_CLOSED)
            .default('hold')
            .describe(
              'what becomes of a posting whose period was closed while it waited: held, posted in the next one with an accrual, or refused',
            ),
          entities: z.record(z.string(), z.enum(PERIOD_CLOSED)).default({}).describe('the same by company number, where it differs'),
        })
        .prefault({}),
      calendars: CALENDARS,
      escalation: ESCALATION,
      bankDays: BANK_DAYS,
      receiptGraceMs: ms(0, DEFAULT_POLICY.receiptGraceMs, 'how long an invoice waits for its goods receipt before a person is told'),
      ordersHeldBy: z.enum(['erp', 'procurement']).optional().describe('who holds orders and receipts where both speak of them'),
      entryGraceMs: ms(100, DEFAULT_POLICY.entryGraceMs, 'how long a posting or bank entry waits for the object it names'),
      evidence: z
        .strictObject({
          attach: z
            .boolean()
            .default(DEFAULT_POLICY.evidence.attach)
            .describe('whether the approval is attached to the posting in the ERP'),
          after: z
            .array(z.enum(['posted', 'paid', 'rejected']))
            .min(1)
            .default([...DEFAULT_POLICY.evidence.after])
            .describe('in which states the evidence is archived'),
          years: z.int().min(1).max(100).default(DEFAULT_POLICY.evidence.years).describe('how long the archive keeps it'),
          entityYears: z.record(z.string(), z.int().min(1).max(100)).default({}).describe('the same by company number, where it differs'),
        })
        .prefault({}),
    })
    .prefault({}),
  sweeps: z
    .strictObject({
      everyMs: ms(0, 15 * 60_000, 'how often systems are asked for what they were told and have not shown; 0: never'),
      fullEveryMs: ms(0, 24 * 3_600_000, 'how often they are asked for all that they hold; 0: never'),
    })
    .prefault({}),
  systems: z
    .record(
      name,
      z.strictObject({
        kind: name.describe('the connector'),
        config: z
          .record(z.string(), z.json())
          .default({})
          .describe('what the connector needs; its README says what. Secrets stand here as env:NAME or file:PATH'),
        maintenance: MAINTENANCE,
        calendar: CALENDAR,
      }),
    )
    .describe('the systems by the name that we give them'),
  lanes: LANES_CONFIG.prefault({}).describe('how patiently commands are tried again, when they are given up, and whose their cases are'),
  parts: z.strictObject({
    erp: plays('the ERP'),
    ap: plays('the AP tool'),
    bank: plays('the bank'),
    procurement: plays('the procurement tool').exactOptional(),
    archive: plays('the archive').exactOptional(),
  }),
})

export type Config = z.infer<typeof SCHEMA>

/** What is wrong, and where. */
export interface Problem {
  readonly path: readonly PropertyKey[]
  readonly says: string
}

/** The configuration, or everything that is wrong with it. What a connector needs is for the connector to say. */
export function checkConfig(value: unknown): { readonly config: Config } | { readonly problems: readonly Problem[] } {
  const parsed = SCHEMA.safeParse(value, { reportInput: true })
  if (!parsed.success) return { problems: parsed.error.issues.flatMap((issue) => problemsOf(issue)) }
  const problems = [
    ...partProblems(parsed.data),
    ...routingProblems(parsed.data.policy.routing).map((says) => ({ path: ['policy', 'routing'], says })),
  ]
  return problems.length > 0 ? { problems } : { config: parsed.data }
}

/** Reads a configuration; every problem in one fault `config-not-valid`, each with its place and what to do. */
export function readConfig(value: unknown): Config {
  const checked = checkConfig(value)
  if ('problems' in checked) throw new Fault('config-not-valid', checked.problems.map(sentence).join(' '))
  return checked.config
}

export const sentence = ({ path, says }: Problem): string =>
  `${path.map(String).join('.') || 'the top'}: ${says}${says.endsWith('?') ? '' : '.'}`

function partProblems(config: Config): Problem[] {
  const unheld = config.policy.ordersHeldBy === 'procurement' && config.parts.procurement === undefined
  return [
    ...(unheld ? [{ path: ['policy', 'ordersHeldBy'], says: 'is procurement, and parts names no procurement system' }] : []),
    ...unknownParts(config),
  ]
}

function unknownParts(config: Config): Problem[] {
  return Object.entries(config.parts)
    .filter(([, system]) => !Object.hasOwn(config.systems, system))
    .map(([part, system]) => ({
      path: ['parts', part],
      says: `names the system ${system}, which is not under systems (${Object.keys(config.systems).join(', ')})`,
    }))
}

function problemsOf(issue: z.core.$ZodIssue): Problem[] {
  const { path } = issue
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...path, key], says: `there is no such key${nearest(key, keysAt(path))}` }))
  }
  // Of a word from a list the issue names the list; what was written stands in the configuration alone.
  if (issue.code === 'invalid_value' && typeof issue.input === 'string')
    return [{ path, says: `there is no ${issue.input}${nearest(issue.input, issue.values.map(String))}` }]
  // What is wrong with a name among many says so itself, one step further in.
  if (issue.code === 'invalid_key') return issue.issues.map(({ message }) => ({ path, says: message }))
  if (issue.code === 'invalid_type' && issue.input === undefined && issue.message.endsWith('received undefined'))
    return [{ path, says: 'is missing' }]
  return [{ path, says: issue.message.replace(/^Invalid input: /u, '') }]
}

/** The keys that may stand at a place. */
function keysAt(path: readonly PropertyKey[]): string[] {
  let at: JsonSchema | undefined = JSON_SCHEMA
  for (const step of path)
    at = at?.properties?.[String(step)] ?? (typeof at?.additionalProperties === 'object' ? at.additionalProperties : undefined)
  return Object.keys(at?.properties ?? {})
}

/** As much of JSON Schema as the schema above becomes. */
export interface JsonSchema {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly minimum?: number
  readonly maximum?: number
  readonly required?: readonly string[]
  readonly properties?: { readonly [key: string]: JsonSchema }
  readonly additionalProperties?: JsonSchema | boolean
}
export const JSON_SCHEMA = z.toJSONSchema(SCHEMA, { io: 'input', unrepresentable: 'any' }) as JsonSchema

/** The policy that the configuration states. */
export function policyOf(config: Config): Policy {
  const { routing, grace, escalation, ...policy } = config.policy
  return {
    systems: config.parts,
    ...policy,
    routing: routingOf(routing),
    grace: graceTable(grace),
    escalation: escalationOf(escalation),
    owners: ownersOf(config.lanes),
  }
}

/** SHA-256 (hex) of the whole configuration, as every event names it. Secrets are not part of it: they are referred to by name. */
export function configHash(config: Config): string {
  return createHash('sha256')
    .update(canonicalJson(config as unknown as Json))
    .digest('hex')
}
