/** The composition: the only file that knows every part. Everything it starts it also stops, in reverse. */
import { createHash } from 'node:crypto'
import { startApi } from './api/server.ts'
import { processMetrics, type HubCounts } from './api/process-metrics.ts'
import type { ApiContext, Captured, CapturedDocument } from './api/context.ts'
import { sweepView } from './api/sweeps.ts'
import { configHash, policyOf, type Config } from './config/config.ts'
import { windowsOf } from './config/delivery.ts'
import { captureDocument } from './connectors/capture/capture.ts'
import { replayable } from './delivery/answer.ts'
import { closedUntil, maintenanceOf } from './delivery/calendar.ts'
import { Aftermath } from './delivery/aftermath.ts'
import { takeIdentity } from './delivery/process.ts'
import { startDelivery } from './delivery/run.ts'
import { lawOf } from './domain/law.ts'
import type { Arrival } from './domain/object.ts'
import { TieOutRuns } from './export/tie-outs.ts'
import { takeOver } from './intake/cut-over.ts'
import { adopt } from './intake/adopt.ts'
import { tellSetBacks } from './intake/set-back.ts'
import { notice } from './intake/notice.ts'
import { openIntake, type Intake } from './intake/batcher.ts'
import { startWaker } from './intake/waker.ts'
import { assert } from './lib/assert.ts'
import { openBell } from './lib/bell.ts'
import { startPacker } from './export/packer.ts'
import { Fault } from './lib/fault.ts'
import { instantOf, type Clock } from './lib/time.ts'
import { openReach } from './seal/reach.ts'
import { startSealing } from './seal/sealing.ts'
import { boundNames } from './store/alias.ts'
import { inTenant, openPool, type ClientBase, type Pool } from './store/database.ts'
import { storeDocument } from './store/document.ts'
import { openHubClock } from './store/hub-clock.ts'
import { refuseUnsafe } from './store/refusals.ts'
import { readSetBack, setBacks } from './store/set-back.ts'
import { sha256 } from './store/sha256.ts'
import { openSystems } from './systems.ts'
import type { Swept } from './watch/sweep.ts'
import { startWatch } from './watch/watch.ts'

export interface HubOptions {
  readonly config: Config
  /** As the role hub_app. */
  readonly databaseUrl: string
  /** As the role hub_signer; without it nothing is sealed, and an alarm says so. */
  readonly signerDatabaseUrl: string | undefined
  readonly apiKey: string
  /** The value of a secret by the name that the configuration refers to. */
  readonly secret: (name: string) => string | undefined
  readonly log: (line: string) => void
}

export interface Hub {
  readonly address: string
  /** The hash of its configuration, as each event that it writes names it. */
  readonly cfg: string
  /** The public key under which this tenant's log is signed; undefined when no signer could be started. */
  readonly verifierKey: string | undefined
  readonly intake: Intake
  readonly pool: Pool
  stop(): Promise<void>
}

/** The status with which a hub ends whose database was set back under it. */
const SET_BACK_STATUS = 71
/** A hub hears at most this late that another one has found it out. */
const NOTICE_MS = 2_000

/** Starts a hub. When one of its parts cannot be started, those that were are stopped again, and what that part threw is thrown. */
export async function startHub(options: HubOptions): Promise<Hub> {
  const parts = new AsyncDisposableStack()
  try {
    return await start(options, parts)
  } catch (error) {
    await parts.disposeAsync()
    throw error
  }
}

/** Nobody waits yet for what a database that is away would let wait: whoever starts a hub is told. */
async function answering(pool: Pool): Promise<void> {
  try {
    const client = await pool.connect()
    client.release()
  } catch (cause) {
    if (cause instanceof Fault) throw cause
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new Fault('database-away', `The database of TIEOUT_DATABASE_URL does not let the hub in: ${why}.`, { cause })
  }
}

