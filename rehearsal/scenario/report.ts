/** The report of a rehearsal: for a machine, and for a person who has to decide whether to rely on what was rehearsed. */
import type { Finding } from '../checks/all.ts'
import type { Delayed } from './delays.ts'
import type { Neighbour } from './neighbours.ts'

export interface Invariant {
  readonly name: string
  readonly of: string
  readonly means: string
  readonly held: boolean
}
export interface OpenCase {
  readonly id: string
  readonly cause: string
  readonly title: string
  readonly about: string
  readonly amount: string | null
  readonly currency: string | null
  readonly owner: string
  readonly says: string
}
export interface Told {
  readonly afterMs: number
  readonly says: string
}

/** One start of a scenario, from calm to calm. */
export interface Start {
  readonly findings: readonly Finding[]
  readonly invariants: readonly Invariant[]
  readonly lastedMs: number
  /** Invoices sent before, meanwhile and after; how many of those sent meanwhile were taken in before the end, and how often somebody was told to come later (429). */
  readonly sent: {
    readonly before: number
    readonly meanwhile: number
    readonly after: number
    readonly takenMeanwhile: number
    readonly toldToComeLater: number
  }
  /** From when it could be seen to when it was; null when it never was. */
  readonly detectedMs: number | null
  /** From its end to rest; null when rest was not reached in time. */
  readonly recoveredMs: number | null
  readonly delayed: Delayed
  readonly neighbours: readonly Neighbour[]
  /** Cases that were open when it ended: what was held, and who had it. */
  readonly cases: readonly OpenCase[]
  readonly story: readonly Told[]
  /** By how much limits of time were stretched, because the machine had more to do than it can; 1: not at all. */
  readonly stretch: number
}

export interface Figures {
  readonly detectedMs: number | null
  readonly recoveredMs: number | null
  readonly longestMs: number | null
  readonly held: boolean
}

/** The figures at its head are medians of its starts; the rest is told of the first start that did not hold, else of the first. */
export interface Report extends Start {
  readonly format: 'tieout-rehearsal/1'
  readonly scenario: string
  readonly title: string
  readonly says: string
  readonly compressed: string
  readonly playedAt: string
  readonly commit: string
  readonly seed: number
  readonly bills: number
  readonly verdict: 'held' | 'violated'
  readonly starts: readonly Figures[]
  readonly again: string
}

export type Head = Pick<Report, 'scenario' | 'title' | 'says' | 'compressed' | 'playedAt' | 'commit' | 'seed' | 'bills' | 'again'>

export function reportOf(head: Head, starts: readonly Start[]): Report {
  const told = starts.find(({ findings }) => findings.length > 0) ?? starts[0]
  if (!told) throw new Error('Nothing was played.')
  const figures = starts.map(({ detectedMs, recoveredMs, delayed, findings }): Figures => ({
    detectedMs,
    recoveredMs,
    longestMs: delayed.longestMs,
    held: findings.length === 0,
  }))
  return {
    format: 'tieout-rehearsal/1',
    ...head,
    verdict: figures.every(({ held }) => held) ? 'held' : 'violated',
    ...told,
    detectedMs: median(figures.map((one) => one.detectedMs)),
    recoveredMs: median(figures.map((one) => one.recoveredMs)),
    delayed: { ...told.delayed, longestMs: median(figures.map((one) => one.longestMs)) },
    starts: figures,
  }
}

/** The middle one, the upper of two; null counts as longer than any. */
export function median(values: readonly (number | null)[]): number | null {
  return values.toSorted((a, b) => (a ?? Infinity) - (b ?? Infinity))[values.length >> 1] ?? null
}

const SYSTEM_NAMES: { readonly [system in Neighbour['system']]: string } = {
  erp: 'ERP',
  ap: 'AP tool',
  procurement: 'procurement',
  archive: 'archive',
  bank: 'bank',
}
const NOT_YET: { readonly [until in Delayed['until']]: string } = {
  taken: 'not yet taken in',
  approved: 'not yet approved',
  posted: 'not yet posted',
  paid: 'not yet shown as paid',
}

