/** When a system is not to be called although it might answer: announced maintenance, and all that is outside its hours. Pure. */
import type { Hours } from '../domain/lane.ts'

/** Closed from `from` to `to` (`HH:MM`, wall time in `zone`) on these days of the week (1 Monday … 7 Sunday); `to` before `from` ends the next day. */
export interface WeeklyWindow {
  readonly days: readonly number[]
  readonly from: string
  readonly to: string
  readonly zone: string
}
/** Closed between two instants (ms since 1970). */
export interface OnceWindow {
  readonly fromAt: number
  readonly toAt: number
}
/** Closed outside these hours: a business calendar. */
export interface OutsideHours {
  readonly open: Hours
}
export type Window = WeeklyWindow | OnceWindow | OutsideHours

const DAY_MINUTES = 24 * 60

/** Until when (ms) it is closed at `now`; undefined when it is open. A weekly window is looked at again at the end of its day. */
export function closedUntil(windows: readonly Window[], now: number): number | undefined {
  let until: number | undefined
  for (const window of windows) {
    const end = 'fromAt' in window ? onceEnd(window, now) : 'open' in window ? hoursBegin(window.open, now) : weeklyEnd(window, now)
    if (end !== undefined && (until === undefined || end > until)) until = end
  }
  return until
}

/** Its hours are for commands; what a system tells is read whenever it can be, but in maintenance. */
export const maintenanceOf = (windows: readonly Window[]): readonly Window[] => windows.filter((window) => !('open' in window))

/** More windows than these do not follow one another; whoever is closed for ever is looked at again. */
const LIMIT_CHAINED = 100

/** When (ms) it is open at the earliest: `from` itself, or the end of all that closes it then. */
export function opensAt(windows: readonly Window[], from: number): number {
  let at = from
  for (let n = 0; n < LIMIT_CHAINED; n++) {
    const until = closedUntil(windows, at)
    if (until === undefined) break
    at = until
  }
  return at
}

function onceEnd(window: OnceWindow, now: number): number | undefined {
  return now >= window.fromAt && now < window.toAt ? window.toAt : undefined
}

function weeklyEnd(window: WeeklyWindow, now: number): number | undefined {
  const local = localTime(window.zone, now)
  const from = minutesOf(window.from)
  const to = minutesOf(window.to)
  const today = window.days.includes(local.day)
  const yesterday = window.days.includes(local.day === 1 ? 7 : local.day - 1)
  const overnight = to <= from
  const left = overnight
    ? yesterday && local.minute < to
      ? to - local.minute
      : today && local.minute >= from
        ? DAY_MINUTES - local.minute + to
        : undefined
    : today && local.minute >= from && local.minute < to
      ? to - local.minute
      : undefined
  // Whole minutes from the start of this one. On the two nights when clocks change it may end an hour early or late; the
  // next look at the calendar corrects it.
  return left === undefined ? undefined : inMinutes(now, left)
}

const inMinutes = (now: number, minutes: number): number => now - (now % 60_000) + minutes * 60_000

/** Further ahead no opening is looked for. */
const LIMIT_DAYS = 370

/** When hours begin next; undefined while they last. */
function hoursBegin({ days, from, to, zone, except }: Hours, now: number): number | undefined {
  const { date, day, minute } = localTime(zone, now)
  const [begins, ends] = [minutesOf(from), minutesOf(to)]
  for (let ahead = 0; ahead < LIMIT_DAYS; ahead++) {
    const that = new Date(Date.parse(date) + ahead * DAY_MINUTES * 60_000).toISOString().slice(0, 10)
    if (!days.includes(((day + ahead - 1) % 7) + 1) || except.includes(that)) continue
    if (ahead > 0 || minute < begins) return inMinutes(now, ahead * DAY_MINUTES + begins - minute)
    if (minute < ends) return undefined
  }
  return inMinutes(now, LIMIT_DAYS * DAY_MINUTES)
}

const FORMATS = new Map<string, Intl.DateTimeFormat>()
const WEEK = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']

function localTime(zone: string, now: number): { date: string; day: number; minute: number } {
  let format = FORMATS.get(zone)
  if (!format)
    FORMATS.set(
      zone,
      (format = new Intl.DateTimeFormat('en-GB', {
        timeZone: zone,
        weekday: 'short',
        year: 'numeric',
        month: '2-digit',
        day: '2-digit',
        hour: '2-digit',
        minute: '2-digit',
        hourCycle: 'h23',
      })),
    )
  const parts = Object.fromEntries(format.formatToParts(now).map((part) => [part.type, part.value]))
  return {
    date: `${parts['year']}-${parts['month']}-${parts['day']}`,
    day: WEEK.indexOf(parts['weekday'] ?? '') + 1,
    minute: Number(parts['hour']) * 60 + Number(parts['minute']),
  }
}

function minutesOf(text: string): number {
  return Number(text.slice(0, 2)) * 60 + Number(text.slice(3, 5))
}
