/** How the ERP's things are named here, so that what the feed brings and what an invoice names become the same objects. */
import { partyNames, personName, postingName } from '../../domain/names.ts'
import { aliasOf, type Ref } from '../../domain/object.ts'
import type { Clearing, CompanyCode, Document, PurchaseOrder, Vendor } from './wire.ts'

/** The company's directory: ERP and AP tool know a person by the same login. */
export const person = (login: string): string => personName('directory', login)

/** The hub's own invoices, whose id the ERP keeps in `extRef`. */
export const isOurs = (extRef: string): boolean => extRef.startsWith('inv_')

/** By what an approval is known again among the attachments of a document: "≤ 60 characters", an invoice's id has 30, a number 10. */
export const attachmentRef = (invoice: string, docNo: string): string => `${invoice}.${docNo}`
/** Whose approval an attachment of this document is; undefined for what others attached. */
export const attachedTo = (extRef: string, docNo: string): string | undefined =>
  isOurs(extRef) && extRef.endsWith(`.${docNo}`) ? extRef.slice(0, -docNo.length - 1) : undefined

/** Document numbers are unique through all companies ("There is no uniqueness on anything but docNo"); changes name nothing else. */
export const documentAlias = (system: string, docNo: string): string => aliasOf(system, 'document', docNo)

/** The number of a counter-entry, "which is no document of its own": a kind for itself, so that it never decides what anything is. */
export const reversalAlias = (system: string, stornoDocNo: string): string => aliasOf(system, 'reversal', stornoDocNo)

/**
 * A clearing's number, for whoever asks by it. Offered, since it is nobody's own: of a payment, or of the document that it cleared. One of
 * several documents has a name for each, all ending in its number, and all are found. Of the first ten lines: in each scope that a batch
 * brings, all of its names are looked up.
 */
export const clearingAlias = (system: string, clearingDocNo: string, line = 0): string =>
  aliasOf(system, line === 0 ? 'clearing' : `clearing-${line + 1}`, clearingDocNo)
export const NAMED_LINES = 10

/** A clearing as a thing for itself, beside the documents that it clears: nobody asks for it by this. */
export const bookedClearing = (system: string, { companyCode, clearingDocNo }: Pick<Clearing, 'companyCode' | 'clearingDocNo'>): string =>
  aliasOf(system, 'booked-clearing', `${companyCode} ${clearingDocNo}`)

/** A document that the hub did not cause becomes an invoice of its own: somebody owes that money, whoever posted it. */
export function documentRef(system: string, document: Pick<Document, 'docNo' | 'companyCode' | 'extRef'>): Ref {
  const names = [postingName(system, document.companyCode, document.docNo), documentAlias(system, document.docNo)]
  return isOurs(document.extRef) ? { names: [document.extRef, ...names] } : { names, create: 'invoice' }
}

export const vendorRef = (system: string, vendor: Vendor): Ref => ({
  names: [aliasOf(system, 'supplier', vendor.vendorNo), ...partyNames('supplier', party(vendor))],
  create: 'supplier',
})
export const companyAlias = (system: string, companyCode: string): string => aliasOf(system, 'entity', companyCode)
export const companyRef = (system: string, company: CompanyCode): Ref => ({
  names: [companyAlias(system, company.companyCode), ...partyNames('entity', party(company))],
  create: 'entity',
})
export const orderAlias = (system: string, order: PurchaseOrder): string => aliasOf(system, 'order', `${order.companyCode}/${order.poNo}`)
/** Not created by the feed: what it says waits until an invoice names the order and the answer about it binds this name. */
export const orderRef = (system: string, order: PurchaseOrder): Ref => ({ names: [orderAlias(system, order)] })

const party = ({ name, vatReg }: { readonly name: string; readonly vatReg: string }): Parameters<typeof partyNames>[1] => ({
  name,
  ids: [],
  ...(vatReg.trim() === '' ? {} : { vatId: vatReg }),
})
