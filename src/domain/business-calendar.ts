/** Business days of a company or an account, and what falls on them: deadlines run on business days only. */
import { dateIn, instantOf, type CalendarDate, type Instant } from '../lib/time.ts'
import type { Policy } from './policy.ts'

export interface BusinessCalendar {
  /** IANA zone in which its days begin. */
  readonly zone: string
  /** Days of the week that are none, 1 Monday to 7 Sunday. */
  readonly weekend: readonly number[]
  readonly holidays: readonly CalendarDate[]
}

/** As the configuration says it: the zone is the company's unless it has one of its own. */
export type CalendarRow = Omit<BusinessCalendar, 'zone'> & { readonly zone?: string | undefined }
export const ORDINARY: CalendarRow = { weekend: [6, 7], holidays: [] }

/** The calendar of a company; the ordinary week where none is said. */
export function calendarOf(
  { calendars }: Pick<Policy, 'calendars'>,
  entity: string | undefined,
  zone: string | undefined,
): BusinessCalendar {
  const row = (entity === undefined ? undefined : calendars[entity]) ?? calendars['*'] ?? ORDINARY
  return { weekend: row.weekend, holidays: row.holidays, zone: row.zone ?? zone ?? 'UTC' }
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Longer than any row of holidays: a calendar without business days must not run for ever. */
const LIMIT_DAYS = 1_000

export function isBusinessDay({ weekend, holidays }: BusinessCalendar, day: CalendarDate): boolean {
  const weekday = new Date(`${day}T00:00:00Z`).getUTCDay()
  return !weekend.includes(weekday === 0 ? 7 : weekday) && !holidays.includes(day)
}

export const nextDay = (day: CalendarDate): CalendarDate => new Date(Date.parse(`${day}T00:00:00Z`) + DAY_MS).toISOString().slice(0, 10)

/** The day itself when it is a business day, else the next one; and so many business days further. */
export function businessDay(calendar: BusinessCalendar, from: CalendarDate, further = 0): CalendarDate {
  let day = from
  for (let count = 0, left = further; count < LIMIT_DAYS; count++, day = nextDay(day)) {
    if (isBusinessDay(calendar, day) && left-- === 0) return day
  }
  return from
}

/** The instant at which a day has come so far: `14:30` of a day, in a zone. */
export function instantAt(zone: string, day: CalendarDate, time: string): Instant {
  // The zone's offset is asked for at the guess, and again at what comes of it: a change of the clock may lie between.
  const wanted = Date.parse(`${day}T${time}:00Z`)
  let at = wanted
  for (let turn = 0; turn < 2; turn++) at = wanted - offsetMs(zone, at)
  return new Date(at).toISOString()
}

/** So many hours later, the clock standing still on days that are no business days. */
export function afterBusinessHours(calendar: BusinessCalendar, start: Instant, hours: number): Instant {
  let at = Date.parse(start)
  let left = hours * HOUR_MS
  for (let count = 0; count < LIMIT_DAYS; count++) {
    const day = dateIn(calendar.zone, instantOf(at))
    const midnight = Date.parse(instantAt(calendar.zone, nextDay(day), '00:00'))
    if (isBusinessDay(calendar, day)) {
      if (left <= midnight - at) return new Date(at + left).toISOString()
      left -= midnight - at
    }
    at = midnight
  }
  return new Date(Date.parse(start) + hours * HOUR_MS).toISOString()
}

function offsetMs(zone: string, at: number): number {
  let format = FORMATS.get(zone)
  if (!format) {
    format = new Intl.DateTimeFormat('en-CA', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    })
    FORMATS.set(zone, format)
  }
  const part = Object.fromEntries(format.formatToParts(new Date(at)).map(({ type, value }) => [type, value]))
  return (
    Date.parse(`${part['year']}-${part['month']}-${part['day']}T${part['hour']}:${part['minute']}:${part['second']}Z`) -
    Math.floor(at / 1_000) * 1_000
  )
}
const FORMATS = new Map<string, Intl.DateTimeFormat>()
