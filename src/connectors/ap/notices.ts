/**
 * What the tool pushes: Standard Webhooks (https://github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md,
 * "Verifying webhook authenticity"), whose signature is HMAC-SHA256 over `id.timestamp.body`.
 */
import type { Notices, Observation } from '../../connector/contract.ts'
import { parsedJson, shaped } from '../../connector/json.ts'
import type { Sha256 } from '../../lib/hash.ts'
import type { z } from 'zod'
import type { Setting } from './config.ts'
import { closed, coded, isOurs, signed, type About } from './ticket-facts.ts'
import { ClosedData, CodedData, Notice, SignedData } from './wire.ts'

/** How far the sender's clock may be from ours. */
const TOLERANCE_S = 300
/** Signatures on one notice: one per secret while it is rotated. */
const SIGNATURES = 10
/** SHA-256 takes blocks of 64 bytes (RFC 2104 section 2). */
const BLOCK_BYTES = 64

export function notices(setting: Setting): Notices {
  return {
    secrets: setting.config.noticeSecrets,
    verify: (raw, headers, secrets, now) => verified(setting.sha256, raw, headers, secrets, now),
    readNotice: (raw) => readNotice(setting, raw),
  }
}

function verified(
  sha256: Sha256,
  raw: Uint8Array,
  headers: Readonly<Record<string, string>>,
  secrets: readonly string[],
  now: number,
): 'ok' | { refused: string } {
  const id = headers['webhook-id'] ?? ''
  const time = headers['webhook-timestamp'] ?? ''
  if (id === '' || id.length > 256 || !/^\d{1,12}$/u.test(time))
    return {
      refused: 'the headers webhook-id and webhook-timestamp are missing or malformed',
    }
  if (Math.abs(now / 1_000 - Number(time)) > TOLERANCE_S) return { refused: `its time is more than ${TOLERANCE_S} s from now` }
  const given = (headers['webhook-signature'] ?? '')
    .split(' ')
    .filter((part) => part.startsWith('v1,'))
    .slice(0, SIGNATURES)
    .flatMap((part) => decoded(part.slice(3)))
  const keys = secrets
    .flatMap((secret) => secret.split(' '))
    .filter((secret) => secret !== '')
    .flatMap((secret) => decoded(secret.replace(/^whsec_/u, '')))
  const signedBytes = joined(new TextEncoder().encode(`${id}.${time}.`), raw)
  // Every pair is compared, so that the time taken says nothing of which one fits.
  let fits = false
  for (const key of keys) {
    const expected = hmac(sha256, key, signedBytes)
    for (const signature of given) if (equal(expected, signature)) fits = true
  }
  return fits ? 'ok' : { refused: 'no signature fits' }
}

/** RFC 2104 over the SHA-256 that was given; keys longer than a block are hashed first. */
function hmac(sha256: Sha256, key: Uint8Array, message: Uint8Array): Uint8Array {
  const block = new Uint8Array(BLOCK_BYTES)
  block.set(key.length > BLOCK_BYTES ? sha256(key) : key)
  const inner = sha256(
    joined(
      block.map((byte) => byte ^ 0x36),
      message,
    ),
  )
  return sha256(
    joined(
      block.map((byte) => byte ^ 0x5c),
      inner,
    ),
  )
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (let at = 0; at < a.length; at++) difference |= (a[at] ?? 0) ^ (b[at] ?? 0)
  return difference === 0
}

/** Base64 as one value, or none when it is not base64 or empty. */
function decoded(base64: string): Uint8Array[] {
  try {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
    return bytes.length === 0 ? [] : [bytes]
  } catch {
    return []
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(a.length + b.length)
  bytes.set(a)
  bytes.set(b, a.length)
  return bytes
}

type Reader = (setting: Setting, data: unknown) => Observation | { readonly trouble: string } | undefined

/** Facts by type of notice. The others say nothing that the sweep does not say better: see ticket-facts.ts. */
const READERS: { readonly [type: string]: Reader } = {
  'ticket.coded': (setting, data) => told(data, CodedData, (coding) => coded(setting, coding, coding.codedAt)),
  'ticket.signed': (setting, data) =>
    told(data, SignedData, ({ step, by, signedAt, terms, ...about }) => signed(setting, about, step, by.handle, signedAt, terms)),
  'ticket.declined': (setting, data) =>
    told(data, ClosedData, ({ by, at, reason, ...about }) => closed(setting, about, 'refused', by.handle, reason, at)),
  'ticket.recalled': (setting, data) =>
    told(data, ClosedData, ({ by, at, reason, ...about }) => closed(setting, about, 'withdrawn', by.handle, reason, at)),
}

function readNotice(setting: Setting, raw: Uint8Array): { observations: readonly Observation[] } | { trouble: string } {
  const parsed = parsedJson(raw)
  if (!parsed) return { trouble: 'the notice is not JSON' }
  const notice = shaped(parsed.value, Notice)
  if ('trouble' in notice) return notice
  const reader = Object.hasOwn(READERS, notice.value.type) ? READERS[notice.value.type] : undefined
  const fact = reader?.(setting, notice.value.data)
  if (fact === undefined) return { observations: [] }
  return 'trouble' in fact ? fact : { observations: [fact] }
}

function told<T extends About>(data: unknown, shape: z.ZodType<T>, fact: (data: T) => Observation): ReturnType<Reader> {
  const read = shaped(data, shape)
  if ('trouble' in read) return read
  return isOurs(read.value) ? fact(read.value) : undefined
}
