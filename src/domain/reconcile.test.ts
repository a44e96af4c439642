import { describe, expect, it } from 'vitest'
import { completed, entry, fact, granted, invoiceDocument, masterData, paymentRun, posted, received } from '../../test/facts.ts'
import { sha256, World } from '../../test/world.ts'
import { contentOf, invoiceRef } from './invoice-content.ts'
import type { InvoiceState } from './invoice-state.ts'
import { lawOf } from './law.ts'
import type { Facet } from './object.ts'
import { DEFAULT_POLICY, type Policy } from './policy.ts'
import { DEFAULT_ROUTES } from './routes.ts'
import { graceOf, type DivergenceKind } from './reconcile.ts'

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

  it('a block of ours that somebody lifted by hand is contradictory, and nobody is told anything; lifting it ourselves is not', () => {
    const { w, id, told, reported } = postedWorld()
    const hold = (type: 'hold.placed' | 'hold.released', at: string): void =>
      w.submit(fact(type, 'ap', `${type} ${at}`, at, [{ names: [id] }], { hold: 'H1', kind: 'dispute', reason: 'ask' }))
    hold('hold.placed', later(1_000))
    told('payment.hold', 'erp', '5100#0', later(2_000))
    reported('erp', 'hold', 'held', {}, later(3_000))
    w.pass(later(10 * MINUTE))
    expect(opened(w)).toEqual([])
    const commands = w.commands.length
    reported('erp', 'hold', 'free', {}, later(10 * MINUTE))
    w.pass(later(20 * MINUTE))
    expect(opened(w)).toEqual([['erp|hold', 'contradictory']])
    expect(w.commands).toHaveLength(commands)
    hold('hold.released', later(21 * MINUTE))
    expect(w.log.at(-1)).toMatchObject({ type: 'exception.resolved', data: { cause: 'divergence' } })
  })

  it('a block that was told with the posting counts as told, from the posting on', () => {
    const { w, id, reported } = postedWorld({
      ...DEFAULT_POLICY,
      routing: { ...DEFAULT_ROUTES, choice: [{ route: 'post-then-release', when: {} }] },
    })
    w.submit(fact('hold.placed', 'ap', 'hold', later(1_000), [{ names: [id] }], { hold: 'H1', kind: 'dispute', reason: 'ask' }))
    // As an earlier posting left it.
    reported('erp', 'hold', 'free', {}, later(-60 * MINUTE))
    w.pass(later(1_500))
    expect(opened(w)).toEqual([])
    reported('erp', 'hold', 'held', {}, later(2_000))
    reported('erp', 'hold', 'free', {}, later(3_000))
    w.pass(later(10 * MINUTE))
    expect(opened(w)).toEqual([['erp|hold', 'contradictory']])
  })

  it('a clearing that the ERP forgot is missing on the payment: a case, no headline moves, and nothing is recorded again', () => {
    const { w, state, reported } = postedWorld()
    for (const one of [...paymentRun('5100', 'M1', 'E1', NOW), entry('1', NOW, 'E1')]) w.submit(one)
    const payment = [...w.records.values()].find(({ kind }) => kind === 'payment')!
    const record = w.commands.find(({ command }) => command === 'settlement.record')!
    w.submit({
      ...fact('invoice.rejected', 'hub', 'recorded', NOW, [{ names: [payment.id] }], { reason: '' }),
      type: 'effect.done',
      data: { ...record, effect: 'k', contentHash: 'h', attempt: 1, input: 'done', receipt: { reference: '1500' } },
    })
    expect(state().headline).toBe('paid')
    const shows = (word: string, at: string): void =>
      w.submit(
        fact('status.reported', 'erp', `payment ${word} ${at}`, at, [{ names: [payment.id] }], {
          system: 'erp',
          facet: 'settlement',
          word,
          ...(word === 'absent' ? {} : { claims: word }),
        }),
      )
    const commands = w.commands.length
    shows('settled', later(1_000))
    shows('absent', later(2_000))
    w.pass(later(DEFAULT_POLICY.graceMs))
    expect(opened(w)).toEqual([['erp|settlement', 'missing']])
    expect(w.log.filter(({ type }) => type === 'exception.raised').map(({ data }) => data)).toMatchObject([
      { cause: 'divergence', about: payment.id, system: 'erp' },
    ])
    // The invoice's own document is open again: that is the same case, and not a second one.
    reported('erp', 'settlement', 'absent', { claims: undefined }, later(DEFAULT_POLICY.graceMs))
    w.pass(later(3 * DEFAULT_POLICY.graceMs))
    expect([opened(w).length, state().headline, w.commands.length]).toEqual([1, 'paid', commands])
    shows('settled', later(4 * DEFAULT_POLICY.graceMs))
    expect(w.log.at(-1)).toMatchObject({ type: 'exception.resolved', data: { cause: 'divergence' } })
  })

  it('what the ERP itself had netted and no longer shows is missing on the invoice', () => {
    const { w, id, state, reported } = postedWorld()
    w.submit(
      fact('clearing.recorded', 'erp', 'netted', later(1_000), [{ names: [id] }], {
        postingNo: '5100',
        kind: 'netting',
        amount: '119.00',
        currency: 'EUR',
        reason: 'NETTING',
        bookedOn: '2026-01-15',
      }),
    )
    reported('erp', 'settlement', 'settled', {}, later(1_000))
    w.pass(later(10 * MINUTE))
    expect([state().headline, opened(w)]).toEqual(['paid', []])
    reported('erp', 'settlement', 'absent', { claims: undefined }, later(10 * MINUTE))
    w.pass(later(20 * MINUTE))
    expect([state().headline, opened(w)]).toEqual(['paid', [['erp|settlement', 'missing']]])
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

  it('what the ERP cleared is a case when after days nothing says by what, until the bank books it or somebody explains it', () => {
    const DAY = 24 * 60 * MINUTE
    const { w, id, state, reported } = postedWorld()
    reported('erp', 'settlement', 'settled')
    w.pass(later(4 * DAY - 1))
    expect([opened(w), state().headline]).toEqual([[], 'posted'])
    w.pass(later(4 * DAY))
    expect([opened(w), state().headline]).toEqual([[['erp|settlement', 'bypass']], 'posted'])
    const known = state().exceptions['cleared-unexplained']!
    expect(w.log.find(({ type }) => type === 'exception.raised')?.data).toMatchObject({
      cause: 'cleared-unexplained',
      owner: 'treasury',
      says: '5100 is cleared there; nothing says by what.',
    })
    const explained = (at: string): void =>
      w.submit(
        fact('exception.answered', 'person', `explained ${at}`, at, [{ names: [known.id] }, { names: [id] }], {
          exception: known.id,
          action: 'explained',
          reason: 'set off by hand',
        }),
      )
    explained(later(4 * DAY + 1))
    expect([state().exceptions['cleared-unexplained']?.open, state().headline]).toEqual([false, 'posted'])
    // What is cleared anew after that is another thing.
    reported('erp', 'settlement', 'open', {}, later(5 * DAY))
    reported('erp', 'settlement', 'settled', {}, later(6 * DAY))
    w.pass(later(10 * DAY))
    expect(state().exceptions['cleared-unexplained']?.open).toBe(true)
    w.submit(entry('1', later(11 * DAY), '', { endToEndId: undefined as never, remittance: `Invoice ${document.number}` }))
    w.pass(later(30 * DAY))
    expect(opened(w)).toContainEqual(['bank|settlement', 'bypass'])
    expect(state().exceptions['cleared-unexplained']?.open).toBe(false)
  })

  it('of two reports at one instant the same one holds, whichever came first', () => {
    const word = (...words: readonly string[]): string | undefined => {
      const { w, id, state } = postedWorld()
      for (const shown of words)
        w.submit(
          fact('status.reported', 'erp', `shows ${shown}`, later(1_000), [{ names: [id] }], {
            system: 'erp',
            facet: 'settlement',
            word: shown,
            claims: shown,
          }),
        )
      return state().reported['erp|settlement']?.word
    }
    expect(word('settled', 'open')).toBe(word('open', 'settled'))
  })

  it('what a payment on its way has cleared already is no news', () => {
    const { w, state, reported } = postedWorld()
    for (const one of paymentRun('5100', 'M1', 'E1', NOW)) w.submit(one)
    reported('erp', 'settlement', 'settled')
    w.pass(later(10 * 24 * 60 * MINUTE))
    expect([opened(w), state().exceptions['cleared-unexplained']]).toEqual([[], undefined])
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
