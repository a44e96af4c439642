import type { BankAccount, BankAgent, Side, WrittenAmount } from '../../domain/bank-document.ts'
import { scaleOf } from '../../domain/money.ts'
import { isCalendarDate, type CalendarDate } from '../../lib/time.ts'
import { shown, type Problem } from '../xml/source.ts'
import type { XmlNode } from '../xml/tree.ts'

/**
 * Taking values out of the elements of an ISO 20022 message. Each function notes the first problem in the {@link Reading}
 * and goes on with an empty value; whoever builds a record looks at the reading before the record leaves his hands.
 *
 * What may stand once and stands twice is refused, and so are two branches of a choice: where two readers of the same bytes
 * can see different accounts or amounts, nobody has approved what the bank will do.
 */
export interface Reading {
  problem: Problem | undefined
}

export function fail(reading: Reading, node: XmlNode, code: string, says: string): void {
  reading.problem ??= { code, says, at: node.at }
}

function twice(name: string): string {
  return `The element ${name} stands twice where it may stand once.`
}

/** The element at `path` below `node`; undefined when it is not there. */
export function only(reading: Reading, node: XmlNode | undefined, ...path: readonly string[]): XmlNode | undefined {
  let here = node
  for (const name of path) {
    if (!here) return undefined
    const [first, second] = here.children.filter((child) => child.local === name)
    if (second) fail(reading, second, 'element-repeated', twice(name))
    here = first
  }
  return here
}

/** The one of `names` that is there: the branches of a choice, or what versions call the same thing. */
export function either(reading: Reading, node: XmlNode | undefined, ...names: readonly string[]): XmlNode | undefined {
  const [first, second] = node?.children.filter((child) => names.includes(child.local)) ?? []
  if (second) {
    const says = second.local === first?.local ? twice(second.local) : `Only one of ${names.join(', ')} may stand here.`
    fail(reading, second, 'element-repeated', says)
  }
  return first
}

export function every(node: XmlNode | undefined, name: string): readonly XmlNode[] {
  return node?.children.filter((child) => child.local === name) ?? []
}

/** The text of an element; undefined when the element is absent or holds nothing but white space (XML 1.0 section 2.3). */
export function textOf(node: XmlNode | undefined): string | undefined {
  if (node === undefined) return undefined
  const { text } = node
  // Step by step: a pattern for space at the end walks a long run of spaces in the middle once for each of them.
  let from = 0
  let to = text.length
  while (from < to && isSpace(text.charCodeAt(from))) from++
  while (to > from && isSpace(text.charCodeAt(to - 1))) to--
  return text.slice(from, to) || undefined
}

/** White space of XML; a no-break space is text. */
function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d
}

export function text(reading: Reading, node: XmlNode | undefined, ...path: readonly string[]): string | undefined {
  return textOf(only(reading, node, ...path))
}

/** As {@link text}, for what the record cannot be without. `what` is its plain name. */
export function required(reading: Reading, node: XmlNode, what: string, ...path: readonly string[]): string {
  const value = text(reading, node, ...path)
  if (value === undefined) fail(reading, node, 'element-missing', `The ${what} (${path.join('/')}) is missing.`)
  return value ?? ''
}

/** At most 18 digits (ActiveCurrencyAndAmount), of which up to 17 behind the point (DecimalNumber); XML Schema part 2, 3.2.3. */
const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?$/

/** A decimal as text with the digits as written, `\d+(\.\d+)?`, with a minus in front where it has one; undefined for others. */
function decimalOf(written: string): string | undefined {
  const [, sign, whole = '', fraction = ''] = DECIMAL.exec(written) ?? []
  if (sign === undefined || whole + fraction === '' || whole.length > 18 || fraction.length > 17) return undefined
  return (sign === '-' ? '-' : '') + (whole || '0') + (fraction && `.${fraction}`)
}

export function decimal(reading: Reading, node: XmlNode | undefined): string | undefined {
  const written = textOf(node)
  if (node === undefined || written === undefined) return undefined
  const value = decimalOf(written)
  if (value === undefined) fail(reading, node, 'amount-not-decimal', `The figure ${shown(written)} in ${node.local} is no decimal number.`)
  return value
}

/**
 * An amount with its currency, which may be one that we do not know (a former one, a fund's): for what stands beside the money
 * that moved. A minus is refused: the side stands elsewhere, and a sign could only contradict it.
 */
export function anyAmount(reading: Reading, node: XmlNode | undefined): WrittenAmount | undefined {
  if (node === undefined) return undefined
  const written = textOf(node)
  const value = written === undefined ? undefined : decimalOf(written)
  const here = `The amount ${shown(written ?? '')} in ${node.local}`
  if (value === undefined) fail(reading, node, 'amount-not-decimal', `${here} is no decimal number.`)
  else if (value.startsWith('-')) fail(reading, node, 'amount-negative', `${here} has a sign, which an amount has not.`)
  const currency = node.attributes['Ccy'] ?? ''
  if (currency === '') fail(reading, node, 'currency-missing', `The amount in ${node.local} has no currency.`)
  return value === undefined ? undefined : { amount: value, currency }
}

/** As {@link anyAmount}, for the money itself: its currency must be one whose decimal places we know. */
export function amount(reading: Reading, node: XmlNode | undefined): WrittenAmount | undefined {
  const found = anyAmount(reading, node)
  if (node && found && scaleOf(found.currency) === undefined) {
    fail(reading, node, 'currency-unknown', `The currency ${shown(found.currency)} is not one of ISO 4217 that is in use.`)
  }
  return found
}

