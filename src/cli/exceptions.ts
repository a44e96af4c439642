/** `tieout exceptions`: what waits for people. Lists and shows read the database; answers go through the API of the running hub. */
import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { z } from 'zod'
import { CAUSES, type Cause, type ExceptionState } from '../domain/exception.ts'
import { titleOf } from '../export/title.ts'
import { Fault } from '../lib/fault.ts'
import { listObjects, type Listed } from '../store/list-row.ts'
import { readObjects } from '../store/object.ts'
import { placeOf, reading, running } from './running.ts'
import { paintFor, padded, plainText, wrapped, type Paint } from './terminal.ts'

interface Where { readonly database?: string; readonly tenant?: string; readonly json?: boolean }
interface ListOptions extends Where { readonly owner?: string; readonly cause?: string; readonly all?: boolean; readonly limit: string }
interface AnswerOptions {
  readonly reason: string
  readonly person: string
  readonly second?: string
  readonly seen?: string
  readonly api?: string
}

const WIDTH = 100

export function exceptionsCommand(): Command {
  const exceptions = new Command('exceptions').description('what waits for people: list, show, answer')
  placed(exceptions.command('list', { isDefault: true }).description('open cases, the most urgent first'))
    .option('--owner <team>', 'of one team or person')
    .option('--cause <cause>', 'of one cause')
    .option('--all', 'closed ones too')
    .option('--limit <number>', 'how many', '50')
    .action(async (options: ListOptions) => { print(await list(options, paintFor(process.stdout))) })
  placed(exceptions.command('show').description('one case: what is wrong, what may be answered'))
    .argument('<id>', 'the case’s id, exc_…')
    .action(async (id: string, options: Where) => { print(await show(id, options, paintFor(process.stdout))) })
  exceptions.command('answer').description('answer a case, through the API of the running hub')
    .argument('<id>', 'the case’s id, exc_…').argument('<action>', 'one of those that the case allows')
    .requiredOption('--reason <text>', 'why').requiredOption('--person <login>', 'who answers')
    .option('--second <login>', 'the second person, where two are asked for')
    .option('--seen <version>', 'the version of the case that was looked at (show tells it); needed where two persons are')
    .option(
      '--api <url>',
      'where the hub listens (default: TIEOUT_API, else what is running); its key: TIEOUT_API_KEY, else the file of what is running'
    )
    .action(async (id: string, action: string, options: AnswerOptions) => { print([await answer(id, action, options)]) })
  return exceptions
}

const placed = (command: Command): Command => command.option('--json', 'one JSON object')
  .option('--database <url>', 'a PostgreSQL address that may read (default: TIEOUT_DATABASE_URL, else what is running)')
  .option('--tenant <name>', 'whose (default: the one that is running, or the only one)')

function print(lines: readonly string[]): void {
  for (const line of lines) process.stdout.write(`${line}\n`)
}

async function list(options: ListOptions, paint: Paint): Promise<string[]> {
  const limit = Number(options.limit)
  if (!Number.isInteger(limit) || limit < 1 || limit > 1_000) throw new Fault('request-not-valid', '--limit is a whole number up to 1000.')
  const { rows, next } = await reading(placeOf(options), (client, tenant) => listObjects(client, tenant, {
    kind: 'exception', limit, ...(options.all ? {} : { open: true }), ...(options.owner === undefined ? {} : { owner: options.owner }),
    ...(options.cause === undefined ? {} : { cause: options.cause }),
  }, options.all ? 'newest' : 'due'))
  if (options.json) {
    return [plainText(JSON.stringify({ exceptions: rows.map(({ object, ...row }) => ({ id: object, ...row })), more: next !== null }))]
  }
  if (rows.length === 0) return ['Nothing waits for anybody.']
  return [...rows.flatMap((row) => listed(row, paint)), ...(next ? ['… and more: ask for them with --limit'] : [])]
}

function listed({ object, cause, owner, dueOn, title, amount, currency, party, open }: Listed, paint: Paint): string[] {
  const name = cause !== null && Object.hasOwn(CAUSES, cause) ? CAUSES[cause as Cause].title : cause ?? ''
  const money = amount === null ? '' : `${amount} ${currency ?? ''}`.trim()
  return [
    `${object}  ${padded(owner ?? '', 12)}  ${padded(open ? `due ${dueOn ?? ''}` : 'closed', 14)}  ${paint('bold', plainText(money))}`,
    ...wrapped(plainText(`${name}. ${title}${party ? ` (${party})` : ''}`), WIDTH - 4).map((line) => `    ${line}`),
  ]
}

