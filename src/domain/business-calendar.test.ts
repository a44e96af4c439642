import { describe, expect, it } from 'vitest'
import { afterBusinessHours, businessDay, instantAt, isBusinessDay, type BusinessCalendar } from './business-calendar.ts'

const BERLIN: BusinessCalendar = { zone: 'Europe/Berlin', weekend: [6, 7], holidays: ['2026-12-25', '2026-12-26', '2027-01-01'] }

describe('a business calendar', () => {
  it('knows weekends and holidays, and the next business day', () => {
    expect(['2026-12-24', '2026-12-25', '2026-12-26', '2026-12-28'].map((day) => isBusinessDay(BERLIN, day))).toEqual([
      true,
      false,
      false,
      true,
    ])
    expect([
      businessDay(BERLIN, '2026-12-24'),
      businessDay(BERLIN, '2026-12-25'),
      businessDay(BERLIN, '2026-12-24', 1),
      businessDay(BERLIN, '2026-12-26', 1),
    ]).toEqual(['2026-12-24', '2026-12-28', '2026-12-28', '2026-12-29'])
    expect(isBusinessDay({ ...BERLIN, weekend: [5, 6] }, '2026-11-27')).toBe(false)
  })

  it('the clock stands still on days that are none, in the company’s zone', () => {
    // Friday noon and a business day: Monday noon.
    expect(afterBusinessHours(BERLIN, '2026-11-27T11:00:00.000Z', 24)).toBe('2026-11-30T11:00:00.000Z')
    expect(afterBusinessHours(BERLIN, '2026-11-27T11:00:00.000Z', 8)).toBe('2026-11-27T19:00:00.000Z')
    // What begins on Saturday begins at Monday's first minute, which is 23:00 UTC.
    expect(afterBusinessHours(BERLIN, '2026-11-28T11:00:00.000Z', 4)).toBe('2026-11-30T03:00:00.000Z')
    // Christmas Eve: the 25th and 26th are holidays, the 27th is a Sunday.
    expect(afterBusinessHours(BERLIN, '2026-12-24T11:00:00.000Z', 24)).toBe('2026-12-28T11:00:00.000Z')
    // 23:30 UTC on Friday is Saturday in Berlin and Friday still in New York.
    expect(afterBusinessHours(BERLIN, '2026-11-27T23:30:00.000Z', 1)).toBe('2026-11-30T00:00:00.000Z')
    expect(afterBusinessHours({ ...BERLIN, zone: 'America/New_York' }, '2026-11-27T23:30:00.000Z', 1)).toBe('2026-11-28T00:30:00.000Z')
  })

  it('a time of a day is told over a change of the clock', () => {
    expect([
      instantAt('Europe/Berlin', '2026-03-29', '01:30'),
      instantAt('Europe/Berlin', '2026-03-29', '04:00'),
      instantAt('Europe/Berlin', '2026-10-25', '04:00'),
    ]).toEqual(['2026-03-29T00:30:00.000Z', '2026-03-29T02:00:00.000Z', '2026-10-25T03:00:00.000Z'])
    expect(afterBusinessHours({ ...BERLIN, weekend: [] }, '2026-03-28T12:00:00.000Z', 24)).toBe('2026-03-29T12:00:00.000Z')
  })

  it('without any business day it is the plain clock', () => {
    expect(afterBusinessHours({ ...BERLIN, weekend: [1, 2, 3, 4, 5, 6, 7] }, '2026-11-27T11:00:00.000Z', 24)).toBe(
      '2026-11-28T11:00:00.000Z',
    )
  })
})
