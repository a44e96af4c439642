/** `tieout exceptions`: what waits for people, through the API of the running hub. */
import { Command, Option } from 'commander'
import { z } from 'zod'
import { CAUSES, OWNER_TEAMS } from '../domain/exception-causes.ts'
import { answerWords } from '../domain/words.ts'
import { Fault } from '../lib/fault.ts'
import { hubOf, hubOptions, nextPage, type HubOptions } from './hub-call.ts'
import { clipped, paintFor, padded, plainText, printed, wrapped, type Paint } from './terminal.ts'

interface ListOptions extends HubOptions {
  readonly owner?: string
  readonly cause?: string
  readonly system?: string
  readonly closed?: boolean
  readonly limit?: string
  readonly after?: string
}
interface ActOptions extends HubOptions {
  readonly by: string
  readonly seen: number
}
interface ResolveOptions extends ActOptions {
  readonly action: string
  readonly reason: string
  readonly second?: string
}
interface WithdrawOptions extends ActOptions {
  readonly reason: string
}
interface AssignOptions extends ActOptions {
  readonly to: string
}

const CASE = z.object({
  id: z.string(),
  version: z.int(),
  cause: z.string(),
  title: z.string(),
  says: z.string(),
  hint: z.string(),
  about: z.string(),
  owner: z.string(),
  assigned: z.string().nullable(),
  severity: z.string(),
  amount: z.string().nullable(),
  currency: z.string().nullable(),
  party: z.string().nullable(),
  system: z.string().nullable(),
  raisedAt: z.string(),
  dueAt: z.string(),
  escalations: z.int(),
  open: z.boolean(),
  answered: z
    .object({
      action: z.string(),
      person: z.string(),
      reason: z.string(),
      second: z.string().optional(),
      agrees: z.object({ reason: z.string() }).optional(),
    })
    .nullable(),
  said: z.object({ says: z.string(), reason: z.string() }).nullable(),
  actions: z.array(z.object({ action: z.string(), says: z.string(), second: z.boolean() })),
})
type Case = z.infer<typeof CASE>
const ITEM = z.object({
  id: z.string(),
  source: z.string(),
  type: z.string(),
  says: z.string(),
  owner: z.string(),
  since: z.string(),
  times: z.int(),
})
const PAGE = z.object({ exceptions: z.array(CASE), next: z.string().nullable(), quarantined: z.array(ITEM) })
const SHOWN = CASE.extend({ object: z.object({ id: z.string(), kind: z.string(), title: z.string() }).nullable() })
const TAKEN = z.object({ outcome: z.string() })
const HEARD = TAKEN.extend({ waits: z.boolean(), says: z.string() })

const WITHDRAWN = TAKEN.extend({ action: z.string() })

const WIDTH = 80

export function exceptionsCommand(): Command {
  const exceptions = new Command('exceptions').description(
    'what waits for people: list, show, assign, resolve, withdraw; through the running hub',
  )
  hubOptions(exceptions.command('list', { isDefault: true }).description('open cases, the most urgent first'))
    .option('--owner <team>', `of one team: ${OWNER_TEAMS.join(', ')}`)
    .option('--cause <cause>', 'of one cause, as the list names it')
    .option('--system <name>', 'of one system: what it refused, does not answer or shows otherwise')
    .option('--closed', 'those that are closed, the latest first')
    .option('--limit <number>', 'how many, at most 200 (default: 50)')
    .option('--after <place>', 'the next page: what the last one named')
    .action(async (options: ListOptions) => {
      printed(await list(options, paintFor(process.stdout)))
    })
  hubOptions(exceptions.command('show').description('one case: what is wrong, what may be answered'))
    .argument('<id>', 'the case’s id, exc_…')
    .action(async (id: string, options: HubOptions) => {
      printed(await show(id, options, paintFor(process.stdout)))
    })
  acting(exceptions.command('assign').description('give a case to another team'))
    .addOption(new Option('--to <team>', 'which team').choices(OWNER_TEAMS).makeOptionMandatory())
    .action(async (id: string, options: AssignOptions) => {
      printed(await assign(id, options))
    })
  acting(exceptions.command('resolve').description('answer a case'))
    .requiredOption('--action <action>', 'one of those that show names')
    .requiredOption('--reason <text>', 'why')
    .option(
      '--second <login>',
      'for whoever has asked both persons himself; without it the other one says the same in a command of his own',
    )
    .action(async (id: string, options: ResolveOptions) => {
      printed(await resolve(id, options))
    })
  acting(exceptions.command('withdraw').description('take back what you said, while it waits for another person'))
    .requiredOption('--reason <text>', 'why')
    .action(async (id: string, options: WithdrawOptions) => {
      printed(await withdraw(id, options))
    })
  return exceptions
}

