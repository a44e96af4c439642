import { link, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export const OURS = 'DE02120300000000202051'
export const DOLLARS = 'DE88100900001234567892'
export const FRENCH = 'FR7630006000011234567890189'
export const DUTCH = 'NL91ABNA0417164300'
export const BELGIAN = 'BE71096123456769'

export interface Order {
  readonly id: string
  readonly amt: string
  readonly iban?: string
  readonly ccy?: string
  readonly bills?: readonly string[]
}
interface Sent {
  readonly msgId: string
  readonly orders: readonly Order[]
  readonly batch?: boolean
  readonly version?: '03' | '09'
  readonly count?: number
  readonly sum?: string
  readonly from?: string
}

/** A payment file, written by hand and not by the code under test. Amounts in cents of the sum are exact: tests use whole euros. */
export function paymentFile({ msgId, orders, batch = false, version = '09', count = orders.length, sum, from = OURS }: Sent): string {
  const total = sum ?? orders.reduce((all, order) => all + Number(order.amt), 0).toFixed(2)
  const heads = `<NbOfTxs>${count}</NbOfTxs><CtrlSum>${total}</CtrlSum>`
  const when = version === '03' ? '2026-02-10' : '<Dt>2026-02-10</Dt>'
  return `<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.${version}"><CstmrCdtTrfInitn>
<GrpHdr><MsgId>${msgId}</MsgId><CreDtTm>2026-02-10T08:00:00Z</CreDtTm>${heads}<InitgPty><Nm>Nordlicht</Nm></InitgPty></GrpHdr>
<PmtInf><PmtInfId>${msgId}-1</PmtInfId><PmtMtd>TRF</PmtMtd><BtchBookg>${batch}</BtchBookg>${heads}<ReqdExctnDt>${when}</ReqdExctnDt>
<Dbtr><Nm>Nordlicht</Nm></Dbtr><DbtrAcct><Id><IBAN>${from}</IBAN></Id></DbtrAcct>
${orders.map(transfer).join('')}</PmtInf></CstmrCdtTrfInitn></Document>`
}

function transfer({ id, amt, iban = FRENCH, ccy = 'EUR', bills = ['RE-1'] }: Order): string {
  const remittance = bills.map((no) => `<Strd><RfrdDocInf><Tp><CdOrPrtry><Cd>CINV</Cd></CdOrPrtry></Tp><Nb>${no}</Nb></RfrdDocInf></Strd>`)
  return `<CdtTrfTxInf><PmtId><EndToEndId>${id}</EndToEndId></PmtId><Amt><InstdAmt Ccy="${ccy}">${amt}</InstdAmt></Amt>
<Cdtr><Nm>Müller &amp; Fils</Nm></Cdtr><CdtrAcct><Id><IBAN>${iban}</IBAN></Id></CdtrAcct>
<RmtInf>${remittance.join('')}</RmtInf></CdtTrfTxInf>`
}

/** Puts a file there as a careful sender does: hidden, then linked to its name. */
export async function drop(dir: string, name: string, content: string): Promise<void> {
  const hidden = join(dir, `.${name}.tmp`)
  await writeFile(hidden, content)
  await link(hidden, join(dir, name))
  await rm(hidden)
}
