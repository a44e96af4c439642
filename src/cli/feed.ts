/** Sends files to the hub until each of them is taken, or it is known by name and reason that it is not. */
import { basename } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { z } from 'zod'
import { bytesOf } from './read.ts'

export interface NotTaken {
  readonly file: string
  /** Why: the hub's own words where it has answered. */
  readonly says: string
  readonly whatToDo: string
}

/** How far it is. */
export interface Fed {
  readonly files: number
  /** Answered as kept; what is kept and cannot be read as an invoice is a case, and counted by the hub. */
  readonly taken: number
  readonly notTaken: readonly NotTaken[]
}

/** Not sent yet, or not any more. */
export const leftOf = ({ files, taken, notTaken }: Fed): number => files - taken - notTaken.length

export interface Feeding {
  readonly fed: () => Fed
  /** When nothing is left to send, or it was told to stop. */
  readonly over: Promise<void>
}

export interface FeedWish {
  readonly api: string
  readonly key: string
  readonly files: readonly string[]
}

/** What `POST /v1/documents` takes; a test compares them. What is larger is not read, so that no memory is too small for it. */
export const LARGEST_BYTES = 20 * 2 ** 20
/** Up to so many files are sent one after the other, by name: of invoices with the same number the first has it, and that should be no chance. */
const ONE_BY_ONE = 200
const WORKERS = 8

export interface Patience {
  readonly pauseMs: number
  /** Tries of a document that the hub breaks on. */
  readonly tries: number
  /** How long a hub is waited for that takes nothing at all. */
  readonly busyMs: number
}
const PATIENCE: Patience = { pauseMs: 300, tries: 10, busyMs: 600_000 }

/**
 * What a hub that did not take a document has said. `refused`: the same again gets the same answer. `busy`: it takes nothing just now,
 * the next would fare no better, and it is sent again before the next. `broken`: it may be this one alone, so those behind it go first.
 */
type Trouble = 'unreadable' | 'too-large' | 'refused' | 'busy' | 'broken'

const WHAT_TO_DO: Readonly<Record<Trouble, string>> = {
  unreadable: 'Put the file itself there, so that this account can read it.',
  'too-large': 'Ask the sender for it without its large attachments.',
  refused: 'Correct the file or its name.',
  busy: 'Look what the hub waits for: npm run tieout -- systems.',
  broken: 'Tell whoever runs the hub: its log says what happened.',
}

type Answer = 'taken' | { readonly trouble: Trouble; readonly says: string }

/** Sending again does nothing twice: the same bytes are the same document. */
export function feed({ api, key, files }: FeedWish, signal: AbortSignal, { pauseMs, tries, busyMs }: Patience = PATIENCE): Feeding {
  const line = files.map((file) => ({ file, tried: 0 }))
  const notTaken: NotTaken[] = []
  let taken = 0
  let lastTaken = Date.now()

  const worker = async (): Promise<void> => {
    for (let next = line.shift(); next && !signal.aborted; next = line.shift()) {
      const { file, tried } = next
      const answer = await send(file)
      if (answer === 'taken') {
        taken++
        lastTaken = Date.now()
        continue
      }
      if (signal.aborted) return
      if (answer.trouble === 'busy' && Date.now() - lastTaken < busyMs) line.unshift(next)
      else if (answer.trouble === 'broken' && tried + 1 < tries) line.push({ file, tried: tried + 1 })
      else {
        notTaken.push({ file, says: answer.says, whatToDo: WHAT_TO_DO[answer.trouble] })
        continue
      }
      await pause(pauseMs, signal)
    }
  }

  const send = async (file: string): Promise<Answer> => {
    const held = await bytesOf(file, LARGEST_BYTES)
    if ('refused' in held) return { trouble: held.refused.code === 'unreadable' ? 'unreadable' : 'too-large', says: held.refused.says }
    try {
      const reply = await fetch(`${api}/v1/documents?name=${encodeURIComponent(basename(file).toWellFormed())}`, {
        method: 'POST',
        body: held.bytes,
        headers: { 'content-type': 'application/xml', authorization: `Bearer ${key}` },
        signal,
      })
      return answerOf(reply.status, await reply.json().catch(() => undefined))
    } catch (error) {
      return { trouble: 'broken', says: `The hub gave no answer: ${reasonOf(error)}.` }
    }
  }

  const workers = files.length > ONE_BY_ONE ? WORKERS : 1
  return {
    fed: () => ({ files: files.length, taken, notTaken }),
    over: Promise.all(Array.from({ length: workers }, worker)).then(() => {}),
  }
}

const PROBLEM = z.object({ code: z.string(), title: z.string(), detail: z.string().optional() })

function answerOf(status: number, body: unknown): Answer {
  if (status < 300) return 'taken'
  const problem = PROBLEM.safeParse(body).data
  // It is kept, and a case for a person.
  if (problem?.code === 'document-not-read') return 'taken'
  const says = problem?.detail ?? problem?.title ?? `The hub answered ${status}.`
  if (status === 429 || status === 503) return { trouble: 'busy', says }
  return { trouble: status >= 500 || status === 408 ? 'broken' : 'refused', says }
}

function reasonOf(error: unknown): string {
  const { cause = error } = error as { readonly cause?: unknown }
  const { code, message } = cause as { readonly code?: string; readonly message?: string }
  return code ?? message ?? String(cause)
}

/** Over when the time is, or when it is stopped. */
export const pause = (ms: number, signal: AbortSignal): Promise<void> => setTimeout(ms, undefined, { signal }).catch(() => {})
