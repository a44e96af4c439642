/** Cases for people: what waits for an answer, and the answers, each a fact like any other. */
import { z } from 'zod'
import { CAUSES, type Cause, type ExceptionState } from '../domain/exception.ts'
import type { Arrival, ObjectRecord } from '../domain/object.ts'
import { titleOf } from '../export/title.ts'
import { Fault } from '../lib/fault.ts'
import { isCleanText } from '../lib/canonical-json.ts'
import { instantOf } from '../lib/time.ts'
import { inTenant, type ClientBase } from '../store/database.ts'
import { listObjects } from '../store/list-row.ts'
import { readObjects } from '../store/object.ts'
import type { ApiContext } from './context.ts'
import { cursorOf, given, placeIn } from './objects.ts'
import { PAGE, YES_NO, type Answer, type Call } from './route.ts'

export type Action = (typeof CAUSES)[Cause]['actions'][number]

interface ActionRow {
  /** True where the answer can move money or lets a control pass: another person has to say so too. */
  readonly second: boolean
  /** True where it is a final no to the invoice. */
  readonly rejects?: true
  readonly says: string
}

/** Every answer that a case may allow. */
export const ACTIONS: { readonly [action in Action]: ActionRow } = {
  'reject': { second: false, rejects: true, says: 'Reject the invoice for good.' },
  'duplicate': { second: false, says: 'It is a duplicate; it is not paid.' },
  'not-a-duplicate': { second: true, says: 'It is no duplicate; it goes on.' },
  'accept-difference': { second: true, says: 'Let it pass as it is.' },
  'post-again': { second: true, says: 'Post it again in the ERP.' },
  'try-again': { second: false, says: 'Send the command again.' },
  'explained': { second: false, says: 'It has been explained; close the case.' },
  'it-happened': { second: true, says: 'The system did carry it out.' },
  'it-did-not': { second: true, says: 'The system did not carry it out.' },
}

export const EXCEPTIONS_QUERY = z.strictObject({
  open: YES_NO.default(true), cause: z.string().max(40).optional(), owner: z.string().max(80).optional(), order: z.enum(['newest', 'due']).default('due'), ...PAGE,
})

export async function getExceptions({ context, query }: Call<z.infer<typeof EXCEPTIONS_QUERY>>): Promise<Answer> {
  const { pool, tenant } = context
  const { order, after, limit, open, cause, owner } = query
  const place = after === undefined ? null : placeIn(after, order)
  return inTenant(pool, tenant, async (client) => {
    const page = await listObjects(client, tenant, { kind: 'exception', open, limit, ...given({ cause, owner }) }, order, place)
    const records = await readObjects(client, tenant, page.rows.map((row) => row.object), false)
    const cases = page.rows.flatMap(({ object }) => {
      const record = records.get(object)
      return record ? [caseOf(record)] : []
    })
    return { status: 200, body: { exceptions: cases, next: page.next && cursorOf(page.next, order) } }
  })
}

export async function getException({ context, params }: Call): Promise<Answer> {
  const { pool, tenant } = context
  return inTenant(pool, tenant, async (client) => {
    const { record, about } = await readCase(client, tenant, params['id'] ?? '')
    return { status: 200, body: { ...caseOf(record), object: about ? { id: about.id, kind: about.kind, title: titleOf(about) } : null } }
  })
}

/** A case as it is shown: what is wrong, who has it, and what may be answered. */
function caseOf(record: ObjectRecord): object {
  const state = record.state as unknown as ExceptionState
  const row = Object.hasOwn(CAUSES, state.cause) ? CAUSES[state.cause as Cause] : undefined
  return {
    id: record.id, version: record.version, cause: state.cause, title: row?.title ?? state.cause, says: state.says, hint: row?.hint ?? '', about: state.about,
    owner: state.owner, assigned: state.assigned, severity: state.severity, amount: state.amount, currency: state.currency, party: state.party,
    raisedAt: state.raisedAt, dueAt: state.dueAt, open: state.open, answered: state.answered,
    actions: state.actions.map((action) => ({ action, says: rowOf(action)?.says ?? '', second: rowOf(action)?.second ?? true })),
  }
}

const rowOf = (action: string): ActionRow | undefined => Object.hasOwn(ACTIONS, action) ? ACTIONS[action as Action] : undefined

