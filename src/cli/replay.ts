/** `tieout replay`: refused and given up commands are due again; `--dry-run` says which, and what would be sent. */
import { Command, Option } from 'commander'
import { z } from 'zod'
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
  readonly by: string
  readonly reason: string
}

const COMMAND = z.looseObject({
  effect: z.string(), system: z.string(), command: z.string(), state: z.string(), says: z.string().nullable(), lastTriedAt: z.string().nullable(),
  request: z.string(), outcome: z.string().optional(),
  about: z.object({ id: z.string(), kind: z.string(), title: z.string(), amount: z.string().nullable(), currency: z.string().nullable() }),
})
type Replayed = z.infer<typeof COMMAND>
const REPLAY = z.union([
  z.object({ dryRun: z.boolean(), commands: z.array(COMMAND), more: z.boolean() }),
  z.object({ asked: z.string(), candidates: z.array(z.object({ id: z.string(), title: z.string() })) }),
])

const WIDTH = 80

export function replayCommand(): Command {
  return hubOptions(new Command('replay').description('send refused and given up commands again; each is an event with who and why'))
    .option('--system <name>', 'those to one system').option('--object <id>', 'those about one invoice or payment, by any id')
    .addOption(new Option('--cause <cause>', 'those of one cause').choices(Object.keys(REPLAY_CAUSES)))
    .option('--from <instant>', 'whose last try ended then or later, e.g. 2026-11-28T14:00:00Z').option('--to <instant>', 'and before then')
    .option('--says <words>', 'whose last answer has these words')
    .option('--dry-run', 'say what would be sent, and change nothing')
    .requiredOption('--by <login>', 'who says so').requiredOption('--reason <text>', 'why')
    .action(async (options: ReplayOptions) => { printed(await replay(options, paintFor(process.stdout))) })
}

async function replay({ system, object, cause, from, to, says, dryRun = false, by, reason, ...at }: ReplayOptions, paint: Paint): Promise<string[]> {
  const done = await hubOf(at).post('/v1/replays', REPLAY, { system, object, cause, from, to, says, dryRun, person: by, reason })
  if (at.json) return [plainText(JSON.stringify(done))]
  if ('candidates' in done) {
    process.exitCode = 1
    return [`${plainText(done.asked)} is the id of ${done.candidates.length} things; say which one:`, ...done.candidates.map((one) => `  ${one.id} ${clipped(one.title, WIDTH - 34)}`)]
  }
  const { commands, more } = done
  if (commands.length === 0) return ['No refused or given up command fits.']
  const due = commands.filter(({ outcome }) => outcome !== 'moved-meanwhile')
  // An invoice is one amount, however many commands are about it.
  const total = sumText([...new Map(due.map(({ about }) => [about.id, about])).values()])
  const head = `${dryRun ? 'Would be sent again' : 'Due again'}: ${due.length} command${due.length === 1 ? '' : 's'}${total === '' ? '' : `, ${total}`}`
  return [
    paint('bold', head), ...commands.flatMap((command) => lines(command, paint)),
    ...more ? ['… and more: those come with the next call, once these are on their way.'] : [],
  ]
}

function lines({ command, system, about, says, state, lastTriedAt, request, effect, outcome }: Replayed, paint: Paint): string[] {
  const amount = about.amount === null ? '' : `, ${about.amount} ${about.currency ?? ''}`
  const why = `${state === 'dead' ? 'given up' : state}: ${says ?? 'no words'}${lastTriedAt === null ? '' : ` (last tried ${lastTriedAt.slice(0, 19).replace('T', ' ')} UTC)`}`
  const inside = (text: string): string[] => wrapped(plainText(text), WIDTH - 6).map((line) => `      ${line}`)
  return [
    `  ${padded(`${command}@${system}`, 24)} ${clipped(`${about.title}${amount}`, WIDTH - 27)}`, ...inside(why),
    ...inside(`${request}, key ${effect.slice(0, 16)}…`).map((line) => paint('dim', line)),
    ...outcome === 'moved-meanwhile' ? inside('It moved meanwhile and was left alone.') : [],
  ]
}
