/** Files as bytes, through our readers and the law: what is not as it was released does not leave, and what does not add up is told. */
import { describe, expect, it } from 'vitest'
import { observed } from '../../src/connector/observed.ts'
import { BankConfig } from '../../src/connectors/bank/config.ts'
import { fileFacts } from '../../src/connectors/bank/file-facts.ts'
import { ErpConfig } from '../../src/connectors/erp/config.ts'
import { runFacts } from '../../src/connectors/erp/run-facts.ts'
import type { Arrival } from '../../src/domain/object.ts'
import { batch, bytesOf, camt, balance, entry, ACCOUNT as OURS, pain001, payment } from '../../src/formats/bank/sample-files.ts'
import { hexOf } from '../../src/lib/hash.ts'
import { ACCOUNT } from '../facts.ts'
import { sha256, type World } from '../world.ts'
import { openIn, worldOf } from './case.ts'
import { RELEASE_CASES } from './releases.ts'
import { approved, arrives, bill, books, company, day, NO_ORDER } from './story.ts'

type Run = Parameters<typeof runFacts>[1]

const free = bill(NO_ORDER)
const before = [...company(), arrives(free), ...approved(free), books(free, '5100')]
const account = `<CdtrAcct><Id><IBAN>${ACCOUNT}</IBAN></Id></CdtrAcct>`
const fileOf = (head: Parameters<typeof pain001>[1] = {}, payments = payment('P1', '119.00', { account })): Uint8Array =>
  pain001(batch(payments), { sum: '119.00', ...head })
const replaced = (from: string, to: string): Uint8Array => bytesOf(new TextDecoder().decode(fileOf()).replace(from, to))

const planned = (payDocNo: string): Run['payments'][number] => ({
  vendorNo: 'V1',
  payDocNo,
  amt: '119.00',
  items: [{ docNo: '5100', docType: 'KR', amt: '119.00' }],
})
const by = (...people: string[]): Pick<Run, 'releases'> => ({ releases: people.map((person) => ({ by: person, at: day(18) })) })
const runOf = (bytes: Uint8Array, change: Partial<Run> = {}, file: Partial<NonNullable<Run['file']>> = {}): Run => ({
  runNo: 'R000001',
  companyCode: '1000',
  waers: 'EUR',
  lifecycle: 'RELEASED',
  ...by('tina', 'tom'),
  payments: [planned('P1')],
  file: { name: 'MSG-1.xml', msgId: 'MSG-1', sha256: hexOf(sha256(bytes)), count: 1, ctrlSum: '119.00', ...file },
  ...change,
})

/** As the connector tells of a run and its file. */
const told = (bytes: Uint8Array, run: Run): Arrival[] =>
  runFacts({ system: 'erp', sha256, config: ErpConfig.parse({ url: 'http://127.0.0.1:1' }) }, run, bytes, day(18)).map((observation) =>
    observed('test', { system: 'erp', role: 'erp' }, observation),
  )
const transmitted = (world: World): boolean => world.commands.some(({ command }) => command === 'payment.transmit')
const filesIn = (world: World): unknown[] =>
  openIn(world)
    .filter(({ cause }) => cause === 'payment-file-differs')
    .map(({ owner, severity, open, actions }) => ({ owner, severity, open, actions }))
const WITHHELD = [{ owner: 'treasury', severity: 'critical', open: true, actions: [] }]

describe('a payment file', () => {
  it('that two people released, and that is what they released, goes to the bank', () => {
    const world = worldOf({}, [...before, ...told(fileOf(), runOf(fileOf()))])
    expect([transmitted(world), openIn(world)]).toEqual([true, []])
  })

  const short = new Uint8Array(bytesOf('<Document>'))
  const wrongIban = replaced('DE89370400440532013000', 'DE89370400440532013001')
  it.each([
    ['whose head counts two', /count-differs: message, declared 2, found 1/, fileOf({ count: '2' }), {}, {}],
    ['whose head adds up to another sum', /sum-differs: message, declared 118\.00, found 119/, fileOf({ sum: '118.00' }), {}, {}],
    ['with an account of ours that is none', /iban-wrong: batch 1/, wrongIban, {}, {}],
    ['of another MsgId than its run', /The file is MSG-1; the run says MSG-9/, fileOf(), {}, { msgId: 'MSG-9' }],
    ['of other bytes than its run', /not those that the run names/, fileOf(), {}, { sha256: 'a'.repeat(64) }],
    ['without a payment of its run', /Payment P2 of the run is not in/, fileOf(), { payments: [planned('P1'), planned('P2')] }, {}],
    ['with a payment that its run has not', /Payment P1 of the file is not in/, fileOf(), { payments: [] }, {}],
    ['that cannot be read', /The file cannot be read/, short, {}, {}],
    ['that one person released', /one person only/, fileOf(), by('tina'), {}],
    ['that one person released twice', /one person only/, fileOf(), by('tina', 'Tina '), {}],
    ['that nobody released', /Released by nobody/, fileOf(), by(), {}],
  ] as const)('%s is kept from the bank, and treasury is told why', (_which, says, bytes, change, file) => {
    const facts = [...before, ...told(bytes, runOf(bytes, change as Partial<Run>, file))]
    for (const order of [facts, facts.toReversed()]) {
      const world = worldOf({}, order)
      expect([transmitted(world), filesIn(world)]).toEqual([false, WITHHELD])
      expect(openIn(world).find(({ cause }) => cause === 'payment-file-differs')?.says).toMatch(says)
    }
  })

  it.each(RELEASE_CASES.map((given) => [given.name, given] as const))(
    '%s: treasury’s, and never sent, in whatever order it is told',
    (_name, given) => {
      for (const order of [given.facts, given.facts.toReversed()]) {
        const world = worldOf(given, order)
        expect([transmitted(world), filesIn(world)]).toEqual([false, WITHHELD])
      }
    },
  )
})

it('a statement whose entries do not lead from its first balance to its last is a case of treasury’s', () => {
  const bytes = camt(`<Stmt><Id>S-1</Id>${OURS}${balance('OPBD', '100.00')}${balance('CLBD', '70.00')}${entry('20.00', 'DBIT')}</Stmt>`)
  const read = fileFacts({ system: 'bank', sha256, config: BankConfig.parse({ put: '/in', read: '/out' }) }, bytes, 'camt053-000001.xml')
  const facts = 'observations' in read ? read.observations : []
  const world = worldOf(
    {},
    facts.map((observation) => observed('test', { system: 'bank', role: 'bank' }, observation)),
  )
  expect(openIn(world).filter(({ cause }) => cause === 'statement-incomplete')).toMatchObject([
    {
      owner: 'treasury',
      severity: 'high',
      actions: ['explained'],
      says: expect.stringMatching(/balance-differs.*declared 70, found 80/) as string,
    },
  ])
})
