/** What procurement keeps, in its own words. Rows are replaced, never changed in place. */

export interface Unit {
  readonly unitCode: string
  readonly name: string
  readonly vatReg: string
}
export interface Merchant {
  readonly merchantId: string
  readonly name: string
  readonly vatReg: string
  readonly country: string
  readonly clearance: 'CLEARED' | 'BARRED' | 'PROPOSED'
  readonly by: string
}
export interface Position {
  readonly pos: string
  readonly article: string
  readonly label: string
  readonly sort: 'GOODS' | 'SERVICE' | 'LIMIT'
  readonly pieces: string
  readonly measure: string
  readonly unitPrice: string
  readonly priceBasis: string
  readonly shut: boolean
}
/** One edition of a purchase, whole. */
export interface Purchase {
  readonly unitCode: string
  readonly purchaseNo: string
  readonly merchantId: string
  readonly ccy: string
  readonly buyer: string
  readonly agreedBy: string
  readonly positions: readonly Position[]
  readonly edition: number
  readonly phase: 'ISSUED' | 'SHUT'
  readonly issuedAt: string
  readonly changedAt: string
  readonly changedBy: string
  readonly why: string
}
export interface SlipRow {
  readonly pos: string
  readonly counted: string
}
export interface Slip {
  readonly slipNo: string
  readonly unitCode: string
  readonly purchaseNo: string
  readonly rows: readonly SlipRow[]
  readonly paperNo: string
  readonly countedBy: string
  readonly countedAt: string
  readonly takenBack: { readonly by: string; readonly at: string; readonly why: string } | null
}
/** Goods on their way: announced when loaded, counted or turned away when due. */
export interface Arrival {
  readonly arrivalNo: string
  readonly unitCode: string
  readonly purchaseNo: string
  readonly rows: readonly SlipRow[]
  readonly dueAt: string
  readonly became: string
}
export const SHOWN = ['GOODS_AWAITED', 'IN_QUESTION', 'AGREED', 'LEDGERED', 'PAID_OUT', 'CAME_BACK', 'SENT_BACK'] as const
export interface Note {
  readonly noteRef: string
  readonly claimRef: string
  readonly unitCode: string
  readonly purchaseNo: string
  readonly shows: (typeof SHOWN)[number]
  readonly words: string
  readonly by: string
  readonly notedAt: string
}
