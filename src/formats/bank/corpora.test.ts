import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { corpus, truth } from '../../../test/corpora.ts'
import type {
  BankFile,
  PaymentFile,
  PaymentStatusReport,
  Reason,
  RemittanceReference,
  StatementEntry,
  StatementFile,
} from '../../domain/bank-document.ts'
import { checkPain001 } from './check-pain001.ts'
import { entryContent } from './entry-content.ts'
import { exact, figureOf } from './exact.ts'
import { readBankFile } from './read-bank-file.ts'

const SETS = ['genkgo-camt', 'bank-statement-golden', 'iso20022-bank-samples', 'pain001']

/**
 * What an independent reader saw in each file, read again by ours and compared value by value. Where the two differ the file
 * decides; the differences are named here with the reason.
 */
const DIFFERENT: Readonly<Record<string, { readonly code: string; readonly line: number; readonly why: string }>> = {
  'bank-statement-golden/tests/test_data/golden/camt053_garbled_amount.xml': {
    code: 'amount-not-decimal',
    line: 17,
    why: 'The entry says 12..34; the other reader counts it as 0 and keeps the text apart. A statement with such an amount is refused.',
  },
}
const REFUSED: Readonly<Record<string, string>> = {
  'bank-statement-golden/tests/test_data/invalid.xml': 'message-missing',
  'bank-statement-golden/tests/test_data/sample.mt940': 'not-iso20022',
}

type Known = Readonly<Record<string, unknown>>
const present = SETS.filter((set) => corpus(set) !== undefined)
const facts = truth()

test.skipIf(facts === undefined || present.length === 0)('every value that is known of the bank files of others is read from them', () => {
  let files = 0
  let values = 0
  const refused: string[] = []
  for (const set of present) {
    for (const known of JSON.parse(readFileSync(join(facts ?? '', `${set}.bank.json`), 'utf8')) as Known[]) {
      const name = `${set}/${String(known['file'])}`
      const bytes = readFileSync(join(corpus(set) ?? '', String(known['file'])))
      expect(createHash('sha256').update(bytes).digest('hex'), name).toBe(known['sha256'])
      const file = readBankFile(bytes)
      if ('refused' in file) {
        expect(file.refused.code, name).toBe(DIFFERENT[name]?.code ?? REFUSED[name])
        if (DIFFERENT[name]) expect(file.refused.line, name).toBe(DIFFERENT[name].line)
        refused.push(name)
        continue
      }
      const { read, count } = asKnown(file, known)
      expect(read, name).toEqual(comparable(known))
      files++
      values += count
    }
  }
  const named = [...Object.keys(DIFFERENT), ...Object.keys(REFUSED)].filter((name) => present.some((set) => name.startsWith(`${set}/`)))
  expect(refused.sort()).toEqual(named.sort())
  process.stdout.write(`bank files: ${files} files and ${values} values equal, ${refused.length} refused as named\n`)
  expect(files).toBeGreaterThan(0)
})

const samples = corpus('iso20022-bank-samples')

test.skipIf(samples === undefined)('an entry and its reversal under the same references are two entries', () => {
  const file = readBankFile(readFileSync(join(samples ?? '', 'test/assets/ing/example_camt.xml'))) as StatementFile
  const entries = file.statements[0]?.entries ?? []
  const twins = entries.filter((entry) => entry.bankReference === '3101963431841')
  const terms = (one: StatementEntry): unknown[] => [one.position, one.entryReference, one.amount, one.side, one.reversal, one.valuedOn]
  expect(twins.map(terms)).toEqual([
    [8, '021514017743280167000000001', '30.00', 'debit', false, '2014-01-03'],
    [9, '021514017743280167000000001', '30.00', 'debit', true, '2013-12-20'],
  ])
  expect(new Set(entries.map(entryContent)).size).toBe(9)
  expect(file.statements[0]?.findings).toEqual([])
})

const golden = corpus('bank-statement-golden')

test.skipIf(golden === undefined)('the same payment twice on one day is two entries that differ only in their position', () => {
  const file = readBankFile(readFileSync(join(golden ?? '', 'tests/test_data/golden/camt053_duplicate_same_day.xml'))) as StatementFile
  const [first, second] = file.statements[0]?.entries ?? []
  expect([first?.position, second?.position]).toEqual([1, 2])
  expect(entryContent(first as StatementEntry)).toBe(entryContent(second as StatementEntry))
})

const LEFT_OUT = new Set(['file', 'sha256', 'bytes', 'format', 'message'])

function comparable(known: Known): Known {
  return Object.fromEntries(Object.entries(known).filter(([key]) => !LEFT_OUT.has(key)))
}

/** Our reading in the other reader's words, with the keys that it gives, and how many values that is. */
function asKnown(file: BankFile, known: Known): { read: unknown; count: number } {
  const words = {
    'pain.001': paymentFile,
    'pain.002': statusReport,
    'camt.052': statements,
    'camt.053': statements,
    'camt.054': statements,
  }
  const read = likeKnown((words[file.kind] as (file: BankFile) => Known)(file), comparable(known))
  return { read, count: leaves(read) }
}

/** Keeps only keys that the known record has: some are given only where they make sense. */
function likeKnown(read: unknown, known: unknown): unknown {
  if (Array.isArray(read)) return read.map((one, index) => (Array.isArray(known) ? likeKnown(one, known[index]) : one))
  if (read === null || typeof read !== 'object' || known === null || typeof known !== 'object') return read
  const kept = Object.entries(read).filter(([key]) => key in known)
  return Object.fromEntries(kept.map(([key, value]) => [key, likeKnown(value, (known as Known)[key])]))
}

