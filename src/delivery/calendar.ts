/** When a system is not to be called although it might answer: announced maintenance and weekly hours. Pure. */

/** Closed from `from` to `to` (`HH:MM`, wall time in `zone`) on these days of the week (1 Monday … 7 Sunday); `to` before `from` ends the next day. */
export interface WeeklyWindow { readonly days: readonly number[]; readonly from: string; readonly to: string; readonly zone: string }
/** Closed between two instants (ms since 1970). */
export interface OnceWindow { readonly fromAt: number; readonly toAt: number }
export type Window = WeeklyWindow | OnceWindow

const DAY_MINUTES = 24 * 60

/** Until when (ms) it is closed at `now`; undefined when it is open. A weekly window is looked at again at the end of its day. */
export function closedUntil(windows: readonly Window[], now: number): number | undefined {
  let until: number | undefined
  for (const window of windows) {
    const end = 'fromAt' in window ? onceEnd(window, now) : weeklyEnd(window, now)
    if (end !== undefined && (until === undefined || end > until)) until = end
  }
  return until
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
    ? yesterday && local.minute < to ? to - local.minute : today && local.minute >= from ? DAY_MINUTES - local.minute + to : undefined
    : today && local.minute >= from && local.minute < to ? to - local.minute : undefined
  // Whole minutes from the start of this one. On the two nights when clocks change it may end an hour early or late; the
  // next look at the calendar corrects it.
  return left === undefined ? undefined : now - now % 60_000 + left * 60_000
}

const FORMATS = new Map<string, Intl.DateTimeFormat>()
const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']

function localTime(zone: string, now: number): { day: number; minute: number } {
  let format = FORMATS.get(zone)
  if (!format) FORMATS.set(zone, format = new Intl.DateTimeFormat('en-GB', { timeZone: zone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }))
  const parts = Object.fromEntries(format.formatToParts(now).map((part) => [part.type, part.value]))
  return { day: DAYS.indexOf(parts['weekday'] ?? '') + 1, minute: Number(parts['hour']) * 60 + Number(parts['minute']) }
}

function minutesOf(text: string): number {
  return Number(text.slice(0, 2)) * 60 + Number(text.slice(3, 5))
}
