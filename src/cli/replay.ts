/** `tieout replay`: refused and given up commands are due again; `--dry-run` says which, and what would be sent. */
import { readFileSync } from 'node:fs'
import { Command, Option } from 'commander'
import { z } from 'zod'
import { Fault } from '../lib/fault.ts'
import { REPLAY_CAUSES } from '../store/effect-replay.ts'
import { hubOf, hubOptions, type HubOptions } from './hub-call.ts'
import { clipped, paintFor, padded, plainText, printed, sumText, wrapped, type Paint } from './terminal.ts'

interface ReplayOptions extends HubOptions {
  readonly system?: string
  readonly object?: string
  readonly cause?: string
  readonly from?: string
  readonly to?: string
  readonly says?: string
  readonly dryRun?: boolean
  readonly preview?: string
  readonly by?: string
  readonly reason?: string
}

const COMMAND = z.looseObject({
  effect: z.string(),
  system: z.string(),
  command: z.string(),
  state: z.string(),
  says: z.string().nullable(),
  lastTriedAt: z.string().nullable(),
  request: z.string(),
  content: z.record(z.string(), z.unknown()),
  contentHash: z.string(),
  outcome: z.string(),
  about: z.object({ id: z.string(), kind: z.string(), title: z.string(), amount: z.string().nullable(), currency: z.string().nullable() }),
})
type Replayed = z.infer<typeof COMMAND>
const REPLAY = z.union([
  z.object({ dryRun: z.boolean(), commands: z.array(COMMAND), more: z.boolean(), gone: z.array(z.string()) }),
  z.object({ asked: z.string(), candidates: z.array(z.object({ id: z.string(), title: z.string() })) }),
])

const WIDTH = 80

export function replayCommand(): Command {
  return hubOptions(new Command('replay').description('send refused and given up commands again; each is an event with who and why'))
    .option('--system <name>', 'those to one system')
    .option('--object <id>', 'those about one invoice or payment, by any id')
    .addOption(new Option('--cause <cause>', 'those of one cause').choices(Object.keys(REPLAY_CAUSES)))
    .option('--from <instant>', 'whose last try ended then or later, e.g. 2026-11-28T14:00:00Z')
    .option('--to <instant>', 'and before then')
    .option('--says <words>', 'whose last answer has these words')
    .option('--dry-run', 'say what would be sent, and change nothing')
    .option('--preview <file>', 'only what an earlier --dry-run --json has in this file, and only as it was then')
    .option('--by <login>', 'who says so; only --dry-run goes without')
    .option('--reason <text>', 'why; likewise')
    .action(async (options: ReplayOptions) => {
      printed(await replay(options, paintFor(process.stdout)))
    })
}

async function replay(
  { system, object, cause, from, to, says, dryRun = false, preview, by, reason, ...at }: ReplayOptions,
  paint: Paint,
): Promise<string[]> {
  if (!dryRun && (by === undefined || reason === undefined))
    throw new Fault('request-not-valid', 'Say who says so (--by) and why (--reason); --dry-run needs neither.')
  const hub = hubOf(at)
  const ask = (more: object): Promise<z.infer<typeof REPLAY>> =>
    hub.post('/v1/replays', REPLAY, { system, object, cause, from, to, says, person: by, reason, ...more })
  const sent = (seen: readonly Seen[]): Promise<z.infer<typeof REPLAY>> =>
    ask({ dryRun, seen: Object.fromEntries(seen.map(({ effect, contentHash }) => [effect, contentHash])) })
  const looked = preview === undefined ? await ask({ dryRun: true }) : undefined
  const done = looked ? (dryRun || 'candidates' in looked ? looked : await sent(looked.commands)) : await sent(previewIn(preview ?? ''))
  if (at.json) return [plainText(JSON.stringify(done))]
  if ('candidates' in done) {
    process.exitCode = 1
    return [
      `${plainText(done.asked)} is the id of ${done.candidates.length} things; say which one:`,
      ...done.candidates.map((one) => `  ${one.id} ${clipped(one.title, WIDTH - 34)}`),
    ]
  }
  const { commands, more, gone } = done
  if (commands.length === 0 && gone.length === 0) return ['No refused or given up command fits.']
  return [
    ...told(commands, dryRun, paint),
    ...(commands.length > LIMIT_TOLD ? [`… and ${commands.length - LIMIT_TOLD} more (--json has all)`] : []),
    ...(gone.length === 0 ? [] : [`Shown before and not to be sent again now: ${gone.length}.`]),
    ...(more ? ['… and more fit: call again once these are on their way, or choose more narrowly.'] : []),
  ]
}

