/** A trace as a page of text, 100 columns wide: where it stands, what happened and when, what was waited for, what proves it. */
import type { Grade } from '../domain/event.ts'
import { answerWords } from '../domain/words.ts'
import { commandWords } from '../export/event-words.ts'
import { durationOf, type Step, type Wait } from '../export/trace-steps.ts'
import type { Trace, TracedCommand, Try } from '../export/trace.ts'
import { clipped, padded, plainText, wrapped, type Paint, type Style } from './terminal.ts'

const WIDTH = 100
const TIME = 12
const SYSTEM = 10
const GRADE = 12
const INDEX = 8
/** What is left for words in a line of the history. */
const WORDS = WIDTH - 2 - TIME - 2 - SYSTEM - 2 - GRADE - 2 - INDEX - 1
const INDENT = ' '.repeat(2 + TIME + 2 + SYSTEM + 2 + GRADE + 2)

const GRADE_WORDS: { readonly [grade in Grade]: string } = { claimed: 'only claimed', acknowledged: 'acknowledged', settled: 'proved' }
const GRADE_STYLE: { readonly [grade in Grade]: Style } = { claimed: 'yellow', acknowledged: 'dim', settled: 'green' }

export function linesOfTrace(trace: Trace, paint: Paint): string[] {
  return [
    ...heading(trace, paint),
    ...standing(trace, paint),
    ...cases(trace, paint),
    ...history(trace, paint),
    ...commands(trace, paint),
    ...matrix(trace, paint),
    ...together(trace, paint),
    ...proof(trace, paint),
  ]
}

const title = (paint: Paint, text: string): string[] => ['', paint('bold', text)]
const indented = (text: string, indent: number): string[] =>
  wrapped(plainText(text), WIDTH - indent).map((line) => ' '.repeat(indent) + line)

function heading({ title: name, id, kind, standing, names, doubts }: Trace, paint: Paint): string[] {
  const shown = clipped(`${name[0]?.toUpperCase() ?? ''}${name.slice(1)}`, 70)
  const { row } = standing
  const facts = [
    row?.amount !== null && row?.amount !== undefined ? `${row.amount} ${row.currency ?? ''}`.trim() : '',
    row?.dueOn ? `due ${row.dueOn}` : '',
    standing.route ? `route ${standing.route}` : '',
    id,
  ].filter((text) => text !== '')
  const known = names.filter((given) => !UNTOLD.test(given)).map(shownName)
  return [
    `${paint('bold', shown)}: ${stateWords(standing.state ?? (kind === 'invoice' ? 'no state yet' : kind), standing.breaches, paint)}`,
    ...indented(facts.join(', '), 2).map((line) => paint('dim', line)),
    ...doubts.flatMap(({ says, system }) => indented(`${says} (${system})`, 2)).map((line) => paint('yellow', line)),
    ...(known.length > 0 ? indented(`also known as ${known.join(', ')}`, 2).map((line) => paint('dim', line)) : []),
  ]
}

/** Names that are hashes or repeat the number: they find it, and tell nobody anything. */
const UNTOLD = /^public\|(invoice|invoice-like|invoice-number|remittance|end-to-end)\|/u
/** `erp|posting|1000 5100` is `posting 1000 5100`; of a document's hash the beginning. */
const shownName = (name: string): string =>
  name
    .split('|')
    .slice(1)
    .join(' ')
    .replace(/\b[0-9a-f]{64}\b/u, (hash) => `${hash.slice(0, 12)}…`)

function stateWords(state: string, breaches: readonly string[], paint: Paint): string {
  return [paint(breaches.length > 0 ? 'yellow' : 'green', state), ...breaches.map((breach) => paint('red', `not ${breach}`))].join(', ')
}

