/** `npm run bench`: every number that this project promises, measured in one run, with where it falls short. `--json` prints the rows. */
import { LIVES, RECEIVED, run as ingest, SMALL_LAW, type Row } from './ingest.ts'
import { run as inbox } from './inbox.ts'
import { run as journey } from './journey.ts'
import { run as readInvoices } from './read-invoices.ts'

const rows: Row[] = []
const part = async (name: string, work: () => Promise<Row[]>): Promise<void> => {
  process.stderr.write(`  measuring ${name} …\n`)
  rows.push(...await work())
}

await part('reading invoices', readInvoices)
await part('intake of the facts of whole lives', () => ingest(LIVES))
await part('intake of new invoices', () => ingest(RECEIVED))
await part('intake under a small law, for the engine alone', () => ingest(SMALL_LAW))
await part('the whole way', journey)
await part('a folder of mixed files', inbox)

/** More is better for rates and shares, less for times and sizes. */
const holds = (row: Row): boolean => /\/s$|^%$|^per /u.test(row.unit) ? row.value >= row.target : row.value <= row.target

if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify(rows)}\n`)
else {
  const width = Math.max(...rows.map((row) => row.what.length))
  for (const row of rows) {
    const beside = row.beside === undefined ? '' : `   (${row.beside})`
    process.stdout.write(`${row.what.padEnd(width)}  ${String(row.value).padStart(9)} ${row.unit.padEnd(10)} to reach ${String(row.target).padStart(6)}  ${holds(row) ? 'reached' : 'FALLS SHORT'}${beside}\n`)
  }
}
