/** `tieout start`: the main job. A hub, a company to try it on, invoices to send through, and a picture of how they travel. */
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { mkdir, readdir, readFile, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { Command } from 'commander'
import { Fault } from '../lib/fault.ts'
import { PACES, startCompany, type Company } from './company.ts'
import { openPicture, type Summary } from './picture.ts'
import { logTo, placeFor, prepareDatabase, startHubChild, writeRun, type Place } from './place.ts'
import { startChild, type Child } from './processes.ts'
import { readFiles } from './read.ts'

interface StartOptions {
  readonly inbox?: string
  readonly once?: boolean
  readonly json?: boolean
  readonly seed: string
  readonly count: string
  readonly fast?: boolean
  readonly config?: string
}

const ROOT = join(import.meta.dirname, '..', '..')
/** It is over when nothing has happened for so long: with all paid or with people, while others could still move, while a system lags. */
const QUIET_MS = { over: 1_500, moving: 6_000, behind: 15_000 } as const

export function startCommand(): Command {
  return new Command('start')
    .description('start the hub with a simulated company, and show invoices travel from arrival to paid')
    .option('--inbox <folder>', 'your own e-invoices instead of the sample')
    .option('--config <file>', 'systems of your own instead of the simulated company; tieout init writes one')
    .option('--once', 'end when nothing is left to do; the exit status says whether everything tied out')
    .option('--json', 'print one object at the end (with --once)')
    .option('--fast', 'let the simulated people and systems work at full speed')
    .option('--seed <number>', 'chooses the sample, or what is left out of the set-up for an inbox', '1')
    .option('--count <number>', 'how many invoices the sample has', '40')
    .action(async (options: StartOptions) => {
      process.exitCode = await (options.config === undefined ? start(options) : (await import('./start-own.ts')).startOwn(options.config))
    })
}

async function start(options: StartOptions): Promise<number> {
  const say = options.json
    ? (): void => {}
    : (line: string): void => {
        process.stdout.write(`${line}\n`)
      }
  const place = placeFor(tenantOf(options))
  await prepareDatabase(place)
  const company = await startCompany(join(place.folder, 'company'), PACES[options.fast || options.once ? 'full' : 'watch'], logTo(place))
  let hub: Child | undefined
  try {
    const work = await prepareWork(options, place, say)
    await company.setUp(work.setup)
    hub = await startHub(place, company)
    const api = String(hub.ready['api'])
    await company.notify(`${api}/v1/notices/ap`)
    writeRun(place, { publish: join(place.data, 'published'), signer: join(place.data, 'signer') }, hub)
    say(
      [
        `  ${'hub'.padEnd(12)}${api} (key in ${place.keyFile})`,
        ...Object.entries(company.urls).map(([name, url]) => `  ${name.padEnd(12)}${url}`),
      ].join('\n'),
    )
    const status = await run(options, { api, key: place.key, files: work.files, hub })
    return status
  } finally {
    await hub?.end()
    await company.end()
  }
}

/** Each inbox has a tenant and a company of its own, so that what one try-out left behind does not meddle with another. */
function tenantOf(options: StartOptions): string {
  const inbox = options.inbox === undefined ? undefined : resolve(options.inbox)
  return inbox === undefined
    ? `demo-${options.seed}`
    : `inbox-${createHash('sha256').update(`${inbox} ${options.seed}`).digest('hex').slice(0, 8)}`
}

interface Work {
  readonly files: readonly string[]
  /** The folder of the set-ups. */ readonly setup: string
}

/** The invoices to send and the set-up under which they can be paid: the sample's, or one made for the inbox as an implementer would. */
async function prepareWork(options: StartOptions, place: Place, say: (line: string) => void): Promise<Work> {
  const out = join(place.folder, 'set-up')
  await mkdir(out, { recursive: true })
  if (options.inbox === undefined) {
    await runTool('sample', 'main.ts', ['--out', out, '--count', options.count, '--seed', options.seed])
    return { setup: out, files: (await readdir(join(out, 'inbox'))).sort().map((name) => join(out, 'inbox', name)) }
  }
  const inbox = resolve(options.inbox)
  if (!(await stat(inbox).catch(() => undefined))) throw new Fault('not-found', `There is no folder ${inbox}.`)
  const lines: string[] = []
  await readFiles([inbox], { maxBytes: 20_000_000, check: false }, (line) => {
    lines.push(line.trimEnd())
    return Promise.resolve(true)
  })
  const readLines = join(out, 'read.jsonl')
  writeFileSync(readLines, `${lines.join('\n')}\n`)
  const said = await runTool('sample', 'from-inbox.ts', ['--read', readLines, '--out', out, '--seed', options.seed])
  for (const line of leftOut(said, join(out, 'left-out.json'))) say(line)
  const files = lines.map((line) => (JSON.parse(line) as { file: string }).file)
  return { setup: out, files }
}

/** Shown of each kind; the file has all. */
const LIMIT_LEFT_OUT = 8
interface Left {
  readonly name?: string
  readonly poNo?: string
  readonly poItem?: string
  readonly was?: string
  readonly now?: string
  readonly billNos: readonly string[]
}

/** What the set-up leaves out and alters by seed, so that one can foretell which invoices end with people. */
function leftOut(said: { readonly [key: string]: unknown }, file: string): string[] {
  const [suppliers, orders] = [said['vendorsLeftOut'], said['ordersAltered']] as unknown as (readonly Left[])[]
  const bills = ({ billNos }: Left): string =>
    `${billNos.slice(0, 3).join(', ')}${billNos.length > 3 ? ` and ${billNos.length - 3} more` : ''}`
  const rows = [
    ...(suppliers ?? []).slice(0, LIMIT_LEFT_OUT).map((left) => `without supplier ${left.name} (${bills(left)})`),
    ...(orders ?? [])
      .slice(0, LIMIT_LEFT_OUT)
      .map((left) => `order ${left.poNo} has ${left.now} for ${left.was} in item ${left.poItem} (${bills(left)})`),
  ]
  return [
    `  set-up    ${suppliers?.length ?? 0} suppliers left out, ${orders?.length ?? 0} orders altered: their invoices must end with people`,
    ...rows.map((row) => `            ${row}`),
    ...(rows.length > 0 ? [`            (${file})`] : []),
  ]
}

async function runTool(folder: string, file: string, args: readonly string[]): Promise<{ readonly [key: string]: unknown }> {
  const child = await startChild({ name: `${folder}/${file}`, file: join(ROOT, 'sandbox', folder, file), args })
  await child.over
  return child.ready
}

async function startHub(place: Place, company: Company): Promise<Child> {
  const config = {
    tenant: place.tenant,
    signer: join(place.data, 'signer'),
    publish: join(place.data, 'published'),
    systems: company.systems,
    parts: company.parts,
    sealEveryMs: 1_000,
  }
  const file = join(place.folder, 'hub.json')
  writeFileSync(file, JSON.stringify(config, undefined, 2))
  return startHubChild(place, file, { ...config, deployment: 'tieout.local' }, company.secrets)
}

/** Between two looks: a summary of thousands of invoices costs more, and looking must not cost what it looks at. */
const LOOK_MS = 250
const LOOK_SHARE = 10

/** Up to so many files are sent one after the other. */
const ONE_BY_ONE = 200

interface Running {
  readonly api: string
  readonly key: string
  readonly files: readonly string[]
  readonly hub: Child
}

async function run(options: StartOptions, running: Running): Promise<number> {
  const picture = options.json ? undefined : openPicture(process.stdout)
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      stop.abort()
    })
  void running.hub.over.then(() => {
    stop.abort()
  })
  let sent = 0
  const feeding = feed(running, stop.signal, (count) => {
    sent = count
  })
  let quietSince = Date.now()
  let size = 0
  let summary: Summary | undefined
  while (!stop.signal.aborted) {
    const asked = Date.now()
    summary = await summaryOf(running).catch(() => summary)
    const took = Date.now() - asked
    const fed = sent >= running.files.length
    if (summary) picture?.show(summary, fed ? '' : `${sent} of ${running.files.length} sent`)
    if (!summary || !fed || summary.busy > 0 || summary.log.size !== size || summary.received + summary.refused === 0)
      quietSince = Date.now()
    size = summary?.log.size ?? 0
    if (options.once && summary && Date.now() - quietSince >= patienceWith(summary)) break
    await pause(Math.max(LOOK_MS, LOOK_SHARE * took), stop.signal)
  }
  await feeding.catch(() => {})
  summary = await summaryOf(running).catch(() => summary)
  picture?.close()
  if (!summary) return 1
  const tiedOut = tiesOut(summary)
  if (options.json) process.stdout.write(`${JSON.stringify({ ...published(summary), tiedOut })}\n`)
  else if (options.once) process.stdout.write(`${verdict(summary, tiedOut)}\n`)
  return options.once && !tiedOut ? 1 : 0
}

