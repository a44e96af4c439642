/** What is asked: a list, one row of it chosen, and the answer as a fact about whom it was asked for. */
import { z } from 'zod'
import type { Command, Observation, Reading } from '../../connector/contract.ts'
import { contentAs, getJson, type Shape } from '../../connector/json.ts'
import type { Request } from '../../connector/request.ts'
import type { ReferenceData } from '../../domain/event-data.ts'
import { chosenMerchant, onlyOne, orderAlias, orderOf, supplierAlias, supplierOf, type Chosen } from './answers.ts'
import type { Setting } from './config.ts'
import { answerIn, NO_EFFECT, nothing } from './replies.ts'
import { listOf, Merchant, Purchase } from './wire.ts'

type Found = Extract<ReferenceData, { found: true }>
const LIST_LIMIT = '500'

interface Asking<C extends { readonly question: string }, R extends z.ZodType> {
  readonly content: Shape<C>
  readonly row: R
  request(content: C): Request
  choose(rows: readonly z.infer<R>[], content: C): Chosen<z.infer<R>>
  /** `alias`: its own name of what was found; the answer stays about whom it was asked for. */
  found(one: z.infer<R>): { readonly answer: Omit<Found, 'asked' | 'readAt' | 'found'>; readonly number: string; readonly alias: string }
}

/** Changes nothing there, so the same call once more is harmless. */
function lookup<C extends { readonly question: string }, R extends z.ZodType>({ config }: Setting, asking: Asking<C, R>): Command {
  return {
    class: 'K2',
    timeoutMs: config.callTimeoutMs,
    noEffect: NO_EFFECT,
    write: ({ content }) => asking.request(contentAs(content, asking.content)),
    read: (reply, call): Reading => {
      const content = contentAs(call.input.content, asking.content)
      const read = answerIn(reply, listOf(asking.row))
      if ('outcome' in read) return nothing(read.outcome)
      if (read.value.further !== null) return nothing({ kind: 'refused', says: `More than ${LIST_LIMIT} rows answer this question.` })
      const chosen = asking.choose(read.value.items, content)
      if ('several' in chosen) {
        return nothing({ kind: 'refused', says: `Several in procurement fit, and nothing says which is meant: ${chosen.several}.` })
      }
      const common = { asked: content.question, readAt: call.at }
      const found = 'one' in chosen ? asking.found(chosen.one) : undefined
      // Each question put and each time it is answered is a fact of its own: an answer is old from the moment it is given.
      const observation: Observation = {
        eventId: `lookup|${call.object}|${call.occurrence}|${call.at}`,
        type: 'reference.read',
        occurredAt: call.at,
        readBack: true,
        about: [{ names: found ? [call.object, found.alias] : [call.object] }],
        data: (found ? { ...common, found: true, ...found.answer } : { ...common, found: false }) as unknown as Observation['data'],
      }
      return { outcome: { kind: 'done', receipt: { reference: found?.number ?? 'none' } }, observations: [observation] }
    },
  }
}

/** `GET /purchases` by unit and number: two units may both have given the same. Unit codes are those of the ledger's companies. */
export function lookupOrder(setting: Setting): Command {
  return lookup(setting, {
    content: z.object({ question: z.string(), number: z.string(), entity: z.string() }),
    row: Purchase,
    request: ({ number, entity }) => getJson('/purchases', { unitCode: entity, purchaseNo: number.trim(), max: LIST_LIMIT }),
    choose: (rows) => onlyOne(rows, (row) => `${row.unitCode}/${row.purchaseNo}`),
    found: (row) => ({ answer: { order: orderOf(row) }, number: row.purchaseNo, alias: orderAlias(setting.system, row) }),
  })
}

/** `GET /merchants` by the VAT or tax number that the invoice names, else by its supplier's name. */
export function lookupSupplier(setting: Setting): Command {
  return lookup(setting, {
    content: z.object({ question: z.string(), names: z.array(z.string()), name: z.string(), written: z.string().optional() }),
    row: Merchant,
    request: ({ names, name, written }) => {
      const vatReg = idIn(names, 'supplier-vat') ?? written ?? idIn(names, 'supplier-tax')
      return getJson('/merchants', vatReg === undefined ? { name, max: LIST_LIMIT } : { vatReg, max: LIST_LIMIT })
    },
    choose: (rows, { name }) => chosenMerchant(rows, name),
    found: (row) => ({
      answer: { supplier: supplierOf(row) },
      number: row.merchantId,
      alias: supplierAlias(setting.system, row.merchantId),
    }),
  })
}

/** The identifier in the first alias of this public kind; undefined when no name is of it. */
function idIn(names: readonly string[], kind: string): string | undefined {
  const start = `public|${kind}|`
  return names.find((name) => name.startsWith(start))?.slice(start.length)
}
