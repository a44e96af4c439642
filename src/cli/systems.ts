/** `tieout systems`: whether each system is in step, what stands in its queue, why it is there and when it moves. */
import { Command } from 'commander'
import { z } from 'zod'
import { Fault } from '../lib/fault.ts'
import { minuteOf } from '../lib/time.ts'
import { hubOf, hubOptions, type HubOptions } from './hub-call.ts'
import { sweepAsked, type SweepOptions } from './sweep.ts'
import { clipped, paintFor, padded, plainText, printed, wrapped, type Paint, type Style } from './terminal.ts'

interface SystemsOptions extends HubOptions {
  readonly item?: string
  readonly underWay?: boolean
  readonly waiting?: boolean
  readonly stopped?: boolean
  readonly limit?: string
  readonly after?: string
}
interface PauseOptions extends HubOptions {
  readonly reason: string
  readonly by: string
}

const PAUSE = z.object({ by: z.string(), since: z.string(), reason: z.string() })
const SYSTEM = z.looseObject({
  name: z.string(),
  kind: z.string(),
  role: z.string(),
  inStep: z.int(),
  behind: z.int(),
  queue: z.record(z.string(), z.int()),
  oldestDueAt: z.string().nullable(),
  heardAt: z.string().nullable(),
  paused: z.boolean(),
  pausedBy: PAUSE.nullable(),
  closedUntil: z.string().nullable(),
  toldToWaitUntil: z.string().nullable(),
  waitsForFeeds: z.array(z.string()),
  clearAt: z.string().nullable(),
  breaker: z.object({ state: z.enum(['closed', 'open', 'half-open']), says: z.string().nullable(), until: z.string().nullable() }),
})
type System = z.infer<typeof SYSTEM>
const SYSTEMS = z.object({ systems: z.array(SYSTEM) })
const COMMAND = z.looseObject({
  effect: z.string(),
  system: z.string(),
  command: z.string(),
  state: z.string(),
  because: z.string(),
  why: z.string(),
  moves: z.string(),
  movesAt: z.string().nullable(),
  attempts: z.int(),
  about: z.object({ id: z.string(), kind: z.string(), title: z.string(), amount: z.string().nullable(), currency: z.string().nullable() }),
})
type Waiting = z.infer<typeof COMMAND>
const TOTAL = z.object({ kind: z.string(), objects: z.int(), currency: z.string().nullable(), amount: z.string().nullable() })
const QUEUE = z.looseObject({
  system: z.string(),
  stands: z.string(),
  totals: z.array(TOTAL).optional(),
  countedTo: z.int().optional(),
  commands: z.array(COMMAND),
  next: z.string().nullable(),
})
const ITEM = z.union([
  z.object({
    id: z.string(),
    kind: z.string(),
    title: z.string(),
    wakeAt: z.string().nullable(),
    route: z.string().optional(),
    commands: z.array(COMMAND),
    cases: z.array(
      z.object({
        id: z.string(),
        title: z.string(),
        says: z.string(),
        owner: z.string(),
        assigned: z.string().nullable(),
        dueAt: z.string(),
      }),
    ),
    headline: z.string().nullable().optional(),
    holds: z.array(z.string()).optional(),
    missing: z.array(z.object({ state: z.string(), passed: z.boolean(), waitsFor: z.string() })).optional(),
  }),
  z.object({ asked: z.string(), candidates: z.array(z.object({ id: z.string(), title: z.string() })) }),
])
const PAUSED = z.object({ system: z.string(), paused: z.boolean(), pausedBy: PAUSE.nullable(), outcome: z.string() })

const WIDTH = 80

export function systemsCommand(): Command {
  const systems = new Command('systems').description('whether each system is in step, what waits for it, why, and when it moves')
  hubOptions(systems.command('list', { isDefault: true }).description('all systems; the queue of one; or what one item waits for'))
    .argument('[name]', 'one system')
    .option('--item <id>', 'one invoice or payment, by any id that a system uses for it')
    .option('--under-way', 'what is being called just now')
    .option('--waiting', 'what waits for its turn, in the order in which it is taken')
    .option('--stopped', 'what waits for a person')
    .option('--limit <number>', 'how many, at most 200 (default: 20)')
    .option('--after <place>', 'the next page: what the last one named')
    .action(async (name: string | undefined, options: SystemsOptions) => {
      printed(await systemsAsked(name, options, paintFor(process.stdout)))
    })
  hubOptions(systems.command('sweep').description('ask a system whether it holds what it was told'))
    .argument('<name>', 'the system')
    .option('--full', 'all that it holds, and all that it has told from the beginning')
    .action(async (name: string, options: SweepOptions) => {
      printed(await sweepAsked(name, options, paintFor(process.stdout)))
    })
  for (const [verb, paused, does] of [
    ['pause', true, 'stop the calls to a system'],
    ['resume', false, 'let the calls to a system go on'],
  ] as const) {
    hubOptions(systems.command(verb).description(does))
      .argument('<name>', 'the system')
      .requiredOption('--reason <text>', 'why')
      .requiredOption('--by <login>', 'who says so')
      .action(async (name: string, options: PauseOptions) => {
        printed(await pause(name, paused, options))
      })
  }
  return systems
}

