import { assert } from '../../lib/assert.ts'
import type { Sha256 } from '../../lib/hash.ts'
import { isCalendarDate, type CalendarDate } from '../../lib/time.ts'
import type { XmlElement } from '../xml/read-xml.ts'
import { shown, type Problem } from '../xml/source.ts'
import type { XmlNode } from '../xml/tree.ts'

/**
 * Tables from paths to business terms. A path is written `cac:PartyName+/cbc:Name`: prefixes are those of the table, not of the
 * document; `+` marks an element that the syntax lets stand more than once, of which the first that leads to a value
 * counts; an element without `+` that is repeated is a problem, since two readers could take different ones. `@name` at the
 * end is an attribute, `.` the element itself. The same table says which elements are kept at all while a document is read.
 */

/** What a reading comes upon, shared by all terms of one document. The first problem ends it. */
export interface Report {
  problem: Problem | undefined
  /** The first currency that an amount names, and the first other one. */
  currency: Seen | undefined
  otherCurrency: Seen | undefined
  /** Names of terms that were worked out, see InvoiceDocument.inferred. */
  readonly inferred: Set<string>
  /** For what is told by its hash instead of being kept. */
  readonly sha256: Sha256
}

interface Seen {
  readonly code: string
  readonly at: number
}

export const newReport = (sha256: Sha256): Report => ({
  problem: undefined,
  currency: undefined,
  otherCurrency: undefined,
  inferred: new Set(),
  sha256,
})

export function report(to: Report, code: string, says: string, at: number): undefined {
  to.problem ??= { code, says, at }
}

/** The elements that a table reaches, by namespace and local name. */
export interface Plan {
  readonly below: Map<string, Map<string, Plan>>
}

export const newPlan = (): Plan => ({ below: new Map() })

export function planBelow(plan: Plan, element: Pick<XmlElement, 'uri' | 'local'>): Plan | undefined {
  return plan.below.get(element.uri)?.get(element.local)
}

/** The plan at a step, made when it is not there yet. */
export function extendPlan(plan: Plan, uri: string, local: string): Plan {
  const names = plan.below.get(uri) ?? new Map<string, Plan>()
  plan.below.set(uri, names)
  const next = names.get(local) ?? newPlan()
  names.set(local, next)
  return next
}

/** Makes a plan the one for a step below another: plans may be shared, and lead back to themselves. */
export function joinPlan(plan: Plan, uri: string, local: string, below: Plan): void {
  const names = plan.below.get(uri) ?? new Map<string, Plan>()
  plan.below.set(uri, names.set(local, below))
}

/** How one term is read below an element: undefined when the document does not hold it. */
export interface Term<T> {
  readonly reach: (plan: Plan) => void
  readonly read: (node: XmlNode, to: Report) => T | undefined
}

/** A term that is always there, or a problem. After a problem the value means nothing. */
export interface Must<T> extends Term<T> {
  readonly always: true
  readonly read: (node: XmlNode, to: Report) => T
}

/** One term for each member of T, none forgotten. */
export type Shape<T> = { readonly [K in keyof T]-?: object extends Pick<T, K> ? Term<Exclude<T[K], undefined>> : Must<T[K]> }

interface Step {
  readonly uri: string
  readonly local: string
  readonly many: boolean
}
interface Path {
  readonly steps: readonly Step[]
  readonly attribute: string | undefined
}

/** What a decimal may look like: xs:decimal (XML Schema part 2, section 3.2.3), which has no exponent, no infinity and no comma. */
const DECIMAL = /^([+-]?)(\d{0,18})(?:\.(\d{0,18}))?$/