export function count(reading: Reading, node: XmlNode | undefined): number | undefined {
  const written = textOf(node)
  if (node === undefined || written === undefined) return undefined
  // Max15NumericText: 15 digits are exact as a number.
  const right = /^\d{1,15}$/.test(written)
  if (!right) fail(reading, node, 'count-not-number', `The count ${shown(written)} in ${node.local} is no whole number.`)
  return Number(written)
}

export function flag(reading: Reading, node: XmlNode | undefined): boolean | undefined {
  const written = textOf(node)
  if (node === undefined || written === undefined) return undefined
  const value = { true: true, '1': true, false: false, '0': false }[written]
  if (value === undefined) {
    fail(reading, node, 'flag-not-valid', `The flag ${node.local} is ${shown(written)}, which is neither true nor false.`)
  }
  return value
}

const SIDES = new Map<string, Side>([
  ['CRDT', 'credit'],
  ['DBIT', 'debit'],
])

/** CdtDbtInd below `node`; undefined when absent. */
export function side(reading: Reading, node: XmlNode | undefined): Side | undefined {
  const indicator = only(reading, node, 'CdtDbtInd')
  if (indicator === undefined) return undefined
  const written = textOf(indicator) ?? ''
  const value = SIDES.get(written)
  if (value === undefined) fail(reading, indicator, 'side-not-valid', `CdtDbtInd is ${shown(written)}, which is neither CRDT nor DBIT.`)
  return value
}

/** ISODate or ISODateTime with or without zone. */
const DATE = /^(\d{4}-\d{2}-\d{2})(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,12})?)?)?(?:Z|[+-]\d{2}:?\d{2})?$/

/**
 * A calendar date: Dt, or the date part of DtTm, or the element's own text (as versions differ), as written: the date is the
 * bank's own and turning it into UTC would move a payment made at midnight to another day, month or year.
 */
export function date(reading: Reading, node: XmlNode | undefined): CalendarDate | undefined {
  if (node === undefined) return undefined
  const place = either(reading, node, 'Dt', 'DtTm') ?? node
  const written = textOf(place)
  if (written === undefined) return undefined
  const on = DATE.exec(written)?.[1]
  if (on !== undefined && isCalendarDate(on)) return on
  fail(reading, place, 'date-not-valid', `The text ${shown(written)} in ${place.local} is no date.`)
  return undefined
}

/** Below CashAccount: IBAN; Othr/Id since version 2 of the messages; BBAN, UPIC or PrtryAcct/Id in version 1. */
export function account(reading: Reading, node: XmlNode | undefined): BankAccount | undefined {
  const choice = either(reading, only(reading, node, 'Id'), 'IBAN', 'Othr', 'BBAN', 'UPIC', 'PrtryAcct')
  const id = choice?.local === 'Othr' || choice?.local === 'PrtryAcct' ? text(reading, choice, 'Id') : textOf(choice)
  if (choice === undefined || id === undefined) return undefined
  return {
    scheme: choice.local === 'IBAN' ? 'iban' : 'other',
    id,
    ...some('currency', text(reading, node, 'Ccy')),
    ...some('name', text(reading, node, 'Nm')),
  }
}

/** Below BranchAndFinancialInstitutionIdentification: BIC was renamed BICFI, clearing members are nested deeper in some versions. */
export function agent(reading: Reading, node: XmlNode | undefined): BankAgent | undefined {
  const bank = only(reading, node, 'FinInstnId')
  if (bank === undefined) return undefined
  const inner = only(reading, bank, 'CmbndId') ?? bank
  const found = {
    ...some('bic', textOf(either(reading, inner, 'BIC', 'BICFI'))),
    ...some('clearingMember', text(reading, inner, 'ClrSysMmbId', 'MmbId') ?? text(reading, inner, 'ClrSysMmbId', 'Id')),
    ...some('name', text(reading, inner, 'Nm') ?? text(reading, inner, 'NmAndAdr', 'Nm')),
    ...some('other', text(reading, inner, 'Othr', 'Id') ?? text(reading, inner, 'PrtryId', 'Id')),
  }
  return Object.keys(found).length > 0 ? found : undefined
}

/** The name of a party: Nm, since camt version 7 below Pty, or that of a bank below Agt. */
export function partyName(reading: Reading, node: XmlNode | undefined): string | undefined {
  const party = either(reading, node, 'Nm', 'Pty', 'Agt')
  if (party?.local === 'Agt') return text(reading, party, 'FinInstnId', 'Nm')
  return party?.local === 'Pty' ? text(reading, party, 'Nm') : textOf(party)
}

/** The code of an external list or the bank's own word, below `Tp`, `Rsn` and their like. */
export function codeOf(reading: Reading, node: XmlNode | undefined): { code?: string; proprietary?: string } {
  const choice = either(reading, only(reading, node, 'CdOrPrtry') ?? node, 'Cd', 'Prtry')
  // Prtry is a text, or an Id with its issuer.
  const word = textOf(choice) ?? text(reading, choice, 'Id')
  if (word === undefined) return {}
  return choice?.local === 'Cd' ? { code: word } : { proprietary: word }
}

/** A member that is left out when there is no value: absent and undefined are not the same in a record. */
export function some<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]?: V })
}
