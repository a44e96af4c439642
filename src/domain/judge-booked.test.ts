import { describe, expect, it } from 'vitest'
import { fact, paymentRun } from '../../test/facts.ts'
import { sha256, World } from '../../test/world.ts'
import type { BookedDocument } from './event-data.ts'
import type { ExceptionState } from './exception.ts'
import { lawOf } from './law.ts'
import { paymentName, postingName } from './names.ts'
import { DEFAULT_POLICY } from './policy.ts'

const NOW = '2026-01-15T09:00:00.000Z'
const LONG_AGO = '2026-01-10T08:00:00.000Z'
const later = (ms: number): string => new Date(Date.parse(NOW) + ms).toISOString()
const DOCUMENT: BookedDocument = { number: 'P-1', entity: '1000', supplier: 'V1', amount: '50.00', currency: 'EUR', on: '2026-01-10' }
const NAMES = [paymentName('M1', 'E1')]

/** The ERP shows it as paid; we hear of it now, long after it happened. */
function shown(document: Partial<BookedDocument> = {}): { w: World; reports: (word: string, at: string) => void } {
  const w = new World(lawOf(DEFAULT_POLICY, sha256), NOW)
  const reports = (word: string, at: string): void =>
    w.submit(
      fact('status.reported', 'erp', `${word} ${at}`, at, [{ names: NAMES, create: 'payment' }], {
        system: 'erp',
        facet: 'settlement',
        word,
        ...(word === 'absent' ? {} : { claims: word, document: { ...DOCUMENT, ...document } }),
      }),
    )
  reports('settled', LONG_AGO)
  return { w, reports }
}
const cases = (w: World): ExceptionState[] =>
  [...w.records.values()].filter(({ kind }) => kind === 'exception').map(({ state }) => state as unknown as ExceptionState)
const raised = (w: World): number => w.log.filter(({ type }) => type === 'exception.raised').length
const openCauses = (w: World): string[] => cases(w).flatMap(({ open, cause }) => (open ? [cause] : []))
const bookedOf = (w: World): unknown => [...w.records.values()].find(({ kind }) => kind === 'payment')?.state['booked']
const words = (w: World): string[] => w.log.map(({ type }) => type).filter((type) => type.startsWith('divergence.'))

describe('what the ERP shows as paid and nobody here knows', () => {
  it('is one case with an owner once grace is over since it was heard, however often it is told', () => {
    const { w, reports } = shown()
    w.pass(later(DEFAULT_POLICY.graceMs - 1))
    expect(cases(w)).toEqual([])
    w.pass(later(DEFAULT_POLICY.graceMs))
    expect(cases(w)).toMatchObject([
      {
        cause: 'erp-payment-unknown',
        owner: 'treasury',
        amount: '50.00',
        currency: 'EUR',
        party: 'V1',
        entity: '1000',
        system: 'erp',
        actions: ['explained'],
        says: 'The ERP’s payment document P-1 of company 1000 shows 50.00 EUR as paid to supplier V1, 2026-01-10. No payment file that the hub knows has it.',
      },
    ])
    reports('settled', later(DEFAULT_POLICY.graceMs + 1))
    reports('returned', later(DEFAULT_POLICY.graceMs + 2))
    w.pass(later(10 * DEFAULT_POLICY.graceMs))
    expect([raised(w), openCauses(w), words(w)]).toEqual([1, ['erp-payment-unknown'], ['divergence.opened']])
  })

  it('is no case where its file comes late, and none any more when it comes later still', () => {
    const early = shown()
    for (const one of paymentRun('5100', 'M1', 'E1', NOW)) early.w.submit(one)
    early.w.pass(later(DEFAULT_POLICY.graceMs))
    expect([raised(early.w), words(early.w), bookedOf(early.w)]).toEqual([0, [], null])

    const late = shown()
    late.w.pass(later(DEFAULT_POLICY.graceMs))
    for (const one of paymentRun('5100', 'M1', 'E1', late.w.now)) late.w.submit(one)
    expect([openCauses(late.w), words(late.w), bookedOf(late.w)]).toEqual([[], ['divergence.opened', 'divergence.closed'], null])
  })

  it('ends when the ERP does not hold it any more, and when a person says what it is', () => {
    const gone = shown()
    gone.w.pass(later(DEFAULT_POLICY.graceMs))
    gone.reports('absent', gone.w.now)
    expect(openCauses(gone.w)).toEqual([])

    const { w, reports } = shown()
    w.pass(later(DEFAULT_POLICY.graceMs))
    const id = [...w.records.keys()].find((key) => key.startsWith('exc_'))!
    const said = { exception: id, action: 'explained', reason: 'a cheque' }
    w.submit(fact('exception.answered', 'person', 'said', w.now, [{ names: [id] }, { names: NAMES }], said))
    reports('settled', later(DEFAULT_POLICY.graceMs + 1))
    w.pass(later(10 * DEFAULT_POLICY.graceMs))
    expect([raised(w), openCauses(w), words(w)]).toEqual([1, [], ['divergence.opened', 'divergence.closed']])
  })

  it('of a clearing is what it clears of documents that nobody knows, until somebody tells of them', () => {
    const clears = ['5100', '5101'].map((no) => ({ posting: postingName('erp', '1000', no), amount: no === '5100' ? '20.00' : '30.00' }))
    const { w } = shown({ number: '1500', clears })
    const books = (no: string): void =>
      w.submit(
        fact('posting.confirmed', 'erp', no, w.now, [{ names: [postingName('erp', '1000', no)], create: 'invoice' }], {
          postingNo: no,
          entity: '1000',
          supplier: 'V1',
          number: no,
          amount: '20.00',
          currency: 'EUR',
          postedOn: '2026-01-10',
        }),
      )
    books('5100')
    w.pass(later(DEFAULT_POLICY.graceMs))
    expect(cases(w).filter(({ cause }) => cause === 'erp-payment-unknown')).toMatchObject([
      { amount: '30.00', says: expect.stringMatching(/^The ERP’s clearing 1500 of company 1000 shows 30\.00 EUR as paid/u) as string },
    ])
    books('5101')
    expect(openCauses(w)).not.toContain('erp-payment-unknown')
  })
})
