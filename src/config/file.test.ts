import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { Fault } from '../lib/fault.ts'
import { readConfig } from './config.ts'
import { readConfigFile } from './file.ts'
import { configKeys } from './keys.ts'
import { secretOf, secretProblem } from './secret.ts'
import { configTemplate } from './template.ts'

const folder = mkdtempSync(join(tmpdir(), 'tieout-config-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})
const file = (text: string): string => {
  const path = join(folder, 'tieout.yaml')
  writeFileSync(path, text)
  return path
}
/** What is said of it, without the file's name. */
function wrong(text: string): string[] {
  try {
    readConfigFile(file(text))
    return []
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'config-not-valid') throw error
    return (error.detail ?? '').split('\n').map((line) => line.replace(`${folder}/tieout.yaml:`, ''))
  }
}

const GOOD = `tenant: main
signer: ./signer
publish: /var/published
systems:
  erp: { kind: sandbox-erp }
  ap: { kind: sandbox-ap }
  bank:
    kind: sandbox-bank
    config: { put: /a, read: /b }
parts: { erp: erp, ap: ap, bank: bank }
`

describe('a configuration file', () => {
  it('is read with folders beside it, and knows the line of each place', () => {
    const { config, lineOf } = readConfigFile(file(GOOD))
    expect([config.signer, config.publish]).toEqual([join(folder, 'signer'), '/var/published'])
    expect([
      lineOf(['systems', 'bank', 'kind']),
      lineOf(['systems', 'bank', 'config', 'read']),
      lineOf(['parts', 'ap']),
      lineOf(['policy', 'graceMs']),
    ]).toEqual([8, 9, 10, undefined])
    expect(readConfigFile(file(JSON.stringify(config))).config).toEqual(config)
  })

  it('tells everything that is wrong at once, in the order of its lines, with the nearest key', () => {
    expect(
      wrong(
        `${GOOD.replace('main', 'Main!').replace('kind: sandbox-bank', 'kin: sandbox-bank')}polcy: {}\npolicy:\n  graceMS: 5\n  match: { absolute: 0.05, bps: 1 }\n  evidence: { after: [approved] }\napi:\n  port: eighty\n`,
      ),
    ).toEqual([
      '1: tenant: is 1 to 40 characters of a-z, 0-9 and -.',
      '7: systems.bank.kind: is missing.',
      '8: systems.bank.kin: there is no such key; did you mean kind?',
      '11: polcy: there is no such key; did you mean policy?',
      '13: policy.graceMS: there is no such key; did you mean graceMs?',
      '14: policy.match.absolute: expected string, received number.',
      expect.stringMatching(/^15: policy\.evidence\.after\.0: /u),
      '17: api.port: expected number, received string.',
    ])
    expect(wrong(GOOD.replace('erp: erp', 'erp: sap'))).toEqual([
      '10: parts.erp: names the system sap, which is not under systems (erp, ap, bank).',
    ])
  })

  it.each([
    ['what is no YAML', 'tenant: [main', /^1: |^2: /u],
    ['a key twice', `${GOOD}tenant: other\n`, /^11: .*unique/u],
    ['anchors', GOOD.replace('{ kind: sandbox-ap }', '*x').replace('{ kind: sandbox-erp }', '&x { kind: sandbox-erp }'), /anchors/u],
    ['a list', '- 1', /^1: the top: /u],
    ['nothing', '', /^1: the top: /u],
    ['a tag that it does not know', GOOD.replace('main', '!!js/function main'), /^1: /u],
  ])('refuses %s', (_name, text, says) => {
    expect(wrong(text)[0]).toMatch(says)
  })

  it('that is not there is said with what to do', () => {
    expect(() => readConfigFile(join(folder, 'none.yaml'))).toThrow(/none\.yaml cannot be read: is it there\? tieout init writes one\./u)
  })
})

describe('what tieout init writes', () => {
  it('is right as it stands, and right with every comment taken away but for the words', () => {
    expect(wrong(configTemplate())).toEqual([])
    const all = configTemplate()
      .split('\n')
      .map((line) => line.replace(/^( *)# (?=( *[a-zA-Z-]+:( |$)))/u, '$1'))
      .filter((line) => !/^ *#/u.test(line))
      .map((line) => line.replace('erp | procurement', 'erp'))
      .join('\n')
    const read = readConfigFile(file(all.replace(/^systems:$/mu, 'systems:\n  procurement: { kind: x }\n  archive: { kind: x }')))
    expect(read.config.policy).toEqual({ ...readConfig({ ...read.config, policy: {} }).policy, ordersHeldBy: 'erp' })
    for (const { key } of configKeys().filter(({ key: name }) => !name.includes('*')))
      expect(read.lineOf(key.split('.')), key).toBeGreaterThan(0)
  })
})

describe('a secret', () => {
  it('is named: in the environment, or in a file that is read each time', () => {
    const path = join(folder, 'token')
    writeFileSync(path, 'one\n')
    expect([secretOf('env:TOKEN', { TOKEN: 'x' }), secretOf('TOKEN', { TOKEN: 'x' }), secretOf(`file:${path}`, {})]).toEqual([
      'x',
      'x',
      'one',
    ])
    writeFileSync(path, 'two')
    expect(secretOf(`file:${path}`)).toBe('two')
    expect(secretProblem('env:TOKEN', {})).toBe('the environment variable TOKEN is not set')
    expect(secretProblem(`file:${path}.none`)).toMatch(/is empty or cannot be read$/u)
  })

  it('that stands in the file itself is refused and not repeated', () => {
    expect(secretOf('eyJhbGciOi.secret')).toBeUndefined()
    expect(secretProblem('eyJhbGciOi.secret')).toBe('a secret is named, never written here: env:NAME or file:PATH')
  })
})
