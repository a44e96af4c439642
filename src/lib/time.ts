/** An instant: UTC, RFC 3339 with milliseconds and `Z`, so that text order is time order. */
export type Instant = string
/** A calendar date `YYYY-MM-DD` in the zone of the entity or bank it belongs to; never derived from UTC. */
export type CalendarDate = string
/** Milliseconds since 1970 UTC. The only clock; it comes in as an argument wherever a decision depends on it. */
export type Clock = () => number

export function instantOf(ms: number): Instant {
  return new Date(ms).toISOString()
}

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
