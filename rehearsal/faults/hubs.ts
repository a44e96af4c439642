/** What happens to hubs: killed anywhere or at a named point, frozen, with a wrong clock, under another policy. */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sendOnce } from '../clients.ts'
import type { Hub } from '../world/hub.ts'
import { done, later, type Begin } from './case.ts'

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
] as const
/** These end the signer, which the hub starts again. */
export const SIGNER_POINTS = ['signer-persist-before', 'signer-persist-after'] as const

/** Whoever calls passes these. */
const AT_THE_DOOR = /^(?:door|answer|commit)/u

/** A hub is started anew so that it dies at the n-th passage of a point. The bills that it had already seen are what it is called with then. */
export const dieAt =
  (point: string): Begin =>
  async ({ world, dice, bills }) => {
    const signer = SIGNER_POINTS.some((one) => one === point)
    // Only one of the two signs.
    const hub = /^(?:seal|publish|signer)/u.test(point) ? world.hubs[0] : dice.pick(world.hubs)
    await hub.start({ TIEOUT_KILL_AT: `${point}:${dice.whole(1, 3)}` })
    const children = hub.process?.children() ?? []
    const victim = hub.process
    const met = (): number =>
      (signer ? children.some((pid) => victim?.children().includes(pid) === false) : victim?.over === 'SIGKILL') ? 1 : 0
    const called = async (): Promise<void> => {
      for (let call = 0; call < 4 && victim?.over === undefined; call++) await sendOnce(world, dice.pick(bills), world.hubs.indexOf(hub))
    }
    const calling = AT_THE_DOOR.test(point) ? called() : undefined
    return {
      met,
      once: true,
      end: async () => {
        const hits = met()
        await hub.kill()
        await calling
        return hits
      },
    }
  }

export const kill =
  (which: 'one' | 'both'): Begin =>
  async ({ world, dice }) => {
    const hubs: readonly Hub[] = which === 'both' ? world.hubs : [dice.pick(world.hubs)]
    await Promise.all(hubs.map((hub) => hub.kill()))
    return done(hubs.length)
  }

export const freeze: Begin = async ({ world, dice }) => {
  const { process } = dice.pick(world.hubs)
  process?.kill('SIGSTOP')
  return {
    end: async () => {
      process?.kill('SIGCONT')
      return process?.over === undefined ? 1 : 0
    },
  }
}

/** Where Debian's package puts it. */
export const findFaketime = (): string | undefined =>
  ['x86_64', 'aarch64'].map((machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketime.so.1`).find((path) => existsSync(path))

/** A hub whose clock is elsewhere, and jumps back while it runs. The monotonic clock stays as it is. */
export const clock =
  (offset: string): Begin =>
  async ({ world, dice }) => {
    const hub = dice.pick(world.hubs)
    const file = join(world.folder, `${hub.name}.clock`)
    writeFileSync(file, `${offset}\n`)
    const started = await hub.start({
      LD_PRELOAD: findFaketime() ?? '',
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    })
    return {
      end: async () => {
        // It jumps back while it works, and only then is it started as it should be.
        writeFileSync(file, '+0\n')
        await later(150)
        await hub.kill()
        return started ? 1 : 0
      },
    }
  }

/** Both hubs go over to another policy, one after the other, under load: what was decided under the new one is not undone by the old. */
export const changePolicy: Begin = async ({ world, dice }) => {
  world.policy = { match: { absolute: '1.00', bps: dice.whole(150, 250) } }
  const [first, second] = dice.shuffled(world.hubs)
  await first?.kill()
  if (first) await world.bringUp(first)
  return {
    end: async () => {
      await second?.kill()
      return 1
    },
  }
}
