import { afterAll, describe, expect, test } from 'vitest'
import { sha256 } from '../transport/sending.ts'
import type { ConnectorKind } from '../contract.ts'
import { BAD_CONNECTORS } from './bad-connectors.ts'
import { type CommandCase, PROMISES, runConformance, type Subject } from './conformance.ts'
import { modelKind } from './model-connector.ts'
import { type ModelOptions, ModelTarget, signed } from './model-target.ts'

const targets: ModelTarget[] = []
afterAll(() => Promise.all(targets.map((target) => target.stop())))

const KNOWS = { K1: 'key', K2: 'reference', K3: 'none', K4: 'none' } as const
const TOKEN = 'canary-9d1e'
const SAME = 'it is the very function that posts'

async function subject(
  of: keyof typeof KNOWS,
  kind: ConnectorKind<never> = modelKind as ConnectorKind<never>,
  options: ModelOptions = { knows: KNOWS[of], token: TOKEN },
): Promise<Subject> {
  const target = await ModelTarget.start(options)
  targets.push(target)
  const posting: CommandCase = {
    accepts: (n, amount = '10.00') => ({ reference: `inv ${n}`, party: 'acme', amount, currency: 'EUR' }),
    refuses: {
      content: (n) => ({ reference: `inv ${n}`, party: 'blocked', amount: '1.00', currency: 'EUR' }),
      words: 'Party blocked is blocked.',
    },
    truth: (key) => Promise.resolve(target.bookedUnder(key)),
    fate: (fate) => {
      target.fates.push(fate)
      return Promise.resolve()
    },
  }
  let n = 0
  return {
    kind,
    config: { url: target.url, token: 'api', class: of },
    sha256,
    secrets: { api: TOKEN },
    patienceMs: 250,
    commands: { 'invoice.post': posting },
    untried: { 'invoice.status': SAME, 'settlement.record': SAME },
    happens: (count) =>
      Promise.resolve(
        Array.from({ length: count }, () => {
          target.change({ id: `H-${++n}` })
          return `"H-${n}"`
        }),
      ),
    shows: (_table, word) => {
      target.change({ id: `S-${++n}`, status: word })
      return Promise.resolve(`"S-${n}"`)
    },
    tells: (amount) => {
      target.change({ id: `M-${++n}`, amount })
      return Promise.resolve(`"M-${n}"`)
    },
    notice(m, atMs, secret) {
      const raw = JSON.stringify({
        id: 'N-1',
        n: 900 + m,
        key: '',
        reference: '',
        party: 'acme',
        amount: '1.00',
        currency: 'EUR',
        status: 'OPEN',
      })
      return { raw: new TextEncoder().encode(raw), headers: signed(raw, Math.floor(atMs / 1_000), secret) }
    },
  }
}

describe.concurrent('the kit finds nothing wrong with a good connector', () => {
  test.each(['K1', 'K2', 'K3', 'K4'] as const)('of class %s', async (of) => {
    const results = await runConformance(await subject(of))
    expect(results.filter((result) => !result.applies || result.broken.length > 0)).toEqual([])
    expect(results.map((result) => result.promise)).toEqual(Object.keys(PROMISES))
  })
})

describe.concurrent('the kit fails a connector that', () => {
  test.each(BAD_CONNECTORS)('$name, by the promise "$breaks" and no other', async ({ kind, breaks }) => {
    const results = await runConformance(await subject('K1', kind as ConnectorKind<never>))
    expect(results.filter((result) => result.broken.length > 0).map((result) => result.promise)).toEqual([breaks])
  })

  test('every promise has a connector that breaks it', () => {
    expect([...new Set(BAD_CONNECTORS.map((bad) => bad.breaks))].toSorted()).toEqual(Object.keys(PROMISES).toSorted())
  })

  test('is given a reason for what is tried, and for what it does not declare, by "classified"', async () => {
    const given = await subject('K1')
    const results = await runConformance({ ...given, untried: { ...given.untried, 'invoice.post': SAME, 'payment.hold': SAME } })
    expect(results.filter((result) => result.broken.length > 0)).toMatchObject([
      {
        promise: 'classified',
        broken: ['invoice.post: has a case, and a reason why it has none', 'payment.hold: the kit was told of it, and it is not declared'],
      },
    ])
  })

  test.each([
    ['a class that the target does not keep', 'K3', { class: 'K2' }],
    ['settling before the target has settled', 'K3', { settleMs: 1 }],
  ] as const)('declares %s, by "once"', async (_says, of, declares) => {
    const given = await subject(of)
    const results = await runConformance({ ...given, config: { ...(given.config as { [key: string]: string }), ...declares } })
    expect(results.filter((result) => result.broken.length > 0).map((result) => result.promise)).toEqual(['once'])
  })
})
