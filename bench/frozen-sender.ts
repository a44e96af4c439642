/**
 * Hubs that freeze (SIGSTOP) with calls under way: another one shows each as unknown, settles it as its class allows, and asks a person where
 * the frozen one may still send. One wakes before the freeze limit, the others when all is over: nothing is done twice.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { ModelTarget } from '../src/connector/kit/model-target.ts'
import { ErpConfig } from '../src/connectors/erp/config.ts'
import { answerEffect } from '../src/delivery/answer.ts'
import { type Hub, invoice, type SystemOf, TENANT } from '../test/delivery-world.ts'
import { erp, eventually, exactlyOnce, GAP_MS, type HubProcess, many, p99, seconds, SETTLE_MS, type Stage } from './delivery-stage.ts'
import type { Row } from './ingest.ts'

/** As delivered: it is what keeps a call of a frozen hub from being called unknown at once. */
const CALL_MS = ErpConfig.parse({ url: 'http://127.0.0.1' }).callTimeoutMs
/** An hour as delivered, counted from the end of a call's own time; nobody waits for that here. */
const FREEZE_LIMIT_MS = 20_000
/** Until an outcome that can be told is told, says docs/spec/delivery.md. */
const NOTICE_MS = 2_000

interface Sender {
  readonly config: SystemOf
  readonly target: ModelTarget
  readonly hub: HubProcess
  readonly frozenAt: number
  /** Ms from the freeze until each was shown as unknown, and until it was done or with a person; in order. */
  readonly shown: number[]
  readonly settled: number[]
}

export async function frozen(stage: Stage): Promise<Row[]> {
  const half = many(16)
  const each = 2 * half
  const searched = await freeze(stage, 'erp', 'K3', each)
  const asked = await freeze(stage, 'bank', 'K4', each)
  const woken = await freeze(stage, 'ledger', 'K3', each)
  const senders = [searched, asked, woken]
  const hub = await stage.hub(
    senders.map(({ config }) => config),
    { freezeLimitMs: FREEZE_LIMIT_MS },
  )
  let wokenAt: number | undefined
  while (senders.some(({ settled }) => settled.length < each)) {
    await look(stage, senders, each)
    // What was carried out has been found by then; the rest waits for this one.
    if (wokenAt === undefined && woken.settled.length === half && senders.every(({ shown }) => shown.length === each)) {
      wokenAt = performance.now()
      woken.hub.process.kill('SIGCONT')
    }
    if (performance.now() > woken.frozenAt + CALL_MS + FREEZE_LIMIT_MS + 30_000)
      throw new Error(
        `settled 30 s after the limit: ${senders.map(({ config, settled }) => `${config.system} ${settled.length}`).join(', ')}`,
      )
    await sleep(20)
  }
  await peopleSay(stage, hub, senders)
  await stage.allDone(senders.length * each, 30_000)
  for (const sender of senders) {
    sender.hub.process.kill('SIGCONT')
    await sender.hub.end()
  }
  const stayed = [...searched.settled, ...asked.settled]
  const posted = woken.settled.slice(half).map((ms) => woken.frozenAt + ms - (wokenAt ?? NaN) - SETTLE_MS - GAP_MS)
  const shown = senders.flatMap((sender) => sender.shown)
  return [
    {
      what: `a hub frozen with calls under way (K3, K4) → each shown unknown, p99 of ${shown.length}`,
      value: seconds(p99(shown)),
      unit: 's',
      target: 15,
      beside: `a call to an ERP may take ${CALL_MS / 1_000} s, as delivered`,
    },
    {
      what: `  it stays frozen: each done or with a person by the freeze limit, p99 of ${stayed.length}`,
      value: seconds(p99(stayed)),
      unit: 's',
      target: (CALL_MS + FREEZE_LIMIT_MS + NOTICE_MS) / 1_000,
      beside: `the call's ${CALL_MS / 1_000} s, a limit of ${FREEZE_LIMIT_MS / 1_000} s for the hour as delivered, ${NOTICE_MS / 1_000} s to notice; what was there was found after ${seconds(searched.settled[half - 1] ?? NaN)} s, K4 with a person after ${seconds(p99(asked.settled))} s`,
    },
    {
      what: `  it wakes before: what was not carried out is posted, p99 of ${posted.length} after settling`,
      value: seconds(p99(posted)),
      unit: 's',
      target: 60,
    },
    ...exactlyOnce(
      '  entries in their books',
      senders.length * each,
      senders.map(({ target }) => target),
    ),
  ]
}

/** Every second call is carried out, and none is answered the first time. */
async function freeze(stage: Stage, system: string, of: SystemOf['class'], calls: number): Promise<Sender> {
  const target = await stage.target({ knows: 'none' })
  let came = 0
  target.fateOf = (_key, time) => (time === 1 ? { effect: came++ % 2 === 0 ? 'done' : 'none', reply: 'never' } : undefined)
  // Frozen ones count among those that divide a system's places.
  const limits = { concurrency: 4 * calls, rate: { calls: 2_000, perMs: 1_000 } }
  const config = erp(target, { system, class: of, timeoutMs: CALL_MS, limits })
  await stage.submitted(Array.from({ length: calls }, (_, n) => invoice(`${system} ${n}`, system)))
  const hub = await stage.hubProcess([config])
  await eventually(() => came === calls, 30_000)
  hub.process.kill('SIGSTOP')
  return { config, target, hub, frozenAt: performance.now(), shown: [], settled: [] }
}

async function look(stage: Stage, senders: readonly Sender[], each: number): Promise<void> {
  const rows = await stage.rows<{ target: string; state: string; n: number }>(
    'SELECT target, state, count(*)::int AS n FROM effect GROUP BY 1, 2',
  )
  const now = performance.now()
  for (const { config, frozenAt, shown, settled } of senders) {
    const number = (...states: string[]): number =>
      rows.reduce((sum, { target, state, n }) => (target === config.system && states.includes(state) ? sum + n : sum), 0)
    while (shown.length < each - number('open')) shown.push(now - frozenAt)
    while (settled.length < number('done', 'held')) settled.push(now - frozenAt)
  }
}

/** Two people look into the system's books, and say what they saw. */
async function peopleSay(stage: Stage, { pool, intake }: Hub, senders: readonly Sender[]): Promise<void> {
  const desk = { pool, tenant: TENANT, submit: intake.submit.bind(intake), now: Date.now }
  const held = await stage.rows<{ key: string; target: string }>(`SELECT key, target FROM effect WHERE state = 'held'`)
  for (const { key, target } of held) {
    const there = senders.some((sender) => sender.config.system === target && sender.target.bookedUnder(key).length > 0)
    const said = await answerEffect(desk, {
      effect: key,
      input: there ? 'said-applied' : 'said-not-applied',
      person: 'person:ada',
      second: 'person:bob',
      reason: 'looked into the books',
    })
    if ('refused' in said) throw new Error(said.refused)
  }
}
