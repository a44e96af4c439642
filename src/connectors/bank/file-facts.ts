import type { Observation } from '../../connector/contract.ts'
import type { MessageHead } from '../../domain/bank-document.ts'
import { readBankFile } from '../../formats/bank/read-bank-file.ts'
import { hexOf } from '../../lib/hash.ts'
import { instantOf, type Instant } from '../../lib/time.ts'
import type { Setting } from './config.ts'
import { reportFacts } from './report-facts.ts'
import { statementFacts } from './statement-facts.ts'

/** The file that a fact comes from. */
export interface Source {
  readonly system: string
  readonly document: string
  readonly name: string
  /** When the bank made it. */
  readonly at: Instant
}

/** A file of the bank as facts, by what it holds and not by its name; or why it cannot be read. */
export function fileFacts(
  { system, sha256, config }: Setting,
  bytes: Uint8Array,
  name: string,
): { readonly observations: readonly Observation[] } | { readonly unreadable: string } {
  const file = readBankFile(bytes, { maxBytes: config.fileBytes })
  if ('refused' in file) return { unreadable: `${file.refused.says} (line ${file.refused.line})` }
  const source: Source = { system, document: hexOf(sha256(bytes)), name, at: madeAt(file) }
  switch (file.kind) {
    case 'pain.001':
      return { unreadable: 'This is a payment file, which a bank does not send.' }
    case 'pain.002':
      return { observations: reportFacts(source, file) }
    case 'camt.052':
    case 'camt.053':
    case 'camt.054':
      return { observations: statementFacts(source, file, sha256) }
  }
}

/** CreDtTm; without an offset it is taken as UTC, which orders the files of one bank rightly among themselves. */
function madeAt({ createdAt }: MessageHead): Instant {
  const written = createdAt ?? ''
  const ms = Date.parse(/(?:Z|[+-]\d{2}:\d{2})$/u.test(written) ? written : `${written}Z`)
  return instantOf(Number.isNaN(ms) ? 0 : ms)
}
