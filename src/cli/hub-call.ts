/** Calls to the running hub over its API, for commands; what goes wrong becomes one sentence of advice. */
import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { z } from 'zod'
import { Fault } from '../lib/fault.ts'
import { running } from './running.ts'
import { plainText } from './terminal.ts'

export interface HubOptions {
  readonly api?: string
  readonly json?: boolean
}

export const hubOptions = (command: Command): Command =>
  command
    .option('--json', 'one JSON object')
    .option(
      '--api <url>',
      'where the hub listens (default: TIEOUT_API, else what is running); its key: TIEOUT_API_KEY, else the file of what is running',
    )

export interface HubCall {
  readonly get: Get
  readonly post: Post
  readonly send: Send
}
type Get = <T>(path: string, shape: z.ZodType<T>, query?: Query) => Promise<T>
/** `patienceMs`: how long the answer may take. */
type Post = <T>(path: string, shape: z.ZodType<T>, body: object, patienceMs?: number) => Promise<T>
/** Bytes as they are. */
type Send = <T>(path: string, shape: z.ZodType<T>, bytes: Uint8Array<ArrayBuffer>, mediaType: string) => Promise<T>
type Query = { readonly [name: string]: string | undefined }

const PATIENCE_MS = 30_000
const REFUSED = z.object({ code: z.string().optional(), title: z.string(), detail: z.string().optional(), whatToDo: z.string().optional() })

/** The hub that is meant, with its key. Throws a fault with advice when none is known. */
export function hubOf({ api }: HubOptions, env: NodeJS.ProcessEnv = process.env): HubCall {
  const run = running(env)
  const base = api ?? (env['TIEOUT_API'] || run?.api)
  if (!base) {
    throw new Fault('target-unreachable', 'No hub is running here: start one with npm start, or name one with --api or TIEOUT_API.')
  }
  if (!URL.canParse(base)) throw new Fault('request-not-valid', `${plainText(base)} is no address: it looks like http://127.0.0.1:4711.`)
  const key = env['TIEOUT_API_KEY'] || (run?.keyFile === undefined ? undefined : readKey(run.keyFile))
  if (!key) throw new Fault('key-unknown', 'The access key is missing: set TIEOUT_API_KEY.')
  const call = async <T>(path: string, shape: z.ZodType<T>, init: RequestInit, patienceMs = PATIENCE_MS): Promise<T> => {
    const reply = await fetch(new URL(path, base), {
      ...init,
      headers: { 'content-type': 'application/json', ...(init.headers as Record<string, string>), authorization: `Bearer ${key}` },
      redirect: 'error',
      signal: AbortSignal.timeout(patienceMs),
    }).catch((error: unknown) => {
      throw new Fault('target-unreachable', `The hub at ${base} does not answer. Is it running? npm start starts it.`, { cause: error })
    })
    const said: unknown = await reply.json().catch(() => undefined)
    const read = shape.safeParse(said)
    if (reply.ok && read.success) return read.data
    throw refusal(base, reply, said)
  }
  return {
    get: (path, shape, query = {}) => call(`${path}${queryText(query)}`, shape, {}),
    post: (path, shape, body, patienceMs) => call(path, shape, { method: 'POST', body: JSON.stringify(body) }, patienceMs),
    send: (path, shape, bytes, mediaType) => call(path, shape, { method: 'POST', body: bytes, headers: { 'content-type': mediaType } }),
  }
}

/** The line that names the command of the next page, with all that this one was asked for; none after the last. */
export function nextPage(
  command: string,
  asked: { readonly [option: string]: string | boolean | undefined },
  next: string | null,
): readonly string[] {
  if (next === null) return []
  const options = Object.entries(asked).flatMap(([name, value]) => {
    if (value === undefined || value === false) return []
    return [value === true ? `--${name}` : `--${name} ${plainText(value)}`]
  })
  return [`… and more: ${[command, ...options, `--after ${next}`].join(' ')}`]
}

function queryText(query: Query): string {
  const given = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as [string, string]]))
  return given.length === 0 ? '' : `?${String(new URLSearchParams(given))}`
}

function refusal(base: string, { ok, status }: Response, said: unknown): Fault {
  const read = REFUSED.safeParse(said)
  const addressUnknown = read.success && (read.data.code === 'method-not-taken' || read.data.detail === 'There is no such address.')
  if (ok || !read.success || addressUnknown) {
    return new Fault(
      'target-unclear',
      `What answers at ${base} (${status}) is no hub of this version: use the command line that came with it.`,
    )
  }
  const { code, title, detail, whatToDo } = read.data
  if (code === 'key-unknown') {
    return new Fault(
      'key-unknown',
      `The hub at ${base} does not know this access key: set TIEOUT_API_KEY to the one that it was started with.`,
    )
  }
  // What to do about a request is told for whoever writes one; about what moved meanwhile it is the same for a person.
  const told = status === 409 || status >= 500 ? [title, detail, whatToDo] : [detail ?? title]
  return new Fault(
    'answer-not-taken',
    told
      .filter((text) => text !== undefined)
      .map(plainText)
      .join(' '),
  )
}

function readKey(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return undefined
  }
}
