/** `tieout start`: the main job. A hub, a company to try it on, invoices to send through, and a picture of how they travel. */
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { mkdir, readdir, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { Command } from 'commander'
import { Fault } from '../lib/fault.ts'
import { PACES, startCompany, type Company } from './company.ts'
import { feed, LARGEST_BYTES, pause, type Feeding, type FeedWish } from './feed.ts'
import { openPicture, type Picture, type Summary } from './picture.ts'
import { logTo, placeFor, prepareDatabase, startHubChild, writeRun, type Place } from './place.ts'
import { startChild, type Child } from './processes.ts'
import { quietClock } from './quiet.ts'
import { lineOf, readFiles } from './read.ts'
import { plainText, printed } from './terminal.ts'
import { closingLines, plural, untied } from './ties-out.ts'

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
  // Whoever asked for JSON on standard output gets nothing else there.
  const person = options.json ? process.stderr : process.stdout
  const say = (line: string): void => {
    person.write(`${line}\n`)
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
        `  ${'ready'.padEnd(12)}${work.files.length} files to send; ${options.once ? 'it ends when nothing is left to do' : 'Ctrl-C stops it'}`,
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
  await readFiles([inbox], { maxBytes: LARGEST_BYTES, check: false }, (line) => {
    lines.push(line.trimEnd())
    return Promise.resolve(true)
  })
  const readLines = join(out, 'read.jsonl')
  writeFileSync(readLines, `${lines.join('\n')}\n`)
  const said = await runTool('sample', 'from-inbox.ts', ['--read', readLines, '--out', out, '--seed', options.seed])
  for (const line of leftOut(said, options.seed, join(out, 'left-out.json'))) say(line)
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
export function leftOut(said: { readonly [key: string]: unknown }, seed: string, file: string): string[] {
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
    `  set-up    ${plural(suppliers?.length ?? 0, 'supplier')} left out, ${plural(orders?.length ?? 0, 'order')} altered by seed ${seed}: their invoices must end with people`,
    ...rows.map((row) => `            ${plainText(row)}`),
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

async function run(options: StartOptions, { hub, ...wish }: FeedWish & { readonly hub: Child }): Promise<number> {
  const picture = options.json ? undefined : openPicture(process.stdout)
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      stop.abort()
    })
  let hubEnded = false
  void hub.over.then(() => {
    hubEnded = !stop.signal.aborted
    stop.abort()
  })
  const feeding = feed(wish, stop.signal)
  // A bug in it is thrown where it is awaited; until then it only ends the looking.
  feeding.over.catch(() => {
    stop.abort()
  })
  const summary = await watched(options, wish, feeding, stop.signal, picture)
  await feeding.over
  picture?.close()
  if (!summary) throw new Fault('internal', 'The hub did not answer; its log says why.')
  const look = { summary, fed: feeding.fed(), hubEnded }
  const why = untied(look)
  if (options.json) process.stdout.write(lineOf({ ...published(summary), notTaken: look.fed.notTaken, tiedOut: why.length === 0, why }))
  else printed(closingLines(look, options.once === true))
  // Without --once it ends when it is told to, whatever is still to do; a hub that ended by itself was not told.
  return hubEnded || (options.once && why.length > 0) ? 1 : 0
}

/** Looks until it is over or stopped. What was seen last; nothing when the hub never answered. */
async function watched(
  { once }: StartOptions,
  wish: FeedWish,
  feeding: Feeding,
  signal: AbortSignal,
  picture: Picture | undefined,
): Promise<Summary | undefined> {
  const isOver = quietClock()
  let summary: Summary | undefined
  do {
    const asked = Date.now()
    summary = await summaryOf(wish).catch(() => summary)
    const took = Date.now() - asked
    if (summary) {
      const fed = feeding.fed()
      picture?.show(summary, fed)
      if (isOver(summary, fed, Date.now()) && once) break
    }
    await pause(Math.max(LOOK_MS, LOOK_SHARE * took), signal)
  } while (!signal.aborted)
  return summary
}

async function summaryOf({ api, key }: FeedWish): Promise<Summary> {
  const answer = await fetch(`${api}/v1/summary`, { headers: { authorization: `Bearer ${key}` } })
  if (!answer.ok) throw new Fault('internal', `The hub answered ${answer.status}.`)
  return (await answer.json()) as Summary
}

const published = ({ received, refused, states, breaches, exceptions, systems, log }: Summary): object => ({
  received,
  refused,
  states,
  breaches,
  exceptions,
  systems,
  log,
})
