/** `POST /v1/exceptions/{id}/answers`: a person's answer to a case, a fact like any other. */
import { z } from 'zod'
import type { Caller } from '../access/scopes.ts'
import { answerEffect, type Answer as EffectAnswer } from '../delivery/answer.ts'
import type { EffectRow } from '../domain/effect.ts'
import type { ExceptionState } from '../domain/exception.ts'
import type { Arrival, ObjectRecord } from '../domain/object.ts'
import { commandName } from '../domain/sent.ts'
import { hear, thingsAbout, type Heard, type Word } from '../domain/words.ts'
import { assert } from '../lib/assert.ts'
import { isCleanText } from '../lib/canonical-json.ts'
import { Fault } from '../lib/fault.ts'
import { instantOf } from '../lib/time.ts'
import { attemptsOf } from '../store/attempt.ts'
import { inTenant } from '../store/database.ts'
import { effectsOf } from '../store/effect.ts'
import { eventsOf } from '../store/event.ts'
import type { ApiContext, Receipt } from './context.ts'
import { readCase, rowOf, type CaseRead } from './exceptions.ts'
import type { Answer, Call } from './route.ts'

/** A person by login or pseudonym: case, width and white space around make no other person. */
export const PERSON = z
  .string()
  .max(200)
  .transform((text) => text.normalize('NFKC').trim().toLowerCase())
  .pipe(z.string().regex(/^[\p{L}\p{N}][\p{L}\p{N}._@+-]{0,79}$/u, 'is no login: letters, digits and . _ @ + -'))

export const REASON = z
  .string()
  .trim()
  .min(3, 'says too little')
  .max(500, 'is longer than 500')
  .refine(isCleanText, 'holds characters that cannot be kept')

export const ANSWER_BODY = z.strictObject({
  action: z.string().max(40),
  reason: REASON,
  person: PERSON,
  second: PERSON.optional(),
  /** The version of the case that was looked at. */
  version: z.int().min(1).optional(),
})
type AnswerBody = z.infer<typeof ANSWER_BODY>

export async function postAnswer(call: Call<unknown, AnswerBody>): Promise<Answer> {
  const { context, params, body } = call
  const { pool, tenant } = context
  const read = await inTenant(pool, tenant, (client) => readCase(client, tenant, params['id'] ?? ''))
  const { record, state } = read
  const repeat = isRepeat(record, state, body)
  if (!repeat) refuseUnfit(record, state, body)
  const word = wordOf(read, body, repeat)
  if (word.heard === 'said-before') throw new Fault('answer-not-taken', word.says)
  const effect = rowOf(body.action)?.effect === undefined ? undefined : await effectMeant(context, record.id, state, body.action, repeat)
  const arrivals = repeat ? [] : word.heard === 'waits' ? [wordArrival(call, read)] : answerArrivals(call, read, word.first)
  const receipts = await submitted(context, 'exception-moved', arrivals)
  // After the answer is taken: of two persons who say different things at the same moment only one moves the command.
  if (effect && word.heard === 'completes') await answerCommand(context, effect, body.action, partiesOf(call, state, word.first, repeat))
  return told(record.id, body, receipts[0]?.outcome ?? 'repeat', word)
}

interface Spoken {
  readonly heard: Heard
  readonly says: string
  /** The word of the other person that this one completes. */
  readonly first?: Word
}

/** What a request says beside what was said before: where one names both persons, or one person is enough, it is the answer. */
function wordOf({ state, about }: CaseRead, { action, person, second }: AnswerBody, repeat: boolean): Spoken {
  if (rowOf(action)?.second !== true || second !== undefined) return { heard: 'completes', says: '' }
  if (repeat) return state.said && isSame(state.said, { action, person }) ? { heard: 'waits', says: '' } : { heard: 'completes', says: '' }
  const spoken = hear(state.said, { action, person: `person:${person}` }, thingsAbout(about))
  return spoken.heard === 'completes' && state.said ? { ...spoken, first: state.said } : spoken
}

