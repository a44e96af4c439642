import type { Fact } from '../plumbing/book.ts'
import { isDeepStrictEqual } from 'node:util'
import { num, show, tidy } from '../plumbing/amounts.ts'
import type { Call, Outcome, Route } from '../plumbing/server.ts'
import { amount, currency, list, note, oneOf, optional, record, text, whole, type Problem, type Read } from '../plumbing/shape.ts'
import type { Branch } from './branch.ts'
import { NO_DETAIL, type Counter } from './counter.ts'
import type { Collection, EntryKind } from './rows.ts'
import type { Vault } from './vault.ts'

const setup = record({
  accounts: optional(
    list(record({ iban: text(34), ccy: currency, holder: text(200), bic: optional(note(11), ''), opening: amount }), 5000),
    [],
  ),
  closed: optional(list(text(34), 5000), []),
  bouncing: optional(list(record({ iban: text(34), reason: text(4), afterMs: optional(whole(0, 1e9), 500) }), 5000), []),
  collections: optional(
    list(
      record({
        collectionId: text(100),
        debtorIban: text(34),
        creditorName: text(200),
        creditorIban: optional(note(34), ''),
        creditorId: optional(note(40), ''),
        mandateId: optional(note(60), ''),
        amount,
        ccy: currency,
        remittance: optional(note(140), ''),
        endToEndId: optional(note(35), 'NOTPROVIDED'),
        means: optional(oneOf('COLLECTION', 'CARD'), 'COLLECTION'),
        afterMs: optional(whole(0, 1e9), 1000),
      }),
    ),
    [],
  ),
})
const returnBody = record({ endToEndId: optional(text(60), null), acctSvcrRef: optional(text(60), null), reason: text(4) })
const entryBody = record({
  iban: text(34),
  side: oneOf('DBIT', 'CRDT'),
  amount,
  ccy: currency,
  means: oneOf('TRANSFER', 'COLLECTION', 'CARD', 'CHARGE'),
  counterName: optional(note(200), ''),
  counterIban: optional(note(34), ''),
  endToEndId: optional(note(35), ''),
  mandateId: optional(note(60), ''),
  remittance: optional(note(140), ''),
})

export function refusal(status: number, problem: string): Outcome {
  return { status, body: { problem } }
}

/** The way in for tests and set-ups; customers of the bank speak in files only. */
export function controlRoutes(vault: Vault, counter: Counter, branch: Branch, tempo: { readonly paused: number }): Route[] {
  const route = (method: 'GET' | 'PUT' | 'POST', path: string, run: Route['run']): Route => ({
    method,
    path,
    op: path.slice(1),
    control: true,
    maxBytes: 64 * 1024 * 1024,
    run,
  })
  const whenOpen =
    (run: Route['run']): Route['run'] =>
    (call) =>
      tempo.paused === 0 ? run(call) : refusal(409, 'The bank is closed.')
  // The facts are committed when this returns; the round that writes the files comes right after.
  const thenWrite = (outcome: Outcome): Outcome => {
    branch.kick()
    return outcome
  }
  return [
    route('PUT', '/setup', (call) => thenWrite(load(vault, call))),
    route(
      'POST',
      '/returns',
      whenOpen((call) => thenWrite(giveBack(counter, call))),
    ),
    route(
      'POST',
      '/entries',
      whenOpen((call) => thenWrite(addEntry(vault, counter, call))),
    ),
    route(
      'POST',
      '/cycle',
      whenOpen(async () => ({ status: 200, body: { files: await branch.round(true) } })),
    ),
    route('GET', '/ledger', ({ query }) => {
      const account = vault.accounts.get(query.get('iban') ?? '')
      if (!account) return refusal(404, 'This account is not kept here.')
      const { iban, ccy } = account
      return {
        status: 200,
        body: { iban, ccy, balance: show(vault.balances.get(iban) ?? 0n, ccy), entries: vault.entries.get(iban) ?? [] },
      }
    }),
  ]
}

function bodyOf<T>(call: Call, read: Read<T>): { value: T; refused?: undefined } | { refused: Outcome } {
  const problems: Problem[] = []
  const value = read(call.body, '', problems)
  return problems.length === 0
    ? { value }
    : { refused: refusal(400, problems.map((problem) => `${problem.field} ${problem.text}`).join('; ')) }
}

function load(vault: Vault, call: Call): Outcome {
  const body = bodyOf(call, setup)
  if (body.refused) return { ...body.refused, status: 422 }
  const { accounts, closed, bouncing, collections } = body.value
  const facts: Fact[] = [
    ...accounts
      .map((row) => ({ ...row, opening: tidy(row.opening, row.ccy) }))
      .filter((row) => !isDeepStrictEqual(row, vault.accounts.get(row.iban)))
      .map((row) => ({ what: 'ACCOUNT', verb: 'SET', key: row.iban, row })),
    ...closed.filter((iban) => !vault.closed.has(iban)).map((iban) => ({ what: 'CLOSED', verb: 'SET', key: iban, row: { iban } })),
    ...bouncing.map((row) => ({ what: 'BOUNCING', verb: 'SET', key: row.iban, row })),
    ...collections
      .filter((row) => !vault.collections.has(row.collectionId))
      .map(({ afterMs, ...row }) => {
        const loaded: Collection = { ...row, dueAt: new Date(Date.now() + afterMs).toISOString() }
        return { what: 'COLLECTION', verb: 'LOADED', key: row.collectionId, row: loaded }
      }),
  ]
  const stray = collections.find(
    (row) => !vault.accounts.has(row.debtorIban) && !accounts.some((account) => account.iban === row.debtorIban),
  )
  return stray
    ? refusal(422, `Account ${stray.debtorIban} of collection ${stray.collectionId} is not kept here.`)
    : { status: 200, body: { loaded: facts.length }, facts }
}

function giveBack(counter: Counter, call: Call): Outcome {
  const body = bodyOf(call, returnBody)
  if (body.refused) return body.refused
  const { endToEndId, acctSvcrRef, reason } = body.value
  const facts = counter.giveBack(endToEndId ?? acctSvcrRef ?? '', reason, new Date())
  if (facts === undefined) return refusal(404, 'No such payment was booked.')
  return facts === 'again' ? refusal(409, 'This payment came back before.') : { status: 201, body: { acctSvcrRef: facts[0]?.key }, facts }
}

function addEntry(vault: Vault, counter: Counter, call: Call): Outcome {
  const body = bodyOf(call, entryBody)
  if (body.refused) return body.refused
  const { iban, side, ccy, means, remittance, counterName, counterIban, endToEndId, mandateId } = body.value
  if (vault.accounts.get(iban)?.ccy !== ccy) return refusal(422, `There is no account ${iban} in ${ccy}.`)
  if (num(body.value.amount) <= 0n) return refusal(422, 'The amount must be above zero; the side says which way it goes.')
  const kind: EntryKind = side === 'CRDT' && means === 'TRANSFER' ? 'INCOMING' : means
  const detail = {
    ...NO_DETAIL,
    amt: body.value.amount,
    counterName,
    counterIban,
    endToEndId,
    mandateId,
    remit: remittance === '' ? null : { Ustrd: remittance },
  }
  const facts = counter.other(
    { iban, side, kind, amount: body.value.amount, ccy, detail: { ...detail, amt: tidy(detail.amt, ccy) } },
    new Date(),
  )
  return { status: 201, body: { acctSvcrRef: facts[0]?.key }, facts }
}
