/**
 * Delivery under lost replies, kills, freezes, an outage, a target's own limit and a million waiting rows: hubs that take in and deliver,
 * over a server with its ordinary settings, against a model system that keeps its own books.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startPostgres } from '../launch/postgres.mjs'
import type { CommandName } from '../src/domain/object.ts'
import { boundNames } from '../src/store/alias.ts'
import { inTenant } from '../src/store/database.ts'
import { effectsOf } from '../src/store/effect.ts'
import { invoice, TENANT } from '../test/delivery-world.ts'
import { hubDatabase, type HubDatabase } from '../test/hub-database.ts'
import { AT_ONCE, erp, eventually, exactlyOnce, GAP_MS, many, p99, seconds, SETTLE_MS, Stage } from './delivery-stage.ts'
import { frozen } from './frozen-sender.ts'
import type { Row } from './ingest.ts'
import { forecast, ownLimit } from './own-limit.ts'
import { waitingStatuses } from './waiting-rows.ts'

const PARTS = { lostReplies, takeover, frozen, outage, ownLimit, forecast, millionWaiting }

export async function run(part: keyof typeof PARTS): Promise<Row[]> {
  const dataDir = mkdtempSync(join(tmpdir(), 'tieout-bench-'))
  chmodSync(dataDir, 0o711)
  const server = await startPostgres({ dataDir })
  process.env['TIEOUT_TEST_DATABASE_URL'] = server.url('postgres')
  try {
    const database = await hubDatabase()
    try {
      await using stage = new Stage(database)
      return await PARTS[part](stage)
    } finally {
      await database.drop()
    }
  } finally {
    await server.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

/** The ERP finds a posting by our reference and has no idempotency keys; it takes each and never answers the first time. */
async function lostReplies(stage: Stage): Promise<Row[]> {
  const postings = many(10_000)
  const target = await stage.target({ knows: 'none' })
  target.fateOf = (_key, time) => (time === 1 ? { reply: 'lost' } : undefined)
  await stage.submitted(Array.from({ length: postings }, (_, n) => invoice(n, 'erp')))
  const start = performance.now()
  const hub = await stage.hubProcess([erp(target)])
  await stage.allDone(postings, 210_000)
  const beside = `all done after ${seconds(performance.now() - start)} s`
  await hub.end()
  return exactlyOnce(`${postings} postings, every first reply lost: entries in the ERP's books`, postings, [target], { beside })
}

/** A hub is killed with calls under way; another, which has nothing to do with that system, declares them unknown. */
async function takeover(stage: Stage): Promise<Row[]> {
  const rounds = many(12)
  const target = await stage.target({ knows: 'none' })
  target.usual = { reply: 'never' }
  await stage.hubProcess([{ ...erp(target), system: 'other' }])
  const opened = (): Promise<number> => stage.count(`SELECT count(*)::int AS n FROM attempt WHERE outcome = 'open'`)
  const times: number[] = []
  for (let round = 0; round < rounds; round++) {
    await stage.submitted(Array.from({ length: 8 }, (_, n) => invoice(`${round}-${n}`, 'erp')))
    const victim = await stage.hubProcess([
      // The other hub has half of its places.
      erp(target, { timeoutMs: 60_000, limits: { concurrency: 16, rate: { calls: 1_000, perMs: 1_000 } } }),
    ])
    await eventually(async () => (await opened()) === 8, 30_000)
    const killed = performance.now()
    victim.process.kill('SIGKILL')
    for (let left = 8; left > 0;) {
      const open = await opened()
      for (; left > open; left--) times.push(performance.now() - killed)
      if (performance.now() - killed > 60_000) throw new Error(`${open} attempts stayed open for a minute`)
      await sleep(20)
    }
    // Out of the way of the next round.
    await stage.database.admin((client) =>
      client.query(`UPDATE effect SET state = 'superseded', due_at = '9999-12-31T23:59:59.999Z' WHERE target = 'erp'`),
    )
  }
  return [
    { what: `kill -9 with calls under way → shown unknown, p99 of ${times.length}`, value: seconds(p99(times)), unit: 's', target: 15 },
  ]
}

