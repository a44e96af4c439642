/** The signed statement that a rehearsal's report is as it was written: a signed note over the hashes of its files. docs/spec/rehearsal.md. */
import type { Sha256 } from '../lib/hash.ts'
import { hexOf } from '../lib/hash.ts'
import { openNote, type Ed25519Verify, type VerifierKey } from '../tlog/note.ts'
import { isRefused, type Refused } from '../tlog/refused.ts'

/** The first line: no checkpoint begins so, and none has words in its second. */
const FORMAT = 'tieout-rehearsal-report/1'
const LINE = /^([0-9a-f]{64}) {2}([a-z0-9-]{1,60}\.(?:md|json))$/u

/** The last part of the key's name. With its dot it is the name of no tenant, so that this key signs no log. */
export const REPORT_KEY = 'rehearsal.reports'

export interface ReportFile {
  readonly name: string
  readonly bytes: Uint8Array
}

/** The text that is signed. Its lines of hashes are those that `sha256sum --check` reads. */
export function reportText(sha256: Sha256, scenario: string, files: readonly ReportFile[]): string {
  return [FORMAT, scenario, ...files.map(({ name, bytes }) => `${hexOf(sha256(bytes))}  ${name}`), ''].join('\n')
}

export interface ReportCheck {
  readonly holds: boolean
  readonly scenario: string
  readonly files: readonly string[]
  readonly findings: readonly string[]
}

/** Refused: it is no such note, or the key did not sign it. A file that is missing or was changed is a finding. */
export function verifyReport(
  sha256: Sha256,
  verify: Ed25519Verify,
  key: VerifierKey,
  note: string,
  read: (name: string) => Uint8Array | undefined,
): ReportCheck | Refused {
  const opened = openNote(note, key, verify)
  if (isRefused(opened)) return opened
  const [format, scenario = '', ...lines] = opened.text.slice(0, -1).split('\n')
  const named = lines.map((line) => LINE.exec(line))
  if (format !== FORMAT || named.length === 0 || named.includes(null)) return { refused: `it is not of the format ${FORMAT}` }
  const files = named.flatMap((match) => (match ? [{ hash: match[1] ?? '', name: match[2] ?? '' }] : []))
  const findings = files.flatMap(({ hash, name }) => {
    const bytes = read(name)
    if (!bytes) return [`${name} is missing or cannot be read`]
    return hexOf(sha256(bytes)) === hash ? [] : [`${name} was changed since it was signed`]
  })
  return { holds: findings.length === 0, scenario, files: files.map(({ name }) => name), findings }
}

export function reportLines({ scenario, files, findings, holds }: ReportCheck): string[] {
  return [
    `report       ${scenario}: ${files.join(', ')}`,
    ...findings.map((finding) => `FOUND        ${finding}`),
    holds
      ? 'HOLDS        it is word for word what was signed'
      : `DOES NOT HOLD ${findings.length === 1 ? 'one finding' : `${findings.length} findings`}`,
  ]
}