/** `started` gets how each part is stopped; the last one that was started is stopped first. */
async function start(options: HubOptions, started: AsyncDisposableStack): Promise<Hub> {
  const { config, log } = options
  const { tenant } = config
  const reach = openReach(config.publish, tenant, log)
  let running = false
  const ended = (fault: Fault): void => {
    log(`${fault.message} The process ends.`)
    process.exit(SET_BACK_STATUS)
  }
  const admit = async (client: ClientBase): Promise<void> => {
    await reach.check(client).catch((error: unknown) => {
      if (running && error instanceof Fault && error.code === 'log-set-back') ended(error)
      throw error
    })
  }
  const pool = openPool(options.databaseUrl, { max: 12, name: 'tieout hub', admit })
  started.defer(() => pool.end())
  await answering(pool)
  await refuseUnsafe(pool)
  const clock = await openHubClock(pool)
  started.defer(clock.stop)
  const clocks = { wall: clock.now, monotonic: () => performance.now() }
  const sending = { wall: clock.latest, monotonic: clocks.monotonic }
  const laws = { policy: policyOf(config), sha256 }
  const cfg = configHash(config)
  const law = lawOf(laws.policy, sha256)
  const bell = openBell()
  const trouble = (what: string, error: unknown): void => {
    log(`${what}: ${error instanceof Error ? error.message : String(error)}`)
  }
  // Before whatever writes, so that it ends after it, and the last thing that was written is sealed.
  const verifierKey =
    options.signerDatabaseUrl === undefined
      ? undefined
      : await startSealing(
          {
            tenant,
            databaseUrl: options.signerDatabaseUrl,
            signerDir: config.signer,
            publishDir: config.publish,
            everyMs: config.sealEveryMs,
            log,
          },
          started,
        )
  const { setBack, lost } = await inTenant(pool, tenant, async (client) => ({
    setBack: await readSetBack(client, tenant),
    lost: (await setBacks(client, tenant)).length > 0,
  }))
  const counts: HubCounts = { commits: 0, events: 0, refusedNotices: new Map() }
  const swept = new Map<string, Swept & { readonly sweeps: number }>()

  const intake = openIntake({
    pool,
    settings: { law, cfg, config: 1, clock: clock.now, lost },
    lanes: config.lanes,
    onCommitted: (news) => {
      reach.committed(news.next, news.fact)
      counts.commits++
      counts.events += news.events
      bell.ring()
      for (const target of news.targets) delivery.hint(tenant, target)
      if (news.stirred) waker.hint()
    },
    // Recovery is the ordinary start: whoever started us starts us again.
    onBug: (error) => {
      trouble('A broken promise of our own code; the process ends', error)
      process.exit(70)
    },
  })
  started.defer(() => intake.close())
  const submit = (arrivals: readonly Arrival[]): ReturnType<Intake['submit']> => intake.submit(arrivals)
  await tellSetBacks(pool, submit, tenant)
  const identity = await takeIdentity(options.databaseUrl)
  started.defer(() => identity.stop())
  const systems = await openSystems(config)
  const secret = (_tenant: string, name: string): string | undefined => options.secret(name)
  const waker = startWaker({
    pool,
    nudge: (of, objects) => intake.nudge(of, objects),
    clock: clock.now,
    unboundGraceMs: config.policy.entryGraceMs,
    onUnbound: (of, facts) =>
      adopt(
        pool,
        submit,
        of,
        facts.map((fact) => fact.index),
      ),
    onTrouble: (error) => {
      trouble('waking', error)
    },
  })
  started.defer(() => waker.stop())
  const aftermath =
    setBack &&
    new Aftermath({
      pool,
      tenant,
      setBack,
      feeds: systems.flatMap(({ system, feeds }) => feeds.map(({ name }) => ({ system, feed: name }))),
      monotonic: clocks.monotonic,
      log,
    })
  const delivery = startDelivery({
    pool,
    aftermath,
    claimed: (system, attempt) => {
      reach.claimed(system, attempt)
    },
    systems: systems.map((connector) => ({ tenant, connector, windows: windowsOf(config.systems[connector.system]!) })),
    submit,
    identity,
    secret,
    trouble,
    lanes: config.lanes,
    clocks,
    sending,
  })
  started.defer(() => delivery.stop())
  const sweepEnded = (system: string, done: Swept): void => {
    swept.set(system, { ...done, sweeps: (swept.get(system)?.sweeps ?? 0) + 1 })
  }
  const watch = startWatch({
    pool,
    systems: systems.map((connector) => {
      const maintenance = maintenanceOf(windowsOf(config.systems[connector.system]!))
      return { tenant, connector, closedUntil: (now) => closedUntil(maintenance, now) }
    }),
    submit,
    place: (of, system, patienceMs, stopping) => delivery.place(of, system, patienceMs, stopping),
    secret,
    trouble,
    clocks,
    sending,
    sweeps: { ...config.sweeps, ended: sweepEnded },
    setBack,
  })
  started.defer(() => watch.stop())
  const packer =
    config.parts.archive === undefined
      ? undefined
      : startPacker({
          pool,
          tenant,
          submit,
          onTrouble: (error) => {
            trouble('evidence packs', error)
          },
        })
  started.defer(async () => packer?.stop())
  const tieOuts = new TieOutRuns({
    pool,
    tenant,
    systems: config.parts,
    ledger: (system) => watch.ledger(tenant, system),
    submit,
    now: clock.now,
  })
  started.defer(() => tieOuts.stop())
  const context: ApiContext = {
    pool,
    tenant,
    key: options.apiKey,
    systems: systems.map((connector) => ({
      name: connector.system,
      kind: connector.kind,
      role: connector.role,
      windows: windowsOf(config.systems[connector.system]!),
    })),
    submit,
    capture: (document) => capture(pool, submit, tenant, document, clock.now),
    keep: (bytes, mediaType) => storeDocument(pool, tenant, bytes, mediaType),
    notice: async (system, raw, headers) => {
      const answer = await notice(
        {
          pool,
          submit,
          tenant,
          connector: systems.find((connector) => connector.system === system),
          secret: options.secret,
          now: clock.now,
        },
        raw,
        headers,
      )
      // A notice says that something moved; what it does not say itself the feed does.
      if (answer === 'ok') watch.hint(tenant, system)
      else {
        // Names that nobody configured are not counted each for itself: anybody may make them up.
        const name = systems.some((connector) => connector.system === system) ? system : ''
        counts.refusedNotices.set(name, (counts.refusedNotices.get(name) ?? 0) + 1)
        log(`A notice of ${name === '' ? 'an unknown system' : name} was refused: ${answer.refused}`)
      }
      return answer
    },
    cutOver: (wish) =>
      takeOver({ pool, tenant, erp: config.parts.erp, ledger: (system) => watch.ledger(tenant, system), submit, now: clock.now }, wish),
    tieOuts,
    sweep: (system, full) => {
      const running = watch.sweep(tenant, system, full)
      assert(running, `${system} is watched`)
      return sweepView(running.startedAt, running.progress)
    },
    sweeping: (system) => {
      const { running, last } = watch.sweeping(tenant, system) ?? {}
      return {
        running: running ? sweepView(running.startedAt, running.progress) : null,
        last: last ? { ...sweepView(last.startedAt, last.swept), endedAt: last.endedAt } : null,
      }
    },
    metrics: () => processMetrics(counts, intake, delivery.stats(), swept),
    load: (system) => {
      const [stats, limits] = [
        delivery.stats().find((row) => row.system === system),
        systems.find((connector) => connector.system === system)?.limits,
      ]
      return stats && limits && { ...stats, concurrency: limits.concurrency, perMs: limits.rate.perMs, behind: aftermath?.behind ?? [] }
    },
    replayable: (query) => replayable(pool, tenant, systems, query),
    laws,
    moved: (ms) => bell.heard(ms),
    now: clock.now,
  }
  const api = await startApi(context, config.api)
  started.defer(() => api.close())
  running = true
  const noticing = setInterval(() => {
    const noticed = reach.noticed()
    if (noticed) ended(noticed)
  }, NOTICE_MS)
  started.defer(() => {
    clearInterval(noticing)
  })

  return {
    address: api.address,
    cfg,
    verifierKey,
    intake,
    pool,
    stop: () => started.disposeAsync(),
  }
}

type Submit = Intake['submit']

/** Bytes become a kept document first, then facts; answers when all of them are durable. */
async function capture(
  pool: Pool,
  submit: Submit,
  tenant: string,
  { bytes, mediaType, fileName, by }: CapturedDocument,
  now: Clock,
): Promise<Captured> {
  const document = createHash('sha256').update(bytes).digest('hex')
  await storeDocument(pool, tenant, bytes, mediaType)
  const captured = captureDocument(sha256, {
    tenant,
    bytes,
    document,
    mediaType,
    fileName,
    channel: 'api',
    actor: by,
    at: instantOf(now()),
  })
  const receipts = await submit(captured.arrivals)
  const fault = receipts.find((receipt) => receipt.fault)?.fault
  if (fault) throw fault
  if (captured.refused) return { document, received: [], refused: captured.refused }
  const names = captured.arrivals.map((arrival) => arrival.about[0]?.names.at(-1) ?? '')
  const bound = await inTenant(pool, tenant, (client) => boundNames(client, tenant, names))
  return { document, received: captured.numbers.map((number, at) => ({ number, invoice: bound.get(names[at] ?? '') ?? '' })) }
}
