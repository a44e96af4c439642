/** `npm run bench`: every number that this project promises, measured in one run, with where it falls short. `--json` prints the rows. */
import { LIVES, RECEIVED, run as ingest, SMALL_LAW, type Row } from './ingest.ts'
import { run as inbox } from './inbox.ts'
import { run as journey } from './journey.ts'
import { run as readInvoices } from './read-invoices.ts'

const json = process.argv.includes('--json')
const rows: Row[] = []
const WIDTH = 88

/** More is better for rates and shares, less for times and sizes. */
const holds = (row: Row): boolean => /\/s$|^%$|^per /u.test(row.unit) ? row.value >= row.target : row.value <= row.target

function line(row: Row): string {
  const beside = row.beside === undefined ? '' : `   (${row.beside})`
  return `${row.what.padEnd(WIDTH)}  ${String(row.value).padStart(9)} ${row.unit.padEnd(10)} to reach ${String(row.target).padStart(6)}  ${holds(row) ? 'reached' : 'FALLS SHORT'}${beside}\n`
}

/** Rows are shown as they come: a run that is broken off has not measured for nothing. */
const part = async (name: string, work: () => Promise<Row[]>): Promise<void> => {
  process.stderr.write(`  measuring ${name} …\n`)
  const measured = await work()
  rows.push(...measured)
  if (!json) for (const row of measured) process.stdout.write(line(row))
}

await part('reading invoices', readInvoices)
await part('intake of the facts of whole lives', () => ingest(LIVES))
await part('intake of new invoices', () => ingest(RECEIVED))
await part('intake under a small law, for the engine alone', () => ingest(SMALL_LAW))
await part('the whole way', journey)
await part('a folder of mixed files', inbox)
if (json) process.stdout.write(`${JSON.stringify(rows)}\n`)
