/**
 * What people say about effects: that one in doubt happened or did not, that a refused or given up one shall be tried again.
 * Each answer is an event with the person's name and reason; for money two people say whether it happened.
 */
import { instantOf, type Instant } from '../lib/time.ts'
import { type EffectInput, type EffectRow, type EffectState, stepEffect } from '../domain/effect.ts'
import { type Arrival, COMMANDS } from '../domain/object.ts'
import type { Connector } from '../connector/contract.ts'
import type { Request } from '../connector/request.ts'
import { type AttemptRow, attemptsOf } from '../store/attempt.ts'
import { inTenant, type Pool } from '../store/database.ts'
import { readEffects } from '../store/effect.ts'
import { refusedEffects, type ReplayQuery } from '../store/effect-replay.ts'
import type { Submit } from './ports.ts'
import { outcomeArrival } from './report.ts'

export interface Answer {
  readonly effect: string
  readonly input: Extract<EffectInput, 'said-applied' | 'said-not-applied' | 'replay'>
  /** `person:<pseudonym>` */
  readonly person: string
  readonly reason: string
  /** Another person who says the same; needed where money may have moved. */
  readonly second?: string
  /** By which means it came, e.g. the name of an access key. */
  readonly through?: string
  /** By which means the second person's word came, where that was a request of its own. */
  readonly secondThrough?: string
}

export interface AnswerDesk {
  readonly pool: Pool
  readonly tenant: string
  readonly submit: Submit
  readonly now: () => number
}

/** Takes the answer, or says why not. What it means for the effect is the table's matter; a word that comes too late moves nothing. */
export async function answerEffect(
  desk: AnswerDesk,
  answer: Answer,
): Promise<{ readonly state: EffectState } | { readonly refused: string }> {
  const { row, attempts } = await inTenant(desk.pool, desk.tenant, async (client) => ({
    row: (await readEffects(client, desk.tenant, [answer.effect]))[0],
    attempts: await attemptsOf(client, desk.tenant, [answer.effect]),
  }))
  const refused = row ? refusalOf(row, answer, desk.now()) : 'There is no such effect.'
  if (!row || refused !== undefined) return { refused: refused ?? 'There is no such effect.' }
  const [receipt] = await desk.submit([answerArrival(desk, row, attempts, answer)])
  if (receipt?.fault) throw receipt.fault
  const [after] = await inTenant(desk.pool, desk.tenant, (client) => readEffects(client, desk.tenant, [answer.effect]))
  return { state: after?.state ?? row.state }
}

/** At once through the door at most, so that what else arrives is not kept waiting. */
const REPLAY_BATCH = 100

/**
 * Each of these is due again, by an event with who, why and by which means; one that moved meanwhile, or has another content than
 * was looked at (`seen`: hash by key), is left alone. Gives the keys of those that are due.
 */
export async function replayEffects(
  desk: AnswerDesk,
  seen: ReadonlyMap<string, string>,
  { person, reason, through }: Pick<Answer, 'person' | 'reason' | 'through'>,
): Promise<ReadonlySet<string>> {
  const due = new Set<string>()
  const keys = [...seen.keys()]
  for (let from = 0; from < keys.length; from += REPLAY_BATCH) {
    const batch = keys.slice(from, from + REPLAY_BATCH)
    const { rows, tries } = await inTenant(desk.pool, desk.tenant, async (client) => ({
      rows: await readEffects(client, desk.tenant, batch),
      tries: Map.groupBy(await attemptsOf(client, desk.tenant, batch), (attempt) => attempt.key),
    }))
    const answers = rows.flatMap((row) => {
      const answer: Answer = { effect: row.key, input: 'replay', person, reason, ...(through === undefined ? {} : { through }) }
      return row.contentHash === seen.get(row.key) && refusalOf(row, answer, desk.now()) === undefined ? [{ row, answer }] : []
    })
    const receipts = await desk.submit(answers.map(({ row, answer }) => answerArrival(desk, row, tries.get(row.key) ?? [], answer)))
    const fault = receipts.find((receipt) => receipt.fault)?.fault
    if (fault) throw fault
    for (const { row } of answers) due.add(row.key)
  }
  return due
}

