/**
 * What somebody may ask before there is an invoice: is this supplier active, does this tax code exist, is the order open. Judged by
 * the very controls that an invoice meets at validation, on what the ERP answered and when.
 */
import type { Instant } from '../lib/time.ts'
import type { Control, Evaluated } from './controls/control.ts'
import { runGate } from './controls/control.ts'
import { REFERENCE_CONTROLS, type NamedView } from './controls/validation.ts'
import type { Cause } from './exception-causes.ts'
import type { ReferenceData } from './event-data.ts'
import { orderName, periodQuestion, taxCodeQuestion } from './names.ts'
import { sumOf } from './invoice-content.ts'
import type { Look, ObjectRecord } from './object.ts'
import { answersFor } from './policy.ts'
import { readOf, type ReferenceKind, type ReferenceState } from './reference.ts'
import { entityOf, type Laws, type NamedParty } from './view.ts'

export type Question =
  | { readonly kind: 'supplier'; readonly supplier: NamedParty }
  | { readonly kind: 'entity'; readonly entity: NamedParty; readonly currency: string | null }
  | { readonly kind: 'tax-code'; readonly entity: NamedParty; readonly category: string; readonly rate: string }
  | {
      readonly kind: 'order'
      readonly entity: NamedParty
      readonly supplier: NamedParty
      readonly order: string
      readonly currency: string
    }
  | { readonly kind: 'period'; readonly entity: NamedParty; readonly month: string }

/** One answer that a verdict rests on. `main`: what was asked about; the others only say whom it is about, and may be as old as policy lets them. */
export interface Need {
  readonly about: ReferenceKind
  readonly party: NamedParty
  readonly asked: string
  /** Whose answer it is to be. */
  readonly system: string
  readonly main: boolean
  /** The company's number in the ERP, without which an order is not found. */
  readonly entity?: string
}

export interface Evidence {
  readonly object: string
  readonly asked: string
  readonly event: string
  readonly answer: ReferenceData
  readonly main: boolean
}

export interface Judged {
  readonly verdict: 'pass' | 'fail' | 'indeterminate'
  readonly says: string
  readonly cause: Cause | null
  readonly controls: readonly Evaluated[]
  readonly evidence: readonly Evidence[]
  /** What is unknown, or known from too long ago. */
  readonly open: readonly Need[]
  /** The ERP was asked and cannot say: waiting longer does not help. */
  readonly refused: boolean
}

export interface Asking extends Laws {
  readonly look: Look
  readonly asOf: Instant
  /** The answer to what is asked about must not be older than this. */
  readonly since: Instant
}

const { S1, P2, T1, P1, M7 } = REFERENCE_CONTROLS
const CONTROLS: { readonly [kind in Question['kind']]: readonly Control<NamedView>[] } = {
  supplier: [S1],
  entity: [P2],
  'tax-code': [P2, T1],
  order: [P2, S1, M7],
  period: [P2, P1],
}

const NOBODY: NamedParty = { name: '', names: [] }
const ANY_AGE = Number.MAX_SAFE_INTEGER

/** What was asked as the controls see it. Whatever the ERP ever answered counts; how old it may be is for whoever waits for it. */
function viewOf(asking: Asking, question: Question): NamedView {
  return {
    policy: { ...asking.policy, referenceMaxAgeMs: ANY_AGE },
    look: asking.look,
    asOf: asking.asOf,
    content: {
      kind: 'invoice',
      supplier: 'supplier' in question ? question.supplier : NOBODY,
      entity: 'entity' in question ? question.entity : NOBODY,
      currency: 'currency' in question ? question.currency : null,
      orders: 'order' in question ? [question.order] : [],
      taxes: 'category' in question ? [{ category: question.category, rate: question.rate }] : [],
    },
    ...('month' in question ? { month: question.month } : {}),
  }
}