/** The receipts, or why it was not taken in; `moved` names what was looked at: a case, or something else. */
export async function submitted(
  context: Pick<ApiContext, 'submit'>,
  moved: 'exception-moved' | 'moved-meanwhile',
  arrivals: readonly Arrival[],
): Promise<readonly Receipt[]> {
  const receipts = await context.submit(arrivals)
  for (const { fault, outcome } of receipts) {
    // Two persons said different things of the same version at the same moment: what came first holds.
    if (fault?.code === 'event-id-reused') throw new Fault(moved, 'Somebody else was first.')
    if (outcome === 'refused') throw fault ?? new Fault('internal')
  }
  return receipts
}

/**
 * The command that an answer is about: the one that its case is about, where that waits for such a word. Of an answer that comes once
 * more (its reply was lost, or we ended between answer and command) undefined, when the command was tried again since: an old
 * word says nothing about a later try.
 */
async function effectMeant(
  { pool, tenant }: ApiContext,
  id: string,
  state: ExceptionState,
  action: string,
  repeat: boolean,
): Promise<EffectRow | undefined> {
  const from = rowOf(action)?.effect?.from ?? []
  return inTenant(pool, tenant, async (client) => {
    const waiting = (await effectsOf(client, tenant, state.about)).filter((effect) => from.includes(effect.state))
    const [effect, another] = waiting.filter((row) => isAbout(state, row))
    if (another) throw new Fault('answer-not-taken', 'Several commands of it wait for a word; look into the system itself.')
    if (!repeat && !effect)
      throw new Fault('exception-moved', 'The command that it is about does not wait for such a word any more; read the case again.')
    if (!repeat || !effect) return effect
    const answered = (await eventsOf(client, tenant, id, null, LIMIT_HISTORY)).findLast((event) => event.type === 'exception.answered')
    const tried = (await attemptsOf(client, tenant, [effect.key])).at(-1)
    return answered && tried && tried.openedAt <= answered.recordedAt ? effect : undefined
  })
}

/** A case that was raised before cases said which command they are about names it first: `invoice.post@erp: …`. */
const isAbout = ({ command, says }: ExceptionState, row: EffectRow): boolean =>
  command === undefined ? says.startsWith(`${row.command}@${row.target}: `) : commandName(row) === command

/** A case has few events: raised, said anew, given, answered, closed. */
const LIMIT_HISTORY = 200

type Parties = Pick<EffectAnswer, 'person' | 'reason' | 'second' | 'through' | 'secondThrough'>

/** Who says so, and by which keys: this request and the word that it completes; or, when it comes once more, as the case has it. */
function partiesOf({ caller, body }: Answering, { answered }: ExceptionState, first: Word | undefined, repeat: boolean): Parties {
  const key = `key ${caller.name}`
  if (first) {
    const { person, reason, through } = first
    return { person, reason, second: `person:${body.person}`, through, secondThrough: key }
  }
  if (repeat && answered?.agrees) {
    const { person, reason, second, agrees } = answered
    const [through, secondThrough] = agrees.through
    return { person, reason, ...(second === undefined ? {} : { second }), through, secondThrough }
  }
  return {
    person: `person:${body.person}`,
    reason: body.reason,
    ...(body.second === undefined ? {} : { second: `person:${body.second}` }),
    through: key,
  }
}

async function answerCommand(context: ApiContext, effect: EffectRow, action: string, parties: Parties): Promise<void> {
  const { pool, tenant } = context
  const input = rowOf(action)?.effect?.input
  assert(input, `${action} means something for a command`)
  const desk = { pool, tenant, now: () => context.now(), submit: (told: readonly Arrival[]) => context.submit(told) }
  const answered = await answerEffect(desk, { effect: effect.key, input, ...parties })
  if ('refused' in answered) {
    throw new Fault('exception-moved', `The answer is recorded; the command itself did not move. ${answered.refused}`)
  }
}

const told = (exception: string, { action, person, second }: AnswerBody, outcome: string, { heard, says, first }: Spoken): Answer => {
  const other = second ?? first?.person.replace(/^person:/u, '')
  return {
    status: 200,
    body: {
      exception,
      action,
      person,
      ...(other === undefined ? {} : { second: other }),
      outcome,
      waits: heard === 'waits',
      says: heard === 'waits' ? `${says} Another person has to say the same.`.trimStart() : says,
    },
  }
}

