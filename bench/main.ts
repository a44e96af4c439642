/**
 * `npm run bench`: every number that this project promises, measured in one run, with where it falls short. `--json` prints the
 * rows; words choose the parts whose names have them: `npm run bench -- outage`.
 */
import { LIVES, RECEIVED, run as ingest, SMALL_LAW, type Row } from './ingest.ts'
import { run as delivery } from './delivery.ts'
import { run as inbox } from './inbox.ts'
import { fiveSystems, threeSystems } from './journey.ts'
import { run as kills } from './kills.ts'
import { run as readInvoices } from './read-invoices.ts'
import { run as validation } from './validation.ts'

const json = process.argv.includes('--json')
const rows: Row[] = []
const WIDTH = 88

/** More is better for rates and shares, less for times and sizes. */
const holds = (row: Row): boolean => {
  if (row.exactly) return row.value === row.target
  return /\/s$|^%$|^per /u.test(row.unit) ? row.value >= row.target : row.value <= row.target
}

function line(row: Row): string {
  const beside = row.beside === undefined ? '' : `   (${row.beside})`
  return `${row.what.padEnd(WIDTH)}  ${String(row.value).padStart(9)} ${row.unit.padEnd(10)} to reach ${String(row.target).padStart(6)}  ${holds(row) ? 'reached' : 'FALLS SHORT'}${beside}\n`
}

/** Each part with the seconds that it takes at most, on 2 cores. */
const PARTS: readonly (readonly [name: string, seconds: number, work: () => Promise<Row[]>])[] = [
  ['reading invoices', 30, readInvoices],
  ['intake of the facts of whole lives', 120, () => ingest(LIVES)],
  ['intake of new invoices', 120, () => ingest(RECEIVED)],
  ['intake under a small law, for the engine alone', 90, () => ingest(SMALL_LAW)],
  ['delivery of 10,000 first replies lost', 240, () => delivery('lostReplies')],
  ['delivery taken over from a killed hub', 90, () => delivery('takeover')],
  ['delivery of what a frozen hub had under way', 120, () => delivery('frozen')],
  ['delivery after an outage', 150, () => delivery('outage')],
  ["delivery within a target's own limit", 100, () => delivery('ownLimit')],
  ['delivery and its forecast', 120, () => delivery('forecast')],
  ['delivery beside a million waiting rows', 210, () => delivery('millionWaiting')],
  ['the whole way through three systems', 90, threeSystems],
  ['the whole way through five systems', 180, fiveSystems],
  ['the whole way, the hub killed ten times', 150, kills],
  ['validation under load', 120, validation],
  ['a folder of mixed files', 420, inbox],
]
/** The whole run ends within 25 minutes: a part for which there is no time left is not begun, and shown as not measured. */
const LIMIT_S = 25 * 60

const only = process.argv.slice(2).filter((word) => !word.startsWith('--'))
const chosen = PARTS.filter(([name]) => only.every((word) => name.includes(word)))
if (chosen.length === 0)
  throw new Error(`No part has ${only.join(' and ')} in its name. There are: ${PARTS.map(([name]) => name).join(' · ')}`)

/** Rows are shown as they come: a run that is broken off has not measured for nothing. One part that fails does not take the others with it. */
const unmeasured: string[] = []
for (const [name, seconds, work] of chosen) {
  if (performance.now() / 1_000 + seconds > LIMIT_S) {
    unmeasured.push(`${name}: it takes up to ${seconds} s, and less was left of ${LIMIT_S / 60} minutes`)
    continue
  }
  process.stderr.write(`  measuring ${name} …\n`)
  try {
    const measured = await work()
    rows.push(...measured)
    if (!json) for (const row of measured) process.stdout.write(line(row))
  } catch (error) {
    unmeasured.push(`${name}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

const short = rows.filter((row) => !holds(row))
if (json) process.stdout.write(`${JSON.stringify({ rows: rows.map((row) => ({ ...row, reached: holds(row) })), unmeasured })}\n`)
else {
  process.stdout.write(
    `\n${rows.length - short.length} of ${rows.length} figures reached, in ${Math.round(performance.now() / 1_000)} s.\n`,
  )
  for (const row of short) process.stdout.write(`  falls short: ${row.what.trim()}: ${row.value} ${row.unit} of ${row.target}\n`)
  for (const what of unmeasured) process.stdout.write(`  not measured: ${what}\n`)
}
process.exitCode = unmeasured.length + short.length > 0 ? 1 : 0
