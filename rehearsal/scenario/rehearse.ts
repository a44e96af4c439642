/** `node rehearsal/scenario/main.ts SCENARIO`: one scenario played from calm to calm, with what a person wants to know of it afterwards. */
import { rmSync } from 'node:fs'
import { minor } from '../checks/evidence.ts'
import { judge, type Finding } from '../checks/all.ts'
import { sendBill } from '../clients.ts'
import { Dice } from '../dice.ts'
import { later } from '../faults/case.ts'
import { Looking } from '../looking.ts'
import type { Scenario } from './scenarios.ts'
import { evidenceOf, waitForRest } from '../schedule.ts'
import type { Bill } from '../world/company.ts'
import { clearAbandoned, ownFolder, Server } from '../world/server.ts'
import { World } from '../world/world.ts'

export interface RehearsalWish {
  readonly source: string
  readonly name: string
  readonly scenario: Scenario
  readonly seed: number
  readonly bills: number
  readonly lastsMs: number
}

export interface Report {
  readonly scenario: string
  readonly title: string
  readonly says: string
  readonly seed: number
  readonly bills: number
  readonly lastedMs: number
  readonly verdict: 'held' | 'violated'
  readonly findings: readonly Finding[]
  /** How many senders were answered while it lasted, of how many. */
  readonly takenMeanwhile: { readonly taken: number; readonly sent: number }
  /** From its beginning to when it could be seen; null when it never could. */
  readonly detectedMs: number | null
  /** From its end to rest; null when rest was not reached in time. */
  readonly recoveredMs: number | null
  /** The most that waited for the system at one moment, by currency. */
  readonly delayed: { readonly [currency: string]: string }
  readonly again: string
}

interface Queue {
  readonly commands: readonly {
    readonly about: { readonly id: string; readonly amount: string | null; readonly currency: string | null }
  }[]
}

export async function rehearse({ source, name, scenario, seed, bills: count, lastsMs }: RehearsalWish): Promise<Report> {
  await clearAbandoned()
  const server = await Server.start(source)
  const folder = ownFolder()
  try {
    const world = await World.make({ source, folder, server, seed, bills: count })
    try {
      return await played(world)
    } finally {
      await world.end()
    }
  } finally {
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }

  async function played(world: World): Promise<Report> {
    const { bills } = world.company
    const looking = new Looking(world)
    const dice = new Dice(seed, name)
    const [before, during, after] = [0, 1, 2].map((third) => bills.filter((_, at) => at % 3 === third)) as [Bill[], Bill[], Bill[]]
    const send = (some: readonly Bill[], withinMs: number): Promise<unknown> =>
      Promise.all(
        some.map(async (bill, at) => {
          await later(dice.whole(0, withinMs))
          await sendBill(world, bill, at, () => false)
        }),
      )
    await send(before, 1_000)
    const begun = performance.now()
    const beginsAt = new Date().toISOString()
    const ongoing = await scenario.begin({
      world,
      dice,
      bills: during,
      excuse: () => {
        /* nobody lies here */
      },
    })
    const sending = send(during, lastsMs / 2)
    let detectedMs: number | null = null
    let delayed = new Map<string, bigint>()
    while (performance.now() - begun < lastsMs) {
      if (detectedMs === null && (await scenario.shows(world))) detectedMs = Math.round(performance.now() - begun)
      delayed = most(delayed, await waiting(world, scenario.system))
      await later(150)
    }
    await ongoing.end()
    const endsAt = new Date().toISOString()
    const ended = performance.now()
    await world.heal()
    await sending
    await send(after, 500)
    const recoveredMs = await waitForRest(world, bills, ended, 120_000)
    await looking.stop()
    const findings = judge(await evidenceOf(world, bills, looking, recoveredMs))
    const meanwhile = Map.groupBy(
      world.history.rows.filter((row) => row.kind === 'sent').filter(({ at }) => at >= beginsAt && at <= endsAt),
      ({ about }) => about,
    )
    return {
      scenario: name,
      title: scenario.title,
      says: scenario.says,
      seed,
      bills: count,
      lastedMs: Math.round(ended - begun),
      verdict: findings.length === 0 ? 'held' : 'violated',
      findings,
      takenMeanwhile: {
        taken: [...meanwhile.values()].filter((all) => all.some(({ status }) => status !== null && status < 300)).length,
        sent: during.length,
      },
      detectedMs,
      recoveredMs,
      delayed: Object.fromEntries([...delayed].map(([currency, amount]) => [currency, decimal(amount)])),
      again: `tieout rehearse ${name} --seed ${seed} --bills ${count} --seconds ${lastsMs / 1_000}`,
    }
  }
}

/** What waits for a system now: each object's amount once. */
async function waiting(world: World, system: string | null): Promise<ReadonlyMap<string, bigint>> {
  const page = system === null ? undefined : await world.ask<Queue>(`/v1/systems/${system}/queue?stands=waiting&limit=200`)
  const objects = new Map(page?.commands.map(({ about }) => [about.id, about]) ?? [])
  const sums = new Map<string, bigint>()
  for (const { amount, currency } of objects.values())
    if (amount !== null && currency !== null) sums.set(currency, (sums.get(currency) ?? 0n) + minor(amount))
  return sums
}

function most(known: ReadonlyMap<string, bigint>, now: ReadonlyMap<string, bigint>): Map<string, bigint> {
  const result = new Map(known)
  for (const [currency, amount] of now) if (amount > (result.get(currency) ?? 0n)) result.set(currency, amount)
  return result
}

/** From ten-thousandths to two places. */
function decimal(amount: bigint): string {
  const cents = amount / 100n
  return `${cents / 100n}.${String(cents % 100n).padStart(2, '0')}`
}

export function markdownOf(report: Report): string {
  const {
    title,
    says,
    verdict,
    findings,
    takenMeanwhile: { taken, sent },
    detectedMs,
    recoveredMs,
    delayed,
    lastedMs,
    bills,
    again,
  } = report
  const seconds = (ms: number | null, never: string): string => (ms === null ? never : `${(ms / 1_000).toFixed(1)} s`)
  const money = Object.entries(delayed)
    .map(([currency, amount]) => `${amount} ${currency}`)
    .join(', ')
  return [
    `# ${title}`,
    '',
    says,
    '',
    verdict === 'held' ? '**Everything held.**' : `**${findings.length} promises did not hold.**`,
    '',
    '| | |',
    '|---|---|',
    `| lasted | ${seconds(lastedMs, '')} |`,
    `| invoices | ${bills}, of these ${sent} sent while it lasted, ${taken} of them taken before it ended |`,
    `| seen after | ${seconds(detectedMs, 'it was never seen')} |`,
    `| recovered after | ${seconds(recoveredMs, 'not in time')} |`,
    `| most that waited at once | ${money || 'nothing'} |`,
    '',
    ...findings.map(({ invariant, about, says: what }) => `- ${invariant} ${about}: ${what}`),
    ...(findings.length > 0 ? [''] : []),
    'Invariants looked at: those of docs/spec/rehearsal.md, all of them.',
    '',
    `Again: \`${again}\``,
    '',
  ].join('\n')
}
