import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { corpus } from '../../../test/corpora.ts'
import type { EntryDetail, StatementEntry } from '../../domain/bank-document.ts'
import { readBankFile } from './read-bank-file.ts'

/**
 * Beside each camt file of the genkgo corpus stands what genkgo/camt, a reader of others in another language, sees in it: it
 * goes deeper than totals (parties, accounts, references, remittance). In its dumps the first element of a list stands under
 * the singular name, with `__RECURSIVITY__` in its place in the list.
 */
type Dump = Readonly<Record<string, unknown>>

function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (here, key) => (here === null || typeof here !== 'object' ? undefined : (here as Record<string | number, unknown>)[key]),
    value,
  )
}

/** Where the file is right and the dump is not. */
const DIFFERENT: Readonly<Record<string, (ours: Dump[]) => Dump[]>> = {
  // Version 1 has Btch directly in the entry, where that reader does not look.
  'camt052.v1.json': (ours) => ours.map((one) => ({ ...one, batch: undefined })),
  // Of two statements the dump holds the entries of the second alone.
  'camt053.v2.multi.statement.json': (ours) => ours.slice(1),
}

const folder = corpus('genkgo-camt')

test.skipIf(folder === undefined)('entries and details are as genkgo/camt reads them', () => {
  const data = join(folder ?? '', 'test/data')
  let files = 0
  let values = 0
  for (const name of readdirSync(data).filter((one) => one.endsWith('.json'))) {
    const file = readBankFile(readFileSync(join(data, name.replace('.json', '.xml'))))
    if ('refused' in file || file.kind === 'pain.001' || file.kind === 'pain.002') throw new Error(`${name} is no statement`)
    const entries = at(JSON.parse(readFileSync(join(data, name), 'utf8')), 'getEntries')
    const theirs = (Array.isArray(entries) ? entries : []).map(theirEntry)
    const ours = file.statements.flatMap(({ entries }) => entries).map(ourEntry)
    expect(DIFFERENT[name]?.(ours) ?? ours, name).toEqual(theirs)
    files++
    values += JSON.stringify(ours).match(/"[^"]*"(?=[,\]}])/g)?.length ?? 0
  }
  process.stdout.write(`second reader: ${files} files, ${values} texts equal\n`)
  expect(files).toBe(25)
})

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)
const word = (value: unknown, ...path: readonly (string | number)[]): string | undefined => text(at(value, ...path))

function list(owner: unknown, single: string, plural: string): unknown[] {
  const all = at(owner, plural)
  if (!Array.isArray(all)) return []
  return [...(all[0] === '__RECURSIVITY__' ? [at(owner, single)] : []), ...all.filter((one) => typeof one === 'object')]
}

function theirEntry(entry: unknown): Dump {
  const code = at(entry, 'getBankTransactionCode')
  return {
    reference: word(entry, 'getReference'),
    bankReference: word(entry, 'getAccountServicerReference'),
    status: word(entry, 'getStatus'),
    side: at(entry, 'getCreditDebitIndicator'),
    reversal: at(entry, 'getReversalIndicator'),
    text: word(entry, 'getAdditionalInfo'),
    batch: word(entry, 'getBatchPaymentId'),
    valuedOn: word(entry, 'getValueDate', 0)?.slice(0, 10),
    domain: word(code, 'getDomain', 'getCode'),
    sub: word(code, 'getDomain', 'getFamily', 'getSubFamilyCode'),
    own: word(code, 'getProprietary', 'getCode'),
    details: list(entry, 'getTransactionDetail', 'getTransactionDetails').map(theirDetail),
  }
}

/** Of the parties or agents of a detail the one of `kind`, by the class that the dump names. */
function ofKind(detail: unknown, single: string, plural: string, type: string, kind: string): unknown {
  return list(detail, single, plural).find((one) => (word(one, type, '__CLASS__') ?? '').endsWith(`\\${kind}`))
}

function theirDetail(detail: unknown): Dump {
  const party = (kind: string): unknown => ofKind(detail, 'getRelatedParty', 'getRelatedParties', 'getRelatedPartyType', kind)
  const agent = (kind: string): unknown => ofKind(detail, 'getRelatedAgent', 'getRelatedAgents', 'getRelatedAgentType', kind)
  const refs = at(detail, 'getReference')
  const lines = list(at(detail, 'getRemittanceInformation'), 'getUnstructuredBlock', 'getUnstructuredBlocks')
  return {
    endToEndId: word(refs, 'getEndToEndId'),
    instructionId: word(refs, 'getInstructionId'),
    messageId: word(refs, 'getMessageId'),
    paymentInfoId: word(refs, 'getPaymentInformationId'),
    uetr: word(refs, 'getUuidEndToEndReference'),
    mandateId: word(refs, 'getMandateId'),
    debtor: word(party('Debtor'), 'getRelatedPartyType', 'getName'),
    debtorAccount: word(party('Debtor'), 'getAccount', 'getIdentification'),
    creditor: word(party('Creditor'), 'getRelatedPartyType', 'getName'),
    creditorAccount: word(party('Creditor'), 'getAccount', 'getIdentification'),
    debtorBic: word(agent('DebtorAgent'), 'getRelatedAgentType', 'getBIC'),
    creditorBic: word(agent('CreditorAgent'), 'getRelatedAgentType', 'getBIC'),
    lines: lines.map((one) => word(one, 'getMessage')),
    reason: word(detail, 'getReturnInformation', 'getCode'),
    text: word(detail, 'getAdditionalTransactionInformation', 'getMessage'),
  }
}

function ourEntry(entry: StatementEntry): Dump {
  return {
    reference: entry.entryReference,
    bankReference: entry.bankReference,
    status: entry.status,
    side: entry.side === 'credit' ? 'CRDT' : 'DBIT',
    reversal: entry.reversal,
    text: entry.text,
    batch: entry.batches[0]?.paymentInfoId,
    valuedOn: entry.valuedOn,
    domain: entry.code.domain,
    sub: entry.code.subFamily,
    own: entry.code.proprietary,
    details: entry.details.map(ourDetail),
  }
}

function ourDetail(detail: EntryDetail): Dump {
  const { endToEndId, instructionId, messageId, paymentInfoId, uetr, mandateId, remittance, returned, text } = detail
  return {
    endToEndId,
    instructionId,
    messageId,
    paymentInfoId,
    uetr,
    mandateId,
    lines: remittance,
    reason: returned?.code,
    text,
    debtor: detail.debtorName,
    debtorAccount: detail.debtorAccount?.id,
    creditor: detail.creditorName,
    creditorAccount: detail.creditorAccount?.id,
    debtorBic: detail.debtorAgent?.bic,
    creditorBic: detail.creditorAgent?.bic,
  }
}