function standing({ standing: { axes, rests, amountDue, row } }: Trace, paint: Paint): string[] {
  if (!axes) return []
  const { holds, ...others } = axes
  const words = Object.entries(others).map(([axis, value]) => `${axis} ${value}`)
  return [
    ...title(paint, 'Where it stands'),
    ...indented(
      [
        ...words,
        ...(holds.length > 0 ? [`held by ${holds.join(', ')}`] : []),
        ...(amountDue === null ? [] : [`amount due ${amountDue} ${row?.currency ?? ''}`.trim()]),
      ].join(' · '),
      2,
    ),
    ...(rests.length > 0
      ? ['  This rests on:', ...rests.flatMap(({ index, says }) => indented(`${index === null ? '?' : `#${index}`} ${says}`, 4))]
      : []),
  ]
}

function cases({ cases }: Trace, paint: Paint): string[] {
  if (cases.length === 0) return []
  return [
    ...title(paint, 'Cases'),
    ...cases.flatMap(({ open, id, title: name, says, owner, dueAt, actions, answered, said }) => [
      ...indented(`${name}. ${says}`, 10)
        .map((line, at) => (at === 0 ? `  ${open ? 'open  ' : 'closed'}  ${line.trimStart()}` : line))
        .map((line) => (open ? paint('yellow', line) : line)),
      ...indented(
        open ? `with ${owner}, due ${moment(dueAt)}${actions.length > 0 ? `; may be answered: ${actions.join(', ')}` : ''}  (${id})` : id,
        10,
      ).map((line) => paint('dim', line)),
      ...(said === null ? [] : indented(said, 10)),
      ...(answered ? indented(`answered ${answerWords(answered)}`, 10) : []),
    ]),
  ]
}

const moment = (instant: string): string => `${instant.slice(0, 10)} ${instant.slice(11, 16)} UTC`

function history({ steps, waits, more }: Trace, paint: Paint): string[] {
  const waitBefore = new Map(waits.map((wait) => [wait.before, wait]))
  let day = ''
  const lines = steps.flatMap((step) => {
    const today = step.recordedAt.slice(0, 10)
    const date = today === day ? [] : [`  ${paint('dim', today)}`]
    day = today
    return [...waited(waitBefore.get(step.index), paint), ...date, ...stepLines(step, paint)]
  })
  return [...title(paint, 'What happened (times in UTC)'), ...lines, ...(more ? ['  … and more: ask for it with --limit'] : [])]
}

function waited(wait: Wait | undefined, paint: Paint): string[] {
  return wait ? indented(`… ${wait.says}`, 2 + TIME + 2).map((line) => paint('cyan', line)) : []
}

function stepLines(step: Step, paint: Paint): string[] {
  const delivered = step.type.startsWith('effect.')
  const grade = delivered ? 'command' : step.nature === 'decision' ? 'decided' : GRADE_WORDS[step.grade]
  const who = step.role === 'person' ? step.actor.replace('person:', '') : step.system
  const late = Date.parse(step.recordedAt) - Date.parse(step.occurredAt)
  const happened =
    step.nature === 'fact' && Math.abs(late) >= 1_000
      ? ` (happened ${late >= 86_400_000 ? step.occurredAt.slice(0, 10) : `at ${step.occurredAt.slice(11, 19)}`})`
      : ''
  const rests = step.rests.filter((index) => index !== step.index)
  const words = `${step.says}${happened}${rests.length > 0 ? ` [rests on ${rests.map((index) => `#${index}`).join(', ')}]` : ''}`
  const [first = '', ...others] = wrapped(plainText(words), WORDS)
  return [
    [
      '',
      padded(step.recordedAt.slice(11, 23), TIME),
      padded(clipped(who, SYSTEM), SYSTEM),
      paint(step.nature === 'decision' ? 'dim' : GRADE_STYLE[step.grade], padded(grade, GRADE)),
      `${padded(first, WORDS)} ${paint('dim', `#${step.index}`.padStart(INDEX))}`,
    ].join('  '),
    ...others.map((line) => INDENT + line),
    ...step.controls.flatMap(({ id, verdict, says }) => controlLines(id, verdict, says, paint)),
  ]
}

const VERDICT_WORDS: { readonly [verdict: string]: readonly [string, Style] } = {
  pass: ['passed', 'green'],
  fail: ['failed', 'red'],
  'not-applicable': ['not needed', 'dim'],
  indeterminate: ['open', 'yellow'],
}

function controlLines(id: string, verdict: string, says: string, paint: Paint): string[] {
  const [word, style] = VERDICT_WORDS[verdict] ?? [verdict, 'dim']
  const [first = '', ...others] = wrapped(plainText(says), WIDTH - INDENT.length - 17)
  return [
    `${INDENT}${padded(id, 4)} ${paint(style, padded(word, 11))} ${first}`,
    ...others.map((line) => `${INDENT}${' '.repeat(17)}${line}`),
  ]
}

const STATE_STYLE: { readonly [state: string]: Style } = {
  done: 'green',
  refused: 'red',
  unknown: 'yellow',
  held: 'yellow',
  dead: 'red',
  open: 'cyan',
  waiting: 'cyan',
}

function commands({ commands }: Trace, paint: Paint): string[] {
  if (commands.length === 0) return []
  return [...title(paint, 'Commands'), ...commands.flatMap((command) => commandLines(command, paint))]
}

function commandLines({ command, target, occurrence, state, tries, dueAt, key }: TracedCommand, paint: Paint): string[] {
  const stands = `${paint(STATE_STYLE[state] ?? 'dim', state)}${tries.length > 1 ? ` after ${tries.length} tries` : ''}`
  const next = dueAt !== null && state !== 'done' ? `, next at ${dueAt.slice(11, 19)}` : ''
  return [
    `  ${padded(clipped(commandWords(command, occurrence, target), 42), 42)}  ${stands}${next}  ${paint('dim', `key ${key.slice(0, 12)}`)}`,
    ...tries.flatMap((one) => tryLines(one, paint)),
  ]
}

function tryLines({ n, openedAt, ms, outcome, says, requestHash, receipt, looks }: Try, paint: Paint): string[] {
  const { reference: given } = (receipt ?? {}) as { readonly reference?: string }
  const reference = given === undefined ? '' : ` as ${given}`
  const words = `${outcome}${reference}${says ? `: ${says}` : ''}`
  const lead = `    try ${n}  ${openedAt.slice(11, 23)}  ${(ms === null ? 'still open' : durationOf(ms)).padStart(10)}  `
  const [first = '', ...others] = wrapped(plainText(words), WIDTH - lead.length - 22)
  return [
    `${lead}${padded(first, WIDTH - lead.length - 22)} ${paint('dim', `request ${requestHash.slice(0, 12)}`)}`,
    ...others.map((line) => ' '.repeat(lead.length) + line),
    ...looks.flatMap(({ at, found, says }) => indented(`looked at ${at.slice(11, 19)}: ${found}${says ? ` (${says})` : ''}`, lead.length)),
  ]
}

function matrix({ cells }: Trace, paint: Paint): string[] {
  if (cells.length === 0) return []
  const row = (...[system, facet, expected, told, reported]: string[]): string =>
    `  ${padded(system ?? '', 12)}${padded(facet ?? '', 14)}${padded(expected ?? '', 18)}${padded(told ?? '', 18)}${reported ?? ''}`
  return [
    ...title(paint, 'What each system shows'),
    paint('dim', row('system', 'about', 'should show', 'was told', 'says itself')),
    ...cells.map(({ system, facet, expected, told, reported }) => {
      const behind = expected !== null && expected !== (reported ?? told)
      const line = row(clipped(system, 11), facet, clipped(expected ?? '-', 17), clipped(told ?? '-', 17), clipped(reported ?? '-', 17))
      return behind ? paint('yellow', `${line}  (behind)`) : line
    }),
  ]
}

function together({ together }: Trace, paint: Paint): string[] {
  if (together.length === 0) return []
  return [
    ...title(paint, 'Hangs together with'),
    ...together.map(({ id, title: name, state }) => `  ${id}  ${clipped(`${name}${state ? `, ${state}` : ''}`, WIDTH - 36)}`),
  ]
}

function proof({ steps, log }: Trace, paint: Paint): string[] {
  const last = steps.at(-1)?.index ?? -1
  const under = last < log.sealed ? 'all of them are' : `those below #${log.sealed} are`
  const root = log.root ? ` (root ${log.root.slice(0, 16)}…)` : ''
  const sealed = log.sealed === 0 ? 'no checkpoint was signed yet' : `${under} under a signed checkpoint${root}`
  return [
    ...title(paint, 'Proof'),
    ...indented(`#n is the event's place in a log of ${log.size}; ${sealed}. tieout verify re-reads the log and compares it.`, 2),
  ]
}
