import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ACCOUNT, balance, bytesOf, camt, entry } from '../../formats/bank/sample-files.ts'
import type { Observation } from '../../connector/contract.ts'
import type { FolderReply } from '../../connector/request.ts'
import { sha256 } from '../../connector/transport/sending.ts'
import { BankConfig, type Setting } from './config.ts'
import { fileFacts } from './file-facts.ts'
import { filesFeed } from './files-feed.ts'
import { fileName } from './transmit-payment.ts'

const seed = Number(process.env['TIEOUT_SEED'] ?? Date.now() % 2 ** 31)
console.log(`file-facts.test.ts: TIEOUT_SEED=${seed}`)

const setting: Setting = { system: 'bank', sha256, config: BankConfig.parse({ put: '/in', read: '/out' }) }
const facts = (bytes: Uint8Array): readonly Observation[] => {
  const read = fileFacts(setting, bytes, 'x-000001.xml')
  if ('unreadable' in read) throw new Error(read.unreadable)
  return read.observations
}
const item = (id: string, amount: string, more = '', currency = 'EUR'): string =>
  `<TxDtls><Refs><EndToEndId>${id}</EndToEndId></Refs><Amt Ccy="${currency}">${amount}</Amt><CdtDbtInd>DBIT</CdtDbtInd>${more}</TxDtls>`
const details = (items: string): string => `<NtryDtls>${items}</NtryDtls>`
const statement = (inside: string, closing = '70.00'): Uint8Array =>
  camt(`<Stmt><Id>S-1</Id>${ACCOUNT}${balance('OPBD', '100.00')}${balance('CLBD', closing)}${inside}</Stmt>`)
/** Without what a hash makes of an entry's content. */
const nameOf = (about: Observation['about']): string | undefined => about[0]?.names[0]?.replace(/ [0-9a-f]{32} /u, ' # ')
const parts = (all: readonly Observation[]): unknown[] =>
  all
    .filter((one) => one.type !== 'statement.received')
    .map(({ type, about, data }) => [
      type,
      nameOf(about)?.split('|').slice(1).join(' '),
      data['endToEndId'],
      data['amount'],
      data['direction'],
    ])

describe('entries', () => {
  test('with several payments are as many facts, each with its own amount', () => {
    expect(parts(facts(statement(entry('30.00', 'DBIT', details(item('E-1', '10.00') + item('E-2', '20.00'))))))).toEqual([
      ['statement.entry-booked', 'entry DE89370400440532013000 S-1 # 1 1', 'E-1', '10.00', 'debit'],
      ['statement.entry-booked', 'entry DE89370400440532013000 S-1 # 1 2', 'E-2', '20.00', 'debit'],
    ])
  })

  test.each([
    ['do not add up to it', item('E-1', '10.00') + item('E-2', '19.00')],
    ['are in another currency', item('E-1', '10.00') + item('E-2', '20.00', '', 'USD')],
  ])('whose payments %s stay one amount, and the statement says so', (_what, items) => {
    const all = facts(statement(entry('30.00', 'DBIT', details(items))))
    expect(parts(all)).toEqual([['statement.entry-booked', 'entry DE89370400440532013000 S-1 # 1 1', undefined, '30.00', 'debit']])
    expect(all.at(-1)?.data['findings']).toContain('items-differ: entry 1.')
  })

  test('with one payment have the entry’s amount, whatever was instructed', () => {
    expect(parts(facts(statement(entry('30.00', 'DBIT', details(item('NOTPROVIDED', '33.00', '', 'USD'))))))).toEqual([
      ['statement.entry-booked', 'entry DE89370400440532013000 S-1 # 1 1', undefined, '30.00', 'debit'],
    ])
  })

  test('that are pending, for information or of an unknown status announce and book nothing', () => {
    const all = facts(
      statement(['PDNG', 'INFO', 'WHAT'].map((status) => entry('1.00', 'DBIT', '', { status: `<Cd>${status}</Cd>` })).join('')),
    )
    expect(parts(all).map((part) => (part as string[])[0])).toEqual([
      'statement.entry-announced',
      'statement.entry-announced',
      'statement.entry-announced',
    ])
  })

  test('that give money back say which payment and why', () => {
    const back = details(
      `<TxDtls><Refs><MsgId>M-1</MsgId><EndToEndId>E-1</EndToEndId></Refs><RtrInf><Rsn><Cd>AC04</Cd></Rsn><AddtlInf>closed</AddtlInf></RtrInf></TxDtls>`,
    )
    expect(facts(statement(entry('10.00', 'CRDT', back), '110.00'))[0]?.data).toMatchObject({
      direction: 'credit',
      returns: { endToEndId: 'E-1', messageId: 'M-1', code: 'AC04', reason: 'closed' },
    })
    const bare = '<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd><SubFmlyCd>RRTN</SubFmlyCd></Fmly></Domn></BkTxCd>'
    expect(facts(statement(entry('10.00', 'CRDT', bare), '110.00'))[0]?.data['returns']).toEqual({ code: 'RRTN' })
  })

  test('of the next page are others than those of the first; a statement below zero is negative', () => {
    const paged = camt(
      `<Stmt><Id>S-1</Id><StmtPgntn><PgNb>2</PgNb><LastPgInd>true</LastPgInd></StmtPgntn>${ACCOUNT}${balance('CLBD', '5.00', 'DBIT')}${entry('1.00', 'DBIT')}</Stmt>`,
    )
    const all = facts(paged)
    expect(nameOf(all[0]?.about ?? [])).toBe('bank|entry|DE89370400440532013000 S-1 page 2 # 1 1')
    expect(all.at(-1)?.data).toMatchObject({ statement: 'S-1 page 2', opening: '', closing: '-5.00' })
  })
})

