import { describe, expect, it } from 'vitest'
import {
  completed,
  fact,
  granted,
  invoiceDocument,
  masterData,
  received,
  CODED,
  CODER,
  ENTITY,
  PERSON,
  SUPPLIER,
} from '../../test/facts.ts'
import { sha256, World } from '../../test/world.ts'
import { contentOf, invoiceRef } from './invoice-content.ts'
import type { InvoiceState } from './invoice-state.ts'
import { lawOf } from './law.ts'
import type { Arrival } from './object.ts'
import { DEFAULT_POLICY } from './policy.ts'
import { TERM_ROWS, changedTerms, type Terms } from './terms.ts'

const INVOICE = invoiceRef(sha256, contentOf(invoiceDocument()), 'd'.repeat(64))
const limit = (amount: string, more: object = {}): Arrival =>
  fact('authority.granted', 'hr', `limit ${amount}`, '2026-01-02T08:00:00.000Z', [{ names: [PERSON], create: 'person' }], {
    person: PERSON,
    name: 'Anna',
    limit: amount,
    currency: 'EUR',
    from: '2025-01-01',
    ...more,
  })

/** What becomes of an invoice over 119.00 EUR under these facts by then: its headline and open cases. */
const outcome = (...facts: Arrival[]): { headline: string | null; open: string[] } => outcomeBy('2026-01-15T09:00:00.000Z', ...facts)
function outcomeBy(then: string, ...facts: Arrival[]): { headline: string | null; open: string[] } {
  const w = worldOf(...facts)
  w.pass(then)
  return found(w)
}
function worldOf(...facts: Arrival[]): World {
  const w = new World(lawOf(DEFAULT_POLICY, sha256), '2026-01-15T09:00:00.000Z')
  for (const arrival of [
    ...masterData().filter((given) => given.type !== 'authority.granted'),
    received(invoiceDocument(), 'doc', '2026-01-11T08:00:00.000Z', 'd'.repeat(64)),
    ...facts,
  ])
    w.submit(arrival)
  return w
}
function found(w: World): { headline: string | null; open: string[] } {
  const state = [...w.records.values()].find((record) => record.kind === 'invoice')!.state as unknown as InvoiceState
  return {
    headline: state.headline,
    open: Object.entries(state.exceptions)
      .filter(([, exception]) => exception.open)
      .map(([cause]) => cause),
  }
}
const AT = '2026-01-12T08:00:00.000Z'
const yes = [granted(INVOICE, AT), completed(INVOICE, '2026-01-12T08:01:00.000Z')]

