/** What becomes of commands: each that waits for a person is a case, of its own, for as long as there is something to say. */
import { describe, expect, it } from 'vitest'
import {
  accepted,
  completed,
  entry,
  fact,
  granted,
  invoiceDocument,
  masterData,
  paymentRun,
  posted,
  received,
  reversed,
} from '../../test/facts.ts'
import { sha256, World } from '../../test/world.ts'
import type { BatchState } from './payment.ts'
import type { EffectInput } from './effect.ts'
import type { Kind } from './event.ts'
import type { ExceptionState } from './exception.ts'
import { CAUSES } from './exception-causes.ts'
import type { Sent } from './invoice-state.ts'
import { LANE_POLICIES } from './lane.ts'
import { lawOf } from './law.ts'
import type { EffectParts, WantedEffect } from './object.ts'
import { DEFAULT_POLICY, ownersOf, type Policy } from './policy.ts'
import { casesOfSent, commandName } from './sent.ts'

const day = (n: number): string => `2026-01-${String(n).padStart(2, '0')}T08:00:00.000Z`
const NOW = '2026-01-16T15:00:00.000Z'
const WITH_ARCHIVE = { ...DEFAULT_POLICY, systems: { ...DEFAULT_POLICY.systems, archive: 'vault' } }

class Company extends World {
  private n = 0
  readonly invoice: string
  constructor(policy: Policy = WITH_ARCHIVE, known = masterData(undefined, NOW), came = day(11)) {
    super(lawOf(policy, sha256), NOW)
    for (const one of [...known, received(invoiceDocument(), 'doc', came, 'd'.repeat(64))]) this.submit(one)
    this.invoice = this.idOfKind('invoice')
  }
  idOfKind(kind: Kind): string {
    return [...this.records.values()].find((record) => record.kind === kind)!.id
  }
  state<S>(id: string): S {
    return this.records.get(id)!.state as unknown as S
  }
  approve(): void {
    for (const one of [granted({ names: [this.invoice] }, day(13)), completed({ names: [this.invoice] }, day(14))]) this.submit(one)
  }
  command(command: string, object = ''): WantedEffect {
    return [...this.wanted.values()].find((effect) => effect.command === command && effect.object.includes(object))!
  }
  /** What delivery tells of a command. */
  ends({ target, command, object, occurrence }: EffectParts, subject: string, input: EffectInput, says = `${input} it is`): void {
    const base = fact(
      'invoice.rejected',
      'hub',
      `${input} ${++this.n}`,
      new Date(Date.parse(NOW) + this.n * 1_000).toISOString(),
      [{ names: [subject] }],
      { reason: '' },
    )
    this.submit({
      ...base,
      type:
        input === 'done'
          ? 'effect.done'
          : input === 'refused'
            ? 'effect.refused'
            : input === 'unclear'
              ? 'effect.unknown'
              : 'effect.resolved',
      source: { system: 'hub', role: 'hub' },
      data: { effect: 'k', target, command, object, occurrence, contentHash: 'h', attempt: 1, input, says },
    })
  }
  /** Open cases about commands. */
  get cases(): [cause: string, says: string][] {
    return [...this.records.values()]
      .filter(({ kind }) => kind === 'exception')
      .map(({ state }) => state as unknown as ExceptionState)
      .filter(({ open, command }) => open && command !== undefined)
      .map(({ cause, says }) => [cause, says])
  }
  get closed(): unknown[] {
    return this.log.filter(({ type }) => type === 'exception.resolved').map(({ data }) => [data['cause'], data['says']])
  }
  /** A payment file that two people have released, on its way to the bank. */
  pay(): WantedEffect {
    this.submit(posted({ names: [this.invoice] }, '5100', day(15)))
    for (const one of paymentRun('5100', 'M1', 'E1', NOW)) this.submit(one)
    return this.command('payment.transmit')
  }
}

