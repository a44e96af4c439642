/**
 * Statements (camt.053) and announcements (camt.052, 054) as facts. Each payment inside an entry is a fact of its own, where
 * the entry gives the amounts for that; an entry for a whole batch is one fact that names the batch.
 */
import { meaningOf, type Observation } from '../../connector/contract.ts'
import type { Balance, BankFinding, EntryDetail, Statement, StatementEntry, StatementFile } from '../../domain/bank-document.ts'
import type { EntryData, FactData } from '../../domain/event-data.ts'
import { sumOf } from '../../domain/invoice-content.ts'
import { plainAccount } from '../../domain/names.ts'
import { aliasOf, type Ref } from '../../domain/object.ts'
import { entryContent } from '../../formats/bank/entry-content.ts'
import { hexOf, type Sha256 } from '../../lib/hash.ts'
import type { Source } from './file-facts.ts'
import { ENTRY_STATUS, MAP_VERSION } from './map.ts'

export function statementFacts(source: Source, file: StatementFile, sha256: Sha256): Observation[] {
  return file.statements.flatMap((statement) => {
    const names = namesOf(statement, sha256)
    return [
      ...statement.entries.flatMap((entry, at) => entryFacts(source, file.kind, statement, entry, names[at] ?? '')),
      ...(file.kind === 'camt.053' ? [received(source, file, statement)] : []),
    ]
  })
}

/**
 * What each entry is called within its statement: by all that it says, and by how many of them said just that before it. Not by its
 * position, which is another one when the bank sends the statement once more with an entry that it had left out; nor by its NtryRef, which
 * some banks count by position.
 */
function namesOf({ entries }: StatementFile['statements'][number], sha256: Sha256): string[] {
  const times = new Map<string, number>()
  return entries.map(({ entryReference: _counted, ...entry }) => {
    const content = hexOf(sha256(entryContent(entry))).slice(0, 32)
    const nth = (times.get(content) ?? 0) + 1
    times.set(content, nth)
    return `${content} ${nth}`
  })
}

function received(source: Source, file: StatementFile, statement: StatementFile['statements'][number]): Observation {
  const { account, id } = keysOf(statement)
  const currency = statement.account.currency ?? statement.balances[0]?.currency ?? statement.entries[0]?.currency ?? ''
  const { from, to } = statement.period ?? {}
  const data: FactData['statement.received'] = {
    account,
    statement: id,
    currency,
    document: source.document,
    opening: balanceOf(statement, ['OPBD', 'PRCD'], 0),
    closing: balanceOf(statement, ['CLBD'], -1),
    ...(from === undefined ? {} : { from: from.slice(0, 10) }),
    ...(to === undefined ? {} : { to: to.slice(0, 10) }),
    entries: statement.count,
    findings: [...file.findings, ...statement.findings]
      .map(shown)
      .concat(statement.entries.filter((entry) => notItemised(entry)).map((entry) => `items-differ: entry ${entry.position}.`))
      .slice(0, 100),
  }
  return {
    eventId: `${source.document}#${statement.ordinal}`,
    type: 'statement.received',
    occurredAt: source.at,
    readBack: true,
    reference: source.name,
    about: [{ names: [aliasOf(source.system, 'statement', `${account} ${id}`)], create: 'statement' }],
    data,
  }
}

/** Signed, as the account stands; empty where the statement does not say. Of several days the first opening and the last closing. */
function balanceOf({ balances }: Statement, types: readonly string[], at: 0 | -1): string {
  const found = types.map((type) => balances.filter((balance) => balance.type === type)).find((some) => some.length > 0)
  const balance: Balance | undefined = found?.at(at)
  return balance === undefined ? '' : `${balance.side === 'debit' ? '-' : ''}${balance.amount}`
}

function entryFacts(source: Source, kind: StatementFile['kind'], statement: Statement, entry: StatementEntry, name: string): Observation[] {
  const booked = kind === 'camt.053' && meaningOf(ENTRY_STATUS, entry.status) === 'booked'
  const { account, id } = keysOf(statement)
  const items: readonly (EntryDetail | undefined)[] = entry.details.length === 0 || notItemised(entry) ? [undefined] : entry.details
  return items.map((item, index) => {
    const part = index + 1
    const data = entryData(source, account, id, entry, item, part, items.length)
    const about: Ref = {
      names: [aliasOf(source.system, booked ? 'entry' : 'announced-entry', `${account} ${id} ${name} ${part}`)],
      create: 'statement-entry',
      ...(booked ? referenceOf(source, account, entry, item, items.length) : {}),
    }
    return {
      eventId: `${source.document}#${statement.ordinal}.${entry.position}.${part}|${MAP_VERSION}`,
      type: booked ? 'statement.entry-booked' : 'statement.entry-announced',
      occurredAt: source.at,
      ...(booked ? { readBack: true } : {}),
      about: [about],
      reference: source.name,
      data: data as unknown as Observation['data'],
    }
  })
}

