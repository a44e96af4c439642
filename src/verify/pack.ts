/** Checks an archived evidence pack with nothing at hand but the pack and the log's public key. docs/spec/evidence.md. */
import { canonicalJson, type Json } from '../lib/canonical-json.ts'
import type { Sha256 } from '../lib/hash.ts'
import { base64Of, bytesOfBase64 } from '../tlog/base64.ts'
import { openCheckpoint, type Checkpoint } from '../tlog/checkpoint.ts'
import { equalBytes, leafHash } from '../tlog/hash.ts'
import { commitmentOf, SALT_BYTES } from '../tlog/leaf.ts'
import type { Ed25519Verify, VerifierKey } from '../tlog/note.ts'
import { verifyInclusion } from '../tlog/proof.ts'
import { isRefused, type Refused } from '../tlog/refused.ts'

const PACK_FORMAT = 'tieout-evidence-pack/1'

export interface PackReport {
  readonly holds: boolean
  readonly invoice: string
  readonly headline: string
  readonly covers: number
  readonly origin: string
  /** Size of the tree under whose signed root the events stand. */
  readonly size: number
  readonly events: number
  /** Events whose body was erased before the pack was made. */
  readonly erased: number
  readonly findings: readonly string[]
}

type Record_ = { readonly [key: string]: Json | undefined }
const asRecord = (value: Json | undefined): Record_ =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record_) : {}
const asList = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? (value as readonly Json[]) : [])
const asText = (value: Json | undefined): string => (typeof value === 'string' ? value : '')
const asNumber = (value: Json | undefined): number => (typeof value === 'number' ? value : -1)

/** Never throws for what is in the bytes. Refused: it is no pack, or its checkpoint is not one that the key signed. */
export function verifyPack(sha256: Sha256, ed25519Verify: Ed25519Verify, key: VerifierKey, bytes: Uint8Array): PackReport | Refused {
  const pack = parsed(bytes)
  if (isRefused(pack)) return pack
  const log = asRecord(pack['log'])
  const checkpoint = openCheckpoint(asText(log['checkpoint']), key, ed25519Verify)
  if (isRefused(checkpoint)) return { refused: `its checkpoint is not valid: ${checkpoint.refused}` }
  const findings: string[] = []
  if (asNumber(log['size']) !== checkpoint.size || asText(log['root']) !== base64Of(checkpoint.root))
    findings.push('its size and root are not those of its checkpoint')
  const tenant = asText(pack['tenant'])
  if (!checkpoint.origin.endsWith(`/${tenant}`)) findings.push(`its checkpoint speaks of ${checkpoint.origin}, not of tenant ${tenant}`)
  const events = asList(log['events']).map(asRecord)
  const erased = events.filter((event) => event['body'] === null && event['salt'] === null).length
  for (const event of events) findings.push(...eventFindings(sha256, tenant, event, checkpoint))
  findings.push(...restFindings(pack, events))
  return {
    holds: findings.length === 0,
    invoice: asText(pack['invoice']),
    headline: asText(asRecord(pack['standing'])['headline']),
    covers: asNumber(pack['covers']),
    origin: checkpoint.origin,
    size: checkpoint.size,
    events: events.length,
    erased,
    findings,
  }
}

function parsed(bytes: Uint8Array): Record_ | Refused {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    const pack = asRecord(JSON.parse(text) as Json)
    if (pack['format'] !== PACK_FORMAT) return { refused: `it is not of the format ${PACK_FORMAT}` }
    return canonicalJson(pack) === text ? pack : { refused: 'it is not written in the one way that a pack is written' }
  } catch {
    return { refused: 'it is not JSON that a pack can be' }
  }
}

/** Leaf under the signed root, body under the leaf. */
function eventFindings(sha256: Sha256, tenant: string, event: Record_, checkpoint: Checkpoint): string[] {
  const index = asNumber(event['index'])
  const leaf = asRecord(event['leaf'])
  const proof = asList(event['proof']).map((hash) => bytesOfBase64(asText(hash)) ?? new Uint8Array())
  const findings: string[] = []
  if (!verifyInclusion(sha256, index, checkpoint.size, leafHash(sha256, canonicalJson(leaf)), proof, checkpoint.root)) {
    findings.push(`index ${index}: the event is not what was sealed there`)
  }
  if (leaf['tenant'] !== tenant) findings.push(`index ${index}: the event is another tenant's`)
  const { body, salt } = event
  if (body === null && salt === null) return findings
  const salted = bytesOfBase64(asText(salt))
  const commitment =
    salted?.length === SALT_BYTES ? commitmentOf(sha256, salted, new TextEncoder().encode(canonicalJson(body ?? null))) : new Uint8Array()
  if (!equalBytes(commitment, bytesOfBase64(asText(leaf['commit'])) ?? new Uint8Array(1)))
    findings.push(`index ${index}: the body is not the one that the leaf commits to`)
  return findings
}

/** What the pack says stands, it must bring: the events that the headline rests on, and the one that it was made for. */
function restFindings(pack: Record_, events: readonly Record_[]): string[] {
  const byId = new Map(events.map((event) => [asText(asRecord(event['leaf'])['id']), asNumber(event['index'])]))
  const wanted = asRecord(pack['wanted'])
  const rests = asList(asRecord(pack['standing'])['rests']).map(asText)
  return [
    ...rests.filter((id) => !byId.has(id)).map((id) => `its headline rests on ${id}, which is not among its events`),
    ...(byId.get(asText(wanted['event'])) === asNumber(wanted['index'])
      ? []
      : ['the decision that it was made for is not among its events']),
  ]
}

/** A report as lines to read. */
export function packLines(report: PackReport): string[] {
  return [
    `pack         ${report.invoice}, ${report.headline}, covers ${report.covers} facts`,
    `log          ${report.origin}, ${report.size} events under a signed root`,
    `read         ${report.events} events${report.erased > 0 ? `, ${report.erased} of them erased` : ''}`,
    ...report.findings.map((finding) => `FOUND        ${finding}`),
    report.holds ? 'HOLDS        every event in it is what was sealed' : `DOES NOT HOLD ${report.findings.length} findings`,
  ]
}
