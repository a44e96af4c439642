import type { Identified, Party } from '../../domain/invoice-document.ts'
import { scaleOf } from '../../domain/money.ts'
import { hexOf } from '../../lib/hash.ts'
import { shown } from '../xml/source.ts'
import type { RawParty } from './raw.ts'
import { map, report, termsOf, type Must, type Term } from './term.ts'

/** The standard sets no limit; a number is a key in everything downstream. */
const LIMIT_NUMBER = 500

/** xs:boolean of ChargeIndicator. */
const INDICATORS: ReadonlyMap<string, 'allowance' | 'charge'> = new Map([
  ['true', 'charge'],
  ['1', 'charge'],
  ['false', 'allowance'],
  ['0', 'allowance'],
])

/** What every table of invoices says in its own paths, on top of {@link termsOf}. */
export function invoiceWordsOf(namespaces: Readonly<Record<string, string>>) {
  const terms = termsOf(namespaces)
  const { first, each } = terms

  /** Elements of an identifier with its scheme, those that are wanted; an empty one is as good as none. */
  type Wanted = (scheme: string | undefined) => boolean
  const identifiers = (path: string, wanted: Wanted = () => true): Must<readonly Identified[]> =>
    each(path, undefined, (node) => {
      const id = node.text.trim()
      const scheme = node.attributes['schemeID']?.trim()
      return id && wanted(scheme) ? { id, ...(scheme && { scheme }) } : undefined
    })

  const identifier = (path: string): Term<Identified> => map(identifiers(path), (all) => all[0])

  /** A currency of ISO 4217: an amount in any other has no known number of decimals. */
  const currency = (path: string): Term<string> =>
    first([path], (raw, node, to) => {
      const code = raw.trim()
      if (code === '' || scaleOf(code) !== undefined) return code || undefined
      return report(to, 'unknown-currency', `${node.local} is “${shown(code)}”, which is no currency of ISO 4217.`, node.at)
    })

  /** BT-1. */
  const invoiceNumber = (path: string): Term<string> =>
    first([path], (raw, node, to) =>
      raw.trim().length <= LIMIT_NUMBER
        ? raw.trim() || undefined
        : report(to, 'number-too-long', `The number of the invoice has more than ${LIMIT_NUMBER} characters.`, node.at),
    )

  /** Whether an amount is taken off or put on, as an xs:boolean says it. */
  const allowanceOrCharge = (path: string): Term<'allowance' | 'charge'> =>
    first([path], (raw, node, to) => {
      return INDICATORS.get(raw.trim()) ?? report(to, 'bad-indicator', `${node.local} is neither true nor false.`, node.at)
    })

  /** BT-125, told by its length and hash; a text that is no base64 is no file. */
  const embedded = (path: string): Term<{ readonly bytes: number; readonly sha256: string }> =>
    first([path], (raw, _, to) => {
      const file = decoded(raw)
      return file && { bytes: file.length, sha256: hexOf(to.sha256(file)) }
    })

  return { ...terms, identifiers, identifier, currency, invoiceNumber, allowanceOrCharge, embedded }
}

export const lines = (term: Term<readonly string[]>): Term<string> => map(term, (all) => all.join('\n') || undefined)

export function filled<T>(term: Term<readonly T[]>): Term<readonly T[]> {
  return map(term, (all) => (all.length > 0 ? all : undefined))
}

/** BT-31 and BT-32 from the registrations of a party; without a scheme, a VAT number is told by the country it begins with (BR-CO-09). */
export function partyOf({ taxes, tradingName, ...party }: RawParty, vatSchemes: ReadonlySet<string>): Party {
  const isVat = (id: string, scheme: string | undefined): boolean =>
    scheme === undefined ? /^[A-Z]{2}/.test(id) : vatSchemes.has(scheme.toUpperCase())
  const registered = (vat: boolean): string | undefined => taxes.find(({ id, scheme }) => id !== undefined && isVat(id, scheme) === vat)?.id
  const [vatId, taxId] = [registered(true), registered(false)]
  return {
    ...party,
    // A party that has but one name has it from where the syntax keeps the other.
    ...(tradingName !== undefined && tradingName !== party.name && { tradingName }),
    ...(vatId !== undefined && { vatId }),
    ...(taxId !== undefined && { taxId }),
  }
}

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const DIGITS = Int8Array.from({ length: 128 }, (_, code) => BASE64.indexOf(String.fromCharCode(code)))

/** What a base64 text holds; undefined when it is none (RFC 4648 section 4, with white space as XML Schema part 2, section 3.2.16 allows). */
function decoded(base64: string): Uint8Array | undefined {
  let end = base64.length
  while (end > 0 && /[\s=]/.test(base64.charAt(end - 1))) end--
  const file = new Uint8Array(Math.ceil((end * 3) / 4))
  let size = 0
  let bits = 0
  let held = 0
  for (let at = 0; at < end; at++) {
    const code = base64.charCodeAt(at)
    if (code === 32 || code === 10 || code === 13 || code === 9) continue
    const digit = code < 128 ? (DIGITS[code] ?? -1) : -1
    if (digit < 0) return undefined
    held = ((held << 6) | digit) & 0xffff
    bits += 6
    if (bits < 8) continue
    bits -= 8
    file[size++] = (held >> bits) & 0xff
  }
  return size === 0 ? undefined : file.subarray(0, size)
}
