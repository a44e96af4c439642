/** Business days of companies and accounts, and whom a case goes to when its deadline has passed. */
import { z } from 'zod'
import { ORDINARY_BANK } from '../domain/bank-deadline.ts'
import { ORDINARY } from '../domain/business-calendar.ts'
import { NEXT_OWNER, OWNER_TEAMS, type OwnerTeam } from '../domain/exception-causes.ts'
import { TIME_OF_DAY, ZONE } from './times.ts'

const weekend = z
  .array(z.int().min(1).max(7))
  .max(6)
  .default([...ORDINARY.weekend])
  .describe('days of the week that are no business days, 1 Monday to 7 Sunday')
const holidays = z.array(z.iso.date()).max(2_000).default([]).describe('and single days')

export const CALENDARS = z
  .record(z.string(), z.strictObject({ weekend, holidays, zone: ZONE.optional() }))
  .default({})
  .describe('business days by company number, `*` for all others: cases are due on them')
export const BANK_DAYS = z
  .record(
    z.string(),
    z.strictObject({
      weekend,
      holidays,
      zone: ZONE.default(ORDINARY_BANK.zone),
      cutOff: TIME_OF_DAY.default(ORDINARY_BANK.cutOff),
      days: z.int().min(0).max(30).default(ORDINARY_BANK.days),
      by: TIME_OF_DAY.default(ORDINARY_BANK.by),
    }),
  )
  .default({})
  .describe(
    'by the account that is paid from, `*` for all others: its days, its cut-off, and after how many days by when a booked entry is here',
  )
const team = z.enum(OWNER_TEAMS)
export const ESCALATION = z
  .partialRecord(team, team.nullable())
  .default({})
  .describe('whom a case goes to when its deadline has passed, where it is another than ordinarily')

export const escalationOf = (own: { readonly [team in OwnerTeam]?: OwnerTeam | null | undefined }): {
  readonly [team: string]: OwnerTeam | null
} => ({ ...NEXT_OWNER, ...Object.fromEntries(Object.entries(own).filter(([, to]) => to !== undefined)) })
