import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { approved, arrives, bill, books, company, corrects, day, NO_ORDER, over, storno } from '../../test/cases/story.ts'
import { fact } from '../../test/facts.ts'
import { sha256, World } from '../../test/world.ts'
import type { ExceptionState } from './exception.ts'
import type { FactData } from './event-data.ts'
import { reversalAsked } from './headline.ts'
import type { InvoiceState } from './invoice-state.ts'
import { lawOf } from './law.ts'
import type { Arrival, ObjectRecord } from './object.ts'
import { DEFAULT_POLICY } from './policy.ts'
import { hear, thingsAbout, waitingWords, type Word } from './words.ts'

const NOW = '2026-01-16T10:00:00.000Z'
const free = bill(NO_ORDER)
const dearer = bill({ ...NO_ORDER, ...over('110.00') })

/** An invoice with an open case that two people are asked about, and people who speak of it as the API lets them. */
class Desk {
  readonly w = new World(lawOf(DEFAULT_POLICY, sha256), NOW)
  private said = 0

  constructor(facts: readonly Arrival[]) {
    for (const arrival of [...company(), arrives(free), ...approved(free), ...facts]) this.w.submit(arrival)
  }

  case(cause: string): { readonly record: ObjectRecord; readonly state: ExceptionState } {
    const record = [...this.w.records.values()].find(({ kind, state }) => kind === 'exception' && state['cause'] === cause)!
    return { record, state: record.state as unknown as ExceptionState }
  }
  get invoice(): ObjectRecord {
    return [...this.w.records.values()].find(({ kind }) => kind === 'invoice')!
  }

  private tell<T extends 'exception.said' | 'exception.unsaid' | 'exception.answered'>(
    type: T,
    cause: string,
    person: string,
    data: FactData[T],
  ): void {
    const { record, state } = this.case(cause)
    this.w.submit(
      fact(
        type,
        'person',
        `word ${++this.said}`,
        new Date(Date.parse(NOW) + this.said * 1_000).toISOString(),
        [{ names: [record.id] }, { names: [state.about] }],
        data,
        {
          actor: person,
          source: { system: 'api', role: 'person', reference: `key of ${person}` },
        },
      ),
    )
  }

  says(cause: string, person: string, action: string): ReturnType<typeof hear> {
    const { record, state } = this.case(cause)
    const things = thingsAbout(this.invoice)
    const heard = hear(state.said, { action, person }, things)
    const data = { exception: record.id, action, person, reason: `${person} looked` }
    if (heard.heard === 'waits') this.tell('exception.said', cause, person, { ...data, knew: things })
    if (heard.heard === 'completes')
      this.tell('exception.answered', cause, person, {
        exception: record.id,
        action,
        reason: data.reason,
        second: person,
        first: state.said!,
      })
    return heard
  }

  unsays(cause: string, person: string): void {
    const { record, state } = this.case(cause)
    if (state.said?.person === person)
      this.tell('exception.unsaid', cause, person, { exception: record.id, word: state.said.event, reason: 'a slip' })
  }

  /** Times that it is to be posted after the reversal. */
  get postsAgain(): number {
    return this.w.commands.filter(({ command, occurrence }) => command === 'invoice.post' && occurrence === '1').length
  }
}

/** Posted over another amount than was approved. */
const otherwise = (): Desk => new Desk([books(free, '5100', day(15), { amount: '120.00' })])
const reversed = (): Desk => new Desk([books(free, '5100'), storno(free, '5100', day(16))])
const [LEA, TOM, MAX] = ['person:lea', 'person:tom', 'person:max'] as const