describe('a statement that is sent again under its Id', () => {
  const paying = (id: string, amount: string, more = '', on = '2026-02-28'): string =>
    entry(amount, 'DBIT', `${more}${details(item(id, amount))}`, { booked: `<Dt>${on}</Dt>` })
  const names = (...entries: string[]): (string | undefined)[] =>
    facts(statement(entries.join('')))
      .filter(({ type }) => type === 'statement.entry-booked')
      .map(({ about }) => about[0]?.names[0])

  test('with an entry that it lacked names the others as before, and none of them twice', () => {
    const [one, two] = names(paying('E-1', '10.00'), paying('E-2', '20.00'))
    const again = names(paying('E-0', '5.00'), paying('E-1', '10.0'), paying('E-2', '20.00'))
    expect(again.slice(1)).toEqual([one, two])
    expect(new Set(again).size).toBe(3)
  })

  test('with one more of two that say the same adds one', () => {
    const [one, two] = names(paying('E-1', '10.00'), paying('E-1', '10.00'))
    expect(one).not.toBe(two)
    expect(names(paying('E-0', '5.00'), ...Array.from({ length: 3 }, () => paying('E-1', '10.00'))).slice(1, 3)).toEqual([one, two])
  })

  test('may count its entries by their positions (NtryRef); what else an entry says makes it another one', () => {
    const numbered = (at: number): string => `<NtryRef>${at}</NtryRef>`
    const [one] = names(paying('E-1', '10.00', numbered(1)))
    expect(names(paying('E-0', '5.00', numbered(1)), paying('E-1', '10.00', numbered(2)))[1]).toBe(one)
    // Where Ids begin anew each year.
    expect(names(paying('E-1', '10.00', numbered(1), '2027-02-28'))).not.toContain(one)
  })
})

describe('the bank’s own reference', () => {
  const ACCOUNT_NO = 'DE89370400440532013000'
  const offered = (all: readonly Observation[]): unknown[] => all.slice(0, -1).map(({ about }) => about[0]?.offers)
  const referred = (reference: string, inside = '', more: Parameters<typeof entry>[3] = {}): string =>
    entry('10.00', 'DBIT', `<AcctSvcrRef>${reference}</AcctSvcrRef>${inside}`, more)

  test('is a name of a booked entry in its account, and another one of a reversal that repeats it', () => {
    expect(offered(facts(statement(referred('3101963431841') + referred('3101963431841', '<RvslInd>true</RvslInd>'))))).toEqual([
      [`bank|entry-reference ${ACCOUNT_NO}|3101963431841`],
      [`bank|reversal-reference ${ACCOUNT_NO}|3101963431841`],
    ])
  })

  test('decides nothing: the entry is what its statement and what it says are, and which of those that say the same', () => {
    const [first, second] = facts(statement(referred('B-1') + referred('B-1')))
    expect([first, second].map((one) => nameOf(one?.about ?? []))).toEqual([
      `bank|entry|${ACCOUNT_NO} S-1 # 1 1`,
      `bank|entry|${ACCOUNT_NO} S-1 # 2 1`,
    ])
  })

  test('of an entry with several payments is none of theirs; each may have its own', () => {
    const own = `<TxDtls><Refs><AcctSvcrRef>B-2</AcctSvcrRef><EndToEndId>E-2</EndToEndId></Refs><Amt Ccy="EUR">5.00</Amt><CdtDbtInd>DBIT</CdtDbtInd></TxDtls>`
    expect(offered(facts(statement(referred('B-1', details(item('E-1', '5.00') + own)))))).toEqual([
      undefined,
      [`bank|entry-reference ${ACCOUNT_NO}|B-2`],
    ])
  })

  test.each(['NONREF', 'NOTPROVIDED', 'x'.repeat(36), 'a\nb'])(
    'is none where it stands for none, or is none by the standard: %j',
    (reference) => {
      expect(offered(facts(statement(referred(reference))))).toEqual([undefined])
    },
  )

  test('of an announcement is not taken: the entry that is booked has the same', () => {
    expect(offered(facts(statement(referred('B-1', '', { status: '<Cd>PDNG</Cd>' }))))).toEqual([undefined])
  })
})