/** The very answer that moved the case from the version that was looked at: its reply was lost, and it is not given twice. */
function isRepeat({ version }: ObjectRecord, { answered, said }: ExceptionState, body: AnswerBody): boolean {
  if (body.version === undefined || body.version >= version) return false
  if (said && body.second === undefined && isSame(said, body) && said.reason === body.reason) return true
  if (answered?.action !== body.action) return false
  const own = answered.reason === body.reason && answered.person === `person:${body.person}`
  return own || (answered.agrees?.reason === body.reason && answered.second === `person:${body.person}`)
}

const isSame = (said: Word, { action, person }: Pick<AnswerBody, 'action' | 'person'>): boolean =>
  said.action === action && said.person === `person:${person}`

function refuseUnfit(record: ObjectRecord, state: ExceptionState, { action, person, second, version }: AnswerBody): void {
  if (!state.open) throw new Fault('exception-moved', 'It is closed.')
  if (version !== undefined && version !== record.version) throw new Fault('exception-moved', `It is at version ${record.version}.`)
  const row = rowOf(action)
  if (!row || !state.actions.includes(action)) {
    const taken = state.actions.length === 0 ? 'none: it closes by itself when its cause is gone' : state.actions.join(', ')
    throw new Fault('answer-not-taken', `It takes ${taken}.`)
  }
  if (second === person) throw new Fault('answer-not-taken', 'The second person is another one than the first.')
  if (row.second && version === undefined) {
    throw new Fault('answer-not-taken', `${action} needs the version of the case that was looked at.`)
  }
}

export interface Spoke {
  readonly context: Pick<ApiContext, 'tenant' | 'now'>
  readonly caller: Caller
  readonly body: { readonly person: string }
}

/**
 * Of a person, about the case and its object. Identity: the word that waits, else the version of the case: what follows a word, its
 * completion, another word or its taking back, follows it once, also when the case was given to somebody meanwhile.
 */
export const spokenBy = ({ context, caller, body }: Spoke, { record, state }: CaseRead): Omit<Arrival, 'type' | 'data'> => ({
  tenant: context.tenant,
  source: { system: 'api', role: 'person', reference: `key ${caller.name}` },
  eventId: `answer ${record.id} ${state.said ? `after ${state.said.event}` : record.version}`,
  occurredAt: instantOf(context.now()),
  actor: `person:${body.person}`,
  about: [{ names: [record.id] }, { names: [state.about] }],
  correlation: state.about,
})

type Answering = Spoke & { readonly body: AnswerBody }

/** What one person says while another has yet to. */
function wordArrival(call: Answering, read: CaseRead): Arrival {
  const { action, person, reason } = call.body
  const { said } = read.state
  return {
    ...spokenBy(call, read),
    type: 'exception.said',
    data: {
      exception: read.record.id,
      action,
      person: `person:${person}`,
      reason,
      knew: thingsAbout(read.about),
      ...(said ? { instead: said.event } : {}),
    },
  }
}

/** The answer, and the final no where it is one. */
function answerArrivals(call: Answering, read: CaseRead, first: Word | undefined): Arrival[] {
  const { record, state } = read
  const { body } = call
  const common = spokenBy(call, read)
  const { eventId } = common
  const answer: Arrival = {
    ...common,
    type: 'exception.answered',
    data: {
      exception: record.id,
      action: body.action,
      reason: body.reason,
      // Two who say the same in the same words are told apart by their names alone.
      ...(first ? { first: { ...first }, second: `person:${body.person}` } : {}),
      ...(body.second === undefined ? {} : { second: `person:${body.second}` }),
      ...(read.about?.kind === 'invoice' ? { knew: thingsAbout(read.about) } : {}),
    },
  }
  if (rowOf(body.action)?.rejects !== true) return [answer]
  const about = [{ names: [state.about] }]
  return [answer, { ...common, eventId: `${eventId} reject`, type: 'invoice.rejected', about, data: { reason: body.reason } }]
}
