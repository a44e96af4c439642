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
// eslint-disable-next-line typescript/no-explicit-any -- a dump of foreign objects, of which only the leaves are looked at
type Dump = Record<string, any>

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
    const dump = JSON.parse(readFileSync(join(data, name), 'utf8')) as Dump
    const theirs = ((dump['getEntries'] ?? []) as Dump[]).map(theirEntry)
    const ours = file.statements.flatMap(({ entries }) => entries).map(ourEntry)
    expect(DIFFERENT[name]?.(ours) ?? ours, name).toEqual(theirs)
    files++
    values += JSON.stringify(ours).match(/"[^"]*"(?=[,\]}])/g)?.length ?? 0
  }
  process.stdout.write(`second reader: ${files} files, ${values} texts equal\n`)
  expect(files).toBe(25)
})

const text = (value: unknown): string | undefined => typeof value === 'string' && value !== '' ? value : undefined
const list = (first: Dump | undefined, all: readonly (Dump | string)[] | undefined): Dump[] => [
  ...(first && all?.[0] === '__RECURSIVITY__' ? [first] : []), ...(all ?? []).filter((one): one is Dump => typeof one === 'object'),
]

function theirEntry(entry: Dump): Dump {
  const code = entry['getBankTransactionCode'] as Dump | undefined
  return {
    reference: text(entry['getReference']), bankReference: text(entry['getAccountServicerReference']), status: text(entry['getStatus']),
    side: entry['getCreditDebitIndicator'], reversal: entry['getReversalIndicator'], text: text(entry['getAdditionalInfo']),
    batch: text(entry['getBatchPaymentId']), valuedOn: text(entry['getValueDate']?.[0])?.slice(0, 10),
    domain: text(code?.['getDomain']?.['getCode']), sub: text(code?.['getDomain']?.['getFamily']?.['getSubFamilyCode']), own: text(code?.['getProprietary']?.['getCode']),
    details: list(entry['getTransactionDetail'], entry['getTransactionDetails'] as Dump[]).map(theirDetail),
  }
}

function theirDetail(detail: Dump): Dump {
  const parties = list(detail['getRelatedParty'], detail['getRelatedParties'] as Dump[])
  const party = (kind: string): Dump | undefined => parties.find((one) => String(one['getRelatedPartyType']?.['__CLASS__']).endsWith(`\\${kind}`))
  const account = (one: Dump | undefined): string | undefined => text(one?.['getAccount']?.['getIdentification'])
  const agents = list(detail['getRelatedAgent'], detail['getRelatedAgents'] as Dump[])
  const bic = (kind: string): string | undefined => text(agents.find((one) => String(one['getRelatedAgentType']?.['__CLASS__']).endsWith(kind))?.['getRelatedAgentType']?.['getBIC'])
  const remittance = detail['getRemittanceInformation'] as Dump | undefined
  const reference = detail['getReference'] as Dump | undefined
  return {
    endToEndId: text(reference?.['getEndToEndId']), instructionId: text(reference?.['getInstructionId']), messageId: text(reference?.['getMessageId']),
    paymentInfoId: text(reference?.['getPaymentInformationId']), uetr: text(reference?.['getUuidEndToEndReference']), mandateId: text(reference?.['getMandateId']),
    debtor: text(party('Debtor')?.['getRelatedPartyType']?.['getName']), debtorAccount: account(party('Debtor')),
    creditor: text(party('Creditor')?.['getRelatedPartyType']?.['getName']), creditorAccount: account(party('Creditor')),
    debtorBic: bic('DebtorAgent'), creditorBic: bic('CreditorAgent'),
    lines: list(remittance?.['getUnstructuredBlock'], remittance?.['getUnstructuredBlocks'] as Dump[]).map((one) => text(one['getMessage'])),
    reason: text(detail['getReturnInformation']?.['getCode']), text: text(detail['getAdditionalTransactionInformation']?.['getMessage']),
  }
}

function ourEntry(entry: StatementEntry): Dump {
  return {
    reference: entry.entryReference, bankReference: entry.bankReference, status: entry.status, side: entry.side === 'credit' ? 'CRDT' : 'DBIT',
    reversal: entry.reversal, text: entry.text, batch: entry.batches[0]?.paymentInfoId, valuedOn: entry.valuedOn,
    domain: entry.code.domain, sub: entry.code.subFamily, own: entry.code.proprietary, details: entry.details.map(ourDetail),
  }
}

function ourDetail(detail: EntryDetail): Dump {
  return {
    endToEndId: detail.endToEndId, instructionId: detail.instructionId, messageId: detail.messageId, paymentInfoId: detail.paymentInfoId,
    uetr: detail.uetr, mandateId: detail.mandateId, debtor: detail.debtorName, debtorAccount: detail.debtorAccount?.id,
    creditor: detail.creditorName, creditorAccount: detail.creditorAccount?.id, debtorBic: detail.debtorAgent?.bic, creditorBic: detail.creditorAgent?.bic,
    lines: detail.remittance, reason: detail.returned?.code, text: detail.text,
  }
}
