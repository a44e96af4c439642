/** Lanes in the configuration, and when a system may be called. */
import { z } from 'zod'
import { LANES, type Lane } from '../domain/event.ts'
import { OWNER_TEAMS } from '../domain/exception-causes.ts'
import { LANE_POLICIES, type LanePolicy } from '../domain/lane.ts'
import { isCalendarDate } from '../lib/time.ts'
import { TIME_OF_DAY, ZONE } from './times.ts'

const ms = (least: number, most: number, says: string): z.ZodInt => z.int().min(least).max(most).describe(says)
const DAY_MS = 86_400_000

const days = z.array(z.int().min(1).max(7)).min(1)
const instant = z.iso.datetime({ offset: true, error: 'is no instant as 2026-12-31T18:00:00Z' })

const HOURS = z
  .strictObject({
    days: days.default([1, 2, 3, 4, 5]),
    from: TIME_OF_DAY,
    to: TIME_OF_DAY,
    zone: ZONE,
    except: z.array(z.string().refine(isCalendarDate, 'is no date as 2026-12-25')).default([]),
  })
  .refine(({ from, to }) => from < to, 'the hours end before they begin')

const laneOf = (lane: Lane): z.ZodPrefault<z.ZodType<LanePolicy, object>> => {
  const usual = LANE_POLICIES[lane]
  return z
    .strictObject({
      firstMs: ms(50, DAY_MS, 'wait before the first retry; it doubles').default(usual.firstMs),
      longestMs: ms(50, DAY_MS, 'up to this').default(usual.longestMs),
      spreadBps: z.int().min(0).max(5_000).default(usual.spreadBps).describe('spread by so many hundredths of a per cent either way'),
      hours: HOURS.nullable()
        .default(null)
        .describe('when it is tried again: {days: [1, 2, 3, 4, 5], from: "07:00", to: "18:00", zone, except: [dates]}; null: at any time'),
      deadAfter: z.int().min(1).max(1_000).default(usual.deadAfter).describe('definite failures in a row after which a person is asked'),
      owners: z
        .strictObject({
          business: z.enum(OWNER_TEAMS).default(usual.owners.business).describe('whose the cases are when a system refuses'),
          technical: z
            .enum(OWNER_TEAMS)
            .default(usual.owners.technical)
            .describe('and when it cannot be reached or nobody knows what became of a command'),
        })
        .prefault({}),
      refuseAfterMs: ms(100, DAY_MS, 'age of the work before it at which intake takes no more of this lane').default(usual.refuseAfterMs),
    })
    .refine(({ firstMs, longestMs }) => firstMs <= longestMs, 'firstMs is more than longestMs')
    .prefault({})
}

export const LANES_CONFIG = z.strictObject(
  Object.fromEntries(LANES.map((lane) => [lane, laneOf(lane)])) as { readonly [lane in Lane]: ReturnType<typeof laneOf> },
)

const WEEKLY = z.strictObject({ days, from: TIME_OF_DAY, to: TIME_OF_DAY, zone: ZONE })
const ONCE = z
  .strictObject({ from: instant, to: instant })
  .refine(({ from, to }) => Date.parse(from) < Date.parse(to), 'it ends before it begins')

export const MAINTENANCE = z
  .array(z.union([WEEKLY, ONCE], 'is {days, from, to, zone} each week, or {from, to} once'))
  .default([])
  .describe('when it is not called: {days: [6, 7], from: "22:00", to: "04:00", zone} each week, or {from, to} as instants once')
export const CALENDAR = HOURS.nullable()
  .default(null)
  .describe(
    'its hours: {days: [1, 2, 3, 4, 5], from: "07:00", to: "18:00", zone, except: [dates]}; outside them it is not called. null: at any time',
  )

type Closed =
  | z.infer<typeof WEEKLY>
  | { readonly fromAt: number; readonly toAt: number }
  | { readonly open: NonNullable<z.infer<typeof CALENDAR>> }

/** When a system is not to be called, as delivery reads it. */
export function windowsOf({
  maintenance,
  calendar,
}: {
  readonly maintenance: z.infer<typeof MAINTENANCE>
  readonly calendar: z.infer<typeof CALENDAR>
}): Closed[] {
  return [
    ...maintenance.map((window) => ('days' in window ? window : { fromAt: Date.parse(window.from), toAt: Date.parse(window.to) })),
    ...(calendar ? [{ open: calendar }] : []),
  ]
}
