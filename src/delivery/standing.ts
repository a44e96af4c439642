/** Why a command is where it is and when it moves: the same rules by which delivery takes it, told in words. Pure. */
import { NEVER, type EffectRow, type EffectState } from '../domain/effect.ts'
import type { Pause } from '../domain/system.ts'
import { instantOf, msOf, type Instant } from '../lib/time.ts'
import type { AttemptRow } from '../store/attempt.ts'
import type { FeedName } from '../store/set-back.ts'
import type { Obstacle } from '../store/effect-queue.ts'
import type { Breaker } from './breaker.ts'

export type Because =
  | 'done'
  | 'not-wanted'
  | 'under-way'
  | 'set-back'
  | 'paused'
  | 'closed'
  | 'told-to-wait'
  | 'breaker'
  | 'object-busy'
  | 'money-stands'
  | 'in-doubt'
  | 'failed'
  | 'postponed'
  | 'turn'
  | 'asked'
  | 'refused'
  | 'given-up'

export interface Standing {
  readonly because: Because
  /** A sentence without its full stop: times of the day in UTC. */
  readonly why: string
  readonly moves: string
  /** When it moves by itself at the earliest; null where only news or a person moves it. */
  readonly movesAt: Instant | null
}

/** The system that it waits for. */
export interface Gateway {
  readonly system: string
  readonly paused: Pause | null
  readonly breaker: Breaker
  /** Until when its calendar keeps it closed (ms since 1970); undefined when it is open. */
  readonly closedUntil: number | undefined
  /** Of the hub process that is asked; undefined where it does not deliver. */
  readonly load: Load | undefined
}
export interface Load {
  readonly perSecond: number
  readonly inFlight: number
  readonly concurrency: number
  readonly callsPerWindow: number
  readonly perMs: number
  /** Until when (ms since 1970) the system told us to wait. */
  readonly toldToWaitUntil: number | undefined
  /** Feeds that have to be read to their ends before anything is sent: the database was set back. */
  readonly behind?: readonly FeedName[]
}

export interface Queued {
  readonly row: EffectRow
  /** Its last try. */
  readonly last: AttemptRow | undefined
  readonly obstacle: Obstacle | undefined
  /** How many that are due stand before it. */
  readonly ahead: number
}

type Told = (queued: Queued, gateway: Gateway, now: number) => Standing

/** Of each state. What waits is told by the first of {@link HINDRANCES} that holds. */
const STANDINGS: { readonly [state in EffectState]: Told } = {
  waiting: hindered,
  unknown: hindered,
  open: ({ row, last }, _gateway, now) => ({
    because: 'under-way',
    why: `try ${row.attempts} is under way${last ? ` since ${clock(msOf(last.openedAt), now)}` : ''}`,
    moves: `when the reply comes; from ${clock(msOf(row.dueAt), now)} on its outcome is unknown`,
    movesAt: row.dueAt,
  }),
  held: (queued) =>
    asked(queued, 'asked', 'nobody can say whether it was carried out', 'when a person says whether it happened: tieout exceptions'),
  refused: (queued, { system }) =>
    asked(queued, 'refused', `${system} refused it`, 'when a person has it tried again: tieout exceptions, tieout replay'),
  dead: (queued) =>
    asked(
      queued,
      'given-up',
      `given up after ${count(queued.row.attempts, 'try', 'tries')}`,
      'when a person has it tried again: tieout exceptions, tieout replay',
    ),
  done: () => ({ because: 'done', why: 'it was carried out', moves: 'no more', movesAt: null }),
  superseded: () => ({ because: 'not-wanted', why: 'it is no longer wanted', moves: 'when it is wanted again', movesAt: null }),
}

export function standingOf(queued: Queued, gateway: Gateway, now: number): Standing {
  return STANDINGS[queued.row.state](queued, gateway, now)
}

function asked({ last }: Queued, because: Because, why: string, moves: string): Standing {
  return { because, why: last?.says ? `${why}: ${last.says}` : why, moves, movesAt: null }
}

