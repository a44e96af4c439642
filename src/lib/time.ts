/** An instant: UTC, RFC 3339 with milliseconds and `Z`, so that text order is time order. */
export type Instant = string
/** A calendar date `YYYY-MM-DD` in the zone of the entity or bank it belongs to; never derived from UTC. */
export type CalendarDate = string
/** Milliseconds since 1970 UTC. The only clock; it comes in as an argument wherever a decision depends on it. */
export type Clock = () => number

export function instantOf(ms: number): Instant {
  return new Date(ms).toISOString()
}

/** As people read it, to the minute. */
export const minuteOf = (at: Instant): string => `${at.slice(0, 16).replace('T', ' ')} UTC`

export function msOf(instant: Instant): number {
  return Date.parse(instant)
}

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/

/** True when `text` is a calendar date that exists. */
export function isCalendarDate(text: string): boolean {
  const parts = DATE.exec(text)
  if (!parts) return false
  const ms = Date.parse(`${text}T00:00:00.000Z`)
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text)
}

/** Whether this machine knows it as a zone of the IANA database. */
export function isZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

/** The calendar date of an instant in a zone of the IANA database. */
export function dateIn(zone: string, instant: Instant): CalendarDate {
  // A batch asks for one instant again and again, and formatting is slow.
  if (last.zone === zone && last.instant === instant) return last.date
  let format = FORMATS.get(zone)
  if (!format) {
    // en-CA writes YYYY-MM-DD.
    format = new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' })
    FORMATS.set(zone, format)
  }
  last = { zone, instant, date: format.format(new Date(instant)) }
  return last.date
}
let last = { zone: '', instant: '', date: '' }
const FORMATS = new Map<string, Intl.DateTimeFormat>()