describe('a case about a command', () => {
  it('of which nobody knew whether it happened ends when the bank proves it, says why, and is no case again', () => {
    const w = new Company()
    const file = w.pay()
    w.ends(file, file.subject, 'unclear')
    w.ends(file, file.subject, 'needs-person', 'it was there, and is not any more')
    expect(w.cases).toEqual([['outcome-unknown', 'payment.transmit@bank: it was there, and is not any more']])
    w.submit(accepted('M1', NOW))
    expect(w.cases).toEqual([])
    expect(w.closed).toEqual([['outcome-unknown', 'payment.transmit@bank: it was carried out: other news of it has come, which proves it']])
    expect(w.state<BatchState>(file.subject).sent['payment.transmit@bank']).toMatchObject({ input: 'needs-person', over: 'evidence' })
    w.submit(entry('1', day(20), 'E1'))
    expect(w.cases).toEqual([])
  })

  it('is none when the bank had proved it before nobody knew', () => {
    const w = new Company()
    const file = w.pay()
    w.submit(accepted('M1', NOW))
    w.ends(file, file.subject, 'needs-person')
    expect([w.cases, w.closed]).toEqual([[], []])
  })

  it('that was refused ends when it is not wanted any more, and is none when it is wanted and sent anew', () => {
    const w = new Company()
    w.approve()
    const post = w.command('invoice.post')
    w.ends(post, w.invoice, 'refused', 'account 4760 is locked')
    expect(w.cases).toEqual([['refused-by-target', 'invoice.post@erp: account 4760 is locked']])
    const about = [{ names: [w.invoice] }]
    w.submit(fact('invoice.rejected', 'person', 'no', '2026-01-16T16:00:00.000Z', about, { reason: 'not ours' }))
    expect(w.cases).toEqual([])
    expect(w.closed).toEqual([['refused-by-target', 'invoice.post@erp: it is not wanted any more, and is not tried again']])
    w.submit(fact('invoice.reinstated', 'person', 'yes', '2026-01-16T17:00:00.000Z', about, { reason: 'ours' }))
    expect([w.command('invoice.post').occurrence, w.cases]).toEqual(['0', []])
    w.ends(post, w.invoice, 'refused', 'account 4760 is locked still')
    expect(w.cases).toEqual([['refused-by-target', 'invoice.post@erp: account 4760 is locked still']])
  })

  it('that is in doubt stays when it is not wanted any more: it may have happened', () => {
    const w = new Company()
    w.approve()
    w.ends(w.command('invoice.post'), w.invoice, 'needs-person', 'no reply')
    w.submit(fact('invoice.rejected', 'person', 'no', '2026-01-16T16:00:00.000Z', [{ names: [w.invoice] }], { reason: 'not ours' }))
    expect(w.cases).toEqual([['outcome-unknown', 'invoice.post@erp: no reply']])
    w.submit(posted({ names: [w.invoice] }, '5100', day(15)))
    expect(w.cases).toEqual([])
  })

  it('that found another thing beside what was carried out is not answered by what proves the one', () => {
    const w = new Company()
    w.approve()
    const post = w.command('invoice.post')
    w.ends(post, w.invoice, 'done')
    w.submit(posted({ names: [w.invoice] }, '5100', day(15)))
    for (const says of ['5100 and 5101', '5100 and 5101 still']) w.ends(post, w.invoice, 'found-other', says)
    expect(w.cases).toEqual([['found-other', 'invoice.post@erp: 5100 and 5101 still']])
    const other = new Company()
    other.approve()
    other.ends(post, other.invoice, 'found-other', '5100 over 120.00')
    expect(other.cases).toEqual([['found-other', 'invoice.post@erp: 5100 over 120.00']])
    other.submit(posted({ names: [other.invoice] }, '5100', day(15), '120.00'))
    expect(other.cases).toEqual([])
  })
})

