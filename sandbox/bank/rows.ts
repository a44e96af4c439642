/** What the bank keeps. Amounts are decimal texts at the currency's scale; dates are those of the bank's own zone. */

export interface Account {
  readonly iban: string
  readonly ccy: string
  readonly holder: string
  readonly bic: string
  readonly opening: string
}
/** A payment order inside a message, as it was sent. */
export interface Payment {
  readonly endToEndId: string
  readonly instrId: string
  readonly amt: string
  readonly ccy: string
  readonly payeeName: string
  readonly payeeIban: string
  readonly payeeOther: string
  /** The element RmtInf as parsed, to be given back as it came. */ readonly remit: unknown
}
export interface Refused {
  readonly endToEndId: string
  readonly instrId: string
  readonly reason: string
  readonly text: string
}
export interface PaymentGroup {
  readonly pmtInfId: string
  readonly debtorIban: string
  readonly batch: boolean
  readonly count: string
  readonly ctrlSum: string
  readonly accepted: readonly Payment[]
  readonly refused: readonly Refused[]
}
export interface Message {
  readonly msgId: string
  readonly msgName: string
  readonly fileName: string
  readonly sha256: string
  readonly count: string
  readonly ctrlSum: string
  readonly groups: readonly PaymentGroup[]
  readonly verdict: 'ACCP' | 'PART' | 'RJCT'
  readonly bookAt: string | null
}
export interface Detail {
  readonly endToEndId: string
  readonly instrId: string
  readonly msgId: string
  readonly pmtInfId: string
  readonly mandateId: string
  readonly amt: string
  readonly counterName: string
  readonly counterIban: string
  readonly counterOther: string
  /** The creditor's identifier of a collection. */ readonly counterId: string
  readonly remit: unknown
  readonly returnReason: string
}
export interface Entry {
  readonly acctSvcrRef: string
  readonly iban: string
  readonly side: 'CRDT' | 'DBIT'
  readonly amt: string
  readonly ccy: string
  readonly bookedOn: string
  readonly bookedAt: string
  readonly kind: EntryKind
  /** For one entry about a whole group: then `details` are known to the bank but not told. */
  readonly batch: { readonly msgId: string; readonly pmtInfId: string; readonly count: number } | null
  readonly details: readonly Detail[]
}
export type EntryKind = 'TRANSFER' | 'BATCH' | 'COLLECTION' | 'CARD' | 'CHARGE' | 'RETURN' | 'INCOMING'
export interface Collection {
  readonly collectionId: string
  readonly debtorIban: string
  readonly creditorName: string
  readonly creditorIban: string
  readonly creditorId: string
  readonly mandateId: string
  readonly amount: string
  readonly ccy: string
  readonly remittance: string
  readonly endToEndId: string
  readonly means: 'COLLECTION' | 'CARD'
  readonly dueAt: string
}
export interface Bounce {
  readonly endToEndId: string
  readonly acctSvcrRef: string
  readonly reason: string
  readonly dueAt: string
}
export interface Statement {
  readonly iban: string
  readonly seq: number
  readonly closing: string
  readonly entries: number
}
/** A file for the customer: in the book before it is in the folder. */
export interface OutFile {
  readonly n: number
  readonly name: string
  readonly text: string
}
