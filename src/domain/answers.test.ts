/** What an answer of a person counts for, whatever the clocks of the systems say. */
import { describe, expect, it } from 'vitest'
import { completed, fact, granted, invoiceDocument, masterData, posted, received, reversed } from '../../test/facts.ts'
import { sha256, World } from '../../test/world.ts'
import type { Ref } from './object.ts'
import { contentOf, invoiceRef } from './invoice-content.ts'
import type { InvoiceState } from './invoice-state.ts'
import { lawOf } from './law.ts'
import { DEFAULT_POLICY } from './policy.ts'

const NOW = '2026-01-15T09:00:00.000Z'
const document = invoiceDocument()
const CONTENT = invoiceRef(sha256, contentOf(document), 'd'.repeat(64))

/** An invoice that is posted, at `skew` minutes from now by the clock of the ERP. */
function postedAt(skew: number) {
  const w = new World(lawOf(DEFAULT_POLICY, sha256), NOW)
  for (const arrival of [
    ...masterData(),
    received(document, 'doc1', '2026-01-11T08:00:00.000Z', 'd'.repeat(64)),
    granted(CONTENT, '2026-01-12T08:00:00.000Z'),
    completed(CONTENT, '2026-01-12T08:01:00.000Z'),
  ])
    w.submit(arrival)
  const { id } = [...w.records.values()].find(({ kind }) => kind === 'invoice')!
  const ours: Ref = { names: [id] }
  const state = (): InvoiceState => w.records.get(id)!.state as unknown as InvoiceState
  const instant = (minute: number): string => new Date(Date.parse(NOW) + minute * 60_000).toISOString()
  const erps = (minute: number): string => instant(minute + skew)
  w.submit(posted(ours, '5100', erps(0)))
  let said = 0
  return {
    posts: (postingNo: string, minute: number, amount?: string) => w.submit(posted(ours, postingNo, erps(minute), amount)),
    reverses: (postingNo: string, minute: number) => w.submit(reversed(ours, postingNo, erps(minute))),
    answers: (cause: string, action: string, minute: number, second?: string) => {
      const exception = state().exceptions[cause]!.id
      const data = { exception, action, reason: 'looked at', ...(second === undefined ? {} : { second }) }
      w.submit(
        fact('exception.answered', 'person', `answer ${++said}`, instant(minute), [{ names: [exception] }, ours], data, {
          actor: 'person:lea',
        }),
      )
    },
    state,
    open: () =>
      Object.entries(state().exceptions)
        .filter(([, { open }]) => open)
        .map(([cause]) => cause),
    wanted: (command: string) => [...w.wanted.values()].filter((effect) => effect.command === command).map(({ occurrence }) => occurrence),
  }
}

describe.each([0, 120, -120])('with an ERP whose clock is %i minutes from ours', (skew) => {
  it('who says that it shall be posted again is heard, and says nothing of the next reversal', () => {
    const it = postedAt(skew)
    it.reverses('5100', 1)
    expect([it.open(), it.wanted('invoice.post')]).toEqual([['posting-reversed'], []])
    it.answers('posting-reversed', 'post-again', 5)
    expect([it.open(), it.wanted('invoice.post')]).toEqual([[], ['1']])
    it.posts('5101', 10)
    it.reverses('5101', 30)
    expect([it.open(), it.wanted('invoice.post')]).toEqual([['posting-reversed'], []])
  })

  it('who says of two postings that one shall be reversed is heard', () => {
    const it = postedAt(skew)
    it.posts('5101', 1)
    expect(it.open()).toEqual(['posted-twice'])
    it.answers('posted-twice', 'reverse', 5, 'person:tom')
    expect(it.wanted('invoice.reverse')).toEqual(['5101'])
  })
})

describe('an answer says nothing of what came after it', () => {
  it('a difference that was accepted of one posting is not accepted of the next', () => {
    const it = postedAt(0)
    it.reverses('5100', 1)
    it.answers('posting-reversed', 'post-again', 2)
    it.posts('5101', 3, '119.10')
    expect(it.open()).toEqual(['posting-differs'])
    it.answers('posting-differs', 'accept-difference', 4, 'person:tom')
    expect([it.open(), it.state().headline]).toEqual([[], 'posted'])
    it.reverses('5101', 5)
    it.answers('posting-reversed', 'post-again', 6)
    it.posts('5102', 7, '1191.00')
    expect(it.open()).toEqual(['posting-differs'])
  })
})