async function readCase(client: ClientBase, tenant: string, id: string): Promise<{ record: ObjectRecord; state: ExceptionState; about: ObjectRecord | undefined }> {
  const record = (await readObjects(client, tenant, [id], false)).get(id)
  if (record?.kind !== 'exception') throw new Fault('not-found', 'There is no such case.')
  const state = record.state as unknown as ExceptionState
  return { record, state, about: (await readObjects(client, tenant, [state.about], false)).get(state.about) }
}

/** A person by login or pseudonym: case, width and white space around make no other person. */
const PERSON = z.string().max(200).transform((text) => text.normalize('NFKC').trim().toLowerCase())
  .pipe(z.string().regex(/^[\p{L}\p{N}][\p{L}\p{N}._@+-]{0,79}$/u, 'is no login: letters, digits and . _ @ + -'))

export const ANSWER_BODY = z.strictObject({
  action: z.string().max(40),
  reason: z.string().trim().min(3, 'says too little').max(500, 'is longer than 500').refine(isCleanText, 'holds characters that cannot be kept'),
  person: PERSON, second: PERSON.optional(),
  /** The version of the case that was looked at. */
  version: z.int().min(1).optional(),
})
type AnswerBody = z.infer<typeof ANSWER_BODY>

export async function postAnswer({ context, params, body }: Call<unknown, AnswerBody>): Promise<Answer> {
  const { pool, tenant } = context
  const { record, state } = await inTenant(pool, tenant, (client) => readCase(client, tenant, params['id'] ?? ''))
  if (isRepeat(record, state, body)) return told(record.id, body, 'repeat')
  refuseUnfit(record, state, body)
  const receipts = await context.submit(answerArrivals(context, record, state, body))
  for (const { fault, outcome } of receipts) {
    // Two persons answered the same version at the same moment: the first answer holds.
    if (fault?.code === 'event-id-reused') throw new Fault('exception-moved', 'Somebody else has answered it in this moment.')
    if (outcome === 'refused') throw fault ?? new Fault('internal')
  }
  return told(record.id, body, receipts[0]?.outcome ?? 'new')
}

const told = (exception: string, { action, person, second }: AnswerBody, outcome: string): Answer =>
  ({ status: 200, body: { exception, action, person, ...(second === undefined ? {} : { second }), outcome } })

/** The very answer that moved the case from the version that was looked at: its reply was lost, and it is not given twice. */
function isRepeat({ version }: ObjectRecord, { answered }: ExceptionState, body: AnswerBody): boolean {
  return body.version !== undefined && body.version < version && answered !== null
    && answered.action === body.action && answered.reason === body.reason && answered.person === `person:${body.person}`
}

function refuseUnfit(record: ObjectRecord, state: ExceptionState, { action, person, second, version }: AnswerBody): void {
  if (!state.open) throw new Fault('exception-moved', 'It is closed.')
  if (version !== undefined && version !== record.version) throw new Fault('exception-moved', `It is at version ${record.version}.`)
  const row = rowOf(action)
  if (!row || !state.actions.includes(action)) {
    throw new Fault('answer-not-taken', state.actions.length === 0 ? 'It takes none: it closes by itself when its cause is gone.' : `It takes ${state.actions.join(', ')}.`)
  }
  if (row.second && second === undefined) throw new Fault('answer-not-taken', `${action} needs a second person, who is named as second.`)
  if (second === person) throw new Fault('answer-not-taken', 'The second person is another one than the first.')
  if (row.second && version === undefined) throw new Fault('answer-not-taken', `${action} needs the version of the case that was looked at.`)
}

/** The answer about the case and its object, and the final no where it is one. Identity: the version of the case that it answers. */
function answerArrivals(context: Pick<ApiContext, 'tenant' | 'now'>, record: ObjectRecord, state: ExceptionState, body: AnswerBody): Arrival[] {
  const common = {
    tenant: context.tenant, source: { system: 'api', role: 'person' as const }, occurredAt: instantOf(context.now()), actor: `person:${body.person}`, correlation: state.about,
  }
  const eventId = `answer ${record.id} ${record.version}`
  const answer: Arrival = {
    ...common, eventId, type: 'exception.answered', about: [{ names: [record.id] }, { names: [state.about] }],
    data: { exception: record.id, action: body.action, reason: body.reason, ...(body.second === undefined ? {} : { second: `person:${body.second}` }) },
  }
  if (rowOf(body.action)?.rejects !== true) return [answer]
  return [answer, { ...common, eventId: `${eventId} reject`, type: 'invoice.rejected', about: [{ names: [state.about] }], data: { reason: body.reason } }]
}
