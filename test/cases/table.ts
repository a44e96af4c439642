/** Prints the rows of docs/spec/cases.md; `--write` writes them there between the marks. A test compares the two. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ANSWER_CASES } from './answers.ts'
import { APPROVAL_CASES } from './approvals.ts'
import { rowOf, type Case } from './case.ts'
import { DOCUMENT_CASES } from './documents.ts'
import { fileCases } from './files.ts'
import { PAYMENT_CASES } from './payments.ts'
import { POSTING_CASES } from './postings.ts'
import { RECEIPT_CASES } from './receipts.ts'
import { REFERENCE_CASES } from './references.ts'
import { RELEASE_CASES } from './releases.ts'
import { RUN_CASES } from './runs.ts'
import { SYSTEM_CASES } from './systems.ts'

export const CASES_FILE = join(import.meta.dirname, '..', '..', 'docs', 'spec', 'cases.md')
export const CASES: { readonly [subject: string]: readonly Case[] } = {
  'Documents and orders': DOCUMENT_CASES,
  'Goods and receipts': RECEIPT_CASES,
  Approval: APPROVAL_CASES,
  Posting: POSTING_CASES,
  'Payment files': RELEASE_CASES,
  'Payment runs': RUN_CASES,
  'Payment and settlement': PAYMENT_CASES,
  'Master data': REFERENCE_CASES,
  'Systems and commands': SYSTEM_CASES,
  'Answers of people': ANSWER_CASES,
}

const HEAD = '| case | what happens | stands at | breaches | axes | commands asked | open cases |\n|---|---|---|---|---|---|---|'
export const START = '<!-- cases -->'
/** Rows about files of others: printed only where those are. */
export const FILES_START = '<!-- files -->'
/** What follows is not printed from here: a run of the whole hub is compared with it. */
export const SUITE_START = '<!-- suite -->'

export function casesText(): string {
  return `${START}\n${Object.entries(CASES)
    .map(([subject, cases]) => `\n## ${subject}\n\n${HEAD}\n${cases.map(rowOf).join('\n')}\n`)
    .join('')}`
}

function filesText(cases: readonly Case[]): string {
  return `${FILES_START}\n\n## Files of others\n\nPublic files as they are, in a company that knows their parties and orders; named as in their collections.\n\n${HEAD}\n${cases.map(rowOf).join('\n')}\n`
}

if (process.argv.includes('--write')) {
  const page = readFileSync(CASES_FILE, 'utf8')
  const files = fileCases()
  const kept = page.slice(page.indexOf(FILES_START), page.indexOf(`\n${SUITE_START}`))
  writeFileSync(
    CASES_FILE,
    `${page.slice(0, page.indexOf(START))}${casesText()}\n${files ? filesText(files) : kept}${page.slice(page.indexOf(`\n${SUITE_START}`))}`,
  )
}
