/** What happens to hubs: killed anywhere or at a named point, frozen, with a wrong clock, under another policy. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sendOnce } from '../clients.ts'
import { faked } from '../world/clocks.ts'
import type { Hub } from '../world/hub.ts'
import type { World } from '../world/world.ts'
import { becomes, done, later, watched, type Begin } from './case.ts'

/** Where the product lets itself be killed, by what passes there. */
export const KILL_POINTS = [
  'door-before-parse',
  'door-after-parse',
  'commit-before-begin',
  'commit-before-commit',
  'commit-sent',
  'commit-after',
  'answer-before',
  'claim-before',
  'claim-after',
  'send-mid',
  'send-after',
  'reply-before-record',
  'record-after',
  'look-answered',
  'seal-tiles-after',
  'seal-sign-after',
  'seal-checkpoint-after',
  'publish-tiles-after',
  'pack-before-keep',
  'pack-kept',
  'packs-before-cursor',
] as const
/** These end the signer, which the hub starts again. */
export const SIGNER_POINTS = ['signer-persist-before', 'signer-persist-after'] as const

/** Whoever calls passes these. */
const AT_THE_DOOR = /^(?:door|answer|commit)/u

/** A hub that runs is told to die at the n-th passage of a point, and called with bills that it may have seen where that is at its door. */
export const dieAt =
  (point: string): Begin =>
  async ({ world, dice, bills }) => {
    // Only one of the two signs.
    const hub = /^(?:seal|publish)/u.test(point) ? world.hubs[0] : dice.pick(world.hubs)
    await world.bringUp(hub)
    const victim = hub.process
    const told = victim?.diesAt(`${point}:${dice.whole(1, 3)}`)
    const met = (): number => (victim?.over === 'SIGKILL' && !victim.killed ? 1 : 0)
    const called = async (): Promise<void> => {
      for (let call = 0; call < 4 && victim?.over === undefined; call++) await sendOnce(world, dice.pick(bills), world.hubs.indexOf(hub))
    }
    const calling = AT_THE_DOOR.test(point) ? called() : undefined
    return {
      met,
      once: true,
      end: async () => {
        await told
        // Until it has heard this it may still die there: whoever heals would take it for one that lives.
        await victim?.diesAt('')
        await calling
        return met()
      },
    }
  }

/** The hub that signs is started anew so that its signer dies at the n-th passage of a point; the hub starts it again. */
export const signerDiesAt =
  (point: string): Begin =>
  async ({ world, dice }) => {
    const [hub] = world.hubs
    await hub.start({ TIEOUT_KILL_AT: `${point}:${dice.whole(1, 3)}` })
    const victim = hub.process
    const children = victim?.children() ?? []
    // A hub that died has none. It ends a signer itself only after 10 s without a word, which is longer than this lasts.
    const met = (): number => {
      const now = victim?.children() ?? []
      return children.some((pid) => !now.includes(pid)) && now.some((pid) => !children.includes(pid)) ? 1 : 0
    }
    return {
      met,
      once: true,
      end: async () => {
        const hits = met()
        await hub.kill()
        return hits
      },
    }
  }

export const kill =
  (which: 'one' | 'both'): Begin =>
  async ({ world, dice }) => {
    const hubs = (which === 'both' ? world.hubs : [dice.pick(world.hubs)]).filter(({ runs }) => runs)
    await Promise.all(hubs.map((hub) => hub.kill()))
    return done(hubs.length)
  }

/** The sum of what a hub says under such names. */
const figure = (said: readonly string[], named: RegExp): number =>
  said.filter((line) => named.test(line)).reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)

