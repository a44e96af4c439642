/**
 * Days that pass in seconds. The hub's time is its database's clock, and only the hub asks it: a function of ours stands before
 * PostgreSQL's own and adds what the rehearsal has turned it forward by. The other systems keep the real time.
 */
import type { Server } from '../world/server.ts'
import type { World } from '../world/world.ts'

/** Before any hub connects: whoever looks for a clock in this database finds ours first. */
export async function ownClock(server: Server, database: string): Promise<void> {
  await server.admin(async (client) => {
    await client.query(`
      CREATE SCHEMA rehearsal;
      CREATE TABLE rehearsal.ahead AS SELECT interval '0' AS by;
      CREATE FUNCTION rehearsal.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS 'SELECT pg_catalog.clock_timestamp() + by FROM rehearsal.ahead';
      CREATE FUNCTION rehearsal.now() RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT pg_catalog.now() + by FROM rehearsal.ahead';
      GRANT USAGE ON SCHEMA rehearsal TO PUBLIC;
      GRANT SELECT ON rehearsal.ahead TO PUBLIC;
      ALTER DATABASE ${database} SET search_path = rehearsal, pg_catalog, public;
    `)
  }, database)
}

export async function turnTo(world: World, at: Date): Promise<void> {
  await world.server.admin(
    (client) => client.query('UPDATE rehearsal.ahead SET by = $1::timestamptz - pg_catalog.clock_timestamp()', [at.toISOString()]),
    world.database,
  )
}

/** Days of a bank, in our own words: what is compared with the hub's must not be the hub's. */
export interface BankDays {
  readonly zone: string
  readonly weekend: readonly number[]
  readonly holidays: readonly string[]
  readonly cutOff: string
  readonly days: number
  readonly by: string
}

/** When the statement of a payment given to the bank at this moment is due. */
export function statementDue(bank: BankDays, given: Date): Date {
  const [day, time] = wallIn(bank.zone, given)
  const executed = businessDay(bank, time <= bank.cutOff ? day : dayAfter(day))
  return instantOf(bank.zone, laterDay(bank, executed, bank.days), bank.by)
}

/** The same time of the day so many business days later. */
export function businessDaysLater(bank: BankDays, at: Date, days: number): Date {
  const [day, time] = wallIn(bank.zone, at)
  return instantOf(bank.zone, laterDay(bank, day, days), time)
}

function laterDay(bank: BankDays, day: string, days: number): string {
  let at = day
  for (let left = days; left > 0; left--) at = businessDay(bank, dayAfter(at))
  return at
}

function businessDay(bank: BankDays, day: string): string {
  const closed = bank.weekend.includes(new Date(`${day}T00:00:00Z`).getUTCDay() || 7) || bank.holidays.includes(day)
  return closed ? businessDay(bank, dayAfter(day)) : day
}

export const dayAfter = (day: string): string => new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10)

function wallIn(zone: string, at: Date): [day: string, time: string] {
  const [day = '', time = ''] = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' })
    .format(at)
    .split(' ')
  return [day, time]
}

/** The instant at which a clock in the zone shows this; banks have their cut-offs on no hour that comes twice. */
function instantOf(zone: string, day: string, time: string): Date {
  const wanted = Date.parse(`${day}T${time.length === 5 ? `${time}:00` : time}Z`)
  const shown = (at: number): number => Date.parse(`${wallIn(zone, new Date(at)).join('T')}Z`)
  const near = wanted - (shown(wanted) - wanted)
  return new Date(near - (shown(near) - wanted))
}
