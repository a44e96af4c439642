/** The questions of `POST /v1/validations/{…}`: their shapes, and as whom the parties that they name are known. */
import { z } from 'zod'
import { partyNames } from '../domain/names.ts'
import { aliasOf } from '../domain/object.ts'
import type { Question } from '../domain/question.ts'
import type { ReferenceState } from '../domain/reference.ts'
import type { NamedParty } from '../domain/view.ts'
import { isCleanText } from '../lib/canonical-json.ts'
import { Fault } from '../lib/fault.ts'
import { boundNames } from '../store/alias.ts'
import type { ClientBase } from '../store/database.ts'
import { readObjects } from '../store/object.ts'

const text = (max: number): z.ZodString =>
  z.string().trim().min(1, 'is empty').max(max, `is longer than ${max}`).refine(isCleanText, 'holds characters that cannot be kept')
const id = text(140)

/** A party as an invoice names it, or by the number that the ERP gave it. */
const PARTY = z
  .strictObject({ number: id, vatId: id, taxId: id, legalId: id, name: text(200) })
  .partial()
  .refine((party) => Object.values(party).some((value) => value !== undefined), 'names nobody: give number, vatId, taxId, legalId or name')
type Party = z.infer<typeof PARTY>

const CURRENCY = z.string().regex(/^[A-Z]{3}$/u, 'is not three capital letters')
const LONGEST_WAIT_MS = 10_000
const PATIENCE = {
  /** How old an answer may be that is given at once, without asking the ERP. Absent: the ERP is asked. */
  maxAgeMs: z
    .int()
    .min(0)
    .max(400 * 86_400_000)
    .optional(),
  /** How long the caller waits for the ERP. With the look afterwards an answer is there within a second. */
  waitMs: z.int().min(0).max(LONGEST_WAIT_MS, `is longer than ${LONGEST_WAIT_MS}`).default(800),
}

/** Each question with the sentence that docs/spec/api.md has of it. */
export const ASKED = {
  supplier: { does: 'Asks the ERP whether it knows a supplier and may pay it.', shape: z.strictObject({ supplier: PARTY, ...PATIENCE }) },
  entity: {
    does: 'Asks the ERP whether it knows one of our companies, and whether that takes a currency.',
    shape: z.strictObject({ entity: PARTY, currency: CURRENCY.optional(), ...PATIENCE }),
  },
  'tax-code': {
    does: 'Asks the ERP whether a company has a tax code for a category and rate.',
    shape: z.strictObject({
      entity: PARTY,
      category: z.string().regex(/^[A-Z]{1,3}$/u, 'is no tax category such as S'),
      rate: z.string().regex(/^\d{1,3}(\.\d{1,6})?$/u, 'is no percentage such as "19" or "7.5"'),
      ...PATIENCE,
    }),
  },
  order: {
    does: 'Asks the ERP whether an order is open and belongs to this company, supplier and currency.',
    shape: z.strictObject({ entity: PARTY, supplier: PARTY, order: id, currency: CURRENCY, ...PATIENCE }),
  },
  period: {
    does: 'Asks the ERP whether a posting period of a company is open.',
    shape: z.strictObject({ entity: PARTY, month: z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/u, 'is no month YYYY-MM'), ...PATIENCE }),
  },
} as const satisfies { readonly [kind in Question['kind']]: { readonly does: string; readonly shape: z.ZodType } }

export type AskedKind = keyof typeof ASKED
export type Asked = { [kind in AskedKind]: { readonly kind: kind; readonly body: z.infer<(typeof ASKED)[kind]['shape']> } }[AskedKind]

/** The question with its parties as we know them. Throws `not-found` for a number that the ERP has told us nothing about. */
export async function questionOf(client: ClientBase, tenant: string, erp: string, asked: Asked): Promise<Question> {
  const known = (role: Wanted['role'], named: Party): Promise<NamedParty> => partyKnown(client, tenant, { erp, role, named })
  switch (asked.kind) {
    case 'supplier':
      return { kind: 'supplier', supplier: await known('supplier', asked.body.supplier) }
    case 'entity':
      return { kind: 'entity', entity: await known('entity', asked.body.entity), currency: asked.body.currency ?? null }
    case 'tax-code': {
      const { entity, category, rate } = asked.body
      return { kind: 'tax-code', entity: await known('entity', entity), category, rate }
    }
    case 'order': {
      const { entity, supplier, order, currency } = asked.body
      return { kind: 'order', entity: await known('entity', entity), supplier: await known('supplier', supplier), order, currency }
    }
    case 'period':
      return { kind: 'period', entity: await known('entity', asked.body.entity), month: asked.body.month }
  }
}

interface Wanted {
  readonly erp: string
  readonly role: 'supplier' | 'entity'
  readonly named: Party
}

/**
 * A party that we know goes by all its public names; of one that we do not know only the most trustworthy counts, so that a
 * question never binds the names of two parties together. A number says something only where the ERP has told us about it.
 */
async function partyKnown(client: ClientBase, tenant: string, { erp, role, named }: Wanted): Promise<NamedParty> {
  const { number, name = '', ...ids } = named
  const publicNames = Object.keys(membersOf(ids)).length > 0 || name !== '' ? partyNames(role, { name, ids: [], ...membersOf(ids) }) : []
  const candidates = [...(number === undefined ? [] : [aliasOf(erp, role, number)]), ...publicNames]
  const bound = await boundNames(client, tenant, candidates)
  const object = candidates.map((candidate) => bound.get(candidate)).find((found) => found !== undefined)
  if (object === undefined) {
    if (publicNames[0] === undefined) {
      throw new Fault('not-found', `No ${role} has the number ${number ?? ''} here: name its VAT id, tax number or name.`)
    }
    return { name, names: [publicNames[0]] }
  }
  const record = (await readObjects(client, tenant, [object], false)).get(object)
  const names = (record?.names ?? []).filter((known) => known.startsWith(`public|${role}-`))
  const order = ['vat', 'tax', 'register', 'name'].map((kind) => `public|${role}-${kind}|`)
  return {
    name: name || nameIn(record?.state as unknown as ReferenceState | undefined, role),
    names: names.toSorted((a, b) => rank(order, a) - rank(order, b)),
  }
}

/** Absent is not the same as undefined. */
const membersOf = (ids: Omit<Party, 'number' | 'name'>): { vatId?: string; taxId?: string; legalId?: string } =>
  Object.fromEntries(Object.entries(ids).filter(([, value]) => value !== undefined))

const rank = (order: readonly string[], name: string): number => order.findIndex((start) => name.startsWith(start))

function nameIn(state: ReferenceState | undefined, role: 'supplier' | 'entity'): string {
  const answer = Object.entries(state?.reads ?? {}).find(([question]) => question.startsWith(`${role}@`))?.[1].answer
  return (answer?.found ? answer[role]?.name : undefined) ?? state?.ask?.name ?? ''
}