/** The words for tables in one syntax, given its namespaces by the prefixes that the tables use. */
export function termsOf(namespaces: Readonly<Record<string, string>>) {
  const pathOf = (text: string): Path => {
    const parts = text === '.' ? [] : text.split('/')
    const attribute = parts.at(-1)?.startsWith('@') ? parts.pop()?.slice(1) : undefined
    const steps = parts.map((part): Step => {
      const [, prefix = '', local = '', plus = ''] = /^(\w+):(\w+)(\+?)$/.exec(part) ?? []
      const uri = namespaces[prefix]
      assert(uri !== undefined, `a path of known prefixes, not ${text}`)
      return { uri, local, many: plus === '+' }
    })
    return { steps, attribute }
  }

  /** A term that takes the first path that leads to a value. */
  function first<T>(paths: readonly string[], valueOf: (raw: string, node: XmlNode, to: Report) => T | undefined): Term<T> {
    const routes = paths.map(pathOf)
    return {
      reach: (plan) => routes.forEach((route) => route.steps.reduce((at, step) => extendPlan(at, step.uri, step.local), plan)),
      read: (node, to) => {
        for (const { steps, attribute } of routes) {
          const value = follow(node, steps, 0, to, (found) =>
            valueOf(attribute === undefined ? found.text : (found.attributes[attribute] ?? ''), found, to),
          )
          if (value !== undefined) return value
        }
        return undefined
      },
    }
  }

  /** Text without the white space around it; an empty element is as good as none. */
  const text = (...paths: readonly string[]): Term<string> => first(paths, (raw) => raw.trim() || undefined)

  /** A decimal in plain notation; anything else in its place, also nothing, is a problem. */
  const decimal = (...paths: readonly string[]): Term<string> => first(paths, (raw, node, to) => decimalOf(raw, node, to))

  /** A decimal whose currency is noted, so that one invoice in two currencies is seen. */
  const amount = (...paths: readonly string[]): Term<string> =>
    first(paths, (raw, node, to) => {
      noteCurrency(node, to)
      return decimalOf(raw, node, to)
    })

  /** A date as `dayOf` finds it in the text: the syntaxes write it differently. */
  type DayOf = (written: string, node: XmlNode) => CalendarDate | undefined
  const dateBy = (dayOf: DayOf, ...paths: readonly string[]): Term<CalendarDate> =>
    first(paths, (raw, node, to) => {
      const day = dayOf(raw.trim(), node)
      if (day !== undefined && isCalendarDate(day)) return day
      const format = node.attributes['format']?.trim()
      const written = `${node.local} is “${shown(raw.trim())}”${format ? ` in the format ${shown(format)}` : ''}`
      return report(to, 'bad-date', `${written}, which is no calendar date.`, node.at)
    })

  /** The elements of a path, in order. */
  function each<T>(path: string, below: Plan | undefined, valueOf: (node: XmlNode, to: Report) => T | undefined): Must<readonly T[]> {
    const { steps } = pathOf(path)
    return {
      always: true,
      reach: (plan) => {
        const end = steps.reduce((at, step) => extendPlan(at, step.uri, step.local), plan)
        if (below) graft(end, below)
      },
      read: (node, to) => {
        const values: T[] = []
        follow(node, steps, 0, to, (found) => {
          const value = valueOf(found, to)
          if (value !== undefined) values.push(value)
          return undefined
        })
        return values
      },
    }
  }

  const texts = (path: string): Must<readonly string[]> => each(path, undefined, (node) => node.text.trim() || undefined)

  /** A group of terms below the first such element; absent when it holds none of them. */
  function group<T extends object>(path: string, shape: Shape<T>): Term<T> {
    const { steps } = pathOf(path)
    const inner = record(shape)
    return {
      reach: (plan) => inner.reach(steps.reduce((at, step) => extendPlan(at, step.uri, step.local), plan)),
      read: (node, to) =>
        follow(node, steps, 0, to, (found) => {
          if (found.children.length === 0) return undefined
          const value = inner.read(found, to)
          return Object.values(value).some((member: unknown) => !Array.isArray(member) || member.length > 0) ? value : undefined
        }),
    }
  }

  /** A group for each such element; `take` may finish it, or drop it by giving undefined. */
  function groups<R extends object, T = R>(
    path: string,
    shape: Shape<R>,
    take: (raw: R, node: XmlNode, to: Report) => T | undefined,
  ): Must<readonly T[]> {
    const inner = record(shape)
    const plan = newPlan()
    inner.reach(plan)
    return each(path, plan, (node, to) => take(inner.read(node, to), node, to))
  }

  /** The plan at the end of a path below a plan. */
  const planAt =
    (path: string) =>
    (plan: Plan): Plan =>
      pathOf(path).steps.reduce((at, step) => extendPlan(at, step.uri, step.local), plan)

  return { first, each, text, decimal, amount, dateBy, texts, group, groups, planAt }
}

