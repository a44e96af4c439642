/** What people see to the end, on real folders, before a stand-in for the hub that asks them and a bank whose books are written by hand. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Dice } from '../dice.ts'
import type { Fact } from '../checks/evidence.ts'
import { FolderLink } from '../links/folder-link.ts'
import type { World } from '../world/world.ts'
import type { Stage } from './case.ts'
import { takeAway, tear } from './files.ts'

let folder: string
let out: FolderLink
let back: FolderLink
let asked: readonly object[]
let told: string[]
let happened: string[]
let excused: string[]
let bank: readonly Fact[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tieout-files-'))
  out = new FolderLink(join(folder, 'hub-out'), join(folder, 'bank-in'))
  back = new FolderLink(join(folder, 'bank-out'), join(folder, 'hub-in'))
  asked = []
  bank = []
  ;[told, happened, excused] = [[], [], []]
})
afterEach(() => {
  out.close()
  back.close()
  rmSync(folder, { recursive: true, force: true })
})

const hub = { process: { kill: (signal: string) => happened.push(signal) } }
const line = (what: string, key: string, row: Fact['row']) => ({
  n: 1,
  at: '',
  op: '',
  facts: [{ what, verb: VERBS[what] ?? '', key, row }],
})
const VERBS: Readonly<Record<string, string>> = { DOCUMENT: 'BOOKED', PAYMENT: 'INSTRUCTED', FILE: 'TAKEN' }
const ERP = [
  line('DOCUMENT', '51', { vendorDocNo: 'A-1' }),
  line('DOCUMENT', '52', { vendorDocNo: 'A-2' }),
  line('PAYMENT', 'p', { endToEndId: 'ZP1', items: [{ docNo: '51' }] }),
]
const stage = (): Stage => ({
  world: {
    company: { files: { out, back } },
    hubs: [hub, hub],
    history: { did: (what: string, detail: string) => happened.push(`${what} ${detail}`) },
    bringUp: async () => {},
    ask: async (path: string) =>
      path.startsWith('/v1/exceptions')
        ? { exceptions: asked }
        : path.startsWith('/v1/objects/')
          ? { names: [path.endsWith('bat_1') ? 'public|payment-file|M1' : 'public|payment-file|M2'] }
          : { running: null, last: told.some((one) => one.includes('sweeps')) ? { endedAt: '2026-01-05T10:00:00.000Z' } : null },
    tell: async (path: string, body: { readonly action?: string }) => told.push(`${path} ${body.action ?? ''}`.trim()) > 0,
    books: () => ({ erp: ERP, bank: bank.map((fact) => ({ n: 1, at: '', op: '', facts: [fact] })) }),
  } as unknown as World,
  dice: new Dice(1, 'files'),
  bills: [],
  lastsMs: 0,
  excuse: (billNo) => excused.push(billNo),
})
/** Whole or not at all, as both sides do. */
const put = (link: FolderLink, name: string, text: string): void => {
  writeFileSync(join(link.from, `.${name}.tmp`), text)
  renameSync(join(link.from, `.${name}.tmp`), join(link.from, name))
}
const STATEMENT = 'camt053-000004.xml'
const arrivedAs = (name: string): string | undefined => {
  const path = join(back.to, name)
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined
}

test('half a statement is completed when its people were asked, and read again; then their case is over', async () => {
  const { met, end } = await tear('camt053', 'completed')(stage())
  put(back, STATEMENT, 'statement!')
  await expect.poll(() => arrivedAs(STATEMENT)).toBe('state')
  asked = [
    { id: 'exc_0', version: 1, about: 'doc_0', says: 'half a bill: it ends early' },
    { id: 'exc_1', version: 3, about: 'doc_1', says: `${STATEMENT}: it ends early` },
  ]
  await expect.poll(() => met?.()).toBe(1)
  expect(await end()).toBe(1)
  expect(arrivedAs(STATEMENT)).toBe('statement!')
  expect(told).toEqual(['/v1/systems/bank/sweeps', '/v1/exceptions/exc_1/answers explained'])
  expect(happened).toEqual([`torn ${STATEMENT}`, `mended ${STATEMENT}`])
})

test('half a statement that stays so comes anew under another number', async () => {
  const { end } = await tear('camt053', 'sent anew')(stage())
  put(back, STATEMENT, 'statement!')
  await expect.poll(() => arrivedAs(STATEMENT)).toBe('state')
  asked = [{ id: 'exc_1', version: 3, about: 'doc_1', says: `${STATEMENT}: it ends early` }]
  expect(await end()).toBe(1)
  expect([arrivedAs(STATEMENT), arrivedAs('camt053-900004.xml')]).toEqual(['state', 'statement!'])
  expect(told).toEqual(['/v1/exceptions/exc_1/answers explained'])
})

test.each([
  ['fetched', true, 'it-happened', []],
  ['lost', false, 'it-did-not', ['did not happen pain001-M1.xml']],
] as const)(
  'of a payment file that was %s people say what is in the bank’s books, and its reports wait for them',
  async (how, took, says, also) => {
    const { end } = await takeAway(how)(stage())
    put(out, 'pain001-M1.xml', '<MsgId>M1</MsgId><EndToEndId>ZP1</EndToEndId>')
    await expect.poll(() => happened.length).toBe(3)
    expect(happened).toEqual(['SIGKILL', 'SIGKILL', `${how} pain001-M1.xml`])
    expect([readdirSync(out.from), readdirSync(out.to), excused]).toEqual([[], took ? ['pain001-M1.xml'] : [], ['A-1']])
    put(back, STATEMENT, 'statement!')
    asked = [
      { id: 'exc_2', version: 1, about: 'bat_2', says: 'another file' },
      { id: 'exc_1', version: 2, about: 'bat_1', says: 'nobody knows' },
    ]
    if (took) {
      await expect.poll(() => back.hits).toBeGreaterThan(0)
      expect(told).toEqual([])
      bank = [{ what: 'FILE', verb: 'TAKEN', key: 'pain001-M1.xml', row: {} }]
    }
    await expect.poll(() => told).toEqual([`/v1/exceptions/exc_1/answers ${says}`])
    expect(arrivedAs(STATEMENT)).toBeUndefined()
    expect(await end()).toBe(1)
    expect(happened.slice(3)).toEqual(also)
    await expect.poll(() => arrivedAs(STATEMENT)).toBe('statement!')
  },
)

test.each([
  ['a file to tear', tear('pain002', 'completed')],
  ['a file to take', takeAway('lost')],
])('without %s nothing is met, and nothing is torn or taken afterwards', async (_what, begin) => {
  const { end } = await begin(stage())
  expect(await end()).toBe(0)
  put(back, 'pain002-000001.xml', 'report')
  put(out, 'pain001-M1.xml', 'pay')
  await expect.poll(() => arrivedAs('pain002-000001.xml')).toBe('report')
  await expect.poll(() => readdirSync(out.to)).toEqual(['pain001-M1.xml'])
  expect([told, happened]).toEqual([[], []])
})