export function markdownOf(report: Report): string {
  const {
    title,
    says,
    compressed,
    verdict,
    findings,
    sent,
    detectedMs,
    recoveredMs,
    delayed,
    lastedMs,
    again,
    starts,
    cases,
    story,
    neighbours,
    invariants,
  } = report
  const middle = starts.length > 1 ? ` (median of ${starts.length} starts)` : ''
  return [
    `# ${title}`,
    '',
    says,
    '',
    verdict === 'held'
      ? `**Everything held.** ${invariants.length} promises were looked at, none was broken.`
      : `**${counted(findings.length, 'promise was', 'promises were')} broken.** They stand below.`,
    '',
    ...findings.map(({ invariant, about, says: what }) => `- ${invariant} ${about}: ${what}`),
    ...(findings.length > 0 ? [''] : []),
    '| | |',
    '|---|---|',
    `| lasted | ${seconds(lastedMs)} |`,
    `| invoices | ${sent.before + sent.meanwhile + sent.after}: ${sent.before} sent before, ${sent.meanwhile} while it lasted (${sent.takenMeanwhile} of them taken in before it ended), ${sent.after} after |`,
    ...(sent.toldToComeLater > 0
      ? [`| told to come later | ${counted(sent.toldToComeLater, 'time', 'times')}, each with the time to wait |`]
      : []),
    ...(report.stretch > 1
      ? [`| limits of time | stretched ${report.stretch.toFixed(1)}-fold: the machine had more to do than it can |`]
      : []),
    `| time to detect | ${detectedMs === null ? 'nobody could see it' : `${seconds(detectedMs)}${middle}`} |`,
    `| time to recover | ${recoveredMs === null ? 'it did not recover in time' : `${seconds(recoveredMs)}${middle}`} |`,
    `| money delayed | ${moneyOf(delayed)}${middle} |`,
    '',
    ...(compressed === '' ? [] : [compressed, '']),
    '## What happened',
    '',
    ...story.map(({ afterMs, says: what }) => `- after ${seconds(afterMs)}: ${what}`),
    '',
    '## What each system did meanwhile',
    '',
    '| system | by its own books | calls answered | calls failed | waited for it at most | caught up |',
    '|---|---|---|---|---|---|',
    ...neighbours.map(
      (one) =>
        `| ${SYSTEM_NAMES[one.system]} | ${one.did} | ${one.system === 'bank' ? 'files only' : one.answered} | ${one.system === 'bank' ? '–' : one.failed} | ${counted(one.waiting, 'command', 'commands')} | ${one.caughtUpMs === null ? 'not yet' : one.caughtUpMs === 0 ? 'nothing to catch up' : `${seconds(one.caughtUpMs)} after the end`} |`,
    ),
    '',
    '## Who had a case when it ended',
    '',
    ...(cases.length === 0
      ? ['Nobody: no case was open.']
      : [
          '| whose | what | about | amount | in its own words |',
          '|---|---|---|---|---|',
          ...cases.map(
            (one) =>
              `| ${one.owner} | ${one.title} | ${one.about} | ${one.amount === null ? '' : `${grouped(one.amount)} ${one.currency ?? ''}`.trim()} | ${one.says} |`,
          ),
        ]),
    '',
    '## What was looked at',
    '',
    '| held | number | promise |',
    '|---|---|---|',
    ...invariants.map((one) => `| ${one.held ? 'yes' : '**no**'} | ${one.of} | ${one.means} |`),
    '',
    ...(starts.length > 1
      ? [
          '## Each start',
          '',
          '| held | detected | recovered | longest delay |',
          '|---|---|---|---|',
          ...starts.map(
            (one) =>
              `| ${one.held ? 'yes' : '**no**'} | ${seconds(one.detectedMs)} | ${seconds(one.recoveredMs)} | ${seconds(one.longestMs)} |`,
          ),
          '',
        ]
      : []),
    `Played on ${report.playedAt.slice(0, 16).replace('T', ' ')} UTC, code ${report.commit.slice(0, 12)}${report.commit.endsWith('+') ? ' with changes' : ''}. To play it again:`,
    '',
    `    ${again}`,
    '',
  ].join('\n')
}

const seconds = (ms: number | null): string => (ms === null ? 'never' : `${(ms / 1_000).toFixed(1)} s`)
const counted = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`
const grouped = (amount: string): string => amount.replace(/\d(?=(?:\d{3})+(?:\.|$))/gu, '$&,')

function moneyOf({ until, documents, amounts, longestMs }: Delayed): string {
  if (documents === 0) return 'none'
  const money = Object.entries(amounts)
    .map(([currency, amount]) => `${grouped(amount)} ${currency}`)
    .join(', ')
  return `${money || 'no amount'} in ${counted(documents, 'document', 'documents')} ${NOT_YET[until]} when it ended; the longest took ${longestMs === null ? 'until now and is not there' : `${seconds(longestMs)} in all`}`
}
