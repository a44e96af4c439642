import { describe, expect, it } from 'vitest'
import type { Trace } from '../export/trace.ts'
import { clipped, columnsOf, padded, paintFor, plainText, wrapped } from './terminal.ts'
import { tell } from './trace.ts'
import { linesOfTrace } from './trace-page.ts'

const step = (index: number, change: Partial<Trace['steps'][number]> = {}): Trace['steps'][number] => ({
  index,
  leafHash: '0'.repeat(64),
  id: `e${index}`,
  type: 'posting.confirmed',
  says: 'booked as 5100: 119.00 EUR on 2026-01-15',
  recordedAt: '2026-01-15T08:00:00.000Z',
  occurredAt: '2026-01-15T08:00:00.000Z',
  nature: 'fact',
  system: 'erp',
  role: 'erp',
  actor: 'system:erp',
  reference: null,
  grade: 'settled',
  with: [],
  rests: [],
  controls: [],
  erased: false,
  ...change,
})
const trace = (change: Partial<Trace> = {}): Trace => ({
  asked: 'R-1',
  id: `inv_${'0'.repeat(26)}`,
  kind: 'invoice',
  title: 'invoice R-1 of Acme',
  names: [],
  more: false,
  steps: [],
  waits: [],
  commands: [],
  doubts: [],
  cells: [],
  cases: [],
  together: [],
  log: { size: 10, sealed: 8, root: 'ab'.repeat(32) },
  standing: { state: 'paid', row: null, breaches: ['approved'], rests: [], route: 'po', axes: null, amountDue: null },
  ...change,
})
const POST: Omit<Trace['commands'][number], 'tries'> = {
  command: 'invoice.post',
  target: 'erp',
  object: 'o',
  occurrence: '0',
  key: 'k'.repeat(64),
  state: 'done',
  dueAt: null,
}
const plain = (_style: string, text: string): string => text
const page = (change: Partial<Trace>): string => linesOfTrace(trace(change), plain).join('\n')

