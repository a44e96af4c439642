/** What each lane allows itself: how patiently it tries again, when it gives up, whose its cases are, how old its work may grow. Times in ms. */
import type { CalendarDate } from '../lib/time.ts'
import { EVENT_TYPES, type EventType, type Lane } from './event.ts'
import type { OwnerTeam } from './exception-causes.ts'
import { COMMANDS, type CommandName } from './object.ts'

/** Open from `from` to `to` (`HH:MM`, wall time in `zone`) on these days of the week (1 Monday … 7 Sunday), but for the dates in `except`. */
export interface Hours {
  readonly days: readonly number[]
  readonly from: string
  readonly to: string
  readonly zone: string
  readonly except: readonly CalendarDate[]
}

/** Whose the cases of a lane are: what a system refuses or holds otherwise is the business's, what the connection did is not. */
export interface LaneOwners {
  readonly business: OwnerTeam
  readonly technical: OwnerTeam
}

export interface LanePolicy {
  /** Wait before the first retry; doubles each time, up to `longestMs`, spread by so many hundredths of a per cent either way. */
  readonly firstMs: number
  readonly longestMs: number
  readonly spreadBps: number
  /** When it is tried again; null: at any time. First tries and finding out what became of one are not bound by it. */
  readonly hours: Hours | null
  /** Definite failures in a row after which it is a dead letter. */
  readonly deadAfter: number
  readonly owners: LaneOwners
  /** How old the work before the lane (its own and that of higher lanes) may be before intake takes no more of it. */
  readonly refuseAfterMs: number
}
export type LanePolicies = { readonly [lane in Lane]: LanePolicy }

const MINUTE = 60_000
const lane = (firstMs: number, longestMs: number, deadAfter: number, business: OwnerTeam, refuseAfterMs: number): LanePolicy => ({
  firstMs,
  longestMs,
  spreadBps: 2_000,
  hours: null,
  deadAfter,
  owners: { business, technical: 'engineering' },
  refuseAfterMs,
})

export const LANE_POLICIES: LanePolicies = {
  stop: lane(500, MINUTE, 20, 'ap-lead', 60_000),
  settlement: lane(1_000, 5 * MINUTE, 15, 'treasury', 30_000),
  payment: lane(1_000, 5 * MINUTE, 12, 'treasury', 30_000),
  posting: lane(1_000, 5 * MINUTE, 12, 'ap-lead', 20_000),
  approval: lane(1_000, 5 * MINUTE, 12, 'ap-lead', 15_000),
  intake: lane(1_000, 5 * MINUTE, 12, 'ap-lead', 10_000),
  status: lane(2_000, 10 * MINUTE, 10, 'ap-lead', 5_000),
  metadata: lane(5_000, 30 * MINUTE, 8, 'ap-lead', 3_000),
}

/** The lane of an event. */
export function laneOf(type: EventType, data: { readonly [key: string]: unknown }): Lane {
  const { lane } = EVENT_TYPES[type]
  return lane === 'as its command' ? (COMMANDS[data['command'] as CommandName]?.lane ?? 'status') : lane
}

export type CaseOwners = { readonly [lane in Lane]: LaneOwners }
