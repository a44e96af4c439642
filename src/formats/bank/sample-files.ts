/** Small files for tests, made of what the schemas require; the caller gives the parts that his test is about. */
const NS = 'urn:iso:std:iso:20022:tech:xsd:'

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

export function camt(parts: string, version = 'camt.053.001.08', element = 'BkToCstmrStmt'): Uint8Array {
  return bytesOf(`<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="${NS}${version}"><${element}>
<GrpHdr><MsgId>MSG-1</MsgId><CreDtTm>2026-03-01T06:00:00+01:00</CreDtTm></GrpHdr>
${parts}</${element}></Document>`)
}

export const ACCOUNT = '<Acct><Id><IBAN>DE89370400440532013000</IBAN></Id><Ccy>EUR</Ccy></Acct>'

export function balance(type: string, amount: string, side = 'CRDT', on = '2026-02-28', currency = 'EUR'): string {
  return `<Bal><Tp><CdOrPrtry><Cd>${type}</Cd></CdOrPrtry></Tp>
<Amt Ccy="${currency}">${amount}</Amt><CdtDbtInd>${side}</CdtDbtInd><Dt><Dt>${on}</Dt></Dt></Bal>`
}

export function entry(
  amount: string,
  side = 'CRDT',
  more = '',
  { status = '<Cd>BOOK</Cd>', currency = 'EUR', booked = '<Dt>2026-02-28</Dt>' } = {},
): string {
  return `<Ntry>
<Amt Ccy="${currency}">${amount}</Amt><CdtDbtInd>${side}</CdtDbtInd><Sts>${status}</Sts><BookgDt>${booked}</BookgDt>${more}</Ntry>`
}

export function statement(inside: string, id = 'STMT-1'): string {
  return `<Stmt><Id>${id}</Id>${ACCOUNT}${inside}</Stmt>`
}

export function pain001(batches: string, { count = '1', sum = '', version = 'pain.001.001.09', id = 'MSG-1' } = {}): Uint8Array {
  return bytesOf(`<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="${NS}${version}"><CstmrCdtTrfInitn>
<GrpHdr><MsgId>${id}</MsgId><CreDtTm>2026-03-01T06:00:00</CreDtTm><NbOfTxs>${count}</NbOfTxs>${sum && `<CtrlSum>${sum}</CtrlSum>`}
<InitgPty><Nm>Payer Ltd</Nm></InitgPty></GrpHdr>
${batches}</CstmrCdtTrfInitn></Document>`)
}

export function batch(payments: string, { id = 'BATCH-1', head = '' } = {}): string {
  return `<PmtInf><PmtInfId>${id}</PmtInfId><PmtMtd>TRF</PmtMtd>${head}<ReqdExctnDt><Dt>2026-03-02</Dt></ReqdExctnDt>
<Dbtr><Nm>Payer Ltd</Nm></Dbtr><DbtrAcct><Id><IBAN>DE89370400440532013000</IBAN></Id></DbtrAcct>
<DbtrAgt><FinInstnId><BICFI>COBADEFFXXX</BICFI></FinInstnId></DbtrAgt>
${payments}</PmtInf>`
}

const CREDITOR = '<CdtrAcct><Id><IBAN>GB29NWBK60161331926819</IBAN></Id></CdtrAcct>'

export function payment(id: string, amount: string, { currency = 'EUR', account = CREDITOR, more = '' } = {}): string {
  return `<CdtTrfTxInf><PmtId><InstrId>I-${id}</InstrId><EndToEndId>${id}</EndToEndId></PmtId>
<Amt><InstdAmt Ccy="${currency}">${amount}</InstdAmt></Amt>
<CdtrAgt><FinInstnId><BICFI>NWBKGB2LXXX</BICFI></FinInstnId></CdtrAgt><Cdtr><Nm>Supplier Ltd</Nm></Cdtr>${account}${more}</CdtTrfTxInf>`
}
