/** A folder of mixed files through the whole company, as somebody tries it on a year's mail: `npm start -- --once --inbox`. */
import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ciiInvoice } from './cii-invoice.ts'
import type { Row } from './ingest.ts'

const ROOT = join(import.meta.dirname, '..')
const FILES = { ubl: 1_600, cii: 200, again: 100, none: 100 }
const LIMIT_MS = 400_000

export async function run(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'tieout-bench-'))
  chmodSync(folder, 0o711)
  try {
    const inbox = mixed(folder)
    const start = performance.now()
    const child = spawn(process.execPath, [join(ROOT, 'launch', 'start.mjs'), '--once', '--json', '--inbox', inbox], {
      env: { ...process.env, TIEOUT_DATA: join(folder, 'data') },
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: LIMIT_MS,
    })
    let said = ''
    child.stdout.on('data', (chunk) => {
      said += String(chunk)
    })
    let most = 0
    const watch = setInterval(() => {
      most = Math.max(most, hubMemory(child.pid ?? 0))
    }, 500)
    await new Promise((resolve) => {
      child.once('close', resolve)
    })
    clearInterval(watch)
    const seconds = Math.round((performance.now() - start) / 1_000)
    const object = /^\{.*\}$/mu.exec(said)?.[0]
    if (object === undefined) throw new Error(`it was not over after ${seconds} s`)
    const { received, refused, states } = JSON.parse(object) as { received: number; refused: number; states: object }
    const files = Object.values(FILES).reduce((sum, count) => sum + count, 0)
    return [
      {
        what: `${files} mixed files from a folder, five systems, start to end`,
        value: seconds,
        unit: 's',
        target: 300,
        beside: `${received} invoices ${JSON.stringify(states)}, ${refused} refused`,
      },
      { what: '  hub resident memory meanwhile', value: most, unit: 'MB', target: 400 },
    ]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Writes invoices in both syntaxes, some twice, and files that are none; gives their folder. */
function mixed(folder: string): string {
  execFileSync(process.execPath, [
    join(ROOT, 'sandbox', 'sample', 'main.ts'),
    '--out',
    folder,
    '--count',
    String(FILES.ubl),
    '--seed',
    '31',
  ])
  const inbox = join(folder, 'inbox')
  const written = readdirSync(inbox)
  for (let n = 0; n < FILES.cii; n++) writeFileSync(join(inbox, `cii-${n}.xml`), ciiInvoice({ lines: 5, number: `CII-${n}` }))
  for (const name of written.slice(0, FILES.again)) writeFileSync(join(inbox, `again-${name}`), readFileSync(join(inbox, name)))
  for (let n = 0; n < FILES.none; n++) writeFileSync(join(inbox, `none-${n}.xml`), NONE[n % NONE.length]!.replace('%', String(n)))
  return inbox
}

const NONE = [
  'Dear all, please find the invoice % attached.',
  '%PDF-1.7',
  '{"invoice": %}',
  '<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"><ID>%',
  '<Order xmlns="urn:oasis:names:specification:ubl:schema:xsd:Order-2"/>',
]

/** The resident size in MB of the hub among the descendants of a process; 0 when it does not run. */
function hubMemory(ancestor: number): number {
  const parents = new Map<number, number>()
  let hub = 0
  for (const pid of readdirSync('/proc')
    .filter((name) => /^\d+$/u.test(name))
    .map(Number)) {
    try {
      parents.set(pid, Number(/\) \S (\d+)/u.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]))
      if (/\0hub\0--config\0/u.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8')) && descends(parents, pid, ancestor)) hub = pid
    } catch {
      // It has ended meanwhile.
    }
  }
  if (hub === 0) return 0
  return Math.round(Number(/^VmRSS:\s+(\d+) kB/mu.exec(readFileSync(`/proc/${hub}/status`, 'utf8'))?.[1] ?? 0) / 1024)
}

function descends(parents: ReadonlyMap<number, number>, pid: number, ancestor: number): boolean {
  for (let at: number | undefined = pid; at !== undefined && at > 1; at = parents.get(at)) if (at === ancestor) return true
  return false
}