/** Several terms at the same element, as one object without the absent ones. */
export function record<T extends object>(shape: Shape<T>): Must<T> {
  const members = Object.entries(shape) as [string, Term<unknown>][]
  return {
    always: true,
    reach: (plan) => members.forEach(([, term]) => term.reach(plan)),
    read: (node, to) => {
      const result: Record<string, unknown> = {}
      for (const [name, term] of members) {
        const value = term.read(node, to)
        if (value !== undefined) result[name] = value
      }
      return result as T
    },
  }
}

/** A term whose absence is a problem, placed at the element that should hold it. */
export function must<T>(term: Term<T>, code: string, says: string): Must<T> {
  return { always: true, reach: term.reach, read: (node, to) => term.read(node, to) ?? (report(to, code, says, node.at) as T) }
}

/** The first term that has a value. */
export function or<T>(...terms: readonly Term<T>[]): Term<T> {
  return {
    reach: (plan) => terms.forEach((term) => term.reach(plan)),
    read: (node, to) => {
      for (const term of terms) {
        const value = term.read(node, to)
        if (value !== undefined) return value
      }
      return undefined
    },
  }
}

/** The values of several terms and lists of them, in this order. */
export function list<T extends object | string>(...terms: readonly Term<T | readonly T[]>[]): Must<readonly T[]> {
  return {
    always: true,
    reach: (plan) => terms.forEach((term) => term.reach(plan)),
    read: (node, to) => terms.flatMap((term) => term.read(node, to) ?? []),
  }
}

/** Those of the terms that have a value, in one text. */
export function both(between: string, ...terms: readonly Term<string>[]): Term<string> {
  return map(list(...terms), (values) => values.join(between) || undefined)
}

/** A term made of another; undefined makes it absent. */
export function map<R, T>(term: Term<R>, of: (raw: R) => T | undefined): Term<T> {
  return {
    reach: term.reach,
    read: (node, to) => {
      const raw = term.read(node, to)
      return raw === undefined || to.problem !== undefined ? undefined : of(raw)
    },
  }
}

/** Visits the nodes at the end of a path until `take` gives a value. */
function follow<T>(node: XmlNode, steps: readonly Step[], at: number, to: Report, take: (node: XmlNode) => T | undefined): T | undefined {
  const step = steps[at]
  if (step === undefined) return take(node)
  let value: T | undefined
  let seen = false
  for (const child of node.children) {
    if (child.local !== step.local || child.uri !== step.uri) continue
    if (seen && !step.many)
      return report(to, 'element-repeated', `${child.local} stands more than once where there is room for one.`, child.at)
    seen = true
    value = follow(child, steps, at + 1, to, take)
    if (value !== undefined && step.many) return value
  }
  return value
}

function graft(onto: Plan, plan: Plan): void {
  for (const [uri, names] of plan.below) {
    for (const [local, below] of names) graft(extendPlan(onto, uri, local), below)
  }
}

/** A decimal as written, but for the shorthand that xs:decimal allows and nothing else reads: `+5`, `.5` and `5.` */
function decimalOf(raw: string, node: XmlNode, to: Report): string | undefined {
  const written = raw.trim()
  const parts = DECIMAL.exec(written)
  const [, sign = '', whole = '', fraction = ''] = parts ?? []
  if (!parts || (whole === '' && fraction === '')) {
    return report(
      to,
      'bad-amount',
      `${node.local} is ${written === '' ? 'empty' : `“${shown(written)}”, which is no plain decimal of at most 18 digits`}.`,
      node.at,
    )
  }
  return `${sign === '-' ? '-' : ''}${whole || '0'}${fraction && `.${fraction}`}`
}

function noteCurrency(node: XmlNode, to: Report): void {
  const code = node.attributes['currencyID']?.trim()
  if (!code) return
  to.currency ??= { code, at: node.at }
  if (to.currency.code !== code) to.otherCurrency ??= { code, at: node.at }
}