describe('reports', () => {
  const report = (original: string, batches = ''): Uint8Array =>
    bytesOf(
      `<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt><GrpHdr><MsgId>R</MsgId><CreDtTm>2026-03-01T06:00:00</CreDtTm></GrpHdr><OrgnlGrpInfAndSts><OrgnlMsgId>M-1</OrgnlMsgId><OrgnlMsgNmId>pain.001</OrgnlMsgNmId>${original}</OrgnlGrpInfAndSts>${batches}</CstmrPmtStsRpt></Document>`,
    )
  const of = (status: string, inside = ''): string =>
    `<OrgnlPmtInfAndSts><OrgnlPmtInfId>B</OrgnlPmtInfId>${status && `<PmtInfSts>${status}</PmtInfSts>`}${inside}</OrgnlPmtInfAndSts>`
  const told = (bytes: Uint8Array): unknown[] => facts(bytes).map(({ type, data }) => [type, data['code'] ?? data['word'], data['claims']])

  test('of an unknown code say the code and claim nothing; of a known one that decides nothing they claim what it means', () => {
    expect(told(report('<GrpSts>ZZZZ</GrpSts>'))).toEqual([['status.reported', 'ZZZZ', undefined]])
    expect(told(report('<GrpSts>RCVD</GrpSts>'))).toEqual([['status.reported', 'RCVD', 'received']])
    expect(told(report('<GrpSts>CANC</GrpSts>'))).toEqual([['payment.cancelled', undefined, undefined]])
    expect(facts(report('<GrpSts>RCVD</GrpSts>'))[0]?.occurredAt).toBe('2026-03-01T06:00:00.000Z')
  })

  test('without a status of the file give that of its only batch; a batch refused among others names no payments', () => {
    expect(told(report('', of('RJCT')))).toEqual([['payment.rejected', 'RJCT', undefined]])
    expect(told(report('<GrpSts>PART</GrpSts>', of('RJCT') + of('ACCP')))).toEqual([
      ['payment.accepted', 'PART', undefined],
      ['status.reported', 'PmtInfSts RJCT B', undefined],
    ])
    expect(
      told(
        report(
          '<GrpSts>PART</GrpSts>',
          of(
            'PART',
            '<TxInfAndSts><OrgnlEndToEndId>E-1</OrgnlEndToEndId><TxSts>RJCT</TxSts></TxInfAndSts><TxInfAndSts><TxSts>RJCT</TxSts></TxInfAndSts>',
          ),
        ),
      ),
    ).toEqual([
      ['payment.accepted', 'PART', undefined],
      ['payment.rejected', 'RJCT', undefined],
      ['status.reported', 'a payment without EndToEndId', undefined],
    ])
  })
})

test('a payment file among the bank’s files, and bytes that are nothing, are for a person', () => {
  expect(fileFacts(setting, bytesOf('hello'), 'x')).toHaveProperty('unreadable')
  expect(
    fileFacts(setting, bytesOf('<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"><CstmrCdtTrfInitn/></Document>'), 'x'),
  ).toHaveProperty('unreadable')
})

test('two MsgIds never share a file name, and every name is one that the folder takes', () => {
  const id = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 35 })
  fc.assert(
    fc.property(id, id, (a, b) => {
      const [one, other] = [fileName(a.toWellFormed()), fileName(b.toWellFormed())]
      expect(one).toMatch(/^[A-Za-z0-9][A-Za-z0-9._-]*\.xml$/u)
      expect(one === other).toBe(a.toWellFormed() === b.toWellFormed())
    }),
    { seed },
  )
  expect([fileName('../../etc'), fileName('.hidden'), fileName('a_2f'), fileName('a/')]).toEqual([
    'pain001-.._2f.._2fetc.xml',
    'pain001-.hidden.xml',
    'pain001-a_5f2f.xml',
    'pain001-a_2f.xml',
  ])
})