function refusalOf(row: EffectRow, answer: Answer, now: number): string | undefined {
  if (answer.reason.trim() === '') return 'Say why.'
  if (answer.second === answer.person) return 'The second person must be another one.'
  if (answer.input !== 'replay' && COMMANDS[row.command].manner === 'money' && answer.second === undefined)
    return 'Money may have moved: two people say whether it did.'
  if (stepEffect(row, answer.input, { now: instantOf(now) }) === 'ignored') return `It is ${row.state}; that cannot be said of it now.`
  return undefined
}

function answerArrival(desk: AnswerDesk, row: EffectRow, attempts: readonly AttemptRow[], answer: Answer): Arrival {
  const at = desk.now()
  const told = outcomeArrival({
    tenant: desk.tenant,
    row,
    attempts,
    input: answer.input,
    outcome: attempts.at(-1)?.outcome ?? 'not-sent',
    at,
    says: answer.reason,
    by: 'person',
    guarded: false,
    nextAt: at,
  })
  return {
    ...told,
    actor: answer.person,
    data: {
      ...told.data,
      ...(answer.second === undefined ? {} : { second: answer.second }),
      ...(answer.through === undefined ? {} : { through: answer.through }),
      ...(answer.secondThrough === undefined ? {} : { secondThrough: answer.secondThrough }),
    },
  }
}

export interface Replayable {
  readonly effect: string
  readonly target: string
  readonly command: string
  readonly subject: string
  readonly state: EffectState
  /** Why it stopped. */
  readonly says: string | null
  readonly lastTriedAt: Instant | null
  /** The content that would be sent: canonical JSON. */
  readonly content: string
  /** SHA-256 of it, hex. */
  readonly contentHash: string
  /** The request that it would become, in one line; or why it becomes none. */
  readonly request: string
  readonly sendable: boolean
}

/** What would be tried again, and what would be sent; nothing is moved. Then {@link answerEffect} with `replay` for each. */
export async function replayable(
  pool: Pool,
  tenant: string,
  connectors: readonly Connector[],
  query: ReplayQuery,
): Promise<readonly Replayable[]> {
  const { rows, tries } = await inTenant(pool, tenant, async (client) => {
    const found = await refusedEffects(client, tenant, query)
    return {
      rows: found,
      tries: Map.groupBy(
        await attemptsOf(
          client,
          tenant,
          found.map((row) => row.key),
        ),
        (attempt) => attempt.key,
      ),
    }
  })
  return rows.map((row) => {
    const last = tries.get(row.key)?.at(-1)
    return {
      effect: row.key,
      target: row.target,
      command: row.command,
      subject: row.subject,
      state: row.state,
      says: last?.says ?? null,
      lastTriedAt: last?.closedAt ?? null,
      content: row.content,
      contentHash: row.contentHash,
      ...requestOf(
        row,
        connectors.find((connector) => connector.system === row.target),
      ),
    }
  })
}

function requestOf(row: EffectRow, connector: Connector | undefined): Pick<Replayable, 'request' | 'sendable'> {
  const command = connector?.commands[row.command]
  if (!command) return { request: 'the system cannot do it', sendable: false }
  try {
    const request = command.write({ content: JSON.parse(row.content), document: () => new Uint8Array() }, row.key)
    return { request: lineOf(request), sendable: true }
  } catch (error) {
    return { request: `it cannot be built: ${(error as Error).message.slice(0, 200)}`, sendable: false }
  }
}

const lineOf = (request: Request): string =>
  request.transport === 'http'
    ? `${request.method} ${request.path} (${request.body?.length ?? 0} bytes)`
    : `${request.act} ${'name' in request ? request.name : ''}`.trim()
