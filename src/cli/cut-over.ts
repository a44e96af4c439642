/** `tieout cut-over import`: open items of the system before, taken over against the ERP's balance and signed by two, through the running hub. */
import { readFileSync } from 'node:fs'
import { extname } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { z } from 'zod'
import { Fault } from '../lib/fault.ts'
import { hubOf, hubOptions, type HubOptions } from './hub-call.ts'
import { plainText } from './terminal.ts'

interface Balance {
  readonly account: string
  readonly currency: string
  readonly amount: string
}
interface ImportOptions extends HubOptions {
  readonly entity: string
  readonly asOf: string
  readonly file: string
  readonly by: string
  readonly second: string
  readonly erpBalance?: readonly Balance[]
}

const PATIENCE_MS = 600_000

export function cutOverCommand(): Command {
  const command = new Command('cut-over').description('begin with what is open: import')
  hubOptions(
    command
      .command('import')
      .description('take over open items as invoices, when they add up to the ERP’s balance; the same file again changes nothing'),
  )
    .requiredOption('--entity <id>', 'the company, by any id that any system uses for it')
    .requiredOption('--as-of <date>', 'the day at whose end they were open')
    .requiredOption('--file <file>', 'CSV or JSON: document, supplier, number, postedOn, account, currency, amount, open')
    .requiredOption('--by <login>', 'who signs')
    .requiredOption('--second <login>', 'the other person who signs')
    .option(
      '--erp-balance <account/currency=amount>',
      'a balance of the ERP as the two state it; again for each (default: the ERP is asked)',
      balance,
    )
    .action(async (options: ImportOptions) => {
      process.stdout.write(`${await run(options)}\n`)
    })
  return command
}

function balance(text: string, before: readonly Balance[] = []): Balance[] {
  const [, account, currency, amount] = /^(.+)\/([A-Z]{3})=(-?\d+(?:\.\d+)?)$/u.exec(text) ?? []
  if (account === undefined || currency === undefined || amount === undefined)
    throw new InvalidArgumentError('It looks like 160000/EUR=1190.00.')
  return [...before, { account, currency, amount }]
}

const KEPT = z.object({ document: z.string() })
const MADE = z.object({
  entity: z.string(),
  on: z.string(),
  items: z.number(),
  created: z.number(),
  linked: z.number(),
  repeated: z.number(),
})

async function run(options: ImportOptions): Promise<string> {
  const { entity, asOf, file, by, second, erpBalance, json } = options
  const hub = hubOf(options)
  const { document } = await hub.send(
    '/v1/documents?as=evidence',
    KEPT,
    contentOf(file),
    extname(file) === '.json' ? 'application/json' : 'text/csv',
  )
  const made = await hub.post(
    '/v1/cut-overs',
    MADE,
    {
      entity,
      asOf,
      document,
      person: by,
      second,
      ...(erpBalance === undefined ? {} : { balances: erpBalance }),
    },
    PATIENCE_MS,
  )
  if (json) return plainText(JSON.stringify(made))
  return made.repeated === made.items
    ? `These ${made.items} items were taken over before; nothing changed.`
    : `Company ${made.entity}, ${made.on}: ${made.created} taken over, ${made.linked} linked to what was known, ${made.repeated} there before.`
}

function contentOf(file: string): Uint8Array<ArrayBuffer> {
  try {
    return readFileSync(file)
  } catch (error) {
    throw new Fault('request-not-valid', `${plainText(file)} cannot be read.`, { cause: error })
  }
}