/**
 * The bank's own reference (AcctSvcrRef, Max35Text), for whoever asks by it. Offered, since banks repeat theirs. For another account and
 * for a reversal there are names of their own that end in the same reference, so that all are found. Where an entry is several payments, its
 * reference is none of theirs.
 */
function referenceOf(
  { system }: Source,
  account: string,
  entry: StatementEntry,
  item: EntryDetail | undefined,
  parts: number,
): Pick<Ref, 'offers'> {
  const reference = item?.bankReference ?? (parts === 1 ? entry.bankReference : undefined)
  if (reference === undefined || !REFERENCE.test(reference) || NO_REFERENCE.has(reference)) return {}
  return { offers: [aliasOf(system, `${entry.reversal ? 'reversal' : 'entry'}-reference ${account}`, reference)] }
}
const REFERENCE = /^\P{C}{1,35}$/u
/** What stands there by convention where there is none. */
const NO_REFERENCE = new Set(['NONREF', 'NOTPROVIDED'])

/**
 * True when the items of an entry cannot stand for it: one of several has no amount or another currency, or together they are
 * not the entry (a charge taken off, say). It is then one amount, and what it settles is for a person to say.
 */
function notItemised({ details, amount, currency, side }: StatementEntry): boolean {
  if (details.length < 2) return false
  if (details.some((detail) => detail.amount === undefined || detail.currency !== currency)) return true
  return sumOf(details.map((detail) => `${(detail.side ?? side) === side ? '' : '-'}${detail.amount ?? '0'}`)) !== sumOf([amount])
}

/** A single item is the entry: its amount may be the instructed one in another currency, the entry's is what moved. */
function entryData(
  source: Source,
  account: string,
  statement: string,
  entry: StatementEntry,
  item: EntryDetail | undefined,
  part: number,
  parts: number,
): EntryData {
  const several = parts > 1
  const direction = (several ? item?.side : undefined) ?? entry.side
  const batch = item?.batch === undefined ? onlyOf(entry.batches) : entry.batches[item.batch]
  const endToEndId = item?.endToEndId === 'NOTPROVIDED' ? undefined : item?.endToEndId
  const messageId = item?.messageId ?? batch?.messageId
  const returned = returnedOf(entry, item)
  const remittance = item ? [...item.remittance, ...item.references.map((reference) => reference.number)].join(' ') : entry.text
  return {
    account,
    statement,
    position: String(entry.position),
    part,
    parts,
    amount: several ? (item?.amount ?? entry.amount) : entry.amount,
    currency: entry.currency,
    direction,
    reversal: entry.reversal,
    document: source.document,
    ...some('bookedOn', entry.bookedOn),
    ...some('valuedOn', entry.valuedOn),
    ...some('bankReference', item?.bankReference ?? entry.bankReference),
    ...some('messageId', messageId),
    ...some('batch', item?.paymentInfoId ?? batch?.paymentInfoId),
    ...some('endToEndId', endToEndId),
    ...some('count', batch?.count),
    ...some('counterparty', counterparty(direction, item)),
    ...some('remittance', remittance === '' ? undefined : remittance),
    ...(returned === undefined ? {} : { returns: { ...some('endToEndId', endToEndId), ...some('messageId', messageId), ...returned } }),
  }
}

/** RtrInf says why; a bank that books returns without it still marks them by their transaction code (RRTN). */
function returnedOf(entry: StatementEntry, item: EntryDetail | undefined): { code: string; reason?: string } | undefined {
  const code = item?.code?.subFamily ?? entry.code.subFamily
  if (item?.returned === undefined && code !== 'RRTN') return undefined
  const texts = (item?.returned?.texts ?? []).join(' ')
  return { code: item?.returned?.code ?? item?.returned?.proprietary ?? 'RRTN', ...(texts === '' ? {} : { reason: texts.slice(0, 400) }) }
}

/** Of a return the names are those of the payment that came back. */
function counterparty(direction: EntryData['direction'], item: EntryDetail | undefined): string | undefined {
  if (item?.returned) return item.creditorName ?? item.debtorName
  return direction === 'debit' ? item?.creditorName : item?.debtorName
}

/** Positions begin again on each page of a statement. */
function keysOf(statement: Statement): { readonly account: string; readonly id: string } {
  const page = statement.page && statement.page.number > 1 ? ` page ${statement.page.number}` : ''
  return { account: plainAccount(statement.account.id), id: `${statement.id}${page}` }
}

const onlyOf = <T>(all: readonly T[]): T | undefined => (all.length === 1 ? all[0] : undefined)
const shown = ({ code, about, declared, found }: BankFinding): string =>
  `${code}: ${about}${declared === undefined ? '' : `, declared ${declared}`}${found === undefined ? '' : `, found ${found}`}.`

function some<K extends string, V>(key: K, value: V | undefined): { readonly [key in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [key in K]?: V })
}