describe('of several commands of a kind', () => {
  it('one that was refused stays a case when another is done; one after the other has a case, each names its own', () => {
    const w = new Company()
    const { subject } = w.pay()
    w.submit(accepted('M1', NOW))
    const [a, b] = [w.command('document.store', 'b'.repeat(64)), w.command('document.store', 'f'.repeat(64))]
    w.ends(a, subject, 'refused', 'AX-41')
    w.ends(b, subject, 'unclear')
    expect(w.cases).toEqual([['refused-by-target', `document.store@vault ${'b'.repeat(24)}…: AX-41`]])
    w.ends(b, subject, 'refused', 'AX-42')
    expect(w.cases).toEqual([['refused-by-target', `document.store@vault ${'b'.repeat(24)}…: AX-41`]])
    w.ends(a, subject, 'done')
    expect(w.cases).toEqual([['refused-by-target', `document.store@vault ${'f'.repeat(24)}…: AX-42`]])
    w.ends(b, subject, 'done')
    expect(w.cases).toEqual([])
    expect(Object.keys(w.state<BatchState>(subject).sent)).toEqual(['document.store@vault'])
  })

  it('two reversals, two blocks: each has its case', () => {
    const w = new Company()
    for (const no of ['5100', '5101']) w.submit(posted({ names: [w.invoice] }, no, day(15)))
    const of = (postingNo: string): EffectParts => ({
      target: 'erp',
      command: 'invoice.reverse',
      object: `${w.invoice} ${postingNo}`,
      occurrence: postingNo,
    })
    w.ends(of('5100'), w.invoice, 'needs-person', 'no reply')
    w.ends(of('5101'), w.invoice, 'done')
    expect(w.cases).toEqual([['outcome-unknown', 'invoice.reverse@erp 5100: no reply']])
    w.ends(of('5100'), w.invoice, 'said-applied')
    w.submit(reversed({ names: [w.invoice] }, '5100', day(16)))
    expect(w.cases).toEqual([])
  })
})

describe('an answer that does not come', () => {
  const company = (): { w: World & Pick<Company, 'ends' | 'command'>; open: () => unknown[] } => {
    const w = new Company(DEFAULT_POLICY, [], NOW)
    const open = (): unknown[] =>
      [...w.records.values()]
        .map(({ state }) => state as unknown as ExceptionState)
        .filter((state) => state.cause === 'control-indeterminate' && state.open)
        .map(({ says, system }) => [says, system])
    return { w, open }
  }

  it('is told as what it is: the system cannot answer, or was given up; and while it is asked again nobody says so', () => {
    const { w, open } = company()
    const ask = w.command('lookup.supplier')
    expect(open()).toEqual([])
    w.ends(ask, ask.subject, 'refused', 'Several fit: V1, V2.')
    expect(open()).toEqual([['erp cannot answer: Several fit: V1, V2.', 'erp']])
    w.ends(ask, ask.subject, 'replay')
    expect(open()).toEqual([])
    w.pass('2026-01-16T15:30:00.000Z')
    const waiting = open()
    expect(waiting).toEqual([[expect.not.stringContaining('cannot answer'), null]])
    w.ends(ask, ask.subject, 'exhausted', 'HTTP 503')
    expect(open()).toEqual([['erp was asked, gave no answer and is not asked any more: HTTP 503', 'erp']])
  })

  it('that a system gave up on is a case of whoever operates it, until it is asked again or answers; one that cannot answer is none', () => {
    const { w } = company()
    const operators = (): unknown[] =>
      [...w.records.values()]
        .map(({ state }) => state as unknown as ExceptionState)
        .filter(({ cause, open }) => cause === 'system-silent' && open)
        .map(({ owner, system, says }) => [owner, system, says])
    const ask = w.command('lookup.supplier')
    w.ends(ask, ask.subject, 'refused', 'Several fit: V1, V2.')
    expect(operators()).toEqual([])
    w.ends(ask, ask.subject, 'exhausted', 'HTTP 503')
    const silent = [
      'engineering',
      'erp',
      'erp has given no answer about Acme GmbH (supplier) since 2026-01-16 15:00 UTC, and is not asked any more: HTTP 503',
    ]
    expect(operators()).toEqual([silent])
    w.ends(ask, ask.subject, 'replay')
    expect(operators()).toEqual([])
    w.ends(ask, ask.subject, 'exhausted', 'HTTP 503')
    expect(operators()).toEqual([silent])
    for (const one of masterData(NOW, '2026-01-16T16:00:00.000Z')) w.submit(one)
    expect(operators()).toEqual([])
  })

  it('to what another invoice asks is none of this one’s', () => {
    const { w, open } = company()
    const ask = w.command('lookup.entity')
    for (const what of ['tax-code S 7', 'tax-code S 19', 'period 2025-12']) {
      const asked = { what, since: NOW, names: [], name: 'Us AG', by: 'api' }
      w.submit(fact('reference.asked', 'hub', what, NOW, [{ names: [ask.subject] }], asked as never))
    }
    const refuse = (command: 'lookup.tax-code' | 'lookup.period', question: string): void => {
      w.ends({ ...ask, command, occurrence: `${question}#${NOW}` }, ask.subject, 'refused', 'no such thing')
    }
    refuse('lookup.tax-code', 'tax-code S 7')
    refuse('lookup.period', 'period 2025-12')
    expect(open()).toEqual([])
    refuse('lookup.tax-code', 'tax-code S 19')
    expect(open()).toEqual([['erp cannot answer: no such thing', 'erp']])
  })
})

