/** Clocks that are wrong, by libfaketime: of a hub for a while, of a system for as long as its world is there. */
import { existsSync } from 'node:fs'
import type { Dice } from '../dice.ts'

/** Where Debian's package puts it. */
export const findFaketime = (): string | undefined =>
  ['x86_64', 'aarch64'].map((machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketime.so.1`).find((path) => existsSync(path))

/** For the environment of a process, beside what its clock shows. The monotonic clock stays as it is. */
export const faked = (): { readonly [name: string]: string } => ({ LD_PRELOAD: findFaketime() ?? '', FAKETIME_DONT_FAKE_MONOTONIC: '1' })

/** Seconds by which the clock of a system is ahead of ours; where none is said it is right. */
export type Clocks = { readonly [system: string]: number }

/** More than a notice may be old, and than any schedule lasts. */
const AWAY_S = 1_800

/** By the seed: of each system ahead, right or behind. */
export const wrongClocks = (dice: Dice, systems: readonly string[]): Clocks =>
  Object.fromEntries(systems.map((name) => [name, dice.pick([-AWAY_S, 0, AWAY_S])] as const).filter(([, away]) => away !== 0))

export const withClock = (awayS = 0): { readonly [name: string]: string } =>
  awayS === 0 ? {} : { ...faked(), FAKETIME: `${awayS < 0 ? '' : '+'}${awayS}` }

/** An instant that such a clock told, as ours would have. */
export const byOurClock = (at: string, awayS = 0): string => (awayS === 0 ? at : new Date(Date.parse(at) - awayS * 1_000).toISOString())