export function judgeQuestion(asking: Asking, question: Question): Judged {
  const view = viewOf(asking, question)
  const { outcome, controls } = runGate(CONTROLS[question.kind], view)
  const needs = needsOf(question, view).map((need) => ({ need, record: recordOf(asking.look, need) }))
  const refused = needs.flatMap(({ need, record }) => refusalOf(record?.state, need) ?? [])[0]
  const telling =
    controls.find(({ verdict }) => verdict === 'fail') ?? controls.find(({ verdict }) => verdict === 'indeterminate') ?? controls.at(-1)
  return {
    ...(refused === undefined
      ? { verdict: outcome === 'wait' ? 'indeterminate' : outcome, says: telling?.says ?? '', cause: telling?.cause ?? null }
      : { verdict: 'indeterminate', says: `The ERP cannot answer: ${refused}`, cause: 'control-indeterminate' }),
    controls,
    refused: refused !== undefined,
    evidence: needs.flatMap(({ need: { asked, system, main }, record }) => {
      const read = readOf(record?.state, asked, system)
      return record && read ? [{ object: record.id, asked, event: read.event, answer: read.answer, main }] : []
    }),
    open: needs.flatMap(({ need, record }) => {
      const readAt = readOf(record?.state, need.asked, need.system)?.answer.readAt
      return readAt !== undefined && readAt >= (need.main ? asking.since : oldest(asking)) ? [] : [need]
    }),
  }
}

const oldest = ({ asOf, policy }: Asking): Instant => new Date(Date.parse(asOf) - policy.referenceMaxAgeMs).toISOString()

/** In the order in which they can be asked: an order, a tax code and a period are a company's, and the ERP wants its number. */
function needsOf(question: Question, view: NamedView): Need[] {
  const { erp } = view.policy.systems
  const holder = answersFor(view.policy, 'order')
  switch (question.kind) {
    case 'supplier':
      return [{ about: 'supplier', party: question.supplier, asked: 'supplier', system: erp, main: true }]
    case 'entity':
      return [company(erp, question.entity, true)]
    case 'tax-code':
      return ofCompany(question.entity, taxCodeQuestion(question.category, sumOf([question.rate])), view)
    case 'period':
      return ofCompany(question.entity, periodQuestion(question.month), view)
    case 'order': {
      const entity = entityOf(view, question).found?.entity?.number
      const names = question.entity.names.slice(0, 1).map((name) => orderName(name, question.order))
      return [
        company(erp, question.entity, false),
        // Who holds the orders may number suppliers in its own way.
        ...[...new Set([erp, holder])].map((system): Need => ({
          about: 'supplier',
          party: question.supplier,
          asked: 'supplier',
          system,
          main: false,
        })),
        ...(entity === undefined
          ? []
          : [{ about: 'order' as const, party: { name: question.order, names }, asked: 'order', system: holder, main: true, entity }]),
      ]
    }
  }
}

const company = (system: string, party: NamedParty, main: boolean): Need => ({ about: 'entity', party, asked: 'entity', system, main })

/** Nothing is asked about a company that the ERP does not have. */
function ofCompany(party: NamedParty, asked: string, view: NamedView): Need[] {
  const known = entityOf(view, { entity: party }).known
  const system = view.policy.systems.erp
  return [company(system, party, false), ...(known === 'no' ? [] : [{ about: 'entity' as const, party, asked, system, main: true }])]
}

function recordOf(look: Look, { party }: Need): ObjectRecord<ReferenceState> | undefined {
  const name = party.names.find((candidate) => look(candidate))
  return name === undefined ? undefined : (look(name) as ObjectRecord<ReferenceState> | undefined)
}

/** The ERP's no to the lookup that is wanted now; undefined when it has not said so. */
function refusalOf(state: ReferenceState | undefined, { asked }: Need): string | undefined {
  const since = state?.wants[asked]
  if (!state || since === undefined) return undefined
  const sent = Object.values(state.sent).find(({ occurrence, input }) => input === 'refused' && occurrence === `${asked}#${since}`)
  return sent && (sent.says ?? 'no words')
}
