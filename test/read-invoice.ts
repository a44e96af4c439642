import { readInvoice as read, type InvoicesOrRefused } from '../src/formats/einvoice/read-invoice.ts'
import { sha256 } from '../src/store/sha256.ts'

/** As {@link read}, with Node's SHA-256; a text is its UTF-8. */
export function readInvoice(document: Uint8Array | string, limits: { readonly maxBytes?: number } = {}): InvoicesOrRefused {
  return read(sha256, typeof document === 'string' ? new TextEncoder().encode(document) : document, limits)
}