/**
 * Sends each file once; one that the hub cannot take just now is sent again: the same bytes are the same document. A small folder
 * goes in by name, one after the other: of invoices with the same number the first has it, and that should be no chance.
 */
async function feed({ api, key, files }: Running, signal: AbortSignal, progress: (count: number) => void): Promise<void> {
  const queue = files.values()
  let done = 0
  const worker = async (): Promise<void> => {
    for (const file of queue) {
      const bytes = await readFile(file)
      while (!signal.aborted) {
        const answer = await fetch(`${api}/v1/documents?name=${encodeURIComponent(basename(file))}`, {
          method: 'POST',
          body: bytes,
          headers: { 'content-type': 'application/xml', authorization: `Bearer ${key}` },
        }).catch(() => undefined)
        await answer?.arrayBuffer()
        if (answer && answer.status !== 429 && answer.status < 500) break
        await pause(300, signal)
      }
      progress(++done)
      if (signal.aborted) return
    }
  }
  await Promise.all(Array.from({ length: files.length > ONE_BY_ONE ? 8 : 1 }, worker))
}

async function summaryOf({ api, key }: Running): Promise<Summary> {
  const answer = await fetch(`${api}/v1/summary`, { headers: { authorization: `Bearer ${key}` } })
  if (!answer.ok) throw new Fault('internal', `The hub answered ${answer.status}.`)
  return (await answer.json()) as Summary
}

