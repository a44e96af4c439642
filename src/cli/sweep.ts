/** `tieout systems sweep`: whether a system still holds what it was told; how far that is, then what it came to. */
import { setTimeout } from 'node:timers/promises'
import { z } from 'zod'
import { Fault } from '../lib/fault.ts'
import { hubOf, type HubOptions } from './hub-call.ts'
import { plainText, wrapped, type Paint } from './terminal.ts'

export interface SweepOptions extends HubOptions {
  readonly full?: boolean
}

const SWEPT = z.looseObject({
  startedAt: z.string(),
  full: z.boolean(),
  trouble: z.string().optional(),
  facts: z.int(),
  retold: z.int(),
  listed: z.int(),
  asked: z.int(),
  same: z.int(),
  news: z.int(),
  reported: z.int(),
  missing: z.int(),
  unknown: z.int(),
  unconfirmed: z.int(),
  examples: z.array(z.object({ object: z.string(), facet: z.string(), why: z.string() })),
})
const SWEEPS = z.object({ system: z.string(), running: SWEPT.nullable(), last: SWEPT.nullable() })
type Swept = z.infer<typeof SWEPT>

const WIDTH = 80
const LOOK_MS = 300

export async function sweepAsked(name: string, { full = false, ...at }: SweepOptions, paint: Paint): Promise<string[]> {
  const hub = hubOf(at)
  const path = `/v1/systems/${encodeURIComponent(name)}/sweeps`
  const { system, running } = await hub.post(path, SWEEPS, { full })
  if (full && running?.full === false) {
    process.exitCode = 1
    const says = `A sweep of ${system} that is not a full one is under way. This is what it comes to; ask for the full one when it is over.`
    for (const line of wrapped(plainText(says), WIDTH)) process.stderr.write(`${line}\n`)
  }
  let told = ''
  for (;;) {
    const now = await hub.get(path, SWEEPS)
    if (!now.running || now.running.startedAt !== running?.startedAt) {
      const done = now.last
      if (!done || done.startedAt !== running?.startedAt)
        throw new Fault('target-unclear', `The hub no longer knows what the sweep of ${plainText(system)} came to: ask again.`)
      if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
      if (done.trouble !== undefined) process.exitCode = 1
      return at.json ? [plainText(JSON.stringify(done))] : shown(system, done, paint)
    }
    const line = `${system}: ${now.running.facts} facts read, ${now.running.listed + now.running.asked} things looked at`
    if (process.stderr.isTTY && line !== told) process.stderr.write(`\r\x1b[K${plainText(line)}`)
    told = line
    await setTimeout(LOOK_MS)
  }
}

function shown(system: string, swept: Swept, paint: Paint): string[] {
  const { full, retold, listed, asked, same, news, reported, missing, unknown, unconfirmed, examples, trouble } = swept
  const wrong = reported + news + unknown
  const why = Map.groupBy(examples, (example) => example.why)
  return [
    `${paint('bold', system)}: ${listed + asked} things looked at${full ? '' : ' (only what it was told and had not shown)'}, ${wrong === 0 ? paint('green', 'all as we have them') : `${same} as we have them`}.`,
    ...(wrong === 0
      ? []
      : [
          `  ${reported} otherwise than when they were last heard, ${missing} of them gone.`,
          `  ${news} told what we had not heard; ${unknown} nobody here knew.`,
          '  What that means stands in the cases: tieout exceptions',
        ]),
    ...(retold === 0 ? [] : [`  ${retold} facts are told otherwise than the first time; the first telling holds.`]),
    ...(unconfirmed === 0 ? [] : [`  ${unconfirmed} not confirmed:`]),
    ...[...why].flatMap(([reason, ones]) =>
      wrapped(
        plainText(
          `${ones.length}${ones.length < unconfirmed ? ' of the first' : ''} because ${reason}, e.g. ${ones[0]?.object ?? ''} (${ones[0]?.facet ?? ''})`,
        ),
        WIDTH - 4,
      ).map((line) => `    ${line}`),
    ),
    ...(trouble === undefined
      ? []
      : wrapped(`It did not come through: ${plainText(trouble)}.`, WIDTH - 2).map((line) => `  ${paint('red', line)}`)),
  ]
}
