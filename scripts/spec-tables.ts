/** Prints docs/spec/tables.md from the tables of the domain; `--write` writes it. A test compares the two. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { APPROVAL_CONTROLS } from '../src/domain/controls/approval.ts'
import { PAYEE_CONTROLS, RELEASE_CONTROLS } from '../src/domain/controls/payment.ts'
import { POSTING_CONTROLS } from '../src/domain/controls/posting.ts'
import { VALIDATION_CONTROLS } from '../src/domain/controls/validation.ts'
import { MATCH_CONTROLS } from '../src/domain/matching.ts'
import { EVENT_TYPES } from '../src/domain/event.ts'
import { CAUSES } from '../src/domain/exception-causes.ts'
import { COMMANDS } from '../src/domain/object.ts'
import { DEFAULT_GRACE, DIVERGENCES, WORD_ORDER } from '../src/domain/reconcile.ts'
import { DEFAULT_ROUTES, type RouteCondition } from '../src/domain/routes.ts'
import { ALLOCATION_KINDS, DEFAULT_DIFFERENCES, type Difference } from '../src/domain/settlement.ts'
import { TERM_ROWS } from '../src/domain/terms.ts'

export const TABLES_FILE = join(import.meta.dirname, '..', 'docs', 'spec', 'tables.md')

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [`| ${head.join(' | ')} |`, `|${head.map(() => '---').join('|')}|`, ...rows.map((row) => `| ${row.join(' | ')} |`)].join('\n')
}

function conditionText(when: RouteCondition): string {
  return (
    Object.entries(when)
      .map(
        ([key, value]) =>
          `${key} ${[value]
            .flat()
            .map((word) => (typeof word === 'object' ? `${word.amount} ${word.currency}` : String(word)))
            .join(', ')}`,
      )
      .join('; ') || 'always'
  )
}

/** The page as the code says it. */
export function specTables(): string {
  const gates = Object.entries({
    validation: VALIDATION_CONTROLS,
    match: MATCH_CONTROLS,
    approval: APPROVAL_CONTROLS,
    posting: POSTING_CONTROLS,
    payee: PAYEE_CONTROLS,
    release: RELEASE_CONTROLS,
  })
  return `# Tables of the domain

Printed from the code by \`node scripts/spec-tables.ts --write\`; a test fails when they differ. [domain.md](domain.md) says what they mean.

## Event types

${table(
  ['type', 'nature', 'about', 'lane', 'who has authority', 'best grade'],
  Object.entries(EVENT_TYPES).map(([type, row]) => [`\`${type}\``, row.nature, row.about, row.lane, row.roles.join(', '), row.best]),
)}

## Routes

${table(
  ['route', 'requires', 'posted after', 'payable after', 'sent for approval', 'waived by the order', 'paid', 'account if nobody codes'],
  Object.entries(DEFAULT_ROUTES.routes).map(([name, row]) => [
    `\`${name}\``,
    row.requires.join(' → '),
    row.postAfter.join(', ') || 'never asked for',
    row.releaseAfter.join(', ') || 'posted',
    row.submits ? 'yes' : 'no',
    row.waives ? 'yes' : 'no',
    row.pays,
    row.account ?? 'none',
  ]),
)}

Rows in order; the first that fits chooses. A configuration puts its own before these.

${table(
  ['route', 'when'],
  DEFAULT_ROUTES.choice.map(({ route, when }) => [`\`${route}\``, conditionText(when)]),
)}

## Controls

${table(
  ['gate', 'id', 'control'],
  gates.flatMap(([gate, controls]) => controls.map((control) => [gate, control.id, control.title])),
)}

## Divergences

${table(
  ['kind', 'the system'],
  Object.entries(DIVERGENCES).map(([kind, says]) => [`\`${kind}\``, says]),
)}

Words in the order in which they follow one another; any other stands beside the order.

${table(
  ['facet', 'words'],
  Object.entries(WORD_ORDER).map(([facet, words]) => [facet, words.join(' → ')]),
)}

How long an edge may lag, unless \`policy.grace\` says otherwise; any other \`policy.graceMs\`.

${table(
  ['to', 'facet', 'word', 'minutes'],
  DEFAULT_GRACE.map(({ to, facet, word, ms }) => [to, facet, word, String(ms / 60_000)]),
)}

## Settlement

${table(
  ['kind', 'is', 'allowed up to', 'share of what is due', 'within'],
  Object.entries(ALLOCATION_KINDS).map(([kind, is]) => {
    const limit = is === 'difference' ? DEFAULT_DIFFERENCES[kind as Difference] : null
    return [
      `\`${kind}\``,
      is,
      limit?.absolute ?? '',
      typeof limit?.bps === 'number' ? `${limit.bps / 100} %` : '',
      typeof limit?.days === 'number' ? `${limit.days} days of the invoice’s date` : '',
    ]
  }),
)}

## Approval terms

${table(
  ['term', 'changing it makes one an enterer'],
  TERM_ROWS.map((row) => [`\`${row.term}\``, row.enters ? 'yes' : 'no']),
)}

## Commands

${table(
  ['command', 'lane', 'manner', 'facet', 'in its lane by'],
  Object.entries(COMMANDS).map(([name, row]) => [`\`${name}\``, row.lane, row.manner, row.facet, row.by ?? 'day of the decision']),
)}

## Exceptions

${table(
  ['cause', 'owner', 'severity', 'what happened', 'what to do', 'actions'],
  Object.entries(CAUSES).map(([cause, row]) => [
    `\`${cause}\``,
    row.owner,
    row.severity,
    row.title,
    row.hint,
    row.actions.join(', ') || 'none',
  ]),
)}
`
}

if (process.argv.includes('--write')) writeFileSync(TABLES_FILE, specTables())