function leaves(value: unknown): number {
  return value !== null && typeof value === 'object' ? Object.values(value).reduce((sum: number, one) => sum + leaves(one), 0) : 1
}

const creditorReferences = (references: readonly RemittanceReference[]): string[] =>
  references.filter(({ about }) => about === 'creditor').map(({ number }) => number)
const plain = (figure: string | undefined): string | null => (figure === undefined ? null : figureOf(exact(figure)))
const sums = (amounts: readonly { amount: string; currency: string }[]): Known => {
  const totals = new Map<string, bigint>()
  for (const { amount, currency } of amounts) totals.set(currency, (totals.get(currency) ?? 0n) + exact(amount))
  return Object.fromEntries([...totals].map(([currency, total]) => [currency, figureOf(total)]))
}

function paymentFile(file: PaymentFile): Known {
  const payments = file.batches.flatMap((batch) => batch.payments)
  const codes = checkPain001(file)
    .filter(({ about }) => about === 'message')
    .map(({ code }) => code)
  return {
    version: file.version ?? null,
    msg_id: file.messageId,
    created: file.createdAt ?? null,
    declared_txs: String(file.count),
    declared_sum: plain(file.controlSum),
    initiator: file.initiator ?? null,
    txs: payments.length,
    sum: sums(payments),
    declared_txs_ok: !codes.includes('count-differs'),
    declared_sum_ok: !codes.includes('sum-differs'),
    payments: file.batches.map((batch) => ({
      id: batch.id,
      method: batch.method,
      date: batch.requestedOn,
      declared_txs: batch.count === undefined ? null : String(batch.count),
      declared_sum: plain(batch.controlSum),
      own_name: batch.debtorName ?? null,
      own_account: batch.debtorAccount?.id ?? null,
      txs: batch.payments.length,
      sum: sums(batch.payments),
      transactions: batch.payments.map((one) => ({
        e2e: one.endToEndId,
        instr: one.instructionId ?? null,
        amount: plain(one.amount),
        currency: one.currency,
        party: one.creditorName ?? null,
        account: one.creditorAccount?.id ?? null,
        ref: [...one.remittance, ...creditorReferences(one.references)],
      })),
    })),
  }
}

function statusReport(file: PaymentStatusReport): Known {
  const codes = (reasons: readonly Reason[]): (string | undefined)[] => reasons.map((one) => one.code ?? one.proprietary)
  return {
    version: file.version,
    msg_id: file.messageId,
    orig_msg_id: file.originalMessageId,
    orig_msg_name: file.originalMessageName ?? null,
    orig_txs: file.originalCount ?? null,
    group_status: file.status ?? null,
    group_reasons: codes(file.reasons),
    payments: file.batches.map((batch) => ({ orig_id: batch.originalId, status: batch.status ?? null, reasons: codes(batch.reasons) })),
    transactions: file.batches.flatMap((batch) =>
      batch.payments.map((one) => ({
        orig_e2e: one.originalEndToEndId ?? null,
        orig_instr: one.originalInstructionId ?? null,
        status: one.status ?? null,
        reasons: codes(one.reasons),
        amount: plain(one.original?.amount),
        payment: batch.originalId ?? null,
      })),
    ),
  }
}

function statements(file: StatementFile): Known {
  return {
    version: file.version ?? null,
    msg_id: file.messageId,
    created: file.createdAt ?? null,
    page: file.page ? String(file.page.number) : null,
    last_page: file.page ? String(file.page.last) : null,
    statements: file.statements.map((one) => {
      const details = one.entries.flatMap((entry) => entry.details)
      const codes = one.findings.map(({ code }) => code)
      return {
        id: one.id,
        seq: one.sequence ?? null,
        created: one.createdAt ?? null,
        account: one.account.id,
        account_currency: one.account.currency ?? null,
        entries: one.entries.length,
        credit: sums(one.entries.filter(({ side }) => side === 'credit')),
        debit: sums(one.entries.filter(({ side }) => side === 'debit')),
        statuses: one.entries.reduce<Record<string, number>>((all, { status }) => ({ ...all, [status]: (all[status] ?? 0) + 1 }), {}),
        reversals: one.entries.filter(({ reversal }) => reversal).length,
        tx_details: details.length,
        end_to_end_ids: details.map(({ endToEndId }) => endToEndId).filter((id) => id !== undefined),
        structured_refs: details.flatMap((detail) => creditorReferences(detail.references)),
        unstructured_count: details.reduce((sum, { remittance }) => sum + remittance.length, 0),
        return_reasons: details.map(({ returned }) => returned?.code).filter((code) => code !== undefined),
        booking_dates: [...new Set(one.entries.map(({ bookedOn }) => bookedOn).filter((on) => on !== undefined))].sort(),
        balances: one.balances.map(({ type, amount, currency, side, on }) => ({
          type,
          amount: plain(amount),
          currency,
          sign: side === 'credit' ? 'CRDT' : 'DBIT',
          date: on,
        })),
        declared: one.declared
          ? {
              entries: String(one.declared.entries?.count),
              sum: plain(one.declared.entries?.sum),
              credit_n: String(one.declared.credits?.count),
              credit_sum: plain(one.declared.credits?.sum),
              debit_n: String(one.declared.debits?.count),
              debit_sum: plain(one.declared.debits?.sum),
            }
          : null,
        opening_plus_entries_eq_closing: !codes.some((code) => code === 'balance-differs' || code === 'currency-differs'),
      }
    }),
  }
}
