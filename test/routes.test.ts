import { describe, expect, it } from 'vitest'
import { completed, granted, invoiceDocument, masterData, received, CODED } from './facts.ts'
import { sha256, World } from './world.ts'
import { policyOf, readConfig } from '../src/config/config.ts'
import { contentOf, invoiceRef } from '../src/domain/invoice-content.ts'
import type { InvoiceState } from '../src/domain/invoice-state.ts'
import { lawOf } from '../src/domain/law.ts'
import { DEFAULT_ROUTES, routeProblems } from '../src/domain/routes.ts'

const BASE = {
  tenant: 'main',
  signer: '/s',
  publish: '/p',
  systems: { erp: { kind: 'sandbox-erp' }, ap: { kind: 'sandbox-ap' }, bank: { kind: 'sandbox-bank' } },
  parts: { erp: 'erp', ap: 'ap', bank: 'bank' },
}
const DOCUMENT = invoiceDocument({ orderReference: undefined as never })
const INVOICE = invoiceRef(sha256, contentOf(DOCUMENT), 'd'.repeat(64))

/** What the hub wants of an invoice without order over 119.00 EUR under this configuration, after each of the facts. */
function wanted(routing: object, ...facts: Parameters<World['submit']>[0][]): { headline: string | null; commands: string[] }[] {
  const world = new World(lawOf(policyOf(readConfig({ ...BASE, policy: { routing } })), sha256), '2026-01-15T09:00:00.000Z')
  for (const arrival of masterData()) world.submit(arrival)
  return facts.map((arrival) => {
    world.submit(arrival)
    const state = [...world.records.values()].find((record) => record.kind === 'invoice')?.state as unknown as InvoiceState
    return { headline: state.headline, commands: [...world.wanted.values()].map((effect) => `${effect.command}@${effect.target}`).sort() }
  })
}

const arrives = received(DOCUMENT, 'doc', '2026-01-11T08:00:00.000Z', 'd'.repeat(64))
const terms = { ...CODED, orders: [] }
const yes = [granted(INVOICE, '2026-01-12T08:00:00.000Z', terms), completed(INVOICE, '2026-01-12T08:01:00.000Z', terms)]
const SMALL = { route: 'small', when: { upTo: { amount: '200.00', currency: 'EUR' } } }
const small = {
  like: 'non-po',
  requires: ['received', 'validated', 'posted', 'paid'],
  postAfter: ['received', 'validated'],
  submits: false,
  account: '4999',
}

describe('routes in the configuration', () => {
  it('a step is added to a route by configuration alone: what was posted at once then waits for a yes', () => {
    expect(wanted({ routes: { small }, choice: [SMALL] }, arrives)).toEqual([{ headline: 'validated', commands: ['invoice.post@erp'] }])
    const stricter = {
      ...small,
      requires: ['received', 'validated', 'approved', 'posted', 'paid'],
      postAfter: ['received', 'validated', 'approved'],
      submits: true,
    }
    expect(wanted({ routes: { small: stricter }, choice: [SMALL] }, arrives, ...yes)).toEqual([
      { headline: 'validated', commands: ['invoice.submit@ap'] },
      { headline: 'validated', commands: ['invoice.submit@ap'] },
      { headline: 'approved', commands: ['invoice.post@erp', 'invoice.submit@ap'] },
    ])
  })

  it('rows choose by all that they name, before the ordinary ones', () => {
    const headlineAt = (when: object): string[] | undefined =>
      wanted({ routes: { small }, choice: [{ route: 'small', when }] }, arrives)[0]?.commands
    const [fits, not] = [['invoice.post@erp'], ['invoice.submit@ap']]
    expect(headlineAt({ suppliers: ['DE 111'], entities: ['de999'] })).toEqual(fits)
    expect(headlineAt({ suppliers: ['DE112'] })).toEqual(not)
    expect(headlineAt({ ordered: true })).toEqual(not)
    expect(headlineAt({ upTo: { amount: '119', currency: 'EUR' } })).toEqual(fits)
    expect(headlineAt({ upTo: { amount: '118.99', currency: 'EUR' } })).toEqual(not)
    expect(headlineAt({ upTo: { amount: '1000', currency: 'USD' } })).toEqual(not)
    expect(headlineAt({ typeCodes: ['380'], meansCodes: ['58'], kind: 'invoice' })).toEqual(fits)
    expect(headlineAt({ typeCodes: ['380'], kind: 'credit-note' })).toEqual(not)
  })

  it('an invoice stays on the route that it was put on when the policy changes', () => {
    const policy = policyOf(readConfig({ ...BASE, policy: { routing: { routes: { small }, choice: [SMALL] } } }))
    const before = new World(lawOf(policy, sha256), '2026-01-15T09:00:00.000Z')
    for (const arrival of [...masterData(), arrives]) before.submit(arrival)
    const after = new World(lawOf(policyOf(readConfig(BASE)), sha256), before.now)
    for (const [id, record] of before.records) after.records.set(id, record)
    for (const [name, id] of before.bound) after.bound.set(name, id)
    for (const arrival of yes) after.submit(arrival)
    expect([...after.records.values()].find((record) => record.kind === 'invoice')?.state).toMatchObject({
      routed: { name: 'small' },
      headline: 'validated',
    })
  })

  it.each([
    [
      { routes: { po: { requires: ['received', 'validated', 'matchd', 'posted', 'paid'] } } },
      /policy\.routing\.routes\.po\.requires\.2: there is no matchd; did you mean matched\?/u,
    ],
    [{ routes: { po: { requries: [] } } }, /requries: there is no such key; did you mean requires\?/u],
    [{ routes: { express: {} } }, /route express is none of the ordinary ones: say with like/u],
    [{ routes: { express: { like: 'poo' } } }, /route express is like poo, which is no ordinary route/u],
    [{ choice: [{ route: 'expres', when: {} }] }, /a row chooses expres, which is no route/u],
    [
      { routes: { po: { requires: ['received', 'validated', 'posted', 'paid'] } } },
      /route po waits for matched, which it does not require/u,
    ],
    [
      { routes: { 'non-po': { requires: ['received', 'validated', 'paid', 'posted'], postAfter: ['validated'] } } },
      /route non-po requires its states in another order/u,
    ],
    [
      { routes: { 'non-po': { requires: ['received', 'validated', 'posted', 'paid'], postAfter: ['validated'] } } },
      /route non-po posts before anybody has coded, and names no account/u,
    ],
    [{ routes: { po: { submits: false } } }, /route po requires approved, and nobody is asked for it/u],
    [{ routes: { 'non-po': { waives: true, account: '1' } } }, /route non-po waives approval by the order, and does not require matched/u],
  ])('refuses %j', (routing, says) => {
    expect(() => readConfig({ ...BASE, policy: { routing } })).toThrow(says)
  })

  it('has no problem in its ordinary tables', () => {
    expect(routeProblems(DEFAULT_ROUTES)).toEqual([])
  })
})