const behindOf = (summary: Summary): number => Object.values(summary.systems).reduce((sum, system) => sum + system.behind, 0)
const patienceWith = (summary: Summary): number =>
  behindOf(summary) > 0 ? QUIET_MS.behind : summary.moving > 0 ? QUIET_MS.moving : QUIET_MS.over

/** Every system shows what it should, and the hub has nothing left to do. An invoice may wait for its turn elsewhere (a credit for a payment to be netted with), or stand with a named person. */
function tiesOut(summary: Summary): boolean {
  return summary.busy === 0 && behindOf(summary) === 0 && (summary.exceptions['divergence'] ?? 0) === 0
}

const published = ({ received, refused, states, breaches, exceptions, systems, log: { size, root } }: Summary): object => ({
  received,
  refused,
  states,
  breaches,
  exceptions,
  systems,
  log: { size, root },
})

function verdict(summary: Summary, tiedOut: boolean): string {
  const cases = Object.entries(summary.exceptions)
    .map(([cause, count]) => `${count} ${cause}`)
    .join(', ')
  return `\n  ${tiedOut ? 'Everything ties out' : 'Not everything ties out'}: ${(summary.states['paid'] ?? 0) + (summary.states['archived'] ?? 0)} of ${summary.received} invoices paid, ${summary.states['archived'] ?? 0} archived${summary.moving > 0 ? `, ${summary.moving} waiting for their turn elsewhere` : ''}${cases ? `; with people: ${cases}` : ''}; ${summary.log.size} events in the log.`
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) {
      done()
      return
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer)
        done()
      },
      { once: true },
    )
  })
}