/** What becomes of commands, in the order in which it is told. */
const OUTCOMES: { readonly [outcome: string]: string } = {
  due: 'Due again',
  'cannot-be-sent': 'Cannot be sent',
  changed: 'Left alone, another content than was shown',
  'not-shown': 'Left alone, not among what was shown',
  'moved-meanwhile': 'Left alone, moved meanwhile',
}
const LIMIT_TOLD = 50

function told(commands: readonly Replayed[], dryRun: boolean, paint: Paint): string[] {
  let room = LIMIT_TOLD
  return Object.entries(OUTCOMES).flatMap(([outcome, says]) => {
    const these = commands.filter((command) => command.outcome === outcome)
    if (these.length === 0 && outcome !== 'due') return []
    // An invoice is one amount, however many commands are about it.
    const total = sumText([...new Map(these.map(({ about }) => [about.id, about])).values()])
    const head = outcome === 'due' && dryRun ? 'Would be sent again' : says
    const shown = these.slice(0, room)
    room -= shown.length
    return [
      paint('bold', `${head}: ${these.length} command${these.length === 1 ? '' : 's'}${total === '' ? '' : `, ${total}`}`),
      ...shown.flatMap((command) => lines(command, paint)),
    ]
  })
}

interface Seen {
  readonly effect: string
  readonly contentHash: string
}
const PREVIEW = z.object({ commands: z.array(z.object({ effect: z.string(), contentHash: z.string() })) })

function previewIn(file: string): readonly Seen[] {
  try {
    return PREVIEW.parse(JSON.parse(readFileSync(file, 'utf8'))).commands
  } catch (error) {
    const says =
      (error as NodeJS.ErrnoException).code === 'ENOENT'
        ? `There is no file ${plainText(file)}.`
        : `${plainText(file)} is not what tieout replay --dry-run --json prints.`
    throw new Fault('request-not-valid', says, { cause: error })
  }
}

function lines({ command, system, about, says, state, lastTriedAt, request, content, effect }: Replayed, paint: Paint): string[] {
  const amount = about.amount === null ? '' : `, ${about.amount} ${about.currency ?? ''}`
  const why = `${state === 'dead' ? 'given up' : state}: ${says ?? 'no words'}${lastTriedAt === null ? '' : ` (last tried ${lastTriedAt.slice(0, 19).replace('T', ' ')} UTC)`}`
  const inside = (text: string): string[] => wrapped(plainText(text), WIDTH - 6).map((line) => `      ${line}`)
  const members = contentText(content)
  return [
    `  ${padded(`${command}@${system}`, 24)} ${clipped(`${about.title}${amount}`, WIDTH - 27)}`,
    ...inside(why),
    ...(members === '' ? [] : inside(`with ${members}`)),
    ...inside(`${request}, key ${effect.slice(0, 16)}…`).map((line) => paint('dim', line)),
  ]
}

/** The members of a content that are told where it has them; all of it is in the JSON. */
const MEMBERS: { readonly [member: string]: string } = {
  word: 'status',
  number: 'number',
  supplier: 'supplier',
  posting: 'posting',
  paymentDoc: 'payment',
  messageId: 'payment file',
  gross: 'gross',
  amount: 'amount',
  issuedOn: 'issued on',
  postedOn: 'posted on',
  dueOn: 'due on',
  bookedOn: 'booked on',
}
const MONEY: readonly string[] = ['gross', 'amount']

function contentText(content: Replayed['content']): string {
  return Object.entries(MEMBERS)
    .flatMap(([member, name]) => {
      const word = wordOf(content[member])
      return word === '' ? [] : [`${name} ${word}${MONEY.includes(member) ? ` ${wordOf(content['currency'])}` : ''}`]
    })
    .join(', ')
}

/** A supplier is a number, or has a name. */
function wordOf(value: unknown): string {
  if (typeof value === 'object' && value !== null && 'name' in value) return wordOf(value.name)
  return typeof value === 'string' ? value : ''
}
