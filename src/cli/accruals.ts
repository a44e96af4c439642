/** `tieout accruals`: what was posted in a later period than it belongs into, and what of it has been booked. */
import { Command } from 'commander'
import { z } from 'zod'
import { hubOf, hubOptions, nextPage, type HubOptions } from './hub-call.ts'
import { clipped, paintFor, plainText, printed, type Paint } from './terminal.ts'

interface ListOptions extends HubOptions {
  readonly booked?: boolean
  readonly limit?: string
  readonly after?: string
}
interface BookedOptions extends HubOptions {
  readonly by: string
  readonly document: string
}

const ACCRUALS = z.object({
  accruals: z.array(
    z.looseObject({
      id: z.string(),
      entity: z.string(),
      period: z.string(),
      was: z.string(),
      on: z.string(),
      number: z.string(),
      supplier: z.string(),
      amount: z.string(),
      currency: z.string(),
      accounts: z.array(z.looseObject({ account: z.string(), amount: z.string() })),
      booked: z.object({ by: z.string(), document: z.string() }).nullable(),
      dropped: z.object({ reason: z.string() }).nullable(),
    }),
  ),
  next: z.string().nullable(),
})
const TAKEN = z.object({ accrual: z.string(), document: z.string(), outcome: z.string() })

const WIDTH = 80

export function accrualsCommand(): Command {
  const accruals = new Command('accruals').description('what goes to a later period than it belongs into: book it in the ERP, and say so')
  hubOptions(accruals.command('list', { isDefault: true }).description('those that nobody has booked yet'))
    .option('--booked', 'those that are, or were taken off the list')
    .option('--limit <number>', 'how many, at most 200 (default: 50)')
    .option('--after <place>', 'the next page: what the last one named')
    .action(async (options: ListOptions) => {
      printed(await list(options, paintFor(process.stdout)))
    })
  hubOptions(accruals.command('booked').description('say that one is booked in the ERP'))
    .argument('<id>', 'its id, acr_…')
    .requiredOption('--document <number>', 'the ERP’s number of it')
    .requiredOption('--by <login>', 'who says so')
    .action(async (id: string, options: BookedOptions) => {
      printed(await booked(id, options))
    })
  return accruals
}

async function list({ booked: done = false, limit, after, ...at }: ListOptions, paint: Paint): Promise<string[]> {
  const page = await hubOf(at).get('/v1/accruals', ACCRUALS, { open: String(!done), limit, after })
  if (at.json) return [plainText(JSON.stringify(page))]
  if (page.accruals.length === 0) return [done ? 'No accrual has been booked.' : 'Nothing is on the accrual list.']
  return [
    ...page.accruals.flatMap((one) => [
      `${paint('bold', clipped(`${one.number} of ${one.supplier}`, WIDTH - 24))} ${one.amount} ${one.currency}`,
      `    company ${one.entity}, period ${one.period}: goes to ${one.on} instead of ${one.was}`,
      ...one.accounts.map(({ account, amount }) => `    account ${plainText(account)} ${amount}`),
      `    ${standing(one)}`,
    ]),
    ...nextPage('tieout accruals', { booked: done, limit, api: at.api }, page.next),
  ]
}

function standing({ id, booked: as, dropped }: z.infer<typeof ACCRUALS>['accruals'][number]): string {
  const said = [
    ...(as ? [`booked as ${plainText(as.document)} by ${plainText(as.by.replace('person:', ''))}`] : []),
    ...(dropped ? [`taken off the list: ${plainText(dropped.reason)}`] : []),
  ]
  return said.join('; ') || id
}

async function booked(id: string, { by, document, ...at }: BookedOptions): Promise<string[]> {
  const said = await hubOf(at).post(`/v1/accruals/${encodeURIComponent(id)}/bookings`, TAKEN, { document, person: by })
  if (at.json) return [plainText(JSON.stringify(said))]
  return [
    said.outcome === 'repeat'
      ? `It is booked as ${plainText(said.document)} already; nothing changed.`
      : `Booked as ${plainText(said.document)}.`,
  ]
}