describe('approval', () => {
  it.each([
    ['118.99', 'matched', ['authority-exceeded']],
    ['119.00', 'approved', []],
    ['119.01', 'approved', []],
  ])('with a limit of %s the invoice over 119.00 is %s', (amount, headline, open) => {
    expect(outcome(limit(amount), ...yes)).toEqual({ headline, open })
  })

  it('counts the limit that stood on the day of the grant: not yet, no longer, revoked', () => {
    expect(outcome(limit('200', { from: '2026-01-13' }), ...yes).open).toEqual(['authority-exceeded'])
    expect(outcome(limit('200', { to: '2026-01-11' }), ...yes).open).toEqual(['authority-exceeded'])
    const revoked = fact('authority.revoked', 'hr', 'leaves', '2026-01-03T08:00:00.000Z', [{ names: [PERSON] }], {
      person: PERSON,
      on: '2026-01-12',
    })
    expect(outcome(limit('200'), revoked, ...yes).open).toEqual(['authority-exceeded'])
  })

  it('a lowered limit counts: a revocation ends all that was given before it', () => {
    const ended = fact('authority.revoked', 'hr', 'lowered', '2026-01-03T08:00:00.000Z', [{ names: [PERSON] }], {
      person: PERSON,
      on: '2026-01-03',
    })
    expect(outcome(limit('200'), ended, limit('100', { from: '2026-01-04' }), ...yes).open).toEqual(['authority-exceeded'])
    expect(outcome(limit('200'), ended, limit('150', { from: '2026-01-04' }), ...yes).headline).toBe('approved')
  })

  it('needs a limit in the currency of the invoice, or one for any', () => {
    expect(outcome(limit('119', { currency: '*' }), ...yes).headline).toBe('approved')
    expect(outcome(limit('99999', { currency: 'USD' }), ...yes).open).toEqual(['authority-exceeded'])
  })

  it('waits while the table of authority does not know the person, and tells somebody when that lasts', () => {
    const lately = [granted(INVOICE, '2026-01-15T08:50:00.000Z'), completed(INVOICE, '2026-01-15T08:50:00.000Z')]
    expect(outcome(...lately)).toEqual({ headline: 'matched', open: [] })
    expect(outcome(...yes)).toEqual({ headline: 'matched', open: ['control-indeterminate'] })
  })

  it('by the person who entered it is none, and one more by somebody else is', () => {
    const own = fact('approval.granted', 'ap', 'own', AT, [INVOICE], { ticket: 'T1', step: '1', person: CODER, terms: CODED })
    const codersLimit = fact('authority.granted', 'hr', 'limit coder', '2026-01-02T08:00:00.000Z', [{ names: [CODER], create: 'person' }], {
      person: CODER,
      name: 'Carl',
      limit: '9999',
      currency: 'EUR',
      from: '2025-01-01',
    })
    expect(outcome(limit('200'), codersLimit, own, yes[1]!)).toEqual({ headline: 'matched', open: ['duties-conflict'] })
    expect(outcome(limit('200'), codersLimit, own, ...yes)).toEqual({ headline: 'approved', open: [] })
  })

  it.each(TERM_ROWS)('by the person who amended $term counts as the table of terms says: $enters', ({ term, enters }) => {
    const done = yes[1]!
    const amended = { ...done, data: { ...done.data, amended: [{ person: PERSON, terms: [term] }] } }
    expect(outcome(limit('200'), yes[0]!, amended)).toEqual(
      enters ? { headline: 'matched', open: ['duties-conflict'] } : { headline: 'approved', open: [] },
    )
  })

  it('stands no more when the only one who gave it amends the amount afterwards', () => {
    const again = completed(INVOICE, '2026-01-12T08:02:00.000Z')
    const amended = { ...again, data: { ...again.data, amended: [{ person: PERSON, terms: ['gross'] }] } }
    expect(outcome(limit('200'), ...yes, again).headline).toBe('approved')
    expect(outcome(limit('200'), ...yes, amended)).toEqual({ headline: 'matched', open: ['duties-conflict'] })
  })

  it('by the person who created the supplier is none', () => {
    const created = fact('reference.read', 'erp', 'again', '2026-01-11T09:00:00.000Z', [SUPPLIER], {
      asked: 'supplier',
      readAt: '2026-01-15T08:00:00.000Z',
      found: true,
      supplier: { number: 'V1', name: 'Acme GmbH', active: true, blocked: false, accounts: ['DE02120300000000202051'], createdBy: PERSON },
    })
    expect(outcome(limit('200'), created, ...yes).open).toEqual(['duties-conflict'])
  })

  it('on other terms than were received is none, whichever term it is; without grants, completed is a case', () => {
    const other: { [term in keyof Terms]: Terms[term] } = {
      supplier: 'public|supplier-vat|DE222',
      payee: '0'.repeat(64),
      entity: ENTITY.names[1]!,
      currency: 'USD',
      net: '101',
      tax: '18',
      gross: '118',
      orders: ['PO-2'],
      dueOn: '2026-03-01',
      coding: CODED.coding,
    }
    for (const { term } of TERM_ROWS.filter((row) => row.term !== 'coding')) {
      const terms = { ...CODED, [term]: other[term] }
      expect(
        outcome(limit('200'), granted(INVOICE, AT, terms), completed(INVOICE, '2026-01-12T08:01:00.000Z', terms)).open,
        term,
      ).toContain('approval-terms-differ')
    }
    expect(outcome(limit('200'), yes[1]!).open).toEqual(['approval-incomplete'])
  })

  it('tolerates paying later than approved, completed coding, and nothing else', () => {
    expect(changedTerms(CODED, { ...CODED, dueOn: '2026-02-10' })).toEqual([])
    expect(changedTerms(CODED, { ...CODED, dueOn: '2026-02-08' })).toEqual(['dueOn'])
    expect(changedTerms({ ...CODED, coding: null }, CODED)).toEqual([])
    expect(changedTerms(CODED, { ...CODED, coding: [{ account: '9', amount: '100' }] })).toEqual(['coding'])
    expect(changedTerms(CODED, { ...CODED, gross: '119.00' })).toEqual([])
  })

  it('refused is a case when for a while nobody rejects it or asks again', () => {
    const no = fact('approval.refused', 'ap', 'no', '2026-01-15T09:00:00.000Z', [INVOICE], {
      ticket: 'T',
      step: '1',
      person: PERSON,
      reason: 'no',
    })
    const asked = fact('approval.requested', 'ap', 'again', '2026-01-15T09:10:00.000Z', [INVOICE], { ticket: 'U' })
    expect([
      outcomeBy('2026-01-15T09:14:59.999Z', no).open,
      outcomeBy('2026-01-15T09:15:00.000Z', no).open,
      outcomeBy('2026-01-16T09:00:00.000Z', no, asked).open,
      outcomeBy('2026-01-16T09:00:00.000Z', limit('200'), no, granted(INVOICE, '2026-01-15T09:05:00.000Z')).open,
    ]).toEqual([[], ['approval-refused'], [], []])
  })

  it('of a corrected invoice is a no, too, when the clock of whoever says it is behind', () => {
    const corrected = fact('invoice.corrected', 'person', 'correction', '2026-01-15T09:00:00.000Z', [INVOICE], {
      document: 'e'.repeat(64),
      channel: 'mail',
      content: contentOf(invoiceDocument({ number: 'R-1a' })),
    })
    const asked = fact('approval.requested', 'ap', 'asked', '2026-01-15T08:25:00.000Z', [INVOICE], { ticket: 'T2' })
    const no = fact('approval.withdrawn', 'ap', 'no', '2026-01-15T08:30:00.000Z', [INVOICE], { ticket: 'T2', person: PERSON, reason: 'no' })
    const w = worldOf(corrected, asked)
    w.pass('2026-01-15T09:10:00.000Z')
    w.submit(no)
    w.pass('2026-01-15T09:25:00.000Z')
    expect(found(w).open).toContain('approval-refused')
  })

  it.each(['2020-01-01T00:00:00.000Z', '2026-01-15T11:00:00.000Z'])('refused at %s by a clock that is not ours is a case as soon', (at) => {
    const no = fact('approval.withdrawn', 'ap', 'no', at, [INVOICE], { ticket: 'T', person: PERSON, reason: 'no' })
    expect([outcomeBy('2026-01-15T09:14:59.999Z', no).open, outcomeBy('2026-01-15T09:15:00.000Z', no).open]).toEqual([
      [],
      ['approval-refused'],
    ])
  })
})