/** A system goes away in the middle of work while everything is due, having carried out what it no longer answers; from the moment it is back. */
async function outage(stage: Stage): Promise<Row[]> {
  const objects = many(10_000)
  const target = await stage.target({ knows: 'none' })
  let came = 0
  target.fateOf = () => {
    if (++came === AT_ONCE) target.down = true
    return came <= AT_ONCE ? { reply: 'lost' } : undefined
  }
  await stage.submitted(Array.from({ length: objects }, (_, n) => invoice(n, 'erp')))
  const hub = await stage.hubProcess([erp(target)])
  await eventually(() => target.down, 30_000)
  await sleep(20_000)
  const healed = performance.now()
  target.down = false
  const times: number[] = []
  while (times.length < objects) {
    const done = await stage.done()
    for (; times.length < done;) times.push(performance.now() - healed)
    if (performance.now() - healed > 110_000) throw new Error(`only ${done} of ${objects} were done 110 s after the outage`)
    await sleep(100)
  }
  const memory = hub.residentMb()
  await hub.end()
  return [
    {
      what: `${objects} objects after an outage of 20 s: all as they should be, p99 after settling`,
      value: seconds(p99(times) - SETTLE_MS - GAP_MS),
      unit: 's',
      target: 60,
      beside: `hub ${memory} MB`,
    },
    ...exactlyOnce('  entries in its books', objects, [target]),
  ]
}

/** A million statuses wait; settlements and postings go through at once, and the statuses drain. */
async function millionWaiting(stage: Stage): Promise<Row[]> {
  const rows = many(1_000_000)
  const each = 120
  const { database } = stage
  const target = await stage.target({ knows: 'key' })
  await database.admin((client) => waitingStatuses(client, TENANT, 'erp', rows))
  const hub = await stage.hubProcess([erp(target, { class: 'K1' })])
  const urgent = async (command: 'settlement.record' | 'invoice.post'): Promise<number[]> => {
    const times: number[] = []
    for (let n = 0; n < each; n++) {
      const at = performance.now()
      hub.takeIn([invoice(`${command} ${n}`, 'erp', { command })])
      await eventually(() => isDone(database, `capture|invoice|${command} ${n}`, command), 60_000, 25)
      times.push(performance.now() - at)
      await sleep(Math.max(0, 500 - (performance.now() - at)))
    }
    return times
  }
  await eventually(() => target.booked.length > 0, 60_000)
  const before = target.booked.length
  const start = performance.now()
  const [settlements, postings] = await Promise.all([urgent('settlement.record'), urgent('invoice.post')])
  const perSecond = ((target.booked.length - before - 2 * each) / (performance.now() - start)) * 1_000
  const memory = hub.residentMb()
  await hub.end()
  return [
    {
      what: `a settlement acknowledged while ${rows} statuses wait, p99 of ${each}`,
      value: seconds(p99(settlements)),
      unit: 's',
      target: 5,
    },
    { what: `a posting acknowledged while ${rows} statuses wait, p99 of ${each}`, value: seconds(p99(postings)), unit: 's', target: 5 },
    { what: 'statuses delivered meanwhile', value: Math.round(perSecond), unit: 'per s', target: 500 },
    {
      what: 'hub resident memory meanwhile',
      value: memory,
      unit: 'MB',
      target: 512,
      beside: 'of the one process that takes in, commits and delivers; API, feeds and sweeps are not in it',
    },
  ]
}

/** Asked by the invoice's own rows: a count over a million rows, a hundred times a second, would be what is measured. */
async function isDone(database: HubDatabase, name: string, asked: CommandName): Promise<boolean> {
  return inTenant(database.pool, TENANT, async (client) => {
    const id = (await boundNames(client, TENANT, [name])).get(name)
    return id !== undefined && (await effectsOf(client, TENANT, id)).some(({ command, state }) => command === asked && state === 'done')
  })
}