const sent = (input: EffectInput, more: Partial<Sent> = {}): Sent => ({
  occurrence: '0',
  input,
  contentHash: 'h',
  event: `e ${input}`,
  at: '2026-11-28T12:00:00.000Z',
  says: null,
  dead: false,
  receipt: null,
  ...more,
})
const owners = { ...ownersOf(LANE_POLICIES), payment: { business: 'ap-lead', technical: 'treasury' } } as const
const wanting = (command: WantedEffect['command'], target: string, object = 'inv_1'): WantedEffect => ({
  command,
  target,
  object,
  occurrence: '0',
  subject: 'inv_1',
  content: {},
})

it('what became of a command is whose case its lane says; what was given up in doubt is asked about, not tried again', () => {
  const effects = [wanting('invoice.post', 'erp'), wanting('payment.transmit', 'bank')]
  const cases = casesOfSent(
    owners,
    {
      'invoice.post@erp': sent('refused', { says: 'period closed' }),
      'payment.transmit@bank': sent('exhausted', { dead: true, says: 'HTTP 409', event: 'e dead' }),
      'settlement.record@erp': sent('exhausted', { says: '31 calls and no clear answer' }),
      'invoice.submit@ap': sent('found-other'),
      'payment.hold@erp': sent('needs-person'),
      'invoice.status@ap': sent('done'),
      'evidence.store@archive': sent('unclear'),
    },
    { effects, marks: [] },
  )
  expect(cases).toEqual([
    { cause: 'refused-by-target', says: 'invoice.post@erp: period closed', owner: 'ap-lead', system: 'erp', command: 'invoice.post@erp 0' },
    {
      cause: 'dead-letter',
      says: 'payment.transmit@bank: HTTP 409',
      owner: 'treasury',
      system: 'bank',
      command: 'payment.transmit@bank 0',
    },
    {
      cause: 'outcome-unknown',
      says: 'settlement.record@erp: 31 calls and no clear answer',
      owner: 'engineering',
      system: 'erp',
      command: 'settlement.record@erp 0',
    },
    { cause: 'found-other', says: 'invoice.submit@ap: ', owner: 'ap-lead', system: 'ap', command: 'invoice.submit@ap 0' },
    {
      cause: 'outcome-unknown',
      says: 'payment.hold@erp: no clear answer',
      owner: 'engineering',
      system: 'erp',
      command: 'payment.hold@erp 0',
    },
  ])
  for (const { cause } of cases)
    expect(CAUSES[cause].actions).toContain(cause === 'refused-by-target' || cause === 'dead-letter' ? 'try-again' : 'it-happened')
})

it('what was folded before each had a place of its own is found by its kind, and told once', () => {
  const old = { 'document.store@vault': sent('refused') }
  const store = wanting('document.store', 'vault', `bat_1 ${'d'.repeat(64)}`)
  expect(casesOfSent(owners, old, { effects: [store], marks: [] })).toMatchObject([{ command: 'document.store@vault 0' }])
  expect(casesOfSent(owners, old, { effects: [], marks: [] })).toMatchObject([{ over: 'withdrawn' }])
  const own = { ...old, [`document.store@vault ${'d'.repeat(64)}`]: sent('refused') }
  expect(casesOfSent(owners, own, { effects: [store], marks: [] })).toMatchObject([{ command: commandName(store) }])
})
