/** Cases for people: what waits for an answer, and which answers there are. */
import { z } from 'zod'
import type { Answer as EffectAnswer } from '../delivery/answer.ts'
import type { EffectState } from '../domain/effect.ts'
import { type ExceptionState } from '../domain/exception.ts'
import { CAUSES, type Cause } from '../domain/exception-causes.ts'
import type { ObjectRecord } from '../domain/object.ts'
import { counts, thingsAbout, waitingWords } from '../domain/words.ts'
import { titleOf } from '../export/title.ts'
import { Fault } from '../lib/fault.ts'
import { inTenant, type ClientBase } from '../store/database.ts'
import { listObjects } from '../store/list-row.ts'
import { readObjects } from '../store/object.ts'
import { standingQuarantined } from '../store/quarantine.ts'
import { cursorOf, given, orderOf, placeIn } from './objects.ts'
import { systemIn } from './configured-system.ts'
import { PAGE, YES_NO, type Answer, type Call } from './route.ts'

export type Action = (typeof CAUSES)[Cause]['actions'][number]

interface ActionRow {
  /** True where the answer can move money or lets a control pass: another person has to say so too. */
  readonly second: boolean
  /** True where it is a final no to the invoice. */
  readonly rejects?: true
  /** What it means for the command that the case is about, and in which states a command waits for such a word. */
  readonly effect?: { readonly input: EffectAnswer['input']; readonly from: readonly EffectState[] }
  readonly says: string
}

/** Every answer that a case may allow. */
export const ACTIONS: { readonly [action in Action]: ActionRow } = {
  reject: { second: false, rejects: true, says: 'Reject the invoice for good.' },
  duplicate: { second: false, says: 'It is a duplicate; it is not paid.' },
  'not-a-duplicate': { second: true, says: 'It is no duplicate; it goes on.' },
  'accept-difference': { second: true, says: 'Let it pass as it is.' },
  keep: { second: true, says: 'Both are to be paid.' },
  'post-again': { second: true, says: 'Post it again in the ERP.' },
  'next-period': { second: true, says: 'Post it in the next open period, and put it on the accrual list.' },
  cancel: { second: true, says: 'Cancel the payment in the ERP.' },
  reverse: { second: true, says: 'Reverse the posting in the ERP.' },
  'reverse-next-period': { second: true, says: 'Reverse it in the next open period.' },
  'try-again': { second: false, effect: { input: 'replay', from: ['refused', 'dead'] }, says: 'Send the command again.' },
  explained: { second: false, says: 'It has been explained; close the case.' },
  'it-happened': { second: true, effect: { input: 'said-applied', from: ['held'] }, says: 'The system did carry it out.' },
  'it-did-not': { second: true, effect: { input: 'said-not-applied', from: ['held'] }, says: 'The system did not carry it out.' },
}

/** The oldest of what stands in quarantine: more than that is one bug, and the metric counts them. */
const QUARANTINED_SHOWN = 20

export const EXCEPTIONS_QUERY = z.strictObject({
  open: YES_NO.default(true),
  cause: z.string().max(40).optional(),
  owner: z.string().max(80).optional(),
  system: z.string().max(80).optional(),
  order: z.enum(['newest', 'due']).optional(),
  ...PAGE,
})

export async function getExceptions({ context, query }: Call<z.infer<typeof EXCEPTIONS_QUERY>>): Promise<Answer> {
  const { pool, tenant } = context
  const { after, limit, open, cause, owner, system } = query
  if (system !== undefined) systemIn(context, system)
  const order = orderOf(query.order ?? (open ? 'due' : 'newest'), open)
  const place = after === undefined ? null : placeIn(after, order)
  return inTenant(pool, tenant, async (client) => {
    const page = await listObjects(client, tenant, { kind: 'exception', open, limit, ...given({ cause, owner, system }) }, order, place)
    const records = await readObjects(
      client,
      tenant,
      page.rows.map((row) => row.object),
      false,
    )
    const cases = await casesOf(
      client,
      tenant,
      page.rows.flatMap(({ object }) => records.get(object) ?? []),
    )
    // No case can be made of what our own code breaks on: it stands beside them.
    const quarantined = (await standingQuarantined(client, tenant, QUARANTINED_SHOWN)).map(
      ({ bytes: _bytes, resolvedAt: _resolvedAt, ...item }) => item,
    )
    return { status: 200, body: { exceptions: cases, next: page.next && cursorOf(page.next, order), quarantined } }
  })
}

export async function getException({ context, params }: Call): Promise<Answer> {
  const { pool, tenant } = context
  return inTenant(pool, tenant, async (client) => {
    const { record, about } = await readCase(client, tenant, params['id'] ?? '')
    return {
      status: 200,
      body: { ...caseOf(record, about), object: about ? { id: about.id, kind: about.kind, title: titleOf(about) } : null },
    }
  })
}

/** Cases as they are shown. Whether a word that waits still counts depends on the object: only those that have one are looked up. */
export async function casesOf(client: ClientBase, tenant: string, records: readonly ObjectRecord[]): Promise<object[]> {
  const states = records.map(({ state }) => state as unknown as ExceptionState)
  const ids = [...new Set(states.filter(({ said }) => said !== undefined).map(({ about }) => about))]
  const abouts = await readObjects(client, tenant, ids, false)
  return records.map((record, at) => caseOf(record, abouts.get(states[at]?.about ?? '')))
}

/** A case as it is shown: what is wrong, who has it, and what may be answered. */
export function caseOf(record: ObjectRecord, about: ObjectRecord | undefined): object {
  const state = record.state as unknown as ExceptionState
  const row = Object.hasOwn(CAUSES, state.cause) ? CAUSES[state.cause as Cause] : undefined
  return {
    id: record.id,
    version: record.version,
    cause: state.cause,
    title: row?.title ?? state.cause,
    says: state.says,
    hint: row?.hint ?? '',
    about: state.about,
    owner: state.owner,
    assigned: state.assigned,
    severity: state.severity,
    amount: state.amount,
    currency: state.currency,
    party: state.party,
    system: state.system,
    raisedAt: state.raisedAt,
    dueAt: state.dueAt,
    escalations: state.escalations,
    open: state.open,
    answered: state.answered,
    said: saidOf(state, about),
    actions: state.actions.map((action) => ({ action, says: rowOf(action)?.says ?? '', second: rowOf(action)?.second ?? true })),
  }
}

/** What one person has said of it while another has yet to say the same. */
function saidOf({ said }: ExceptionState, about: ObjectRecord | undefined): object | null {
  if (!said) return null
  const things = thingsAbout(about)
  const { action, person, reason, at, through } = said
  return { action, person, reason, at, through, counts: counts(said, things), says: waitingWords(said, things) }
}

export function rowOf(action: string): ActionRow | undefined {
  return Object.hasOwn(ACTIONS, action) ? ACTIONS[action as Action] : undefined
}

export interface CaseRead {
  readonly record: ObjectRecord
  readonly state: ExceptionState
  readonly about: ObjectRecord | undefined
}

/** The case and the object that it is about. Throws `not-found`. */
export async function readCase(client: ClientBase, tenant: string, id: string): Promise<CaseRead> {
  const record = (await readObjects(client, tenant, [id], false)).get(id)
  if (record?.kind !== 'exception') throw new Fault('not-found', 'There is no such case.')
  const state = record.state as unknown as ExceptionState
  return { record, state, about: (await readObjects(client, tenant, [state.about], false)).get(state.about) }
}
