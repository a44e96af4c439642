/**
 * What goes to the archive, and when. At the end of its road an invoice decides that evidence is wanted of the facts that stand
 * (`evidence.wanted`); a pack of them is made outside (`evidence.prepared`), documents and pack are stored there one after the
 * other, and the archive is asked what it holds (`evidence.archived`). A later fact makes it stale, and it is wanted anew, as
 * another object. Steps of our own (telling, storing, this very archiving) are no facts, so that it comes to rest.
 * Bank files go there by themselves, stored by the payment file or statement that they are. docs/spec/evidence.md.
 */
import { dateIn } from '../lib/time.ts'
import { warranted } from './headline.ts'
import type { Filed } from './filing.ts'
import type { InvoiceState } from './invoice-state.ts'
import type { Cell, Facet, WantedEffect } from './object.ts'
import type { Policy } from './policy.ts'
import type { Scratch } from './scratch.ts'
import type { Laws } from './view.ts'

/** Wanted at the end of the road, and ever after whatever happens to an invoice of which the archive has a pack. */
export function wantEvidence({ policy }: Laws, sheet: Scratch<InvoiceState>): void {
  const {
    headline,
    archived,
    facts,
    evidence: { wanted },
  } = sheet.state
  const due = archived !== null || (headline !== null && policy.evidence.after.some((state) => state === headline))
  if (policy.systems.archive === undefined || !due || wanted?.covers === facts) return
  sheet.decide('evidence.wanted', 'evidence', { covers: facts, until: keptUntil(policy, sheet.state, sheet.asOf) })
}

/**
 * The last day of the calendar year that is so many after the present one. Retention counts from the end of the year in which
 * the record was made: § 147 (4) AO, § 257 (5) HGB. Never earlier than what was promised before.
 */
function keptUntil(policy: Policy, { parties, evidence }: InvoiceState, asOf: string): string {
  const years = policy.evidence.entityYears[parties?.entity ?? ''] ?? policy.evidence.years
  const until = endOfYear(dateIn(parties?.zone ?? 'UTC', asOf), years)
  return evidence.wanted && evidence.wanted.until > until ? evidence.wanted.until : until
}

const endOfYear = (day: string, years: number): string => `${Number(day.slice(0, 4)) + years}-12-31`

/**
 * Each file of a payment batch or statement that the archive does not have for as long as wanted: from the year that it is of, and as
 * long as the company of ours that keeps longest, since it may be about several.
 */
export function fileSteps({ policy }: Laws, id: string, { files, kept }: Filed): WantedEffect[] {
  const {
    systems: { archive },
    evidence: { years, entityYears },
  } = policy
  if (archive === undefined) return []
  const longest = Math.max(years, ...Object.values(entityYears))
  return Object.entries(files).flatMap(([document, { at }]): WantedEffect[] => {
    const until = endOfYear(at, longest)
    const there = (kept[document]?.until ?? '') >= until
    return there
      ? []
      : [
          {
            target: archive,
            command: 'document.store',
            object: `${id} ${document}`,
            occurrence: until,
            subject: id,
            content: { name: documentName(document), document, until },
          },
        ]
  })
}

export function fileCells({ policy }: Laws, id: string, { files, kept }: Filed): Cell[] {
  const { archive } = policy.systems
  if (archive === undefined || Object.keys(files).length === 0) return []
  const all = Object.keys(files).every((document) => kept[document] !== undefined)
  return [{ object: id, system: archive, facet: 'document', expected: 'stored', told: all ? 'stored' : null, reported: null }]
}

/** One step at a time: its documents, then the pack that names them, then the archive's own word. */
export function evidenceStep({ policy }: Laws, id: string, state: InvoiceState): WantedEffect[] {
  const { archive } = policy.systems
  const { wanted, prepared } = state.evidence
  if (archive === undefined || wanted === null) return []
  const { until, covers } = wanted
  const document = missingDocument(state)
  if (document !== undefined)
    return [
      {
        target: archive,
        command: 'document.store',
        object: `${id} ${document}`,
        occurrence: until,
        subject: id,
        content: { name: documentName(document), document, until },
      },
    ]
  if (prepared?.wanted !== wanted.event) return []
  const pack = { object: id, occurrence: `${covers}#${wanted.event}`, subject: id }
  const content = { name: packLabel(id, covers, prepared.document), document: prepared.document, until, covers }
  const told = state.told[`${archive}|evidence`]?.word === String(covers)
  if (!told) return [{ ...pack, target: archive, command: 'evidence.store', content }]
  return (state.archived?.covers ?? 0) < covers ? [{ ...pack, target: archive, command: 'lookup.evidence', content }] : []
}

