/** `POST /v1/replays`: refused and given up commands are due again, after a look at what would be sent. */
import { z } from 'zod'
import { replayEffects, type Replayable } from '../delivery/answer.ts'
import type { Arrival } from '../domain/object.ts'
import { isCleanText } from '../lib/canonical-json.ts'
import { Fault } from '../lib/fault.ts'
import { inTenant } from '../store/database.ts'
import { LIMIT_REPLAY, REPLAY_CAUSES, type ReplayCause } from '../store/effect-replay.ts'
import { readObjects } from '../store/object.ts'
import { PERSON, REASON } from './answers.ts'
import { instantIn } from './cloud-events.ts'
import type { ApiContext } from './context.ts'
import { given, meant, severalOf } from './objects.ts'
import { systemIn } from './configured-system.ts'
import { aboutOf } from './queue.ts'
import type { Answer, Call } from './route.ts'

const instant = z
  .string()
  .max(40)
  .transform((text, issues) => {
    const read = instantIn(text)
    if (read !== undefined) return read
    issues.addIssue('is no instant as RFC 3339 writes it')
    return z.NEVER
  })
const HASH = z.string().regex(/^[0-9a-f]{64}$/u, 'is 64 hex digits, as the dry run gave them')
const CAUSES = Object.keys(REPLAY_CAUSES) as [ReplayCause, ...ReplayCause[]]

export const REPLAY_BODY = z.strictObject({
  system: z.string().max(80).optional(),
  object: z.string().max(400).optional(),
  cause: z.enum(CAUSES).optional(),
  /** When the last try ended. */
  from: instant.optional(),
  to: instant.optional(),
  /** Part of what the system said. */
  says: z.string().min(1).max(200).refine(isCleanText, 'holds characters that cannot be kept').optional(),
  dryRun: z.boolean(),
  /** What a dry run showed: the hash of the content by the key of the command. Only that is sent again; alone it is the choice. */
  seen: z
    .record(HASH, HASH)
    .refine((seen) => Object.keys(seen).length <= LIMIT_REPLAY, `names at most ${LIMIT_REPLAY} commands`)
    .optional(),
  /** Who says so and why: needed to send anything. */
  person: PERSON.optional(),
  reason: REASON.optional(),
})
type ReplayBody = z.infer<typeof REPLAY_BODY>

export async function postReplay({ context, caller, body }: Call<unknown, ReplayBody>): Promise<Answer> {
  const { pool, tenant } = context
  const { system, object, cause, from, to, says, dryRun, seen } = body
  const narrowed = [system, object, cause, from, to, says].some((member) => member !== undefined)
  if (!narrowed && seen === undefined) {
    throw new Fault('request-not-valid', 'Say which ones: system, object, cause, from, to or says; or exactly those that a dry run showed.')
  }
  if (!dryRun && seen === undefined)
    throw new Fault('request-not-valid', 'Say with seen what was looked at: contentHash by effect, as a dry run gives them.')
  const who = dryRun ? undefined : { ...saidBy(body), through: `key ${caller.name}` }
  if (system !== undefined) systemIn(context, system)
  const records = object === undefined ? undefined : await inTenant(pool, tenant, (client) => meant(client, tenant, object))
  if (object !== undefined && records && records.length > 1) return severalOf(object, records)
  const keys = narrowed ? undefined : Object.keys(seen ?? {})
  const found = await context.replayable(given({ target: system, subject: records?.[0]?.id, cause, from, to, says, keys }))
  const there = hashes(found)
  const looked = seen ? new Map(Object.entries(seen)) : there
  const fits = hashes(found.filter((one) => looked.get(one.effect) === one.contentHash && one.sendable))
  const desk = { pool, tenant, now: () => context.now(), submit: (arrivals: readonly Arrival[]) => context.submit(arrivals) }
  const due = who ? await replayEffects(desk, fits, who) : new Set(fits.keys())
  return {
    status: 200,
    body: {
      dryRun,
      commands: await shown(context, found, (one) => outcomeOf(one, looked, due)),
      more: found.length >= LIMIT_REPLAY,
      gone: [...looked.keys()].filter((effect) => !there.has(effect)),
    },
  }
}

function saidBy({ person, reason }: ReplayBody): { readonly person: string; readonly reason: string } {
  if (person === undefined || reason === undefined) throw new Fault('request-not-valid', 'Say who says so (person), and why (reason).')
  return { person: `person:${person}`, reason }
}

/** The hash of the content by the key of the command. */
type Hashes = ReadonlyMap<string, string>
const hashes = (commands: readonly Replayable[]): Hashes => new Map(commands.map(({ effect, contentHash }) => [effect, contentHash]))

/** What was not looked at, is another content now or comes to no request is left alone, as is what moved in this moment. */
function outcomeOf(one: Replayable, looked: Hashes, due: ReadonlySet<string>): string {
  if (!looked.has(one.effect)) return 'not-shown'
  if (looked.get(one.effect) !== one.contentHash) return 'changed'
  if (!one.sendable) return 'cannot-be-sent'
  return due.has(one.effect) ? 'due' : 'moved-meanwhile'
}

async function shown(
  { pool, tenant }: ApiContext,
  found: readonly Replayable[],
  outcome: (command: Replayable) => string,
): Promise<object[]> {
  const subjects = await inTenant(pool, tenant, (client) =>
    readObjects(client, tenant, [...new Set(found.map(({ subject }) => subject))], false),
  )
  return found.map((one) => {
    const { effect, target, command, subject, state, says, lastTriedAt, request, content, contentHash } = one
    return {
      effect,
      system: target,
      command,
      state,
      says,
      lastTriedAt,
      request,
      content: JSON.parse(content) as object,
      contentHash,
      about: aboutOf(subject, subjects.get(subject)),
      outcome: outcome(one),
    }
  })
}