describe('a word that needs another person', () => {
  it('waits, is shown, and moves nothing; the same of another person is the answer, with both of them and both keys', () => {
    const desk = reversed()
    expect(desk.says('posting-reversed', LEA, 'post-again')).toEqual({ heard: 'waits', says: '' })
    const { said } = desk.case('posting-reversed').state
    expect(waitingWords(said!, thingsAbout(desk.invoice))).toBe('post-again, said by lea at 2026-01-16 10:00 UTC, waits for another person')
    expect([desk.postsAgain, desk.case('posting-reversed').state.answered]).toEqual([0, null])
    expect(desk.says('posting-reversed', LEA, 'post-again')).toMatchObject({ heard: 'said-before' })
    expect(desk.says('posting-reversed', TOM, 'post-again')).toMatchObject({ heard: 'completes' })
    expect(desk.postsAgain).toBe(1)
    expect(desk.case('posting-reversed').state).toMatchObject({
      open: false,
      answered: {
        action: 'post-again',
        person: LEA,
        reason: 'person:lea looked',
        second: TOM,
        agrees: { reason: 'person:tom looked', through: ['key of person:lea', 'key of person:tom'] },
      },
    })
    expect(desk.case('posting-reversed').state.said).toBeUndefined()
  })

  it('is set aside by another person’s other word, which waits in its place', () => {
    const desk = otherwise()
    desk.says('posting-differs', LEA, 'reverse')
    expect(desk.says('posting-differs', TOM, 'accept-difference')).toEqual({
      heard: 'waits',
      says: 'lea said reverse at 2026-01-16 10:00 UTC: that is set aside.',
    })
    // Who said the first one has to say it anew: two words in a row have to agree.
    expect(desk.says('posting-differs', MAX, 'reverse')).toMatchObject({ heard: 'waits' })
    expect(desk.w.commands.filter(({ command }) => command === 'invoice.reverse')).toEqual([])
    expect(desk.says('posting-differs', LEA, 'reverse')).toMatchObject({ heard: 'completes' })
    expect(desk.w.commands.filter(({ command }) => command === 'invoice.reverse').map(({ content }) => content)).toMatchObject([
      { requestedBy: 'max', agreedBy: 'lea', reason: 'person:max looked' },
    ])
  })

  it('does not count any more when what it is about has changed; whoever says the same then is the first', () => {
    const desk = reversed()
    desk.says('posting-reversed', LEA, 'post-again')
    desk.w.submit(corrects(free, dearer, '2026-01-16T10:00:02.000Z'))
    const { said } = desk.case('posting-reversed').state
    expect(waitingWords(said!, thingsAbout(desk.invoice))).toContain('does not count any more')
    expect(desk.says('posting-reversed', TOM, 'post-again')).toEqual({
      heard: 'waits',
      says: 'What it is about has changed since lea said so at 2026-01-16 10:00 UTC: that does not count any more.',
    })
    expect(desk.postsAgain).toBe(0)
    expect(desk.says('posting-reversed', MAX, 'post-again')).toMatchObject({ heard: 'completes' })
  })

  it('counts, completed, for nothing that the first of them had not seen, though it came in the same moment', () => {
    const desk = otherwise()
    desk.says('posting-differs', LEA, 'reverse')
    const { said } = desk.case('posting-differs').state
    desk.w.submit(books(free, '5200', '2026-01-16T09:00:00.000Z', { reference: '' }))
    // As if it had been committed between looking and saying.
    desk['tell']('exception.answered', 'posting-differs', TOM, {
      exception: desk.case('posting-differs').record.id,
      action: 'reverse',
      reason: 'yes',
      second: TOM,
      first: said!,
    })
    const { knew } = reversalAsked(desk.invoice.state as unknown as InvoiceState)!
    expect([knew.includes('posting 5100'), knew.includes('posting 5200')]).toEqual([true, false])
    expect(desk.w.commands.filter(({ command }) => command === 'invoice.reverse').map(({ occurrence }) => occurrence)).toEqual(['5100'])
  })

  it('waits through a deadline: the case goes to the next owner, and the word with it', () => {
    const desk = reversed()
    desk.says('posting-reversed', LEA, 'post-again')
    const { dueAt, owner } = desk.case('posting-reversed').state
    desk.w.pass(dueAt)
    expect(desk.case('posting-reversed').state).toMatchObject({ escalations: 1, said: { person: LEA } })
    expect(desk.case('posting-reversed').state.owner).not.toBe(owner)
    expect(desk.says('posting-reversed', TOM, 'post-again')).toMatchObject({ heard: 'completes' })
  })

  it('is forgotten with its case', () => {
    const desk = reversed()
    desk.says('posting-reversed', LEA, 'post-again')
    desk.w.submit(books(free, '5200', '2026-01-16T10:00:01.000Z'))
    const { state } = desk.case('posting-reversed')
    expect([state.open, state.said]).toEqual([false, undefined])
  })
})