/** The lists of a queue, each with its option, in the order in which they are told. */
const LISTS = [
  { stands: 'under-way', option: 'underWay', title: 'Under way' },
  { stands: 'waiting', option: 'waiting', title: 'Waiting' },
  { stands: 'stopped', option: 'stopped', title: 'For a person' },
] as const
type List = (typeof LISTS)[number]

/** What is asked for, as far as it has to fit together; `lists`: how many of them. */
type Asked = SystemsOptions & { readonly name: string | undefined; readonly lists: number }
const SLIPS: readonly { readonly when: (asked: Asked) => boolean; readonly says: string }[] = [
  {
    when: ({ name, item }) => name !== undefined && item !== undefined,
    says: 'Name a system or, by --item, an invoice or payment: not both.',
  },
  { when: ({ lists }) => lists > 1, says: 'Name one of --under-way, --waiting and --stopped, or none for all three.' },
  {
    when: ({ name, lists, limit, after }) => name === undefined && (lists > 0 || limit !== undefined || after !== undefined),
    says: '--under-way, --waiting, --stopped, --limit and --after are about the queue of one system: name it.',
  },
  {
    when: ({ lists, after }) => lists === 0 && after !== undefined,
    says: '--after is a place in one list: name --under-way, --waiting or --stopped, too.',
  },
]

async function systemsAsked(name: string | undefined, options: SystemsOptions, paint: Paint): Promise<string[]> {
  const lists = LISTS.filter(({ option }) => options[option])
  const slip = SLIPS.find(({ when }) => when({ ...options, name, lists: lists.length }))
  if (slip) throw new Fault('request-not-valid', slip.says)
  if (options.item !== undefined) return item(options.item, options, paint)
  if (name !== undefined) return queue(name, lists.length === 0 ? LISTS : lists, options, paint)
  const all = await hubOf(options).get('/v1/systems', SYSTEMS)
  return options.json ? [plainText(JSON.stringify(all))] : all.systems.flatMap((system) => shown(system, paint))
}

const WAITS = ['waiting', 'unknown', 'open', 'held', 'refused', 'dead'] as const

/** Why it is not called: the first that holds is told, with what the system said. */
const TROUBLES: readonly ((system: System) => readonly [style: Style, why: string, says?: string | null] | undefined)[] = [
  ({ waitsForFeeds: feeds }) =>
    feeds.length === 0
      ? undefined
      : ['yellow', `the database was set back: nothing is sent before these feeds were read to their ends: ${feeds.join(', ')}`],
  ({ paused, pausedBy }) => (paused ? ['yellow', `paused${pauseText(pausedBy)}`] : undefined),
  ({ closedUntil: until }) => (until === null ? undefined : ['yellow', `closed by its calendar until ${timeOf(until)}`]),
  ({ toldToWaitUntil: until }) => (until === null ? undefined : ['yellow', `told us to wait until ${timeOf(until)}`]),
  ({ breaker: { state, until, says } }) =>
    state === 'closed' ? undefined : ['red', `breaker ${state}${until ? `, next probe ${timeOf(until)}` : ''}`, says],
]

function shown(system: System, paint: Paint): string[] {
  const { name, kind, inStep, behind, queue, heardAt, clearAt } = system
  const waits = WAITS.flatMap((state) => (queue[state] ? [`${queue[state]} ${state}`] : [])).join(', ')
  const [style, why, says] = TROUBLES.map((trouble) => trouble(system)).find((trouble) => trouble !== undefined) ?? []
  return [
    `${paint('bold', padded(name, 12))} ${padded(behind === 0 ? 'in step' : `${behind} behind`, 12)} ${padded(clipped(`${inStep} in step; ${kind}`, 30), 31)}${heardAt ? `heard ${timeOf(heardAt)}` : 'never heard'}`,
    ...(waits === '' ? [] : [`    queue: ${waits}${clearAt === null ? '' : `; clear at about ${timeOf(clearAt)}`}`]),
    ...(style && why ? indented(why).map((line) => paint(style, line)) : []),
    ...(says ? indented(says) : []),
  ]
}

const indented = (text: string): string[] => wrapped(plainText(text), WIDTH - 4).map((line) => `    ${line}`)

/** By whom, since when and why; nothing where one that let it go on was cut off: the log has no pause any more. */
const pauseText = (pause: z.infer<typeof PAUSE> | null): string =>
  pause === null ? '' : ` by ${pause.by.replace('person:', '')} since ${timeOf(pause.since)}: ${pause.reason.replace(/\.$/u, '')}`

/** Time of the day, in UTC; with its date when it is another day's. */
const timeOf = (instant: string): string =>
  instant.slice(0, 10) === new Date().toISOString().slice(0, 10) ? `${instant.slice(11, 19)} UTC` : minuteOf(instant)