/** Which step evidence that is wanted stands before. */
export function filingStep(state: InvoiceState): 'documents' | 'pack' | 'receipt' {
  if (missingDocument(state) !== undefined) return 'documents'
  return state.evidence.prepared?.wanted === state.evidence.wanted?.event ? 'receipt' : 'pack'
}

/** The first of its documents that the archive does not have for as long as wanted. */
function missingDocument({ renditions, evidence: { wanted, kept } }: InvoiceState): string | undefined {
  return Object.keys(renditions)
    .sort()
    .find((document) => (kept[document]?.until ?? '') < (wanted?.until ?? ''))
}

/**
 * Names in the archive. A document has its hash for a name, so that it is stored once. A pack is never replaced by a later one, nor by
 * one of as many facts from a log that goes on after it was set back: what was sealed otherwise has other bytes, and another label.
 */
export const documentName = (sha256: string): string => `document.${sha256}`
export const packLabel = (invoice: string, covers: number | string, sha256: string): string =>
  `pack.${invoice}.${covers}.${sha256.slice(0, LABEL_DIGITS)}.json`
const LABEL_DIGITS = 12
/** Of whom and of how many facts the pack of this name is; undefined for a name that is no pack's. */
export function packOf(name: string): { readonly invoice: string; readonly covers: string } | undefined {
  const [, invoice, covers] = /^pack\.(.+)\.(\d+)\.[0-9a-f]{12}\.json$/u.exec(name) ?? []
  return invoice === undefined || covers === undefined ? undefined : { invoice, covers }
}

/** The label of the pack of so many facts that the archive was given; undefined when it is not known any more. */
export function labelGiven(id: string, { archived, evidence: { prepared } }: InvoiceState, covers: string): string | undefined {
  const pack = [archived, prepared].find((candidate) => String(candidate?.covers) === covers)
  return pack ? packLabel(id, covers, pack.document) : undefined
}

/** What the archive last said that it has: what was read back, or what it showed since. */
export function evidenceShown({ archived, reported }: Pick<InvoiceState, 'archived' | 'reported'>, key: string): string | undefined {
  const report = reported[key]
  return archived && !(report && report.at > archived.at) ? String(archived.covers) : report?.word
}

/** What the archive should hold: the documents, and evidence of so many facts. */
export function evidenceCells({ policy }: Laws, id: string, state: InvoiceState): Cell[] {
  const { archive } = policy.systems
  const { wanted } = state.evidence
  if (archive === undefined || wanted === null) return []
  const cell = (facet: Facet, expected: string, told: string | null, reported: string | null): Cell => ({
    object: id,
    system: archive,
    facet,
    expected,
    told,
    reported,
  })
  const covers = String(wanted.covers)
  const key = `${archive}|evidence`
  const documents = Object.keys(state.renditions).length
  return [
    ...(documents === 0 ? [] : [cell('document', 'stored', missingDocument(state) === undefined ? 'stored' : null, null)]),
    cell('evidence', covers, state.told[key]?.word ?? null, evidenceShown(state, key) ?? null),
  ]
}

/** The posting to which the approval belongs that it rests on; null where there is none, or nobody asked for it. */
function attachTo({ policy }: Laws, state: InvoiceState): string | null {
  return policy.evidence.attach && state.granted && warranted(state, ['approved', 'posted'])
    ? (state.verdicts.posting?.subject ?? null)
    : null
}

/** Attached once per posting, under the ERP's own number; then the ERP is asked whether it shows it. */
export function attachmentStep(laws: Laws, id: string, state: InvoiceState): WantedEffect[] {
  const { erp } = laws.policy.systems
  const posting = attachTo(laws, state)
  const { granted } = state
  const key = `${erp}|attachment`
  if (posting === null || !granted || state.reported[key]?.word === posting) return []
  const { approvers, approvedAt, authority, hash } = granted
  return [
    {
      target: erp,
      command: state.told[key]?.word === posting ? 'lookup.attachment' : 'approval-evidence.attach',
      object: id,
      occurrence: `${posting}#approval`,
      subject: id,
      content: {
        approvedAt,
        approvers,
        authority,
        correlation: id,
        policy: `terms ${hash.slice(0, 16)}`,
        posting,
        reference: id,
        terms: hash,
      },
    },
  ]
}

export function attachmentCells(laws: Laws, id: string, state: InvoiceState): Cell[] {
  const { erp } = laws.policy.systems
  const expected = attachTo(laws, state)
  const key = `${erp}|attachment`
  return expected === null
    ? []
    : [
        {
          object: id,
          system: erp,
          facet: 'attachment',
          expected,
          told: state.told[key]?.word ?? null,
          reported: state.reported[key]?.word ?? null,
        },
      ]
}