/** In the order in which delivery meets them. */
const HINDRANCES: readonly ((...told: Parameters<Told>) => Standing | undefined)[] = [
  (_queued, { load }) =>
    load?.behind?.length
      ? {
          because: 'set-back',
          why: `the database was set back, and nothing is sent before all feeds were read to their ends: ${load.behind.map(({ system, feed }) => `${system} ${feed}`).join(', ')}`,
          moves: 'when they are; one of a system that is away or paused cannot be read',
          movesAt: null,
        }
      : undefined,
  (_queued, { system, paused }, now) =>
    paused
      ? {
          because: 'paused',
          why: `${system} was paused by ${paused.by.replace('person:', '')} at ${clock(msOf(paused.since), now)}: ${paused.reason}`,
          moves: `when somebody lets it go on: tieout systems resume ${system} --reason WHY --by LOGIN`,
          movesAt: null,
        }
      : undefined,
  (_queued, { system, closedUntil }, now) =>
    closedUntil === undefined
      ? undefined
      : {
          because: 'closed',
          why: `${system} is not called now: maintenance, or outside its hours`,
          moves: `when it opens, at ${clock(closedUntil, now)}`,
          movesAt: instantOf(closedUntil),
        },
  (_queued, { system, load }, now) =>
    load?.toldToWaitUntil === undefined
      ? undefined
      : {
          because: 'told-to-wait',
          why: `${system} told us to wait until ${clock(load.toldToWaitUntil, now)} (Retry-After)`,
          moves: 'when that is over',
          movesAt: instantOf(load.toldToWaitUntil),
        },
  (_queued, { system, breaker }, now) =>
    breaker.state === 'closed'
      ? undefined
      : {
          because: 'breaker',
          why: `${system} ${BREAKER_SAYS[breaker.cause]} since ${clock(breaker.since, now)}, its breaker is open: ${breaker.says}`,
          moves:
            breaker.state === 'open'
              ? `after the next probe, at ${clock(Math.max(now, breaker.until), now)}`
              : 'after the probe that is under way',
          movesAt: instantOf(Math.max(now, breaker.until)),
        },
  ({ obstacle }) =>
    obstacle?.why === 'in-flight'
      ? {
          because: 'object-busy',
          why: `another command about the same object is ${obstacle.state === 'open' ? 'under way' : 'in doubt'}: ${obstacle.command}`,
          moves: 'when the outcome of that one is known',
          movesAt: null,
        }
      : undefined,
  ({ obstacle, row }) =>
    obstacle && row.state === 'waiting'
      ? {
          because: 'money-stands',
          why: `an earlier ${obstacle.command} of it is ${obstacle.state}, and money moves once`,
          moves: 'when that one is undone, or turns out not to have happened',
          movesAt: null,
        }
      : undefined,
  ({ row, last }, _gateway, now) =>
    row.state === 'unknown'
      ? {
          because: 'in-doubt',
          why: `nobody knows yet whether try ${row.attempts} was carried out${words(last?.says)}${looked(last, now)}`,
          ...(row.dueAt === NEVER
            ? { moves: 'when a system says what became of it', movesAt: null }
            : { moves: `${at(row, now)} it is looked for or asked again`, movesAt: row.dueAt }),
        }
      : undefined,
  ({ row, last }, _gateway, now) =>
    row.dueAt <= instantOf(now) || row.attempts === 0
      ? undefined
      : {
          because: 'failed',
          why: `try ${row.attempts} did nothing${words(last?.says)}`,
          ...(row.dueAt === NEVER
            ? { moves: 'when news makes it due', movesAt: null }
            : { moves: `${at(row, now)} it is tried again`, movesAt: row.dueAt }),
        },
  ({ row }, _gateway, now) =>
    row.dueAt <= instantOf(now)
      ? undefined
      : {
          because: 'postponed',
          why: 'it is not due yet',
          moves: row.dueAt === NEVER ? 'when news makes it due' : at(row, now),
          movesAt: row.dueAt === NEVER ? null : row.dueAt,
        },
]

function hindered(...told: Parameters<Told>): Standing {
  for (const hindrance of HINDRANCES) {
    const standing = hindrance(...told)
    if (standing) return standing
  }
  const [{ ahead }, { system, load }, now] = told
  const pace = load
    ? `; it takes ${count(load.concurrency, 'call', 'calls')} at a time, ${load.callsPerWindow} in ${seconds(load.perMs)}`
    : ''
  // As fast as they go now; what is put off before it lets it through sooner.
  const turn = load && load.perSecond > 0 ? now + Math.round((ahead / load.perSecond) * 1_000) : now
  return {
    because: 'turn',
    why: ahead === 0 ? 'it is its turn' : `${ahead} that are due stand before it`,
    moves: `as soon as ${system} has a free place${ahead > 0 && turn > now ? ` for it, at about ${clock(turn, now)}` : ''}${pace}`,
    movesAt: instantOf(turn),
  }
}

const BREAKER_SAYS = { failing: 'has not answered as it should', credential: 'has not let us in' } as const

const at = (row: EffectRow, now: number): string => `at ${clock(Math.max(now, msOf(row.dueAt)), now)}`
const words = (says: string | null | undefined): string => (says ? ` (${says})` : '')
const count = (n: number, one: string, many: string): string => `${n} ${n === 1 ? one : many}`
const seconds = (ms: number): string => (ms % 1_000 === 0 ? `${ms / 1_000} s` : `${ms} ms`)

function looked(last: AttemptRow | undefined, now: number): string {
  const look = last?.looks.at(-1)
  return last && look
    ? `; looked for ${count(last.looks.length, 'time', 'times')}, last at ${clock(msOf(look.at), now)}: ${look.found}${words(look.says)}`
    : ''
}

/** Time of the day in UTC, with its date when that is not today's. */
export function clock(ms: number, now: number): string {
  const text = instantOf(ms)
  return text.slice(0, 10) === instantOf(now).slice(0, 10) ? text.slice(11, 19) : `${text.slice(0, 10)} ${text.slice(11, 19)}`
}
