import { describe, expect, it } from 'vitest'
import { completed, fact, granted, invoiceDocument, masterData, posted, received } from '../../test/facts.ts'
import { sha256, World } from '../../test/world.ts'
import { contentOf, invoiceRef } from './invoice-content.ts'
import type { InvoiceState } from './invoice-state.ts'
import { lawOf } from './law.ts'
import type { Facet } from './object.ts'
import { DEFAULT_POLICY, type Policy } from './policy.ts'
import { comparedWith, graceOf, type DivergenceKind } from './reconcile.ts'

const NOW = '2026-01-15T09:00:00.000Z'
const MINUTE = 60_000
const later = (ms: number): string => new Date(Date.parse(NOW) + ms).toISOString()
const document = invoiceDocument()
const OURS = invoiceRef(sha256, contentOf(document), 'd'.repeat(64))

function postedWorld(policy: Policy = DEFAULT_POLICY): {
  w: World
  id: string
  state: () => InvoiceState
  told: (command: string, target: string, occurrence: string, at?: string) => void
  reported: (system: string, facet: Facet, word: string, more?: object, at?: string) => void
} {
  const w = new World(lawOf(policy, sha256), NOW)
  for (const arrival of [
    ...masterData(),
    received(document, 'doc1', '2026-01-11T08:00:00.000Z', 'd'.repeat(64)),
    granted(OURS, '2026-01-12T08:00:00.000Z'),
    completed(OURS, '2026-01-12T08:01:00.000Z'),
  ])
    w.submit(arrival)
  const [id] = [...w.records.values()].filter(({ kind }) => kind === 'invoice').map((record) => record.id)
  const ours = { names: [id!] }
  let n = 0
  const told = (command: string, target: string, occurrence: string, at = NOW): void => {
    w.submit({
      ...fact('invoice.rejected', 'hub', `told ${++n}`, at, [ours], { reason: '' }),
      type: 'effect.done',
      source: { system: 'hub', role: 'hub' },
      data: {
        effect: `k${n}`,
        target,
        command,
        object: id!,
        occurrence,
        contentHash: 'h',
        attempt: 1,
        input: 'done',
        receipt: { reference: 'T1' },
      },
    })
  }
  const reported = (system: string, facet: Facet, word: string, more: object = {}, at = w.now): void => {
    w.submit({
      ...fact('status.reported', system === 'erp' ? 'erp' : 'ap', `reported ${++n}`, at, [ours], {
        system,
        facet,
        word,
        claims: word,
        ...more,
      }),
    })
  }
  told('invoice.post', 'erp', '0')
  w.submit(posted(ours, '5100', NOW))
  return { w, id: id!, state: () => w.records.get(id!)!.state as unknown as InvoiceState, told, reported }
}

const opened = (w: World): unknown[] =>
  w.log.filter(({ type }) => type === 'divergence.opened').map(({ data }) => [data['cell'], data['kind']])

