import { expect, test } from 'vitest'
import { erp } from './connector.ts'

const problems = (config: Parameters<typeof erp.readConfig>[0]): readonly string[] => {
  const read = erp.readConfig(config)
  return 'problems' in read ? read.problems : []
}

test('an address is enough; everything else has its usual value', () => {
  expect(erp.readConfig({ url: 'https://erp.example.org' })).toMatchObject({
    config: { zone: 'Europe/Berlin', user: 'hub', settleMs: 10_000, gapMs: 2_000 },
  })
})

test('everything that is wrong is said, a key that is not known by its name', () => {
  expect(problems({ url: 'ftp://x', zone: 'Mars/Base', token: '', colour: 'red' }).join('; ')).toMatch(
    /url.*zone: is no time zone.*colour|colour.*/su,
  )
  expect(problems({ url: 'ftp://x', zone: 'Mars/Base', colour: 'red' })).toHaveLength(3)
})

test('plain http stays in our own network', () => {
  expect(problems({ url: 'http://127.0.0.1:8080' })).toEqual([])
  expect(problems({ url: 'http://erp.internal' })).toEqual(['url: plain http is only for a system in our own network (network: private)'])
  expect(problems({ url: 'http://erp.internal', network: 'private' })).toEqual([])
  expect(problems({ url: 'http://127.0.0.1:8080', network: 'public' })).toHaveLength(1)
})
