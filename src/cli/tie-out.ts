/** `tieout tie-out`: the hub's sub-ledger against the ERP's and the AP tool's, through the running hub, which records it. */
import { writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { setTimeout } from 'node:timers/promises'
import { Command } from 'commander'
import { z } from 'zod'
import { LINES, REASONS, shownAmount, type AccountResult, type Difference, type Line } from '../domain/tie-out.ts'
import { canonicalJson } from '../lib/canonical-json.ts'
import { Fault } from '../lib/fault.ts'
import { hubOf, hubOptions, type HubCall, type HubOptions } from './hub-call.ts'
import { clipped, paintFor, plainText, wrapped, type Paint } from './terminal.ts'

interface TieOutOptions extends HubOptions {
  readonly entity: string
  readonly asOf: string
  readonly from?: string
  readonly person: string
  readonly out?: string
}

const LOOK_MS = 300

export function tieOutCommand(): Command {
  const command = new Command('tie-out')
    .description('compare the sub-ledger with the ERP’s and the AP tool’s as of a day, document by document; exit 0 when it ties out')
    .requiredOption('--entity <id>', 'the company, by any id that any system uses for it')
    .requiredOption('--as-of <date>', 'the day at whose end the balances are compared, in the company’s own calendar')
    .option('--from <date>', 'the first day of the period (default: the first of that month)')
    .option('--person <login>', 'who asks (default: who you are here)', userInfo().username)
    .option('--out <file>', 'write the whole result to a file, byte for byte as it is kept')
  return hubOptions(command).action(async (options: TieOutOptions) => {
    process.exitCode = await run(options, process.stdout)
  })
}

const lines = z.strictObject(Object.fromEntries(LINES.map((line) => [line, z.string()])) as { [line in Line]: z.ZodString })
const MADE = z.object({
  entity: z.string(),
  from: z.string(),
  to: z.string(),
  ties: z.boolean(),
  document: z.string(),
  by: z.string(),
  madeAt: z.string(),
  differenceCount: z.number(),
  accounts: z.array(
    z.object({
      account: z.string(),
      currency: z.string(),
      hub: lines,
      erp: lines,
      ap: lines.nullable(),
      unexplained: z.object({ erp: z.string(), ap: z.string() }),
      lines: z.array(z.enum(LINES)),
    }),
  ),
  differences: z.array(
    z.object({
      with: z.enum(['erp', 'ap']),
      document: z.string(),
      supplier: z.string(),
      number: z.string(),
      object: z.string().nullable(),
      account: z.string(),
      currency: z.string(),
      amount: z.string(),
      reason: z.enum(Object.keys(REASONS) as [keyof typeof REASONS, ...(keyof typeof REASONS)[]]),
    }),
  ),
})
type Made = z.infer<typeof MADE>

const RUN = z.object({
  id: z.string(),
  stage: z.string(),
  read: z.int(),
  made: MADE.nullable(),
  problem: z.object({ code: z.string(), title: z.string(), detail: z.string().optional(), whatToDo: z.string() }).nullable(),
})

/** A ledger of a hundred thousand open items is some hundred calls: meanwhile it is told what the hub is about. */
async function awaited(hub: HubCall, wish: object): Promise<Made> {
  const { id } = await hub.post('/v1/tie-outs', RUN, wish)
  for (let told = ''; ;) {
    const { stage, read, made, problem } = await hub.get(`/v1/tie-outs/runs/${id}`, RUN)
    if ((made || problem) && process.stderr.isTTY) process.stderr.write('\r\x1b[K')
    if (made) return made
    if (problem) throw new Fault('answer-not-taken', plainText(`${problem.title} ${problem.detail ?? ''} ${problem.whatToDo}`))
    const line = plainText(read === 0 ? stage : `${stage}: ${read}`)
    // Where nobody looks on, each stage once.
    if (process.stderr.isTTY ? line !== told : stage !== told) process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${line}` : `${stage}\n`)
    told = process.stderr.isTTY ? line : stage
    await setTimeout(LOOK_MS)
  }
}

async function run(options: TieOutOptions, output: NodeJS.WriteStream): Promise<0 | 1> {
  const { entity, asOf, from, person, out, json } = options
  const hub = hubOf(options)
  const made = await awaited(hub, { entity, asOf, person, wait: false, ...(from === undefined ? {} : { from }) })
  if (out !== undefined) writeFileSync(out, canonicalJson(await hub.get(`/v1/documents/${made.document}`, z.json())))
  if (json) output.write(`${plainText(JSON.stringify(made))}\n`)
  else for (const line of tieOutPage(made, paintFor(output))) output.write(`${line}\n`)
  return made.ties ? 0 : 1
}

const WIDTH = 80
const COLUMN = 19
const SHOWN = 50

/** The sheet at 80 columns. */
export function tieOutPage(made: Made, paint: Paint): string[] {
  const { entity, from, to, ties, differences, differenceCount, accounts } = made
  const verdict = ties ? paint('green', 'it ties out') : paint('red', 'it does not tie out')
  return [
    `Company ${plainText(entity)}, ${from} to ${to}: ${verdict}`,
    `asked by ${plainText(made.by.replace('person:', ''))} at ${made.madeAt}`,
    `result ${made.document}`,
    ...accounts.flatMap((account) => ['', ...sheet(account, paint)]),
    ...(accounts.length === 0 ? ['', 'Nobody has anything on an account of suppliers in this period.'] : []),
    ...(differenceCount === 0
      ? []
      : ['', paint('bold', `${differenceCount} difference${differenceCount === 1 ? '' : 's'}, the hub’s amount less the other’s`)]),
    ...differences.slice(0, SHOWN).flatMap((difference) => listed(difference, paint)),
    ...(differenceCount > SHOWN ? [`… and ${differenceCount - SHOWN} more: --json or --out has them`] : []),
  ]
}

const NAMES: { readonly [line in Line]: string } = {
  opening: 'opening',
  posted: '+ posted',
  reversed: '+ reversed',
  settled: '+ settled',
  revalued: '± revaluation',
  closing: 'closing',
}

function sheet({ account, currency, hub, erp, ap, unexplained, lines: differ }: AccountResult, paint: Paint): string[] {
  const row = (name: string, cells: readonly string[], mark = ''): string =>
    `${name.padEnd(18)}${cells.map((cell) => cell.padStart(COLUMN)).join('')} ${mark}`.trimEnd()
  const amount = (text: string): string => shownAmount(text, currency)
  return [
    paint('bold', row(plainText(`${account || 'no account'} ${currency}`), ['hub', 'ERP', ap ? 'AP tool' : ''])),
    ...LINES.map((line) =>
      row(NAMES[line], [amount(hub[line]), amount(erp[line]), ap ? amount(ap[line]) : ''], differ.includes(line) ? '≠' : ''),
    ),
    ...(unexplained.erp === '0' && unexplained.ap === '0'
      ? []
      : [paint('red', row('unexplained', ['', amount(unexplained.erp), ap ? amount(unexplained.ap) : '']))]),
  ]
}

function listed(
  { with: other, document, number, supplier, account, currency, amount, reason, object }: Difference,
  paint: Paint,
): string[] {
  const head = [document, number, supplier].filter((text) => text !== '').join('  ')
  const money = `${shownAmount(amount, currency)} ${currency}`
  return [
    `${clipped(head, WIDTH - 22).padEnd(WIDTH - 22)}${paint('bold', money.padStart(21))}`,
    ...wrapped(
      plainText(
        `${other === 'ap' ? 'AP tool: ' : ''}${REASONS[reason]}${account === '' ? '' : `, account ${account}`}${object ? `, ${object}` : ''}`,
      ),
      WIDTH - 4,
    ).map((line) => `    ${line}`),
  ]
}
