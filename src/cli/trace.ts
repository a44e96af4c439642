/** `tieout trace ID`: everything that happened to an invoice, a payment or anything else, by any id that any system uses for it. */
import { Command, InvalidArgumentError } from 'commander'
import { traceOf, type Traced } from '../export/trace.ts'
import { placeOf, reading } from './running.ts'
import { linesOfTrace } from './trace-page.ts'
import { paintFor, plainText, type Paint } from './terminal.ts'

interface TraceOptions {
  readonly json?: boolean
  readonly database?: string
  readonly tenant?: string
  readonly limit: number
}

export function traceCommand(): Command {
  return new Command('trace')
    .description('tell everything that happened to one thing, by any id that any system uses for it')
    .argument('<id>', 'a number of an invoice, order, document, payment, posting or statement; or an id of ours')
    .option('--json', 'one JSON object')
    .option('--limit <number>', 'how many steps of the history', steps, 500)
    .option('--database <url>', 'a PostgreSQL address that may read (default: TIEOUT_DATABASE_URL, else what is running)')
    .option('--tenant <name>', 'whose (default: the one that is running, or the only one)')
    .action(async (id: string, options: TraceOptions) => {
      const traced = await reading(placeOf(options), (client, tenant) => traceOf(client, tenant, id, { limit: options.limit }))
      process.exitCode = tell(traced, options.json === true, process.stdout)
    })
}

function steps(text: string): number {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 1 || number > 5_000) throw new InvalidArgumentError('It is a whole number up to 5000.')
  return number
}

/** Prints it; the exit status: 0 when exactly one thing was found. */
export function tell(
  traced: Traced,
  json: boolean,
  output: { write(text: string): unknown; readonly isTTY?: boolean; readonly columns?: number },
): 0 | 1 {
  if (json) {
    output.write(`${plainText(JSON.stringify(traced.found === 'one' ? traced.trace : traced))}\n`)
  } else {
    const paint: Paint = paintFor(output)
    for (const line of linesOf(traced, paint)) output.write(`${line}\n`)
  }
  return traced.found === 'one' ? 0 : 1
}

function linesOf(traced: Traced, paint: Paint): string[] {
  switch (traced.found) {
    case 'one':
      return linesOfTrace(traced.trace, paint)
    case 'several':
      return [
        `${plainText(traced.asked)} is the id of ${traced.candidates.length} things; say which one:`,
        ...traced.candidates.map(({ id, title, state }) => `  ${id}  ${plainText(title)}${state ? `, ${state}` : ''}`),
      ]
    case 'none':
      return [
        `No system that we know calls anything ${plainText(traced.asked)}. ` +
          'Any number of an invoice, order, document, payment, posting or statement will do.',
      ]
  }
}