describe('the folder', () => {
  const feed = filesFeed(setting)
  const good = camt('')
  const half = good.subarray(0, good.length >> 1)
  const looks = setting.config.halfMs / setting.config.feedEveryMs
  /** Reads the folder until it is quiet; `folder` may grow between the calls. What stands in a file is good, unless it is said. */
  const read = (
    folder: ReadonlySet<string> | ReadonlyMap<string, Uint8Array>,
    from: string | null,
  ): { names: string[]; unreadable: string[]; cursor: string | null } => {
    const names: string[] = []
    const unreadable: string[] = []
    let cursor = from
    for (let more = true; more;) {
      const request = feed.poll(cursor)
      if (request.transport !== 'folder') throw new Error('not a folder')
      if (request.act === 'read') names.push(request.name)
      const reply: FolderReply =
        request.act !== 'read'
          ? { transport: 'folder', state: 'listed', names: [...folder.keys()].sort() }
          : folder.has(request.name)
            ? { transport: 'folder', state: 'read', bytes: folder instanceof Map ? folder.get(request.name)! : good }
            : { transport: 'folder', state: 'absent' }
      const page = feed.readPage(reply, cursor, () => new Uint8Array())
      if ('trouble' in page) throw new Error(page.trouble)
      unreadable.push(...(page.unreadable ?? []).map((one) => one.reference))
      cursor = page.cursor
      more = page.more
      expect(cursor?.length ?? 0).toBeLessThan(4_000)
    }
    return { names, unreadable, cursor }
  }
  const name = (number: number, kind = 'camt053'): string => `${kind}-${String(number).padStart(6, '0')}.xml`

  test('is read in the order of the counter, not of the names, and each file once', () => {
    const folder = new Set([name(2, 'pain002'), name(1, 'zzz'), name(3, 'camt054'), '.hidden', 'readme.txt'])
    const first = read(folder, null)
    expect(first.names).toEqual([name(1, 'zzz'), name(2, 'pain002'), name(3, 'camt054')])
    expect(read(folder, first.cursor)).toEqual({ names: [], unreadable: [], cursor: first.cursor })
  })

  test('gives a file that shows late its turn, and tells a person when one never comes', () => {
    const folder = new Set([1, 2, 4, 5].map((number) => name(number)))
    const { names, cursor } = read(folder, null)
    expect(names).toHaveLength(4)
    folder.add(name(3))
    const late = read(folder, cursor)
    expect(late).toMatchObject({ names: [name(3)], cursor: expect.stringContaining('"upTo":5') })
    for (let number = 7; number < 400; number++) folder.add(name(number))
    const after = read(folder, late.cursor)
    expect(after.names).toHaveLength(393)
    expect(after.unreadable).toEqual(['file 6'])
    expect(read(folder, after.cursor).names).toEqual([])
  })

  /** As many rounds as a file may stand half written, and what they read. */
  const rounds = (folder: ReadonlyMap<string, Uint8Array>, from: string | null, count = looks): ReturnType<typeof read> => {
    let said: ReturnType<typeof read> = { names: [], unreadable: [], cursor: from }
    for (let round = 0; round < count && said.names.length === 0; round++) said = read(folder, said.cursor)
    return said
  }

  test('reads a file that is half written again when it has had the time to become whole; others do not wait for it', () => {
    const folder = new Map([1, 2].map((number) => [name(number), number === 1 ? half : good] as const))
    const first = read(folder, null)
    expect(first).toMatchObject({ names: [name(1), name(2)], unreadable: [] })
    const waiting = rounds(folder, first.cursor, looks - 1)
    expect(waiting.names).toEqual([])
    folder.set(name(1), good)
    const whole = read(folder, waiting.cursor)
    expect(whole).toMatchObject({ names: [name(1)], unreadable: [], cursor: expect.stringContaining('"upTo":2') })
    expect(read(folder, whole.cursor)).toEqual({ names: [], unreadable: [], cursor: whole.cursor })
  })

  test('waits for as long as a file grows, gives up what stands as it was, and what is gone', () => {
    const folder = new Map([[name(1), half]])
    const first = read(folder, null)
    folder.set(name(1), good.subarray(0, half.length + 1))
    const grown = rounds(folder, first.cursor)
    expect(grown).toMatchObject({ names: [name(1)], unreadable: [] })
    const stands = rounds(folder, grown.cursor)
    expect(stands).toMatchObject({ names: [name(1)], unreadable: [name(1)], cursor: expect.stringContaining('"doubts":{}') })
    folder.set(name(2), half)
    const again = read(folder, stands.cursor)
    folder.delete(name(2))
    const gone = read(folder, again.cursor)
    expect(gone).toMatchObject({ names: [name(2)], unreadable: [name(2)] })
    expect(read(folder, gone.cursor)).toEqual({ names: [], unreadable: [], cursor: gone.cursor })
  })

  test('with more files in doubt than are remembered gives up those beyond at once', () => {
    const folder = new Map(Array.from({ length: 30 }, (_, at) => [name(at + 1), half] as const))
    const { unreadable, cursor } = read(folder, null)
    expect(unreadable).toEqual(Array.from({ length: 10 }, (_, at) => name(at + 21)))
    expect(rounds(folder, cursor).unreadable).toHaveLength(20)
  })
})
