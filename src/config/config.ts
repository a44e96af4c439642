/** The configuration: one schema, unknown keys refused with the nearest known one, all problems at once. */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { canonicalJson } from '../lib/canonical-json.ts'
import { Fault } from '../lib/fault.ts'
import { DEFAULT_POLICY, type Policy } from '../domain/policy.ts'
import { ROUTING, routingOf, routingProblems } from './routing.ts'

const name = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'is 1 to 40 characters of a-z, 0-9 and -')

const SCHEMA = z.strictObject({
  /** The tenant whose log this hub keeps. */
  tenant: z.string().regex(/^[a-z0-9-]{1,40}$/),
  /** First part of the log's origin: a name of this installation that nobody else uses. */
  deployment: z.string().regex(/^[a-z0-9.-]{1,80}$/).default('tieout.local'),
  api: z.strictObject({
    host: z.string().default('127.0.0.1'), port: z.int().min(0).max(65_535).default(0),
    /** How often one access key may call in a minute, and of that how often ask the ERP. */
    limits: z.strictObject({ requests: z.int().min(1).default(12_000), validations: z.int().min(1).default(1_200) }).prefault({}),
  }).prefault({}),
  /** The signer's key and its own last checkpoint, outside the database. */
  signer: z.string(),
  /** Where checkpoints and leaf hashes are published, outside the database. */
  publish: z.string(),
  sealEveryMs: z.int().min(100).max(60_000).default(5_000),
  policy: z.strictObject({
    match: z.strictObject({ absolute: z.string().regex(/^\d+(\.\d+)?$/), bps: z.int().min(0).max(10_000) }).default(DEFAULT_POLICY.match),
    routing: ROUTING.prefault({}),
    referenceMaxAgeMs: z.int().min(1_000).default(DEFAULT_POLICY.referenceMaxAgeMs),
    indeterminateAfterMs: z.int().min(1_000).default(DEFAULT_POLICY.indeterminateAfterMs),
    graceMs: z.int().min(100).default(DEFAULT_POLICY.graceMs),
    receiptGraceMs: z.int().min(0).default(DEFAULT_POLICY.receiptGraceMs),
    /** Who holds orders and receipts where both speak of them. */
    ordersHeldBy: z.enum(['erp', 'procurement']).optional(),
    entryGraceMs: z.int().min(100).default(DEFAULT_POLICY.entryGraceMs),
    evidence: z.strictObject({
      after: z.array(z.enum(['posted', 'paid', 'rejected'])).min(1).default([...DEFAULT_POLICY.evidence.after]),
      years: z.int().min(1).max(100).default(DEFAULT_POLICY.evidence.years),
      entityYears: z.record(z.string(), z.int().min(1).max(100)).default({}),
    }).prefault({}),
  }).prefault({}),
  /** The systems by the name that we give them; `kind` names the connector. */
  systems: z.record(name, z.strictObject({ kind: name, config: z.record(z.string(), z.json()).default({}) })),
  /** Which of them plays which part. */
  parts: z.strictObject({ erp: name, ap: name, bank: name, procurement: name.exactOptional(), archive: name.exactOptional() }),
})

export type Config = z.infer<typeof SCHEMA>

/** Reads a configuration; every problem in one fault `config-not-valid`, each with its place and what to do. */
export function readConfig(value: unknown): Config {
  const parsed = SCHEMA.safeParse(value, { reportInput: true })
  const problems = parsed.success ? [...partProblems(parsed.data), ...routingProblems(parsed.data.policy.routing)] : parsed.error.issues.flatMap(sentences)
  if (!parsed.success || problems.length > 0) throw new Fault('config-not-valid', problems.join(' '))
  return parsed.data
}

function partProblems(config: Config): string[] {
  const unheld = config.policy.ordersHeldBy === 'procurement' && config.parts.procurement === undefined
  return [...unheld ? ['policy.ordersHeldBy is procurement, and parts names no procurement system.'] : [], ...unknownParts(config)]
}

function unknownParts(config: Config): string[] {
  return Object.entries(config.parts).filter(([, system]) => !Object.hasOwn(config.systems, system))
    .map(([part, system]) => `parts.${part} names the system ${system}, which is not under systems (${Object.keys(config.systems).join(', ')}).`)
}

function sentences(issue: z.core.$ZodIssue): string[] {
  const place = issue.path.join('.') || 'the top'
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => `${place}: there is no ${key}${near(key)}.`)
  // Of a word from a list the issue names the list; what was written stands in the configuration alone.
  if (issue.code === 'invalid_value' && typeof issue.input === 'string') return [`${place}: there is no ${issue.input}${near(issue.input, issue.values.map(String))}.`]
  return [`${place}: ${issue.message}.`]
}

const KNOWN = ['tenant', 'deployment', 'api', 'host', 'port', 'limits', 'requests', 'validations', 'signer', 'publish', 'sealEveryMs', 'policy', 'match', 'absolute', 'routing', 'routes', 'choice', 'like', 'requires', 'postAfter', 'releaseAfter', 'submits', 'waives', 'pays', 'account', 'route', 'when',
  'typeCodes', 'meansCodes', 'ordered', 'suppliers', 'entities', 'upTo', 'amount', 'currency', 'bps', 'referenceMaxAgeMs', 'indeterminateAfterMs', 'graceMs', 'receiptGraceMs', 'ordersHeldBy', 'entryGraceMs', 'evidence', 'after', 'years', 'entityYears', 'systems', 'kind', 'config', 'parts', 'erp', 'ap', 'bank', 'procurement', 'archive']

/** The nearest known key, when it is near enough to be a slip. */
function near(key: string, words: readonly string[] = KNOWN): string {
  const [best] = words.map((known) => ({ known, distance: editDistance(key.toLowerCase(), known.toLowerCase()) })).sort((a, b) => a.distance - b.distance)
  return best && best.distance <= Math.max(2, key.length / 3) ? `; did you mean ${best.known}?` : ''
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)))
    row = next
  }
  return row[b.length]!
}

/** The policy that the configuration states. */
export function policyOf(config: Config): Policy {
  const { routing, ...policy } = config.policy
  return { systems: config.parts, ...policy, routing: routingOf(routing) }
}

/** SHA-256 (hex) of the whole configuration, as every event names it. Secrets are not part of it: they are referred to by name. */
export function configHash(config: Config): string {
  return createHash('sha256').update(canonicalJson(config)).digest('hex')
}