const acting = (command: Command): Command =>
  hubOptions(command)
    .argument('<id>', 'the case’s id, exc_…')
    .requiredOption('--by <login>', 'who says so')
    .requiredOption(
      '--seen <version>',
      'the version that was looked at, as list and show tell it; a case that moved since is left alone',
      versionIn,
    )

function versionIn(text: string): number {
  if (!/^[1-9]\d{0,8}$/u.test(text)) throw new Fault('request-not-valid', '--seen is the number that "exceptions show" tells as version.')
  return Number(text)
}

async function list({ owner, cause, system, closed, limit, after, ...at }: ListOptions, paint: Paint): Promise<string[]> {
  for (const [name, value, known] of [
    ['--owner', owner, OWNER_TEAMS],
    ['--cause', cause, Object.keys(CAUSES)],
  ] as const) {
    if (value !== undefined && !(known as readonly string[]).includes(value)) {
      throw new Fault('request-not-valid', `There is no ${name} ${plainText(value)}; there are ${known.join(', ')}.`)
    }
  }
  const page = await hubOf(at).get('/v1/exceptions', PAGE, { owner, cause, system, limit, after, open: closed ? 'false' : undefined })
  if (at.json) return [plainText(JSON.stringify(page))]
  if (page.exceptions.length > 0) {
    return [
      ...page.exceptions.flatMap((row) => listed(row, paint)),
      ...nextPage('tieout exceptions', { owner, cause, system, closed, limit, api: at.api }, page.next),
      ...setAside(page.quarantined),
    ]
  }
  if (after !== undefined) return ['That was all.']
  if (page.quarantined.length > 0) return ['No case waits for anybody.', ...setAside(page.quarantined)]
  if ([owner, cause, system, closed].every((filter) => filter === undefined)) return ['Nothing waits for anybody.']
  return [`No such case is ${closed ? 'closed' : 'open'}.`]
}

function listed(row: Case, paint: Paint): string[] {
  const due = row.open ? `due ${minute(row.dueAt)}` : 'closed'
  const late = row.open && Date.parse(row.dueAt) < Date.now()
  return [
    `${row.id}  ${padded(row.assigned ?? row.owner, 12)} ${paint(late ? 'red' : 'dim', padded(due, 22))}${paint('dim', ` v${row.version}`)}`,
    `    ${padded(clipped(row.cause, 22), 23)}${paint('bold', padded(plainText(moneyOf(row)), 18))} ${clipped(row.party ?? '', 33)}`.trimEnd(),
    `    ${clipped(row.says === '' ? row.title : row.says, WIDTH - 4)}`,
    ...(row.said ? [`    ${clipped(row.said.says, WIDTH - 4)}`] : []),
  ]
}

/** What is no case, since our own code breaks on it: whoever runs the hub has to hear of it all the same. */
function setAside(items: readonly z.infer<typeof ITEM>[]): string[] {
  return items.flatMap(({ id, source, type, says, owner, since, times }) => [
    `${id}  ${padded(owner, 12)} set aside since ${minute(since)}, tried ${times} times`,
    `    ${clipped(`${type} of ${source}: the hub’s own code broke on it`, WIDTH - 4)}`,
    `    ${clipped(says, WIDTH - 4)}`,
  ])
}

const moneyOf = ({ amount, currency }: Pick<Case, 'amount' | 'currency'>): string =>
  amount === null ? '' : `${amount} ${currency ?? ''}`.trim()
/** To the minute, in UTC. */
const minute = (instant: string): string => instant.slice(0, 16).replace('T', ' ')

