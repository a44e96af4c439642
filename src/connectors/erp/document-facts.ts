/**
 * A document of the ERP as facts: word for word the same, whether the change feed, a look or a lookup read it. What may be
 * another thing when it is read later (the instant of the last change, a table of ours) is part of the identity.
 */
import { dateIn } from '../../lib/time.ts'
import { meaningOf, type Observation } from '../../connector/contract.ts'
import { negative } from '../../domain/headline.ts'
import { sumOf } from '../../domain/invoice-content.ts'
import type { Coding } from '../../domain/terms.ts'
import { zoneOf, type Setting } from './config.ts'
import { DOCUMENT_LIFECYCLE, DOCUMENT_TYPES, MAP_VERSION } from './map.ts'
import { documentRef, isOurs, reversalAlias } from './names.ts'
import type { Document } from './wire.ts'

/** What the document's lifecycle says has happened. */
export function documentFacts(setting: Setting, document: Document): Observation[] {
  switch (meaningOf(DOCUMENT_LIFECYCLE, document.lifecycle)) {
    case 'parked':
      return [parked(setting, document)]
    case 'posted':
    case 'settled':
      return booked(setting, document)
    // A parked document that was taken back had never been booked.
    case 'reversed':
      return [...booked(setting, document), reversed(setting, document, document.changedAt)]
    default:
      return [unmapped(setting, document)]
  }
}

export function parked(setting: Setting, document: Document): Observation {
  return {
    ...common(setting, document, `parked|${document.changedAt}`),
    type: 'posting.parked',
    occurredAt: document.changedAt,
    data: { postingNo: document.docNo },
  }
}

export function booked(setting: Setting, document: Document): Observation[] {
  if (document.bookedAt === null) return []
  return [
    {
      ...common(setting, document, 'booked'),
      type: 'posting.confirmed',
      occurredAt: document.bookedAt,
      readBack: true,
      data: {
        postingNo: document.docNo,
        entity: document.companyCode,
        supplier: document.vendorNo,
        number: document.vendorDocNo,
        amount: document.grossAmt,
        currency: document.waers,
        postedOn: document.postingDate,
        ...(document.reconAccount === undefined ? {} : { account: document.reconAccount }),
        ...due(document),
        ...(document.taxAmt === undefined ? {} : { tax: document.taxAmt }),
        ...coding(document),
        ...(isOurs(document.extRef) ? { reference: document.extRef } : {}),
      },
    },
  ]
}

/** What is owed by it, signed; "amounts positive as on paper" for both types. */
function due({ dueAmt, docType }: Document): { readonly due?: string } {
  if (dueAmt === undefined) return {}
  return { due: meaningOf(DOCUMENT_TYPES, docType) === 'credit-note' ? sumOf([negative(dueAmt)]) : dueAmt }
}

/** Accounts that a document is spread over; of one over more only the sums are told. */
const ACCOUNTS = 100

/** What stands on each account with its cost centre, as on paper. */
function coding({ items = [] }: Document): { readonly coding?: Coding } {
  const places = [...Map.groupBy(items, ({ glAccount, kostl }) => `${glAccount} ${kostl}`).values()]
  if (places.length === 0 || places.length > ACCOUNTS) return {}
  return {
    coding: places.map((lines) => {
      const [{ glAccount, kostl }] = lines as [(typeof items)[number]]
      return { account: glAccount, ...(kostl === '' ? {} : { costCentre: kostl }), amount: sumOf(lines.map(({ netAmt }) => netAmt)) }
    }),
  }
}

/** Where the ERP does not give the day of a storno, it is the day of its instant in the company's zone. */
export function reversed(setting: Setting, document: Document, at: string): Observation {
  const ref = documentRef(setting.system, document)
  return {
    ...common(setting, document, `storno|${at}`),
    about: [document.stornoDocNo ? { ...ref, offers: [reversalAlias(setting.system, document.stornoDocNo)] } : ref],
    type: 'posting.reversed',
    occurredAt: at,
    readBack: true,
    data: {
      postingNo: document.docNo,
      entity: document.companyCode,
      reversalNo: document.stornoDocNo ?? '',
      reversedOn: document.stornoOn ?? dateIn(zoneOf(setting, document.companyCode), at),
      ...(document.stornoReason ? { reason: document.stornoReason } : {}),
    },
  }
}

function unmapped(setting: Setting, document: Document): Observation {
  return {
    ...common(setting, document, `lifecycle|${MAP_VERSION}|${document.lifecycle}|${document.changedAt}`),
    type: 'status.reported',
    occurredAt: document.changedAt,
    data: { system: setting.system, facet: 'posting', word: document.lifecycle },
  }
}

function common(
  { system }: Setting,
  document: Document,
  what: string,
): Pick<Observation, 'eventId' | 'about' | 'reference' | 'correlation'> {
  return {
    eventId: `document|${document.docNo}|${what}`,
    about: [documentRef(system, document)],
    reference: document.docNo,
    ...(isOurs(document.extRef) ? { correlation: document.extRef } : {}),
  }
}
