import { describe, expect, it } from 'vitest'
import { configHash, policyOf, readConfig } from './config.ts'

const GOOD = { tenant: 'main', signer: '/s', publish: '/p', systems: { erp: { kind: 'sandbox-erp' }, ap: { kind: 'sandbox-ap' }, bank: { kind: 'sandbox-bank' } }, parts: { erp: 'erp', ap: 'ap', bank: 'bank' } }

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
