import { describe, expect, it } from 'vitest'
import { completed, entry, fact, granted, invoiceDocument, masterData, paymentRun, posted, received, reversed } from '../../test/facts.ts'
import { sha256, World } from '../../test/world.ts'
import { comparedWith, numbersAt, readAs, type Shown } from './held.ts'
import { contentOf, invoiceRef } from './invoice-content.ts'
import { lawOf } from './law.ts'
import type { Facet, ObjectRecord } from './object.ts'
import { DEFAULT_POLICY } from './policy.ts'

const NOW = '2026-01-15T09:00:00.000Z'
const later = (minutes: number): string => new Date(Date.parse(NOW) + minutes * 60_000).toISOString()
const document = invoiceDocument()
const OURS = invoiceRef(sha256, contentOf(document), 'd'.repeat(64))

/** One invoice that the ERP booked as 5100, and what becomes of it. */
class Company extends World {
  private n = 0
  constructor() {
    super(lawOf({ ...DEFAULT_POLICY, systems: { ...DEFAULT_POLICY.systems, archive: 'vault' } }, sha256), NOW)
    for (const arrival of [
      ...masterData(),
      received(document, 'doc1', '2026-01-11T08:00:00.000Z', 'd'.repeat(64)),
      granted(OURS, '2026-01-12T08:00:00.000Z'),
      completed(OURS, '2026-01-12T08:01:00.000Z'),
      posted(OURS, '5100', NOW),
    ])
      this.submit(arrival)
  }
  one(kind: 'invoice' | 'payment'): ObjectRecord {
    return [...this.records.values()].find((record) => record.kind === kind)!
  }
  told(about: ObjectRecord, target: string, command: string, occurrence: string): void {
    this.submit({
      ...fact('invoice.rejected', 'hub', `told ${++this.n}`, later(this.n), [{ names: [about.id] }], { reason: '' }),
      type: 'effect.done',
      data: {
        effect: 'k',
        target,
        command,
        object: about.id,
        occurrence,
        contentHash: 'h',
        attempt: 1,
        input: 'done',
        receipt: { reference: '1' },
      },
    })
  }
  reported(about: ObjectRecord, facet: Facet, word: string, more: object = {}): void {
    this.submit(
      fact('status.reported', facet === 'evidence' ? 'archive' : 'erp', `reported ${++this.n}`, later(this.n), [{ names: [about.id] }], {
        system: facet === 'evidence' ? 'vault' : 'erp',
        facet,
        word,
        claims: word,
        ...more,
      }),
    )
  }
  compared(kind: 'invoice' | 'payment', key: string, shown: Shown): string {
    return comparedWith(this.one(kind), shown.facet === 'evidence' ? 'vault' : 'erp', key, readAs(this.one(kind), shown))
  }
}

const absent = (facet: Facet): Shown => ({ facet, word: 'absent', claims: null })
const shows = (facet: Facet, claims: string): Shown => ({ facet, word: claims.toUpperCase(), claims })

describe('a posting that is', () => {
  const held: Shown = { facet: 'posting', word: 'BOOKED', claims: 'posted', amount: '119.00' }
  it.each<[string, Shown, string, string]>([
    ['as it was read back', held, '5100', 'same'],
    ['over another amount', { ...held, amount: '1.00' }, '5100', 'report'],
    ['gone', absent('posting'), '5100', 'report'],
    ['reversed, which we had not heard', { ...held, word: 'STORNO', claims: 'reversed' }, '5100', 'news'],
    ['under a number that we do not have', held, '5200', 'news'],
    ['parked again', { ...held, word: 'PARKED', claims: 'parked' }, '5100', 'report'],
    ['in a word of no table', { ...held, word: 'FROZEN', claims: null }, '5100', 'news'],
    ['gone, under a number that it never had', absent('posting'), '5200', 'same'],
  ])('%s', (_how, shown, key, expected) => {
    expect(new Company().compared('invoice', key, shown)).toBe(expected)
  })

  it('told once to be gone is not told again, and its end is', () => {
    const company = new Company()
    company.reported(company.one('invoice'), 'posting', 'absent', { of: '5100', claims: undefined })
    expect(company.compared('invoice', '5100', absent('posting'))).toBe('same')
    expect(company.compared('invoice', '5100', held)).toBe('report')
  })
})

