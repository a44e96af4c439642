import { describe, expect, it } from 'vitest'
import { LANE_POLICIES } from '../domain/lane.ts'
import { configHash, policyOf, readConfig } from './config.ts'
import { windowsOf } from './delivery.ts'

const GOOD = {
  tenant: 'main',
  signer: '/s',
  publish: '/p',
  systems: { erp: { kind: 'sandbox-erp' }, ap: { kind: 'sandbox-ap' }, bank: { kind: 'sandbox-bank' } },
  parts: { erp: 'erp', ap: 'ap', bank: 'bank' },
}

describe('a configuration', () => {
  it('is read with its defaults, and has one hash whatever the order of its keys', () => {
    const config = readConfig(GOOD)
    expect(config.api).toEqual({ host: '127.0.0.1', port: 0, limits: { requests: 12_000, validations: 1_200 } })
    expect(policyOf(config).systems).toEqual({ erp: 'erp', ap: 'ap', bank: 'bank' })
    expect(configHash(readConfig(Object.fromEntries(Object.entries(GOOD).reverse())))).toBe(configHash(config))
  })

  it('says all its problems at once, and the nearest key to one that it does not know', () => {
    const bad = { ...GOOD, tenat: 'x', policy: { graceMS: 5 }, tenant: 'Main!', parts: { ...GOOD.parts, erp: 'sap' } }
    expect(() => readConfig(bad)).toThrow(/tenant: is 1 to 40 .*tenat: there is no such key; did you mean tenant\?/u)
    expect(() => readConfig(bad)).toThrow(/did you mean graceMs\?/u)
    expect(() => readConfig({ ...GOOD, parts: { ...GOOD.parts, erp: 'sap' } })).toThrow(/parts\.erp: names the system sap/u)
  })
})

describe('lanes and calendars in a configuration', () => {
  it('hold as they are ordinarily, and each key by itself may be said', () => {
    expect(readConfig(GOOD).lanes).toEqual(LANE_POLICIES)
    const { lanes } = readConfig({ ...GOOD, lanes: { posting: { deadAfter: 3, owners: { technical: 'ap-lead' } } } })
    expect(lanes.posting).toEqual({ ...LANE_POLICIES.posting, deadAfter: 3, owners: { business: 'ap-lead', technical: 'ap-lead' } })
    expect(lanes.payment).toEqual(LANE_POLICIES.payment)
    expect(policyOf(readConfig({ ...GOOD, lanes: { payment: { owners: { technical: 'treasury' } } } })).owners.payment.technical).toBe(
      'treasury',
    )
  })

  it('a system has maintenance each week and once, and hours with holidays', () => {
    const bank = {
      kind: 'sandbox-bank',
      maintenance: [
        { days: [7], from: '22:00', to: '04:00', zone: 'Europe/Berlin' },
        { from: '2026-12-31T18:00:00Z', to: '2027-01-01T06:00:00+01:00' },
      ],
      calendar: { from: '07:00', to: '18:00', zone: 'Europe/Berlin', except: ['2026-12-25'] },
    }
    const { systems } = readConfig({ ...GOOD, systems: { ...GOOD.systems, bank } })
    expect(windowsOf(systems['bank']!)).toEqual([
      bank.maintenance[0],
      { fromAt: Date.parse('2026-12-31T18:00:00Z'), toAt: Date.parse('2027-01-01T05:00:00Z') },
      { open: { ...bank.calendar, days: [1, 2, 3, 4, 5] } },
    ])
    expect(windowsOf(systems['erp']!)).toEqual([])
  })

  it('say what is wrong with a time, a zone, a date and an owner', () => {
    const wrong = (systems: object, lanes = {}): string => {
      try {
        readConfig({ ...GOOD, lanes, systems: { ...GOOD.systems, ...systems } })
        return ''
      } catch (error) {
        return (error as Error).message
      }
    }
    const bank = (more: object): object => ({ bank: { kind: 'sandbox-bank', ...more } })
    expect(wrong(bank({ calendar: { from: '7:00', to: '18:00', zone: 'Berlin', except: ['2026-02-30'] } }))).toMatch(
      /from: is a time of the day as 07:00.*zone: is no time zone as Europe\/Berlin.*except\.0: is no date/u,
    )
    expect(wrong(bank({ calendar: { from: '18:00', to: '07:00', zone: 'UTC' } }))).toMatch(/calendar: the hours end before they begin/u)
    expect(wrong(bank({ maintenance: [{ from: '2027-01-01T00:00:00Z', to: '2026-01-01T00:00:00Z' }] }))).toMatch(/maintenance\.0/u)
    expect(wrong({}, { posting: { firstMs: 10_000, longestMs: 5_000 } })).toMatch(/lanes\.posting: firstMs is more than longestMs/u)
    expect(wrong({}, { postings: {} })).toMatch(/did you mean posting\?/u)
    expect(wrong({}, { posting: { owners: { technical: 'treasry' } } })).toMatch(/there is no treasry; did you mean treasury\?/u)
  })
})