describe('for any words of anybody, in any order', () => {
  const RUNS = 60
  const seed = Number(process.env['WORDS_SEED'] ?? Date.now() % 1_000_000)
  const step = (people: readonly string[]): fc.Arbitrary<Step> =>
    fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({
          do: fc.constant('says' as const),
          person: fc.constantFrom(...people),
          action: fc.constantFrom('reverse', 'accept-difference'),
        }),
      },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('unsays' as const), person: fc.constantFrom(...people) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('changes' as const) }) },
    )
  type Step =
    | { readonly do: 'says'; readonly person: string; readonly action: string }
    | { readonly do: 'unsays'; readonly person: string }
    | { readonly do: 'changes' }

  const CAUSE = 'posting-differs'
  const ours = (desk: Desk): boolean => desk.case(CAUSE).state.open && desk.case(CAUSE).state.answered === null
  let changes = 0
  function take(desk: Desk, step: Step): void {
    if (step.do === 'says') desk.says(CAUSE, step.person, step.action)
    else if (step.do === 'unsays') desk.unsays(CAUSE, step.person)
    else {
      const at = new Date(Date.parse(NOW) + ++changes * 10).toISOString()
      desk.w.submit(fact('status.reported', 'ap', `status ${at}`, at, [free.ref], { system: 'ap', facet: 'status', word: `W${changes}` }))
    }
  }
  const answered = (desk: Desk): ExceptionState['answered'] => desk.case(CAUSE).state.answered
  const reverses = (desk: Desk): boolean => desk.w.commands.some(({ command }) => command === 'invoice.reverse')

  it('one person alone moves nothing', () => {
    fc.assert(
      fc.property(fc.array(step([LEA]), { maxLength: 12 }), (steps) => {
        const one = otherwise()
        for (const each of steps) take(one, each)
        expect([answered(one), reverses(one)]).toEqual([null, false])
      }),
      { numRuns: RUNS / 3, seed },
    )
  })

  it('an answer is two different persons’ who said the same, one right after the other, of the same things', () => {
    const reached = { answered: 0, waiting: 0, reversed: 0 }
    fc.assert(
      fc.property(fc.array(step([LEA, TOM, MAX]), { maxLength: 10 }), (steps) => {
        const one = otherwise()
        // What stands, as somebody would keep it who knows the rule in one sentence only.
        let last = null as { readonly person: string; readonly action: string; readonly at: number } | null
        let at = 0
        let expected = null as readonly string[] | null
        for (const each of steps) {
          if (!ours(one)) break
          take(one, each)
          if (each.do === 'changes') at += 1
          else if (each.do === 'unsays') last = last?.person === each.person ? null : last
          else if (last && last.person !== each.person && last.action === each.action && last.at === at)
            expected = [last.person, each.person, each.action]
          else last = { person: each.person, action: each.action, at }
        }
        const given = answered(one)
        expect(given && [given.person, given.second, given.action], `seed ${seed}`).toEqual(expected)
        expect(reverses(one)).toBe(expected?.[2] === 'reverse')
        reached[given ? 'answered' : 'waiting'] += 1
        if (reverses(one)) reached.reversed += 1
      }),
      { numRuns: RUNS, seed },
    )
    expect(Math.min(...Object.values(reached)), JSON.stringify(reached)).toBeGreaterThan(0)
  })

  it('what waits is never the answer by itself, whichever words the log has of one person', () => {
    const word = (person: string, action: string): Word => ({ event: 'e', action, person, reason: '', at: NOW, through: '', knew: [] })
    fc.assert(
      fc.property(
        fc.constantFrom('a', 'b'),
        fc.constantFrom('reverse', 'keep'),
        fc.constantFrom('reverse', 'keep'),
        fc.boolean(),
        (person, first, then, moved) => {
          expect(hear(word(person, first), { person, action: then }, moved ? ['x'] : []).heard).not.toBe('completes')
        },
      ),
      { seed },
    )
  })
})
