/** Invoices as text: changed in one place, read as one invoice or refused, and the place of what was changed. */
import { expect } from 'vitest'
import type { InvoiceDocument, Refused } from '../src/domain/invoice-document.ts'
import { readInvoice } from './read-invoice.ts'

export function invoice(text: string): InvoiceDocument {
  const result = readInvoice(text)
  if ('refused' in result) throw new Error(JSON.stringify(result.refused))
  expect(result.invoices.length).toBe(1)
  return result.invoices[0] as InvoiceDocument
}

export function refused(text: string): Refused {
  const result = readInvoice(text)
  if (!('refused' in result)) throw new Error('was not refused')
  return result.refused
}

/** The invoice with `from` replaced, which must be there. */
export const editing =
  (whole: string) =>
  (...edits: readonly (readonly [from: string | RegExp, to: string])[]): string =>
    edits.reduce((text, [from, to]) => {
      const next = text.replace(from, to)
      if (next === text) throw new Error(`nothing to replace: ${from}`)
      return next
    }, whole)

/** Line and column of the first place of a text in another. */
export function placeIn(text: string, sought: string): { line: number; column: number } {
  const before = text.slice(0, text.indexOf(sought))
  return { line: before.split('\n').length, column: before.length - before.lastIndexOf('\n') }
}