async function queue(
  name: string,
  lists: readonly List[],
  { limit = '20', after, ...at }: SystemsOptions,
  paint: Paint,
): Promise<string[]> {
  const hub = hubOf(at)
  const pages = []
  for (const { stands, title } of lists)
    pages.push({ title, page: await hub.get(`/v1/systems/${encodeURIComponent(name)}/queue`, QUEUE, { stands, limit, after }) })
  if (at.json) return [plainText(JSON.stringify(pages.length === 1 ? pages[0]?.page : { queues: pages.map(({ page }) => page) }))]
  const lines = pages
    .filter(({ page }) => page.commands.length > 0)
    .flatMap(({ title, page }) => [
      `${paint('bold', title)}${totalsOf(page)}`,
      ...grouped(page.commands, paint),
      ...(page.next === null ? [] : [`… and more: tieout systems ${plainText(name)} --${page.stands} --after ${page.next}`]),
    ])
  return lines.length === 0 ? [`Nothing stands in the queue of ${plainText(name)}.`] : lines
}

function totalsOf({ totals = [], countedTo = 0 }: z.infer<typeof QUEUE>): string {
  const counts = Map.groupBy(totals, ({ kind }) => kind)
    .entries()
    .map(([kind, rows]) => {
      const objects = rows.reduce((sum, row) => sum + row.objects, 0)
      const amounts = rows.flatMap(({ amount, currency }) => (amount === null ? [] : [`${amount} ${currency ?? ''}`]))
      return `${objects >= countedTo ? 'at least ' : ''}${objects} ${kind}${objects === 1 ? '' : 's'}${amounts.length > 0 ? `, ${amounts.join(', ')}` : ''}`
    })
  const text = [...counts].join('; ')
  return text === '' ? '' : `: ${text}`
}

/** What stands for the same reason is told once, with all that it holds up. */
function grouped(commands: readonly Waiting[], paint: Paint): string[] {
  const reasons = Map.groupBy(commands, ({ because, why, moves }) => (because === 'turn' ? because : `${why}\n${moves}`))
  return [...reasons.values()].flatMap((same) => {
    const [first] = same
    if (!first) return []
    return [
      ...same.map((command) => `  ${padded(command.command, 18)} ${clipped(aboutText(command), WIDTH - 21)}`),
      ...reasonLines(first, paint),
    ]
  })
}

const aboutText = ({ about }: Waiting): string =>
  `${about.title}${about.amount === null ? '' : `, ${about.amount} ${about.currency ?? ''}`}`

function reasonLines({ why, moves }: Waiting, paint: Paint): string[] {
  return [
    ...wrapped(plainText(`${why.replace(/\.$/u, '')}.`), WIDTH - 6).map((line) => `      ${line}`),
    ...wrapped(plainText(`Moves ${moves}.`), WIDTH - 6).map((line) => `      ${paint('dim', line)}`),
  ]
}

async function item(id: string, options: SystemsOptions, paint: Paint): Promise<string[]> {
  const found = await hubOf(options).get(`/v1/objects/${encodeURIComponent(id)}/standing`, ITEM)
  if (options.json) return [plainText(JSON.stringify(found))]
  if ('candidates' in found) {
    process.exitCode = 1
    return [
      `${plainText(found.asked)} is the id of ${found.candidates.length} things; say which one:`,
      ...found.candidates.map((one) => `  ${one.id} ${clipped(one.title, WIDTH - 34)}`),
    ]
  }
  const { title, headline, missing = [], holds = [], cases, commands } = found
  const told = (mark: string, text: string): string[] =>
    wrapped(plainText(text), WIDTH - 4).map((line, at) => `${padded(at === 0 ? `  ${mark}` : '', 4)}${line}`)
  const lines = [
    ...missing.flatMap(({ state, passed, waitsFor }) =>
      told('-', passed ? `not ${state}, and passed over: it lacks ${waitsFor}` : `before it is ${state} it waits for ${waitsFor}`),
    ),
    ...holds.flatMap((hold) => told('-', `held: ${hold}`)),
    ...cases.flatMap((one) => told('!', `${one.title}: with ${one.assigned ?? one.owner}, due ${timeOf(one.dueAt)} (${one.id})`)),
    ...commands.flatMap((command) => [
      `  ${padded(`${command.command}@${command.system}`, 24)} ${command.state}`,
      ...reasonLines(command, paint),
    ]),
  ]
  return [
    `${paint('bold', clipped(title, 60))}${headline ? `: ${headline}` : ''}`,
    ...(lines.length === 0 ? ['  It waits for nothing.'] : lines),
  ]
}

async function pause(name: string, paused: boolean, { reason, by, ...at }: PauseOptions): Promise<string[]> {
  const said = await hubOf(at).post(`/v1/systems/${encodeURIComponent(name)}/pauses`, PAUSED, { paused, reason, person: by })
  if (at.json) return [plainText(JSON.stringify(said))]
  if (said.outcome === 'repeat') {
    const stands = said.paused ? `paused already${pauseText(said.pausedBy)}` : 'not paused'
    return wrapped(plainText(`${said.system} is ${stands}. Nothing changed.`), WIDTH)
  }
  return [said.paused ? `${said.system} is paused: it is called no more until somebody says resume.` : `${said.system} is called again.`]
}
