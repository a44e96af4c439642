import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { corpus } from '../../../test/corpora.ts'
import { ARITHMETIC_RULES, checkArithmetic, type ArithmeticFacts } from '../../domain/arithmetic.ts'
import { readTree, type XmlNode } from '../xml/tree.ts'
import { sha256 } from '../../store/sha256.ts'
import { invoiceFigures } from './read-invoice.ts'

/**
 * The official unit tests of CEN/TC 434: for each rule, small partial documents with the verdict that the official validation
 * gives. Only the rules of arithmetic are looked at.
 */
const folder = corpus('cen-en16931')

/** The official verdict that we do not share: file#test → why. */
const DIFFERS: Readonly<Record<string, string>> = {}

interface Case {
  readonly where: string
  readonly rule: string
  readonly fails: boolean
  readonly document: XmlNode
}

/** Where the tests of each root stand. */
const FOLDERS = { Invoice: 'Invoice-unit-UBL', CreditNote: 'CreditNote-unit-UBL', CrossIndustryInvoice: 'cii' } as const

function casesOf(kind: keyof typeof FOLDERS): Case[] {
  const path = join(folder ?? '', 'test', FOLDERS[kind])
  return readdirSync(path)
    .sort()
    .flatMap((file) => {
      const tree = readTree(readFileSync(join(path, file)))
      if ('refused' in tree) throw new Error(`${file}: ${JSON.stringify(tree.refused)}`)
      return tree.root.children
        .filter((child) => child.local === 'test')
        .flatMap((one, at): Case[] => {
          const document = one.children.find((child) => child.local === kind)
          const verdicts = one.children.find((child) => child.local === 'assert')?.children ?? []
          return verdicts
            .filter(({ local, text }) => document && /^(success|error)$/.test(local) && ARITHMETIC_RULES.includes(text.trim()))
            .map(({ local, text }) => ({
              where: `${FOLDERS[kind]}/${file}#${at + 1}`,
              rule: text.trim(),
              fails: local === 'error',
              document: document as XmlNode,
            }))
        })
    })
}

describe.skipIf(folder === undefined)('the official unit tests of the arithmetic rules', () => {
  test('each partial document gets the official verdict', () => {
    const wrong: string[] = []
    const seen = new Map<string, { success: number; error: number }>()
    const differing = new Set<string>()
    const cases = { UBL: [...casesOf('Invoice'), ...casesOf('CreditNote')], CII: casesOf('CrossIndustryInvoice') }
    for (const { where, rule, fails, document } of [...cases.UBL, ...cases.CII]) {
      const count = seen.get(rule) ?? { success: 0, error: 0 }
      seen.set(rule, count)
      count[fails ? 'error' : 'success']++
      const findings = checkArithmetic(invoiceFigures(sha256, document) as ArithmeticFacts).filter((finding) => finding.rule === rule)
      if (findings.length > 0 === fails) continue
      if (DIFFERS[where] !== undefined) differing.add(where)
      else wrong.push(`${where} ${rule}: officially ${fails ? 'an error' : 'a success'}, ours ${JSON.stringify(findings)}`)
    }
    const total = [...seen.values()].reduce((sum, { success, error }) => sum + success + error, 0)
    console.log(
      `official arithmetic: ${total} verdicts compared (${cases.UBL.length} UBL, ${cases.CII.length} CII) for ${seen.size} rules, ${differing.size} differ by name; without any: ${ARITHMETIC_RULES.filter((rule) => !seen.has(rule)).join(' ') || 'none'}`,
    )
    expect(wrong).toEqual([])
    expect([...differing]).toEqual(Object.keys(DIFFERS))
    expect([cases.UBL.length, cases.CII.length]).toEqual([253, 9])
  })
})