async function show(id: string, options: Where, paint: Paint): Promise<string[]> {
  const { record, about } = await reading(placeOf(options), async (client, tenant) => {
    const record = (await readObjects(client, tenant, [id], false)).get(id)
    if (record?.kind !== 'exception') throw new Fault('not-found', `There is no case ${plainText(id)}; tieout exceptions lists them.`)
    const state = record.state as unknown as ExceptionState
    return { record, about: (await readObjects(client, tenant, [state.about], false)).get(state.about) }
  })
  const state = record.state as unknown as ExceptionState
  if (options.json) return [plainText(JSON.stringify({ id: record.id, version: record.version, ...state }))]
  const row = Object.hasOwn(CAUSES, state.cause) ? CAUSES[state.cause as Cause] : undefined
  const { answered } = state
  const lines: readonly [string, string][] = [
    ['what', state.says], ['about', `${about ? titleOf(about) : ''} (${state.about})`],
    ['amount', state.amount === null ? '' : `${state.amount} ${state.currency ?? ''}`],
    ['with', `${state.assigned ?? state.owner}, ${state.severity}`], ['raised', state.raisedAt], ['due', state.dueAt],
    ['hint', row?.hint ?? ''],
    ['answers', state.open ? state.actions.join(', ') || 'none: it closes by itself when its cause is gone' : 'it is closed'],
    ['version', String(record.version)],
    ['answered', answered ? `${answered.action} by ${answered.person.replace('person:', '')}: ${answered.reason}` : ''],
  ]
  return [
    `${paint('bold', plainText(row?.title ?? state.cause))}: ${state.open ? paint('yellow', 'open') : paint('green', 'closed')}`,
    ...lines.filter(([, text]) => text.trim() !== '').flatMap(
      ([name, text]) => wrapped(plainText(text), WIDTH - 12).map((line, at) => `  ${padded(at === 0 ? name : '', 10)}${line}`)
    ),
  ]
}

const ANSWERED = z.object({ outcome: z.string() })
const REFUSED = z.object({ title: z.string(), detail: z.string().optional(), whatToDo: z.string().optional() })

async function answer(
  id: string, action: string, { reason, person, second, seen, api }: AnswerOptions, env: NodeJS.ProcessEnv = process.env
): Promise<string> {
  if (seen !== undefined && !/^\d{1,9}$/u.test(seen)) {
    throw new Fault('request-not-valid', '--seen is the number that "exceptions show" tells as version.')
  }
  const run = running(env)
  const base = api ?? env['TIEOUT_API'] ?? run?.api
  const key = env['TIEOUT_API_KEY'] ?? (run?.keyFile === undefined ? undefined : readKey(run.keyFile))
  if (base === undefined) throw new Fault('target-unreachable', 'No hub is running here: start it with npm start, or name one with --api.')
  if (key === undefined) throw new Fault('key-unknown', 'The access key is missing: set TIEOUT_API_KEY.')
  const body = {
    action, reason, person, ...(second === undefined ? {} : { second }), ...(seen === undefined ? {} : { version: Number(seen) }),
  }
  const reply = await fetch(new URL(`/v1/exceptions/${encodeURIComponent(id)}/answers`, base), {
    method: 'POST', headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' }, body: JSON.stringify(body),
    redirect: 'error', signal: AbortSignal.timeout(30_000),
  }).catch((error: unknown) => {
    throw new Fault('target-unreachable', `The hub at ${base} does not answer. Is it running?`, { cause: error })
  })
  const said: unknown = await reply.json().catch(() => undefined)
  const taken = ANSWERED.safeParse(said)
  if (reply.ok && taken.success) {
    return taken.data.outcome === 'repeat' ? 'It was answered so before; nothing changed.' : `Answered: ${action}.`
  }
  const refused = REFUSED.safeParse(said)
  if (!refused.success) throw new Fault('answer-not-taken', `The hub answered ${reply.status}.`)
  const { title, detail, whatToDo } = refused.data
  throw new Fault('answer-not-taken', [title, detail, whatToDo].filter((text) => text !== undefined).map(plainText).join(' '))
}

function readKey(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return undefined
  }
}
