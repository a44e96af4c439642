import { Fault } from '../lib/fault.ts'
import { base64Of, bytesOfBase64 } from '../tlog/base64.ts'
import { formatVerifierKey } from '../tlog/note.ts'
import { isTenant } from './signer-home.ts'
import type { SignerCore, SignRequest } from './signer.ts'

// Between hub and signer: one JSON object per line, each request with a number that its answer repeats. The first line from
// the signer says { ready: true } or { failed }. A request is answered { key }, { note } (null: none yet), { refused } or { failed }.

/** A request holds at most 54 hashes; a line beyond this is not from a hub. */
export const LINE_LIMIT = 65_536

export type WireRequest =
  | { readonly op: 'key' | 'last'; readonly tenant: string }
  | {
      readonly op: 'sign'
      readonly tenant: string
      readonly from: number
      readonly size: number
      readonly root: string
      readonly proof: readonly string[]
    }

export type WireAnswer = {
  readonly n?: number
  readonly ready?: true
  readonly key?: string
  readonly note?: string | null
  readonly refused?: string
  readonly failed?: string
}

export function wireOf({ tenant, from, size, root, proof }: SignRequest): WireRequest {
  return { op: 'sign', tenant, from, size, root: base64Of(root), proof: proof.map(base64Of) }
}

/** The signer's answer to one line, and whether it may go on: after trouble of its disk it must not. */
export function answerLine(signer: SignerCore, line: string): { readonly answer: WireAnswer; readonly goOn: boolean } {
  let n: number | undefined
  try {
    const request = Object(JSON.parse(line)) as { n?: unknown; op?: unknown; tenant?: unknown } & Record<string, unknown>
    n = typeof request.n === 'number' ? request.n : undefined
    return { answer: { ...(n === undefined ? {} : { n }), ...answered(signer, request) }, goOn: true }
  } catch (error) {
    const numbered = n === undefined ? {} : { n }
    if (error instanceof SyntaxError) return { answer: { refused: 'a request is one line of JSON' }, goOn: true }
    if (error instanceof Fault) return { answer: { ...numbered, failed: error.message }, goOn: true }
    return { answer: { ...numbered, failed: `The signer stops: ${error instanceof Error ? error.message : String(error)}` }, goOn: false }
  }
}

function answered(signer: SignerCore, request: Record<string, unknown>): WireAnswer {
  const { op, tenant } = request
  if (!isTenant(tenant)) return { refused: 'this is not the name of a tenant' }
  if (op === 'key') return { key: formatVerifierKey(signer.keyOf(tenant)) }
  if (op === 'last') return { note: signer.last(tenant) ?? null }
  const sign = op === 'sign' ? signRequest(tenant, request) : undefined
  return sign ? signer.sign(sign) : { refused: 'this is not a request of the protocol' }
}

function signRequest(tenant: string, { from, size, root, proof }: Record<string, unknown>): SignRequest | undefined {
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(size) || typeof root !== 'string' || !Array.isArray(proof)) return undefined
  const rootBytes = bytesOfBase64(root)
  const hashes = proof.map((hash) => (typeof hash === 'string' ? bytesOfBase64(hash) : undefined))
  if (!rootBytes || hashes.includes(undefined)) return undefined
  return { tenant, from: from as number, size: size as number, root: rootBytes, proof: hashes as Uint8Array[] }
}