/** Late words of a process about calls that others had given up meanwhile: they counted for nothing. */
const refusedOf = (said: readonly string[]): number => figure(said, /^tieout_delivery_calls_total\{.*what="fenced"/u)
const underWayOf = (said: readonly string[]): number =>
  figure(said, /^tieout_delivery_calls_total\{.*what="claimed"/u) - figure(said, /^tieout_delivery_calls_total\{.*what="(?:sent|notSent)"/u)

/** A call may take 1.2 s; the grace after it is 1 s, and others look every 2 s for what is overdue. */
const FROZEN_MS = [3_000, 5_000] as const
const WOKEN_MS = 3_000
const AIM_MS = 1_500
const TURN_MS = 200
/** Calls that take so long can be seen under way. */
const SLOW = { kind: 'slow', ms: 800 } as const

/** Waits for a while until it has a call under way; what it says then, undefined when it has none. */
async function aimed(world: World, hub: Hub): Promise<readonly string[] | undefined> {
  const slowed = Object.values(world.company.links).map((link) => ({ link, ruling: link.set({ fault: SLOW, effects: true }) }))
  let said: readonly string[] = []
  const met = await becomes(async () => underWayOf((said = await world.figures(hub))) > 0, AIM_MS)
  for (const { link, ruling } of slowed) link.heal(ruling)
  return met ? said : undefined
}

/** One hub at a time, so that there is somebody to take over. */
const frozen = new WeakSet<World>()

/** Frozen while it has a call under way and woken, again until others took that over: each late write of it that was refused is met. */
export const freeze: Begin = async ({ world, dice }) => {
  const hub = dice.pick(world.hubs)
  let refused = 0
  let over = false
  const once = async (): Promise<void> => {
    const { process } = hub
    const said = await aimed(world, hub)
    if (!said) return
    const before = refusedOf(said)
    process?.kill('SIGSTOP')
    await becomes(async () => over, dice.whole(...FROZEN_MS))
    process?.kill('SIGCONT')
    await becomes(async () => (refused = refusedOf(await world.figures(hub)) - before) > 0, WOKEN_MS)
    if (hub.process !== process) refused = 0
  }
  const freezing = (async () => {
    while (!over && refused === 0) {
      if (frozen.has(world)) {
        await later(TURN_MS)
        continue
      }
      frozen.add(world)
      // Dead, or without its database: it says nothing, and may be up again the next time.
      await once().catch(() => later(TURN_MS))
      frozen.delete(world)
    }
  })()
  return {
    met: () => refused,
    once: true,
    end: async () => {
      over = true
      await freezing
      return refused
    },
  }
}

/** A start takes less. */
const STARTED_S = 300
const JUMPED_MS = 2_000

/** A hub whose clock is elsewhere, and jumps back while it runs. The monotonic clock stays as it is. It meets what is committed meanwhile. */
export const clock =
  (awayS: number): Begin =>
  async ({ world, dice, bills }) => {
    const hub = dice.pick(world.hubs)
    const file = join(world.folder, `${hub.name}.clock`)
    writeFileSync(file, `${awayS < 0 ? '' : '+'}${awayS}\n`)
    await hub.start({
      ...faked(),
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
    })
    const startedAt = Date.now() / 1_000
    // The rest of the work may be done by now.
    const calling = sendOnce(world, dice.pick(bills), world.hubs.indexOf(hub))
    const isAway = (said: readonly string[], seconds: number): boolean =>
      Math.abs(figure(said, /^process_start_time_seconds /u) - startedAt - seconds) < STARTED_S
    return watched(
      async () => {
        const said = await world.figures(hub)
        return isAway(said, awayS) ? figure(said, /^tieout_commits_total /u) : 0
      },
      async () => {
        // It jumps back while it works, and only then is it started as it should be.
        writeFileSync(file, '+0\n')
        const back = await becomes(async () => isAway(await world.figures(hub), 0), JUMPED_MS)
        await hub.kill()
        await calling
        return back
      },
    )
  }

/**
 * Both hubs go over to another policy, one after the other, under load: what was decided under the new one is not undone by the old.
 * It meets the events that the first writes under the new one while the second has the old one.
 */
export const changePolicy: Begin = async ({ world, dice }) => {
  world.edits.policy = { match: { absolute: '1.00', bps: dice.whole(150, 250) } }
  const [first, second] = dice.shuffled(world.hubs)
  await first?.kill()
  if (first) await world.bringUp(first)
  const cfg = first?.process?.ready['cfg']
  const text = 'SELECT count(*)::int AS events FROM event WHERE cfg = $1'
  const written = async (): Promise<number> =>
    (await world.server.admin((client) => client.query<{ events: number }>(text, [cfg]), world.database)).rows[0]?.events ?? 0
  // A policy of an earlier schedule may have been the same.
  const before = await written()
  return watched(
    async () => (await written()) - before,
    async () => {
      await second?.kill()
    },
  )
}
