/** What all lookups are: a list that is asked for, one row of it chosen, and the answer as a fact about whom it was asked for. */
import { z } from 'zod'
import type { ReferenceData } from '../../domain/event-data.ts'
import type { Call, Observation, Reading } from '../../connector/contract.ts'
import { contentAs, type Shape } from '../../connector/json.ts'
import type { Reply, Request } from '../../connector/request.ts'
import type { Setting } from './config.ts'
import { answerIn, NO_EFFECT, nothing, type Chosen, type Lookup } from './replies.ts'
import { listOf } from './wire.ts'

type Found = Extract<ReferenceData, { found: true }>

export interface Asking<C extends { readonly question: string }, R extends z.ZodType, T> {
  readonly content: Shape<C>
  readonly row: R
  request(content: C): Request
  choose(rows: readonly z.infer<R>[], content: C): Chosen<T>
  /** `alias`: the ERP's own name of what was found; `about` stays whom it was asked for. */
  found(
    one: T,
    content: C,
  ): {
    readonly answer: Omit<Found, 'asked' | 'readAt' | 'found'>
    readonly number: string
    readonly alias?: string
  }
}

/** Most rows that a list gives at once. */
export const LIST_LIMIT = '1000'

export function lookup<C extends { readonly question: string }, R extends z.ZodType, T>(
  { config }: Setting,
  asking: Asking<C, R, T>,
): Lookup {
  return {
    class: 'K2',
    timeoutMs: config.callTimeoutMs,
    noEffect: NO_EFFECT,
    write: ({ content }) => asking.request(contentAs(content, asking.content)),
    read: (reply, call) => reading(asking, reply, call),
  }
}

function reading<C extends { readonly question: string }, R extends z.ZodType, T>(
  asking: Asking<C, R, T>,
  reply: Reply,
  call: Call,
): Reading {
  const content = contentAs(call.input.content, asking.content)
  const read = answerIn(reply, listOf(asking.row))
  if ('outcome' in read) return nothing(read.outcome)
  if (read.value.next !== null) return nothing({ kind: 'refused', says: `More than ${LIST_LIMIT} rows answer this question.` })
  const chosen = asking.choose(read.value.rows, content)
  if ('several' in chosen)
    return nothing({
      kind: 'refused',
      says: `Several in the ERP fit, and nothing says which is meant: ${chosen.several}.`,
    })
  if ('none' in chosen) return answered(call, { asked: content.question, readAt: call.at, found: false }, 'none')
  const { answer, number, alias } = asking.found(chosen.one, content)
  return answered(call, { asked: content.question, readAt: call.at, found: true, ...answer }, number, alias)
}

/** Each question put and each time it is answered is a fact of its own: an answer is old from the moment it is given. */
function answered(call: Call, data: ReferenceData, number: string, alias?: string): Reading {
  const observation: Observation = {
    eventId: `lookup|${call.object}|${call.occurrence}|${call.at}`,
    type: 'reference.read',
    occurredAt: call.at,
    readBack: true,
    about: [{ names: alias === undefined ? [call.object] : [call.object, alias] }],
    data: data as unknown as Observation['data'],
  }
  return { outcome: { kind: 'done', receipt: { reference: number } }, observations: [observation] }
}

/** The identifier in the first alias of this public kind, e.g. a VAT id; undefined when no name is of it. */
export function idIn(names: readonly string[], kind: string): string | undefined {
  const start = `public|${kind}|`
  return names.find((name) => name.startsWith(start))?.slice(start.length)
}

/** `written`: the tax number as the invoice writes it, where that is not its plain form. */
export const Party = z.object({ question: z.string(), names: z.array(z.string()), name: z.string(), written: z.string().optional() })