describe('what a system shows against what it was told', () => {
  it.each<[DivergenceKind, Facet, string, object]>([
    ['missing', 'posting', 'absent', { of: '5100', claims: undefined }],
    ['stale', 'posting', 'parked', { of: '5100' }],
    ['ahead', 'posting', 'reversed', { of: '5100' }],
    ['contradictory', 'posting', 'posted', { of: '5100', amount: '118.99' }],
  ])(
    '%s: past grace, counted from when it was told, a divergence and its case; not before; and it ends by itself',
    (kind, facet, word, more) => {
      const { w, state, reported } = postedWorld()
      reported('erp', facet, word, more, later(1_000))
      expect(opened(w)).toEqual([])
      w.pass(later(DEFAULT_POLICY.graceMs - 1))
      expect(opened(w)).toEqual([])
      w.pass(later(DEFAULT_POLICY.graceMs))
      expect(opened(w)).toEqual([['erp|posting', kind]])
      expect(state()).toMatchObject({ headline: 'posted', exceptions: { divergence: { open: true } } })
      expect([...w.wanted.values()].filter(({ command }) => command === 'invoice.post')).toEqual([])
      reported('erp', facet, 'posted', { of: '5100', amount: '119.00' }, later(DEFAULT_POLICY.graceMs + MINUTE))
      expect(state()).toMatchObject({ divergences: {}, exceptions: { divergence: { open: false } } })
    },
  )

  it('a status that stands wrong is told once more, for this divergence only; one that is further is left alone', () => {
    const { w, state, told, reported } = postedWorld()
    const wanted = (): string[] =>
      [...w.wanted.values()]
        .filter(({ command, target }) => command === 'invoice.status' && target === 'ap')
        .map(({ occurrence }) => occurrence)
    w.submit(fact('approval.requested', 'ap', 'ticket', '2026-01-11T10:00:00.000Z', [OURS], { ticket: 'T1' }))
    const first = wanted().at(-1)!
    told('invoice.status', 'ap', first)
    reported('ap', 'status', 'in-payment', {}, later(1_000))
    w.pass(later(DEFAULT_POLICY.graceMs))
    expect([opened(w), wanted().length]).toEqual([[['ap|status', 'ahead']], 1])
    reported('ap', 'status', 'approved', {}, later(DEFAULT_POLICY.graceMs + 1_000))
    w.pass(later(DEFAULT_POLICY.graceMs + 2_000))
    expect(wanted()).toEqual([`${first}#${state().divergences['ap|status']}`])
  })

  it('a word that no table has is unmapped at once, and is no second case', () => {
    const { w, state, reported } = postedWorld()
    reported('erp', 'settlement', 'FROZEN', { claims: undefined })
    expect(opened(w)).toEqual([['erp|settlement', 'unmapped']])
    expect(Object.keys(state().exceptions)).toEqual(['unmapped-status'])
  })

  it('what nobody here had asked for is a bypass until its invoice comes or somebody says what it is', () => {
    const w = new World(lawOf(DEFAULT_POLICY, sha256), NOW)
    for (const arrival of masterData()) w.submit(arrival)
    w.submit({
      ...posted({ names: [] }, '5900', NOW),
      data: { ...posted({ names: [] }, '5900', NOW).data, reference: undefined },
      about: [{ names: ['erp|posting|1000 5900'], create: 'invoice' }],
    })
    const observed = (): InvoiceState => [...w.records.values()].find(({ kind }) => kind === 'invoice')!.state as unknown as InvoiceState
    expect(opened(w)).toEqual([])
    w.pass(later(DEFAULT_POLICY.graceMs))
    expect(opened(w)).toEqual([['erp|posting', 'bypass']])
    const { bypass } = observed().exceptions
    expect(bypass?.open).toBe(true)
    const exception = w.log.find(({ type }) => type === 'exception.raised')!
    expect(exception.data).toMatchObject({
      cause: 'bypass',
      owner: 'ap-lead',
      actions: ['explained'],
      says: expect.stringMatching(/^5900 over 119\.00 EUR to supplier /u) as string,
    })
    w.submit(
      fact('exception.answered', 'person', 'explained', later(DEFAULT_POLICY.graceMs + MINUTE), [{ names: [exception.objects[1]!] }], {
        exception: bypass!.id,
        action: 'explained',
        reason: 'rent',
      }),
    )
    expect(observed().exceptions['bypass']?.open).toBe(false)
  })

  it('grace is a table by edge and state', () => {
    const cell = (system: string, facet: Facet, expected: string): number =>
      graceOf({ ...DEFAULT_POLICY, systems: { ...DEFAULT_POLICY.systems, archive: 'box' } }, { system, facet, expected }) / MINUTE
    expect([
      cell('erp', 'posting', 'posted'),
      cell('erp', 'hold', 'held'),
      cell('ap', 'status', 'posted'),
      cell('ap', 'status', 'paid'),
      cell('box', 'evidence', '3'),
    ]).toEqual([5, 2, 5, 15, 1_440])
    expect(
      graceOf(
        { ...DEFAULT_POLICY, grace: [{ to: 'ap', facet: '*', word: '*', ms: 7 }, ...DEFAULT_POLICY.grace] },
        { system: 'ap', facet: 'status', expected: 'paid' },
      ),
    ).toBe(7)
  })
})

describe('what a sweep makes of one thing there', () => {
  const held = { names: [], key: '5100', word: 'BOOKED', claims: 'posted', amount: '119.00' }
  it.each([
    ['as it was read back', held, 'same'],
    ['over another amount', { ...held, amount: '1.00' }, 'report'],
    ['gone', { ...held, word: 'absent', claims: null }, 'report'],
    ['reversed, which we had not heard', { ...held, word: 'STORNO', claims: 'reversed' }, 'news'],
    ['under a number that we do not have', { ...held, key: '5200' }, 'news'],
    ['parked again', { ...held, word: 'PARKED', claims: 'parked' }, 'report'],
    ['in a word of no table', { ...held, word: 'FROZEN', claims: null }, 'news'],
    ['gone, under a number that it never had', { ...held, key: '5200', word: 'absent', claims: null }, 'same'],
  ])('a posting that is %s', (_how, thing, expected) => {
    expect(comparedWith(postedWorld().state(), 'erp', 'posting', thing)).toBe(expected)
  })

  it('what was told once is not told again, and its end is', () => {
    const { state, reported } = postedWorld()
    reported('erp', 'posting', 'absent', { of: '5100', claims: undefined })
    expect(comparedWith(state(), 'erp', 'posting', { ...held, word: 'absent', claims: null })).toBe('same')
    expect(comparedWith(state(), 'erp', 'posting', held)).toBe('report')
  })
})
