/** Elements of XML as text, left out where there is nothing to say; for both syntaxes in which an invoice is written. */
import type { Identified } from '../src/domain/invoice-document.ts'

type Attributes = Readonly<Record<string, string | undefined>>

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

export function text(name: string, value: string | undefined, attributes: Attributes = {}): string {
  const said = Object.entries(attributes)
    .map(([key, of]) => (of === undefined ? '' : ` ${key}="${escaped(of)}"`))
    .join('')
  return value === undefined ? '' : `<${name}${said}>${escaped(value)}</${name}>`
}

export function group(name: string, ...children: readonly string[]): string {
  const inside = children.join('')
  return inside === '' ? '' : `<${name}>${inside}</${name}>`
}

export const each = <T>(all: readonly T[] | undefined, write: (one: T) => string): string => (all ?? []).map(write).join('')
export const identified = (name: string, value: Identified | undefined): string => text(name, value?.id, { schemeID: value?.scheme })

export function base64(files: ReadonlyMap<string, Uint8Array>, sha256: string | undefined): string | undefined {
  const file = sha256 === undefined ? undefined : files.get(sha256)
  return file && btoa(String.fromCharCode(...file))
}