async function show(id: string, options: HubOptions, paint: Paint): Promise<string[]> {
  const found = await hubOf(options).get(`/v1/exceptions/${encodeURIComponent(id)}`, SHOWN)
  if (options.json) return [plainText(JSON.stringify(found))]
  const { object, answered, said, assigned, owner } = found
  const lines: readonly (readonly [string, string])[] = [
    ['what', found.says],
    ['about', `${object?.title ?? ''} (${found.about})`],
    ['amount', moneyOf(found)],
    ['party', found.party ?? ''],
    ['system', found.system ?? ''],
    ['with', `${assigned ?? owner}${assigned !== null && assigned !== owner ? ` (first with ${owner})` : ''}; ${found.severity}`],
    ['raised', `${minute(found.raisedAt)} UTC`],
    ['due', `${minute(found.dueAt)} UTC`],
    ['escalated', escalatedText(found)],
    ['hint', found.hint],
    ['version', String(found.version)],
    ['answered', answered ? answerWords(answered) : ''],
    ['said', said ? `${said.says}: ${said.reason}` : ''],
    ...(found.open ? answersTo(found) : []),
  ]
  return [
    `${paint('bold', plainText(found.title))}: ${found.open ? paint('yellow', 'open') : paint('green', 'closed')}`,
    ...lines
      .filter(([, text]) => text.trim() !== '')
      .flatMap(([name, text]) => wrapped(plainText(text), WIDTH - 12).map((line, at) => `  ${padded(at === 0 ? name : '', 10)}${line}`)),
    ...(found.open && found.actions.length > 0
      ? ['', `  tieout exceptions resolve ${found.id} \\`, `    --seen ${found.version} --action … --reason … --by …`]
      : []),
  ]
}

/** Whom its passed deadlines have brought it to; who had it before is in its trace. */
function escalatedText({ escalations, owner }: Case): string {
  if (escalations === 0) return ''
  return escalations === 1 ? `once, to ${owner}: its deadline passed` : `${escalations} times, last to ${owner}: its deadlines passed`
}

function answersTo({ actions }: Case): [string, string][] {
  if (actions.length === 0) return [['answers', 'none: it closes by itself when its cause is gone']]
  return actions.map(({ action, says, second }, at) => [
    at === 0 ? 'answers' : ' ',
    `${action}: ${says}${second ? ' Two persons say so, each in a command of his own.' : ''}`,
  ])
}

async function assign(id: string, { to, by, seen, ...at }: AssignOptions): Promise<string[]> {
  const taken = await hubOf(at).post(`/v1/exceptions/${encodeURIComponent(id)}/assignments`, TAKEN, { to, person: by, version: seen })
  if (at.json) return [JSON.stringify({ id, to, outcome: taken.outcome })]
  return [taken.outcome === 'repeat' ? `It is with ${to} already; nothing changed.` : `Given to ${to}.`]
}

async function resolve(id: string, { action, reason, by, second, seen, ...at }: ResolveOptions): Promise<string[]> {
  const taken = await hubOf(at).post(`/v1/exceptions/${encodeURIComponent(id)}/answers`, HEARD, {
    action,
    reason,
    person: by,
    version: seen,
    ...(second === undefined ? {} : { second }),
  })
  const { outcome, waits, says } = taken
  if (at.json) return [plainText(JSON.stringify({ id, action, outcome, waits, says }))]
  if (outcome === 'repeat') return [waits ? `It was said so before. ${says}` : 'It was answered so before; nothing changed.']
  return [waits ? `Said: ${action}. Nothing moves yet. ${plainText(says)}` : `Answered: ${action}. ${plainText(says)}`.trimEnd()]
}

async function withdraw(id: string, { reason, by, seen, ...at }: WithdrawOptions): Promise<string[]> {
  const body = { reason, person: by, version: seen }
  const { action, outcome } = await hubOf(at).post(`/v1/exceptions/${encodeURIComponent(id)}/withdrawals`, WITHDRAWN, body)
  if (at.json) return [plainText(JSON.stringify({ id, action, outcome }))]
  return [`Taken back: ${plainText(action)}.`]
}
