/** `POST /v1/replays`: refused and given up commands are due again, after a look at what would be sent. */
import { z } from 'zod'
import { replayEffects, type Replayable } from '../delivery/answer.ts'
import { isCleanText } from '../lib/canonical-json.ts'
import { Fault } from '../lib/fault.ts'
import { inTenant } from '../store/database.ts'
import { LIMIT_REPLAY, REPLAY_CAUSES, type ReplayCause, type ReplayQuery } from '../store/effect-replay.ts'
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
  /** What a dry run showed: the hash of the content by the key of the command. Only that is sent again. */
  seen: z
    .record(HASH, HASH)
    .refine((seen) => Object.keys(seen).length <= LIMIT_REPLAY, `names at most ${LIMIT_REPLAY} commands`)
    .optional(),
  person: PERSON,
  reason: REASON,
})
type ReplayBody = z.infer<typeof REPLAY_BODY>

export async function postReplay({ context, caller, body }: Call<unknown, ReplayBody>): Promise<Answer> {
  const { pool, tenant } = context
  const { system, object, cause, from, to, says, dryRun, seen, person, reason } = body
  if ([system, object, cause, from, to, says].every((narrowed) => narrowed === undefined)) {
    throw new Fault('request-not-valid', 'Say which ones: system, object, cause, from, to or says.')
  }
  if (!dryRun && seen === undefined)
    throw new Fault('request-not-valid', 'Say with seen what was looked at: contentHash by effect, as a dry run gives them.')
  if (system !== undefined) systemIn(context, system)
  const records = object === undefined ? undefined : await inTenant(pool, tenant, (client) => meant(client, tenant, object))
  if (object !== undefined && records && records.length > 1) return severalOf(object, records)
  const query: ReplayQuery = given({ target: system, subject: records?.[0]?.id, cause, from, to, says })
  const found = await context.replayable(query)
  if (seen === undefined)
    return { status: 200, body: { dryRun, commands: await shown(context, found, () => ({})), more: found.length >= LIMIT_REPLAY } }
  const fits = new Map(
    found.filter(({ effect, contentHash }) => seen[effect] === contentHash).map(({ effect, contentHash }) => [effect, contentHash]),
  )
  const due = dryRun
    ? new Set(fits.keys())
    : await replayEffects({ pool, tenant, now: () => context.now(), submit: (arrivals) => context.submit(arrivals) }, fits, {
        person: `person:${person}`,
        reason,
        through: `key ${caller.name}`,
      })
  const commands = await shown(context, found, ({ effect }) => ({ outcome: outcomeOf(effect, seen, fits, due) }))
  const there = new Set(found.map(({ effect }) => effect))
  return {
    status: 200,
    body: { dryRun, commands, more: found.length >= LIMIT_REPLAY, gone: Object.keys(seen).filter((effect) => !there.has(effect)) },
  }
}

/** What was not looked at, or is another content now, is left alone, as is what moved in this moment. */
function outcomeOf(
  effect: string,
  seen: { readonly [effect: string]: string },
  fits: ReadonlyMap<string, string>,
  due: ReadonlySet<string>,
): string {
  if (seen[effect] === undefined) return 'not-shown'
  if (!fits.has(effect)) return 'changed'
  return due.has(effect) ? 'due' : 'moved-meanwhile'
}

async function shown({ pool, tenant }: ApiContext, found: readonly Replayable[], more: (command: Replayable) => object): Promise<object[]> {
  const subjects = await inTenant(pool, tenant, (client) =>
    readObjects(client, tenant, [...new Set(found.map(({ subject }) => subject))], false),
  )
  return found.map((one) => {
    const { effect, target, command, subject, state, says, lastTriedAt, request, contentHash } = one
    return {
      effect,
      system: target,
      command,
      state,
      says,
      lastTriedAt,
      request,
      contentHash,
      about: aboutOf(subject, subjects.get(subject)),
      ...more(one),
    }
  })
}