describe('the page of a trace', () => {
  it('keeps to 100 columns whatever foreign words are in it', () => {
    const long = '供应商'.repeat(40) + ' ' + 'x'.repeat(300) + ' \u001b[31mred\u202e'
    const lines = linesOfTrace(
      trace({
        title: long,
        names: [`a|b|${long}`],
        steps: [
          step(1, {
            says: long,
            system: long,
            controls: [{ id: 'S1', verdict: 'fail', says: long }],
            rests: Array.from({ length: 60 }, (_, n) => n + 2),
          }),
        ],
        waits: [{ after: 0, before: 1, ms: 5_000, for: 'erp', says: `waited 5.0 s for ${long}` }],
        cases: [
          {
            id: `exc_${'0'.repeat(26)}`,
            cause: 'x',
            title: long,
            says: long,
            owner: 'ap-lead',
            dueAt: '2026-01-15T08:00:00.000Z',
            open: true,
            actions: ['reject'],
            answered: { action: 'reject', person: 'person:a', reason: long },
            said: long,
          },
        ],
        commands: [
          {
            ...POST,
            occurrence: `${long}#x`,
            state: 'unknown',
            dueAt: '2026-01-15T08:00:00.000Z',
            tries: [
              {
                n: 1,
                requestHash: 'f'.repeat(64),
                openedAt: '2026-01-15T08:00:00.000Z',
                closedAt: null,
                ms: null,
                outcome: 'open',
                says: long,
                receipt: { reference: long },
                looks: [{ at: '2026-01-15T08:00:00.000Z', found: long }],
              },
            ],
          },
        ],
        cells: [{ system: long, facet: 'posting', expected: long, told: long, reported: long, heardAt: null }],
        together: [{ id: `ord_${'0'.repeat(26)}`, kind: 'order', title: long, state: 'x' }],
      }),
      plain,
    )
    expect(lines.filter((line) => columnsOf(line) > 100)).toEqual([])
    expect(lines.join('')).not.toMatch(/[\u0000-\u001f\u202e]/u)
  })

  it('tells tries, looks, late facts, claims and what is not sealed yet', () => {
    const text = page({
      steps: [
        step(8, { occurredAt: '2026-01-13T08:00:00.000Z' }),
        step(9, { recordedAt: '2026-01-15T08:00:03.200Z', occurredAt: '2026-01-15T08:00:01.000Z', grade: 'claimed', rests: [8] }),
      ],
      waits: [{ after: 8, before: 9, ms: 3_200, for: 'erp', says: 'waited 3.2 s for erp' }],
      commands: [
        {
          ...POST,
          tries: [
            {
              n: 1,
              requestHash: 'a'.repeat(64),
              openedAt: '2026-01-15T08:00:00.000Z',
              closedAt: '2026-01-15T08:00:05.000Z',
              ms: 5_000,
              outcome: 'unknown',
              says: 'no reply',
              receipt: null,
              looks: [
                { at: '2026-01-15T08:00:30.000Z', found: 'absent' },
                { at: '2026-01-15T08:00:40.000Z', found: 'unclear', says: 'HTTP 502' },
              ],
            },
            {
              n: 2,
              requestHash: 'b'.repeat(64),
              openedAt: '2026-01-15T08:01:00.000Z',
              closedAt: '2026-01-15T08:01:00.090Z',
              ms: 90,
              outcome: 'done',
              says: null,
              receipt: { reference: '5100' },
              looks: [],
            },
          ],
        },
      ],
    })
    expect(text).toMatch(/^Invoice R-1 of Acme: paid, not approved$/mu)
    expect(text).toMatch(/proved {8}booked as 5100: .* #8\n +\(happened 2026-01-13\)/u)
    expect(text).toMatch(/… waited 3\.2 s for erp\n.*only claimed/u)
    expect(text).toContain('[rests on #8]')
    expect(text).toMatch(/invoice\.post to erp +done after 2 tries/u)
    expect(text).toMatch(
      /try 1 {2}08:00:00\.000 {7}5\.0 s {2}unknown: no reply +request a{12}\n +looked at 08:00:30: absent\n +looked at 08:00:40: unclear \(HTTP 502\)\n +try 2 {2}08:01:00\.000 {7}90 ms {2}done as 5100/u,
    )
    expect(text).toContain('those below #8 are under a signed checkpoint')
  })

  it('tells who said each thing and how good that is, what each control came to, and what each system shows', () => {
    const cell = { heardAt: null }
    const lines = page({
      steps: [
        step(1),
        step(2, { system: 'ap', role: 'person', actor: 'person:m.keller', grade: 'acknowledged', says: 'approved' }),
        step(3, {
          system: 'tieout',
          nature: 'decision',
          says: 'checked',
          controls: [
            { id: 'S1', verdict: 'fail', says: 'Supplier K-1 is blocked.' },
            { id: 'P2', verdict: 'pass', says: 'Company 1000 takes EUR.' },
            { id: 'M7', verdict: 'not-applicable', says: 'It names no order.' },
            { id: 'T1', verdict: 'indeterminate', says: 'The tax codes are not known yet.' },
          ],
        }),
      ],
      cells: [
        { ...cell, system: 'erp', facet: 'posting', expected: 'posted', told: 'posted', reported: null },
        { ...cell, system: 'ap', facet: 'status', expected: 'paid', told: 'paid', reported: 'posted' },
        { ...cell, system: 'bank', facet: 'transmission', expected: 'transmitted', told: null, reported: null },
      ],
    }).split('\n')
    const between = (first: string, last: string): string[] =>
      lines.slice(lines.indexOf(first) + 1, lines.indexOf(last) - 1).map((line) => line.replaceAll(/ {2,}/gu, '  ').trim())
    expect(between('What happened (times in UTC)', 'What each system shows')).toEqual([
      '2026-01-15',
      '08:00:00.000  erp  proved  booked as 5100: 119.00 EUR on 2026-01-15  #1',
      '08:00:00.000  m.keller  acknowledged  approved  #2',
      '08:00:00.000  tieout  decided  checked  #3',
      'S1  failed  Supplier K-1 is blocked.',
      'P2  passed  Company 1000 takes EUR.',
      'M7  not needed  It names no order.',
      'T1  open  The tax codes are not known yet.',
    ])
    expect(between('What each system shows', 'Proof')).toEqual([
      'system  about  should show  was told  says itself',
      'erp  posting  posted  posted  -',
      'ap  status  paid  paid  posted  (behind)',
      'bank  transmission  transmitted  -  -  (behind)',
    ])
  })
})

describe('the terminal', () => {
  it('is painted only where somebody sees it', () => {
    expect(paintFor({ isTTY: true }, {})('red', 'x')).toBe('\u001b[31mx\u001b[39m')
    for (const [output, env] of [
      [{ isTTY: false }, {}],
      [{}, {}],
      [{ isTTY: true }, { NO_COLOR: '1' }],
      [{ isTTY: true }, { TERM: 'dumb' }],
    ] as const)
      expect(paintFor(output, env)('red', 'x')).toBe('x')
  })

  it('is never steered by foreign words', () => {
    expect(plainText('a\u001b[2J\u009b\r\n\u202eb\u2028')).toBe('a\\u001b[2J\\u009b\\u000d\\u000a\\u202eb\\u2028')
    let out = ''
    expect(
      tell({ found: 'none', asked: '\u001b]0;x\u0007' }, false, {
        write: (text: string) => {
          out += text
        },
      }),
    ).toBe(1)
    expect(
      tell({ found: 'one', trace: trace({ title: '\u009b31m' }) }, true, {
        write: (text: string) => {
          out += text
        },
      }),
    ).toBe(0)
    expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/u)
  })

  it('counts columns as terminals do, and wraps and fills by them', () => {
    expect([columnsOf('abc'), columnsOf('日本'), columnsOf('e\u0301'), columnsOf('😀')]).toEqual([3, 4, 1, 2])
    expect(wrapped('aa bb cc', 5)).toEqual(['aa bb', 'cc'])
    expect(wrapped('日本日本 x', 5)).toEqual(['日本', '日本', 'x'])
    expect(wrapped('', 5)).toEqual([''])
    expect(padded('日', 4)).toBe('日  ')
    expect([clipped('abcdef', 4), clipped('日本日本', 5), clipped('abcd', 4)]).toEqual(['abc…', '日本…', 'abcd'])
  })
})