describe('what is settled, held back or attached there', () => {
  it('of which nobody was told anything is no news while nothing stands there', () => {
    const company = new Company()
    for (const shown of [absent('settlement'), shows('settlement', 'open'), shows('hold', 'free')])
      expect(company.compared('invoice', '5100', shown)).toBe('same')
    for (const shown of [shows('settlement', 'settled'), shows('hold', 'held')])
      expect(company.compared('invoice', '5100', shown)).toBe('report')
  })

  it('and was heard, or told, is news as soon as it is no longer so', () => {
    const company = new Company()
    company.told(company.one('invoice'), 'erp', 'payment.hold', '5100#0')
    company.reported(company.one('invoice'), 'settlement', 'settled')
    expect(company.compared('invoice', '5100', shows('hold', 'free'))).toBe('report')
    expect(company.compared('invoice', '5100', shows('settlement', 'settled'))).toBe('same')
    expect(company.compared('invoice', '5100', absent('settlement'))).toBe('report')
    company.reported(company.one('invoice'), 'settlement', 'absent', { claims: undefined })
    expect(company.compared('invoice', '5100', absent('settlement'))).toBe('same')
  })

  it('is what the only live document shows: another one fills no cell, and of two neither does', () => {
    const company = new Company()
    expect(company.compared('invoice', '5200', shows('hold', 'held'))).toBe('beside')
    company.submit(reversed({ names: [company.one('invoice').id] }, '5100', later(1)))
    company.submit(posted({ names: [company.one('invoice').id] }, '5200', later(2)))
    expect(company.compared('invoice', '5100', shows('hold', 'held'))).toBe('beside')
    expect(company.compared('invoice', '5200', shows('hold', 'held'))).toBe('report')
    company.submit(posted({ names: [company.one('invoice').id] }, '5300', later(3)))
    expect(company.compared('invoice', '5200', shows('hold', 'held'))).toBe('beside')
    expect(numbersAt(company.one('invoice'), 'erp', 'hold', 'number')).toEqual([])
  })

  it('of an approval counts on the posting that it was attached to', () => {
    const company = new Company()
    company.told(company.one('invoice'), 'erp', 'approval-evidence.attach', '5100#approval')
    company.reported(company.one('invoice'), 'attachment', '5100')
    expect(company.compared('invoice', '5100', { facet: 'attachment', word: '5100', claims: '5100' })).toBe('same')
    expect(company.compared('invoice', '5100', absent('attachment'))).toBe('report')
    expect(company.compared('invoice', '5200', absent('attachment'))).toBe('beside')
  })

  it('of an approval is under the number that was acknowledged, when the ticket itself has said nothing', () => {
    const company = new Company()
    const silent = (): ObjectRecord => {
      const invoice = company.one('invoice')
      return { ...invoice, state: { ...invoice.state, approval: { ...(invoice.state['approval'] as object), ticket: null } } }
    }
    expect(numbersAt(silent(), 'ap', 'approval', 'number')).toEqual([])
    company.told(company.one('invoice'), 'ap', 'invoice.submit', 'e1')
    expect(numbersAt(silent(), 'ap', 'approval', 'number')).toEqual(['1'])
    expect(numbersAt(company.one('invoice'), 'ap', 'status', 'number')).toEqual(['T1'])
  })

  it('of a payment is the payment document’s: gone, twice, and as it was told', () => {
    const company = new Company()
    for (const one of [...paymentRun('5100', 'M1', 'E1', NOW), entry('1', NOW, 'E1')]) company.submit(one)
    expect(numbersAt(company.one('payment'), 'erp', 'settlement', 'number')).toEqual(['P-E1'])
    expect(company.compared('payment', 'P-E1', absent('settlement'))).toBe('same')
    company.told(company.one('payment'), 'erp', 'settlement.record', 'e1')
    expect(company.compared('payment', 'P-E1', absent('settlement'))).toBe('report')
    expect(company.compared('payment', 'P-E1', shows('settlement', 'settled'))).toBe('report')
    company.reported(company.one('payment'), 'settlement', 'settled')
    expect(company.compared('payment', 'P-E1', shows('settlement', 'settled'))).toBe('same')
    expect(company.compared('payment', 'P-E1', shows('settlement', 'settled-twice'))).toBe('report')
    expect(company.compared('payment', 'P-E9', shows('settlement', 'settled'))).toBe('beside')
  })
})

describe('a pack in the archive', () => {
  const PACK = 'a'.repeat(64)
  const card = (covers: string, document = PACK, until = '2036-12-31'): Shown => ({
    facet: 'evidence',
    word: document,
    claims: covers,
    document,
    until,
  })
  function archived(): Company {
    const company = new Company()
    const { id } = company.one('invoice')
    company.told(company.one('invoice'), 'vault', 'evidence.store', '9#evt')
    company.submit(
      fact('evidence.archived', 'archive', 'archived', later(9), [{ names: [id] }], {
        archive: 'vault',
        document: PACK,
        until: '2036-12-31',
        covers: 9,
      }),
    )
    return company
  }

  it('is asked for by its name, and is as we have it while the same bytes lie there for as long', () => {
    const company = archived()
    const { id } = company.one('invoice')
    expect(numbersAt(company.one('invoice'), 'vault', 'evidence', 'number')).toEqual([`pack.${id}.9.${PACK.slice(0, 12)}.json`])
    expect(company.compared('invoice', `pack.${id}.9.${PACK.slice(0, 12)}.json`, card('9'))).toBe('same')
    expect(company.compared('invoice', `pack.${id}.7.${'b'.repeat(12)}.json`, card('7', 'b'.repeat(64)))).toBe('beside')
  })

  it.each<[string, Shown, string]>([
    ['gone', absent('evidence'), 'absent'],
    ['of other bytes', card('9', 'b'.repeat(64)), 'other-content'],
    ['kept for too short', card('9', PACK, '2030-12-31'), 'kept-too-short'],
  ])('that is %s is told once, and so is its return', (_how, shown, word) => {
    const company = archived()
    const { id } = company.one('invoice')
    const key = `pack.${id}.9.${PACK.slice(0, 12)}.json`
    expect(company.compared('invoice', key, shown)).toBe('report')
    const read = readAs(company.one('invoice'), shown)
    company.submit(
      fact('status.reported', 'archive', 'swept', later(60), [{ names: [id] }], {
        system: 'vault',
        facet: 'evidence',
        word: read.word,
        ...(read.claims === null ? {} : { claims: read.claims }),
      }),
    )
    expect(company.compared('invoice', key, shown)).toBe('same')
    expect(read.claims ?? read.word).toBe(word)
    expect(company.compared('invoice', key, card('9'))).toBe('report')
  })
})
