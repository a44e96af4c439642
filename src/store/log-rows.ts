/** Rows of the log and their links, from what was decided. */
import type { Event } from '../domain/event.ts'
import { canonicalJson, type Json } from '../lib/canonical-json.ts'
import type { Instant } from '../lib/time.ts'
import { leafHash } from '../tlog/hash.ts'
import { commitmentOf, leafBytes } from '../tlog/leaf.ts'
import type { EventLink, LogRow } from './event.ts'
import type { FactItem } from './item.ts'
import { newSalt, sha256 } from './sha256.ts'

export interface LogContext {
  readonly tenant: string
  readonly cfg: string
  readonly recordedAt: Instant
}

/** The event that a fact becomes, once it is known what it is about. */
export function eventOf(item: FactItem, objects: readonly string[], recordedAt: Instant): Event {
  return {
    id: item.id,
    type: item.type,
    v: item.v,
    objects,
    source: item.source,
    grade: item.grade,
    actor: item.actor,
    occurredAt: item.occurredAt,
    recordedAt,
    ...(item.correlation === undefined ? {} : { correlation: item.correlation }),
    ...(item.causation === undefined ? {} : { causation: item.causation }),
    data: item.data,
  }
}

/** What an event says beyond its row. */
type Said = Pick<Event, 'source' | 'grade' | 'data'> & {
  readonly correlation?: string | undefined
  readonly causation?: string | undefined
}

/** The body of an event: what is committed to and may be erased. */
export function bodyOf(event: Said): string {
  return canonicalJson(bodyMembers(event))
}

/** Its members, in order already: what is out of order or undefined has a canonical text copied first, for every event. */
export function bodyMembers({ source, grade, correlation, causation, data }: Said): {
  readonly data: Event['data']
  readonly [member: string]: Json
} {
  const { reference, role, system } = source
  return {
    ...(causation === undefined ? {} : { causation }),
    ...(correlation === undefined ? {} : { correlation }),
    data,
    grade,
    source: reference === undefined ? { role, system } : { reference, role, system },
  }
}

/** The row of a fact, whose body was made at the door. Throws the fault `event-not-valid` when it cannot be a leaf. */
export function factRow(context: LogContext, item: FactItem, type: Event['type'], objects: readonly string[]): LogRow {
  return withLeaf(context, {
    id: item.id,
    type,
    v: item.v,
    objects,
    occurredAt: item.occurredAt,
    actor: item.actor,
    body: item.body,
    salt: item.salt,
    commitment: item.commitment,
  })
}

/** The row of a decision. */
export function decisionRow(context: LogContext, event: Event): LogRow {
  const body = Buffer.from(bodyOf(event))
  const salt = newSalt()
  const { id, type, v, objects, occurredAt, actor } = event
  return withLeaf(context, { id, type, v, objects, occurredAt, actor, body, salt, commitment: commitmentOf(sha256, salt, body) })
}

function withLeaf({ tenant, cfg, recordedAt }: LogContext, row: Omit<LogRow, 'leafHash'>): LogRow {
  return { ...row, leafHash: leafHash(sha256, leafBytes({ ...row, tenant, cfg, recordedAt })) }
}

/** Links for the objects in which an event does not stand first. */
export function linksOf(rows: readonly LogRow[]): EventLink[] {
  return rows.flatMap(({ objects }, place) => {
    const [first, ...others] = objects
    return [...new Set(others)]
      .filter((object) => object !== first)
      .map((object) => ({ object, place, index: null, appliedPlace: place, bound: null }))
  })
}
