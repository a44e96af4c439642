/** Looks whether something that may have been carried out is there, and tells what was found. */
import { mark } from '../lib/mark.ts'
import { instantOf, msOf } from '../lib/time.ts'
import type { Call, Found } from '../connector/contract.ts'
import { type Request, requestHash } from '../connector/request.ts'
import { type Sending, sha256 } from '../connector/transport/sending.ts'
import { bounded, waitAsked } from '../connector/verdict.ts'
import { addLook } from '../store/attempt.ts'
import { inTenant } from '../store/database.ts'
import { lockEffects, writeEffects } from '../store/effect.ts'
import type { PreparedLook } from './claim.ts'
import type { Desk } from './ports.ts'
import { outcomeArrival } from './report.ts'
import { lookMs } from './resolve.ts'
import { observed } from '../connector/observed.ts'
import { submitSurely, surely } from './surely.ts'

/**
 * Looks once. Only a positive finding is told; what was not found is noted on the try, where the rules count it: as of when it was
 * asked, since what lands while the answer is on its way is not in it.
 */
export async function lookFor(desk: Desk, job: PreparedLook): Promise<void> {
  const { monotonic, wall } = desk.clocks
  desk.counts.looks++
  const call = desk.budget.start(monotonic(), 'look')
  const asked = wall()
  const { found, waitMs } = await ask(desk, job)
  mark('look-answered')
  const usable = found.kind !== 'unclear'
  desk.budget.end(call, monotonic(), usable ? 'answered' : waitMs === undefined ? 'failed' : 'busy', waitMs)
  const says = 'says' in found && found.says !== undefined ? bounded(found.says) : ''
  // A throttle is no failure.
  if (usable || says !== 'HTTP 429') desk.signal(usable ? 'working' : 'failing', usable ? '' : says)
  const at = wall()
  if (found.kind === 'one' || found.kind === 'several') await tellFound(desk, job, found, at)
  const { row } = job
  // Of a system that served others since the last look this is no outage: it passes with none, and is like an answer that decides nothing.
  const before = job.attempts.at(-1)?.looks.at(-1)
  const alone = !usable && before !== undefined && desk.workedAt() > msOf(before.at)
  await surely(desk, () =>
    inTenant(desk.pool, desk.tenant, async (client) => {
      const held = (await lockEffects(client, desk.tenant, [row.key])).get(row.key)
      await addLook(client, desk.tenant, row.key, row.attempts, {
        at: instantOf(asked),
        found: alone ? 'undecided' : found.kind,
        ...(says === '' ? {} : { says }),
      })
      // The lease of this look is over: the rules say when to look again.
      if (held && held.attempts === row.attempts && held.state === row.state)
        await writeEffects(client, desk.tenant, [{ ...held, dueAt: instantOf(at) }])
    }),
  )
}

async function ask(desk: Desk, job: PreparedLook): Promise<{ readonly found: Found; readonly waitMs?: number | undefined }> {
  let request: Request
  try {
    request = job.command.find.request(job.row.key, job.input)
  } catch (error) {
    return { found: { kind: 'unclear', says: `the look could not be built (${(error as Error).name})` } }
  }
  const { wall, monotonic } = desk.clocks
  const sending = await desk.transport.send(request, requestHash(request, sha256), {
    wall: wall() + lookMs(job.command),
    monotonic: monotonic() + lookMs(job.command),
  })
  return { found: foundIn(sending, job, wall()), waitMs: waitAsked(sending, wall()) }
}

function foundIn(sending: Sending, { command: { find, noEffect }, row, input }: PreparedLook, at: number): Found {
  if (sending.kind !== 'answered') return { kind: 'unclear', says: sending.says }
  const { reply } = sending
  if (
    reply.transport === 'http' &&
    (reply.status >= 500 || (reply.status >= 300 && reply.status < 400) || noEffect.some((entry) => entry.status === reply.status))
  )
    return { kind: 'unclear', says: `HTTP ${reply.status}` }
  const call: Call = { key: row.key, input, object: row.object, occurrence: row.occurrence, at: instantOf(at) }
  try {
    return find.read(reply, call)
  } catch (error) {
    return { kind: 'unclear', says: `the reply could not be read (${(error as Error).name})` }
  }
}

async function tellFound(desk: Desk, job: PreparedLook, found: Extract<Found, { kind: 'one' | 'several' }>, at: number): Promise<void> {
  const { row, attempts } = job
  const facts = found.observations.map((observation) => observed(desk.tenant, desk.connector, observation))
  if (facts.length > 0) await submitSurely(desk, facts)
  const input = found.kind === 'one' && found.equal ? 'found' : 'found-other'
  // What is done and found to be there once is no news.
  if (row.state === 'done' && input === 'found') return
  const last = attempts.at(-1)
  await submitSurely(desk, [
    outcomeArrival({
      tenant: desk.tenant,
      row,
      attempts,
      input,
      outcome: last?.outcome ?? 'unknown',
      at,
      by: 'look',
      guarded: false,
      nextAt: at,
      ...(found.says ? { says: found.says } : {}),
      ...(found.kind === 'one' ? { receipt: found.receipt } : {}),
    }),
  ])
}
