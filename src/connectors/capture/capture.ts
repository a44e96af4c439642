/**
 * Document capture: bytes that somebody sent us become facts about invoices. Pure; the bytes themselves are stored under their
 * hash before these facts are submitted.
 */
import type { Sha256 } from '../../lib/hash.ts'
import type { Instant } from '../../lib/time.ts'
import { contentOf, invoiceEnsures, invoiceRef, tooLong } from '../../domain/invoice-content.ts'
import type { Refused } from '../../domain/invoice-document.ts'
import { documentName } from '../../domain/names.ts'
import type { Arrival } from '../../domain/object.ts'
import { readInvoice } from '../../formats/einvoice/read-invoice.ts'

export interface Captured {
  readonly tenant: string
  readonly bytes: Uint8Array
  /** SHA-256 of the bytes, hex. */
  readonly document: string
  readonly mediaType: string
  readonly fileName: string
  /** By which way it came: `api`, `inbox`, `mail` … */
  readonly channel: string
  readonly actor: string
  readonly at: Instant
}

const MAX_BYTES = 20_000_000

/** The arrivals that a document makes: one per invoice in it, or one that keeps the document for a person when it cannot be read. */
export function captureDocument(sha256: Sha256, input: Captured): { arrivals: Arrival[]; numbers: string[]; refused?: Refused } {
  const read = readInvoice(sha256, input.bytes, { maxBytes: MAX_BYTES })
  if ('refused' in read) return { arrivals: [refusedArrival(input, read.refused)], numbers: [], refused: read.refused }
  const contents = read.invoices.map(contentOf)
  const long = contents.map(tooLong).find((name) => name !== undefined)
  if (long !== undefined) {
    const refused: Refused = {
      code: 'identifier-too-long',
      says: `The ${long} is longer than any real one; the document is not taken.`,
      line: 0,
      column: 0,
    }
    return { arrivals: [refusedArrival(input, refused)], numbers: [], refused }
  }
  return {
    numbers: contents.map((content) => content.number),
    arrivals: contents.map((content, ordinal): Arrival => ({
      ...common(input),
      eventId: `${input.document}#${ordinal} ${way(input)}`,
      type: 'invoice.received',
      readBack: true,
      about: [invoiceRef(sha256, content, contents.length === 1 ? input.document : `${input.document}#${ordinal}`)],
      ensures: invoiceEnsures(content),
      data: { document: input.document, channel: input.channel, content },
    })),
  }
}

function refusedArrival(input: Captured, refused: Refused): Arrival {
  return {
    ...common(input),
    eventId: `${input.document}! ${way(input)}`,
    type: 'document.received',
    readBack: true,
    about: [{ names: [documentName(input.document)], create: 'document' }],
    data: {
      document: input.document,
      mediaType: input.mediaType,
      fileName: input.fileName.slice(0, 200).toWellFormed(),
      channel: input.channel,
      refused: { code: refused.code, says: refused.says.slice(0, 500).toWellFormed(), line: refused.line, column: refused.column },
    },
  }
}

const common = (input: Captured): Pick<Arrival, 'tenant' | 'source' | 'occurredAt' | 'actor'> => ({
  tenant: input.tenant,
  source: { system: 'capture', role: 'capture', reference: input.fileName.slice(0, 200).toWellFormed() },
  occurredAt: input.at,
  actor: input.actor,
})

/** The same bytes by another way or under another name are another fact about the same invoice; by the same way they are the same fact. */
const way = (input: Captured): string => `${input.channel} ${input.fileName.slice(0, 200).toWellFormed()}`
