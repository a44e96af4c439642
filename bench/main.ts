/**
 * `npm run bench`: every number that this project promises, measured in one run, with where it falls short. `--json` prints the
 * rows; words choose the parts whose names have them: `npm run bench -- outage`.
 */
import { LIVES, RECEIVED, run as ingest, SMALL_LAW, type Row } from './ingest.ts'
import { run as delivery } from './delivery.ts'
import { run as inbox } from './inbox.ts'
import { run as journey } from './journey.ts'
import { run as readInvoices } from './read-invoices.ts'

const json = process.argv.includes('--json')
const rows: Row[] = []
const WIDTH = 88

/** More is better for rates and shares, less for times and sizes. */
const holds = (row: Row): boolean => (/\/s$|^%$|^per /u.test(row.unit) ? row.value >= row.target : row.value <= row.target)

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

const PARTS: readonly (readonly [name: string, work: () => Promise<Row[]>])[] = [
  ['reading invoices', readInvoices],
  ['intake of the facts of whole lives', () => ingest(LIVES)],
  ['intake of new invoices', () => ingest(RECEIVED)],
  ['intake under a small law, for the engine alone', () => ingest(SMALL_LAW)],
  ['delivery of 10,000 first replies lost', () => delivery('lostReplies')],
  ['delivery taken over from a killed hub', () => delivery('takeover')],
  ['delivery after an outage', () => delivery('outage')],
  ["delivery within a target's own limit", () => delivery('ownLimit')],
  ['delivery beside a million waiting rows', () => delivery('millionWaiting')],
  ['the whole way', journey],
  ['a folder of mixed files', inbox],
]
const only = process.argv.slice(2).filter((word) => !word.startsWith('--'))
const chosen = PARTS.filter(([name]) => only.every((word) => name.includes(word)))
if (chosen.length === 0)
  throw new Error(`No part has ${only.join(' and ')} in its name. There are: ${PARTS.map(([name]) => name).join(' · ')}`)
for (const [name, work] of chosen) await part(name, work)
if (json) process.stdout.write(`${JSON.stringify(rows)}\n`)
