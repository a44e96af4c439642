import { sentenceOf } from './finding.ts'
import type { Report } from './log.ts'

/** A report as lines to read. */
export function linesOf(report: Report): string[] {
  const unsealed = Math.max(0, report.rows - report.sealed)
  return [
    `log          ${report.origin}`,
    `checkpoint   ${count(report.size, 'event')}`,
    `read         ${count(report.rows, 'row')}, ${report.sealed} under a signed root, ${unsealed} not sealed yet`,
    ...(report.erased > 0 ? [`erased       ${count(report.erased, 'body', 'bodies')} removed with the salts; the leaves are there`] : []),
    ...report.findings.map((finding) => `FOUND        ${sentenceOf(finding)}`),
    ...(report.found > report.findings.length ? [`FOUND        ${report.found - report.findings.length} more`] : []),
    ...report.notes.map((note) => `note         ${note}`),
    report.holds ? `HOLDS        every row, body and hash is what was sealed` : `DOES NOT HOLD ${count(report.found, 'finding')}`,
  ]
}

function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`
}
