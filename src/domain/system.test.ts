import { expect, it } from 'vitest'
import { fact } from '../../test/facts.ts'
import { sha256, World } from '../../test/world.ts'
import type { ExceptionState } from './exception.ts'
import { lawOf } from './law.ts'
import { DEFAULT_POLICY } from './policy.ts'
import { systemName } from './system.ts'

const NOW = '2026-01-15T09:00:00.000Z'
const later = (minutes: number): string => new Date(Date.parse(NOW) + minutes * 60_000).toISOString()

function stopped(cause: string): {
  w: World
  tells: (type: 'breaker.opened' | 'breaker.closed', at: string) => void
  cases: () => unknown[]
} {
  const w = new World(lawOf(DEFAULT_POLICY, sha256), NOW)
  const tells = (type: 'breaker.opened' | 'breaker.closed', at: string): void =>
    w.submit({
      ...fact('invoice.rejected', 'hub', `${type} ${at}`, at, [{ names: [systemName('erp')], create: 'system' }], { reason: '' }),
      type,
      source: { system: 'hub', role: 'hub' },
      data: { system: 'erp', cause, says: 'HTTP 503' },
    })
  tells('breaker.opened', NOW)
  const cases = (): unknown[] =>
    [...w.records.values()]
      .filter(({ kind }) => kind === 'exception')
      .map(({ state }) => state as unknown as ExceptionState)
      .map(({ cause: of, open, owner, system, says }) => [of, open, owner, system, says])
  return { w, tells, cases }
}

it('a system that does not answer is one case once that has lasted, with its name and since when, until it answers again', () => {
  const { w, tells, cases } = stopped('failing')
  w.pass(later(14))
  expect(cases()).toEqual([])
  w.pass(later(15))
  const says = 'erp has not answered since 2026-01-15 09:00 UTC; what is to be sent or asked there waits: HTTP 503'
  expect(cases()).toEqual([['system-silent', true, 'engineering', 'erp', says]])
  w.pass(later(120))
  expect(cases()).toHaveLength(1)
  tells('breaker.closed', later(121))
  expect(cases()).toEqual([['system-silent', false, 'engineering', 'erp', says]])
  tells('breaker.opened', later(122))
  w.pass(later(136))
  expect(cases()).toHaveLength(1)
})

it('a system that does not let us in is a case at once, and no other one', () => {
  const { w, cases } = stopped('credential')
  w.pass(later(60))
  expect(cases()).toMatchObject([['not-let-in', true, 'engineering', 'erp', 'HTTP 503']])
})
