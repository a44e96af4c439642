import { createHash } from 'node:crypto'
import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { XMLParser } from 'fast-xml-parser'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { until, Workshop, type Answer, type System } from '../testing.ts'
import { claim, SETUP } from './fixture.ts'

const shop = new Workshop()
afterAll(() => shop.clear())

async function erp(...args: string[]): Promise<System> {
  const system = await shop.start('erp', ['--data', await shop.folder(), ...args])
  expect((await system.call('PUT', '/setup', SETUP)).status).toBe(200)
  return system
}

async function posted(system: System, more: Record<string, unknown> = {}): Promise<string> {
  const answer = await system.call('POST', '/documents', claim(more))
  expect(answer.text).toContain('docNo')
  return answer.body.docNo as string
}

async function releasedRun(system: System, more: Record<string, unknown> = {}): Promise<Answer['body']> {
  const run = await system.call('POST', '/runs', { companyCode: '1000', waers: 'EUR', dueBy: '2030-01-01', proposedBy: 'a.clerk', ...more })
  await system.call('POST', `/runs/${run.body.runNo}/release`, { by: 't.meyer' })
  return (await system.call('POST', `/runs/${run.body.runNo}/release`, { by: 'u.katz' })).body
}

const confirmation = (amt: string): unknown => ({ bankRef: 'B-1', bookedOn: '2026-02-12', amt, waers: 'EUR', extRef: 'alloc-1', by: 'test' })

describe('documents', () => {
  let system: System
  beforeAll(async () => { system = await erp() })

  test('a posted document is read back with its number, amounts and what the poster wrote on it', async () => {
    const docNo = await posted(system, { zFields: { ZZPOLICY: 'p-7' }, grossAmt: '119', netAmt: '100.0' })
    const { body } = await system.call('GET', `/documents/${docNo}`)
    expect(body).toMatchObject({ docNo, lifecycle: 'BOOKED', grossAmt: '119.00', openAmt: '119.00', extRef: 'ref-1', fiscalYear: 2026, periodNo: 1, zFields: { ZZPOLICY: 'p-7' } })
  })

  test('the same reference posted twice books two documents', async () => {
    const [one, two] = [await posted(system, { extRef: 'twice' }), await posted(system, { extRef: 'twice' })]
    expect(one).not.toBe(two)
    const found = await system.call('GET', '/documents?extRef=twice')
    expect(found.body.rows.map((row: { docNo: string }) => row.docNo)).toEqual([one, two])
  })

  test.each([
    ['F5-101', { companyCode: '9' }], ['F5-117', { vendorNo: 'K-9' }], ['F5-210', { grossAmt: '119.01' }], ['F5-211', { netAmt: '99.00', grossAmt: '118.00' }],
    ['F5-212', { waers: 'JPY', netAmt: '100.5', grossAmt: '119.5' }], ['F5-201', { items: [{ glAccount: '1', taxKey: 'X', netAmt: '100' }] }],
    ['F5-286', { postingDate: '2025-12-31' }], ['M8-301', { items: [{ glAccount: '1', netAmt: '100', poNo: '77' }] }],
    ['M8-301', { vendorNo: 'K-2', items: [{ glAccount: '1', netAmt: '100', poNo: '4500000001' }] }],
    ['M8-302', { items: [{ glAccount: '1', netAmt: '100', poNo: '4500000001', poItem: '99' }] }],
  ])('%s is the refusal of %j, and nothing is booked', async (msgId, more) => {
    const before = await system.books()
    const answer = await system.call('POST', '/documents', claim(more))
    expect(answer.status).toBe(422)
    expect(answer.body.msgs.map((msg: { msgId: string }) => msg.msgId)).toContain(msgId)
    expect(await system.books()).toHaveLength(before.length)
  })

  test('a missing field, an unknown one and a misspelt filter are malformed', async () => {
    const answer = await system.call('POST', '/documents', { ...claim(), waers: undefined, colour: 'red' })
    expect([answer.status, answer.body.msgs.map((msg: { field: string }) => msg.field).toSorted()]).toEqual([400, ['colour', 'waers']])
    expect((await system.call('GET', '/documents?extref=ref-1')).status).toBe(400)
    expect((await system.call('POST', '/documents', '{"half":')).status).toBe(400)
  })

  test('a reversal needs two persons, happens once and closes the document', async () => {
    const docNo = await posted(system)
    const storno = (agreedBy: string): Promise<Answer> => system.call('POST', `/documents/${docNo}/storno`, { reason: '01', requestedBy: 'a', agreedBy })
    expect((await storno('a')).status).toBe(422)
    expect((await storno('b')).body.stornoDocNo).toMatch(/^59\d{8}$/)
    expect((await storno('b')).body.msgs[0].msgId).toBe('F5-361')
    expect((await system.call('GET', `/documents/${docNo}`)).body).toMatchObject({ lifecycle: 'STORNO', openAmt: '0.00' })
  })

  test('a shut period refuses until it is open again', async () => {
    const gate = (state: string): Promise<Answer> => system.call('PUT', '/posting-periods/1000/2026/3/gate', { gate: state, by: 'a' })
    await gate('SHUT')
    expect((await system.call('POST', '/documents', claim({ postingDate: '2026-03-05' }))).body.msgs[0].msgId).toBe('F5-286')
    await gate('OPEN')
    await posted(system, { postingDate: '2026-03-05' })
  })

  test('a parked document is in the ledger only after it is booked', async () => {
    const docNo = await posted(system, { park: true })
    expect((await system.call('GET', `/documents/${docNo}`)).body).toMatchObject({ lifecycle: 'PARKED', openAmt: '0.00' })
    expect((await system.call('POST', `/documents/${docNo}/book`, { by: 'a' })).body.lifecycle).toBe('BOOKED')
    expect((await system.call('GET', `/documents/${docNo}`)).body.openAmt).toBe('119.00')
  })

  test('lookups find vendors by tax number or account however they are written, tax keys by rate, periods by day', async () => {
    expect((await system.call('GET', '/vendors?iban=nl91%20ABNA%200417164300')).body.rows[0].vendorNo).toBe('K-2')
    expect((await system.call('GET', '/company-codes?vatReg=de%20136695976')).body.rows[0].companyCode).toBe('1000')
    expect((await system.call('GET', '/tax-keys?companyCode=1000&category=S&pct=19.00')).body.rows[0].taxKey).toBe('S-19')
    expect((await system.call('GET', '/posting-periods?companyCode=1000&on=2026-02-14')).body.rows[0].periodNo).toBe(2)
    expect((await system.call('GET', '/purchase-orders/1000/4500000001')).body.items[0].price).toBe('12.50')
    expect((await system.call('GET', '/vendors/none')).status).toBe(404)
  })

  test('attaching twice keeps two attachments', async () => {
    const docNo = await posted(system)
    for (const _ of [1, 2]) await system.call('POST', `/documents/${docNo}/attachments`, { title: 'e', mime: 'text/plain', sha256: '0'.repeat(64), extRef: 'x', by: 'a' })
    expect((await system.call('GET', `/documents/${docNo}/attachments?extRef=x`)).body.rows).toHaveLength(2)
  })
})

describe('payment runs', () => {
  test('one payment per vendor with the credit memo netted in, and a file that says the same', async () => {
    const system = await erp()
    await posted(system, { vendorDocNo: 'RE-1' })
    await posted(system, { vendorDocNo: 'RE-2' })
    await posted(system, { vendorDocNo: 'GS-3', docType: 'KG', netAmt: '50.00', taxAmt: '9.50', grossAmt: '59.50', items: [{ glAccount: '476000', netAmt: '50.00' }] })
    await posted(system, { vendorNo: 'K-2', vendorDocNo: 'RE-4' })
    await posted(system, { vendorNo: 'K-2', vendorDocNo: 'RE-5', payBlock: 'A' })
    await posted(system, { vendorNo: 'K-2', vendorDocNo: 'RE-6', payMethod: 'E' })
    const run = await releasedRun(system, { batchBooking: false })
    expect(run).toMatchObject({ lifecycle: 'RELEASED', file: { count: 2, ctrlSum: '297.50' } })
    expect(run.leftOut).toEqual([{ docNo: expect.any(String), why: 'PAY_BLOCK' }])

    const file = await system.call('GET', `/runs/${run.runNo}/file`)
    expect(createHash('sha256').update(file.text).digest('hex')).toBe(run.file.sha256)
    expect(file.headers.get('x-file-sha256')).toBe(run.file.sha256)
    const parser = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '@', parseTagValue: false, isArray: (name) => ['CdtTrfTxInf', 'Strd'].includes(name) })
    const { GrpHdr, PmtInf } = parser.parse(file.text).Document.CstmrCdtTrfInitn
    expect(GrpHdr).toMatchObject({ MsgId: run.file.msgId, NbOfTxs: '2', CtrlSum: '297.50' })
    expect(PmtInf).toMatchObject({ BtchBookg: 'false', CtrlSum: '297.50', ReqdExctnDt: { Dt: run.executeOn } })
    expect(PmtInf.CdtTrfTxInf[0]).toMatchObject({
      PmtId: { EndToEndId: run.payments[0].payDocNo }, Amt: { InstdAmt: { '#text': '178.50', '@Ccy': 'EUR' } }, Cdtr: { Nm: 'Atelier Müller &amp; Fils'.replace('&amp;', '&') },
      CdtrAcct: { Id: { IBAN: 'FR7630006000011234567890189' } },
    })
    expect(PmtInf.CdtTrfTxInf[0].RmtInf.Strd.map((one: any) => [one.RfrdDocInf.Tp.CdOrPrtry.Cd, one.RfrdDocInf.Nb])) // eslint-disable-line @typescript-eslint/no-explicit-any
      .toEqual([['CINV', 'RE-1'], ['CINV', 'RE-2'], ['CREN', 'GS-3']])
  })

  test('release takes two treasury people, neither of them twice nor the proposer', async () => {
    const system = await erp()
    await posted(system)
    const { body: run } = await system.call('POST', '/runs', { companyCode: '1000', waers: 'EUR', dueBy: '2030-01-01', proposedBy: 't.meyer' })
    const release = async (by: string): Promise<string> => (await system.call('POST', `/runs/${run.runNo}/release`, { by })).text
    expect(await release('a.clerk')).toContain('F1-320')
    expect(await release('t.meyer')).toContain('F1-322')
    expect(await release('u.katz')).toContain('HALF_RELEASED')
    expect(await release('u.katz')).toContain('F1-321')
    expect((await system.call('GET', `/runs/${run.runNo}/file`)).body.msgs[0].msgId).toBe('F1-330')
    expect((await system.call('POST', '/runs', { companyCode: '1000', waers: 'EUR', dueBy: '2030-01-01', proposedBy: 'x' })).text).toContain('F1-310')
  })

  test('the account is that of the vendor master at release, and what was blocked since the proposal falls out', async () => {
    const system = await erp()
    await posted(system)
    const held = await posted(system, { vendorNo: 'K-2' })
    const { body: run } = await system.call('POST', '/runs', { companyCode: '1000', waers: 'EUR', dueBy: '2030-01-01', proposedBy: 'x' })
    await system.call('PUT', '/vendors/K-1', { name: 'Atelier', vatReg: '', country: 'FR', payIban: 'BE71096123456769', standing: 'ACTIVE', by: 'm.keller' })
    await system.call('POST', `/documents/${held}/pay-block`, { payBlock: 'R', by: 'hub' })
    await system.call('POST', `/runs/${run.runNo}/release`, { by: 't.meyer' })
    const { body: released } = await system.call('POST', `/runs/${run.runNo}/release`, { by: 'u.katz' })
    expect(released.leftOut).toEqual([{ docNo: held, why: 'PAY_BLOCK' }])
    expect((await system.call('GET', `/payment-docs/${released.payments[0].payDocNo}`)).body).toMatchObject({ payeeIban: 'BE71096123456769', lifecycle: 'INSTRUCTED' })
    expect((await system.call('GET', `/documents/${held}`)).body.inRun).toBeNull()
  })

  test('confirming clears the documents; confirming twice books a second clearing', async () => {
    const system = await erp()
    const docNo = await posted(system)
    const { payments } = await releasedRun(system)
    const path = `/payment-docs/${payments[0].payDocNo}/confirm`
    expect((await system.call('POST', path, confirmation('118.00'))).text).toContain('F1-341')
    const first = await system.call('POST', path, confirmation('119.00'))
    expect((await system.call('GET', `/documents/${docNo}`)).body).toMatchObject({ lifecycle: 'CLEARED', openAmt: '0.00', clearedOn: '2026-02-12', clearings: [first.body.clearingDocNo] })
    await system.call('POST', path, confirmation('119.00'))
    expect((await system.call('GET', `/documents/${docNo}`)).body).toMatchObject({ lifecycle: 'CLEARED', openAmt: '-119.00' })
    expect((await system.call('GET', '/clearings?extRef=alloc-1')).body.rows).toHaveLength(2)
    const facts = (await system.books()).flatMap((line) => line.facts)
    expect(facts.filter((fact) => fact.what === 'CLEARING')).toHaveLength(2)
  })

  test('a bounce opens the documents again, blocked; a void does so before any confirmation', async () => {
    const system = await erp()
    const docNo = await posted(system)
    const one = (await releasedRun(system)).payments[0].payDocNo
    await system.call('POST', `/payment-docs/${one}/confirm`, confirmation('119.00'))
    expect((await system.call('POST', `/payment-docs/${one}/bounce`, { bankRef: 'B-2', bookedOn: '2026-02-14', reason: 'AC04', by: 'test' })).status).toBe(201)
    expect((await system.call('GET', `/documents/${docNo}`)).body).toMatchObject({ lifecycle: 'BOOKED', openAmt: '119.00', payBlock: 'B', clearedOn: null })
    await system.call('POST', `/documents/${docNo}/pay-block`, { payBlock: '', by: 'test' })
    const two = (await releasedRun(system)).payments[0].payDocNo
    expect((await system.call('POST', `/payment-docs/${two}/void`, { reason: 'AC01', by: 'test' })).body.lifecycle).toBe('VOID')
    expect((await system.call('POST', `/payment-docs/${two}/confirm`, confirmation('119.00'))).text).toContain('F1-342')
    expect((await system.call('GET', `/documents/${docNo}`)).body).toMatchObject({ lifecycle: 'BOOKED', inRun: null, payBlock: 'B' })
  })

  test('clearings without a run: collected by the vendor, in parts, with a difference, and netting', async () => {
    const system = await erp()
    const docNo = await posted(system, { payMethod: 'E' })
    const clear = (lines: unknown, amt: string, more: Record<string, unknown> = {}): Promise<Answer> => system.call('POST', '/clearings', {
      companyCode: '1000', vendorNo: 'K-1', waers: 'EUR', means: 'BANK', bankRef: 'B-9', bookedOn: '2026-02-20', amt, lines, by: 'test', ...more,
    })
    expect((await clear([{ docNo, amt: '100.00' }], '99.00')).text).toContain('F1-351')
    expect((await clear([{ docNo, amt: '100.00' }], '98.00', { differences: [{ reasonKey: 'SKONTO', amt: '2.00' }] })).status).toBe(201)
    expect((await system.call('GET', `/documents/${docNo}`)).body).toMatchObject({ lifecycle: 'BOOKED', openAmt: '19.00' })
    const credit = await posted(system, { docType: 'KG', netAmt: '19.00', taxAmt: '0', grossAmt: '19.00', items: [{ glAccount: '1', netAmt: '19.00' }] })
    expect((await clear([{ docNo, amt: '19.00' }, { docNo: credit, amt: '-19.00' }], '0.00', { means: 'NETTING' })).status).toBe(201)
    for (const no of [docNo, credit]) expect((await system.call('GET', `/documents/${no}`)).body).toMatchObject({ lifecycle: 'CLEARED', openAmt: '0.00' })
  })

  test('the autopilot pays what is open, by two named people', async () => {
    const system = await erp('--autopilot', '10', '--pain', '03')
    const docNo = await posted(system)
    const run = await until('a released run', async () => (await system.call('GET', '/runs?lifecycle=RELEASED')).body.rows[0])
    expect(run).toMatchObject({ proposedBy: 'autopilot', releases: [{ by: 't.meyer' }, { by: 'u.katz' }] })
    expect((await system.call('GET', `/documents/${docNo}`)).body.inRun).toBe(run.runNo)
    expect((await system.call('GET', `/runs/${run.runNo}/file`)).text).toContain('pain.001.001.03')
  })
})

describe('change feed', () => {
  test('pages hold every fact once, are repeatable, and a waiting reader is answered at the next change', async () => {
    const system = await erp()
    await posted(system)
    const marks: string[] = []
    let after = '0'
    for (let more = true; more;) {
      const { body } = await system.call('GET', `/changes?after=${after}&limit=7`)
      expect((await system.call('GET', `/changes?after=${after}&limit=7`)).body.rows).toEqual(body.rows)
      marks.push(...body.rows.map((row: { mark: string }) => row.mark))
      more = body.more
      after = body.next
    }
    const facts = (await system.books()).flatMap((line) => line.facts)
    expect(marks).toEqual(facts.map((_, at) => String(at + 1)))
    const waiting = system.call('GET', `/changes?after=${after}&wait=5000`)
    const docNo = await posted(system)
    expect((await waiting).body.rows[0]).toMatchObject({ what: 'DOCUMENT', verb: 'BOOKED', key: docNo })
  })
})

describe('faults', () => {
  let system: System
  beforeAll(async () => { system = await erp() })
  const rules = (...wanted: unknown[]): Promise<Answer> => system.call('PUT', '/faults', { rules: wanted })
  const found = async (extRef: string): Promise<number> => (await system.call('GET', `/documents?extRef=${extRef}`)).body.rows.length

  test('reply lost: the work is done, the caller gets nothing; by count, then no more', async () => {
    await rules({ op: 'document.post', first: 1, reply: 'lost' })
    await expect(system.call('POST', '/documents', claim({ extRef: 'lost' }))).rejects.toThrow('fetch failed')
    expect(await found('lost')).toBe(1)
    await posted(system, { extRef: 'lost' })
    expect((await system.call('GET', '/faults')).body.rules[0]).toMatchObject({ seen: 2, hit: 1 })
  })

  test('late: nothing there when one looks at once, and there afterwards', async () => {
    await rules({ op: 'document.post', first: 1, effect: 'late', lateMs: 150 })
    await expect(system.call('POST', '/documents', claim({ extRef: 'late' }))).rejects.toThrow('fetch failed')
    expect(await found('late')).toBe(0)
    await until('the late document', async () => await found('late') === 1 || undefined)
  })

  test('kept nothing: a good answer with a number that leads nowhere', async () => {
    await rules({ op: 'document.post', first: 1, effect: 'none' })
    const docNo = await posted(system, { extRef: 'none' })
    expect((await system.call('GET', `/documents/${docNo}`)).status).toBe(404)
    expect(await posted(system, { extRef: 'other' })).not.toBe(docNo)
  })

  test('errors before and after the work, throttling, HTML, half answers, patched answers', async () => {
    const call = (): Promise<Answer> => system.call('POST', '/documents', claim({ extRef: 'mixed' }))
    await rules(
      { op: 'document.post', first: 1, effect: 'none', reply: 'error' }, { op: 'document.post', first: 1, reply: 'error', status: 502 },
      { op: 'document.post', first: 1, effect: 'none', reply: 'error', status: 429, retryAfter: '1' }, { op: 'document.post', first: 1, reply: 'html' },
      { op: 'document.post', first: 1, reply: 'cut' }, { op: 'document.post', first: 1, patch: { docNo: null } }, { op: 'document.post', first: 1, reply: 'torn' },
    )
    expect([(await call()).status, await found('mixed')]).toEqual([500, 0])
    expect([(await call()).status, await found('mixed')]).toEqual([502, 1])
    expect((await call()).headers.get('retry-after')).toBe('1')
    expect((await call()).headers.get('content-type')).toBe('text/html')
    expect((await call()).body).toBeUndefined()
    expect((await call()).body).not.toHaveProperty('docNo')
    await expect(call()).rejects.toThrow(/terminated|fetch failed/)
    expect(await found('mixed')).toBe(5)
  })

  test('a twisted payment file is wrong and its hash is right', async () => {
    await rules({ op: 'run.release', twist: 'account' })
    await posted(system)
    const run = await releasedRun(system)
    const file = await system.call('GET', `/runs/${run.runNo}/file`)
    expect(file.text).toContain('NO9386011117947')
    expect(createHash('sha256').update(file.text).digest('hex')).toBe(run.file.sha256)
  })

  test('a rule that makes no sense is refused and the old ones stay', async () => {
    await rules({ op: 'document.post', reply: 'html' })
    for (const bad of [{ op: 'nothing' }, { op: 'document.post', effect: 'late', reply: 'as-is' }, { op: 'document.post', colour: 'red' }]) expect((await rules(bad)).status).toBe(400)
    expect((await system.call('GET', '/faults')).body.rules).toHaveLength(1)
    await rules()
  })
})

describe('the process', () => {
  test('SIGKILL loses nothing that was answered, a torn line is cut off, numbers go on', async () => {
    const data = await shop.folder()
    const first = await shop.start('erp', ['--data', data])
    await first.call('PUT', '/setup', SETUP)
    const answers = await Promise.all(Array.from({ length: 50 }, (_, at) => posted(first, { extRef: `many-${at}` })))
    await releasedRun(first)
    const [books, file] = [await first.books(), (await first.call('GET', '/runs/R000001/file')).text]
    await first.kill('SIGKILL')
    await appendFile(join(data, 'book.jsonl'), '{"n":9999,"at":"20')
    const second = await shop.start('erp', ['--data', data])
    expect(await second.books()).toEqual(books)
    expect((await second.call('GET', '/runs/R000001/file')).text).toBe(file)
    expect(answers).not.toContain(await posted(second))
    expect((await second.books()).length).toBe(books.length + 1)
    expect((await second.call('GET', `/books?after=${books.length}`)).text).toContain('"op":"document.post"')
  })

  test('a new document hides from searches for as long as asked, but not from its number', async () => {
    const system = await erp()
    await system.call('PUT', '/tempo', { searchDelayMs: 60_000 })
    const docNo = await posted(system, { extRef: 'hidden' })
    expect((await system.call('GET', '/documents?extRef=hidden')).body.rows).toEqual([])
    expect((await system.call('GET', `/documents/${docNo}`)).status).toBe(200)
    await system.call('PUT', '/tempo', { searchDelayMs: 0 })
    expect((await system.call('GET', '/documents?extRef=hidden')).body.rows).toHaveLength(1)
    expect((await system.call('PUT', '/tempo', { speed: 1 })).status).toBe(400)
  })

  test('with a token every call but alive needs it, and SIGTERM ends in order', async () => {
    const system = await shop.start('erp', ['--data', await shop.folder()], { SANDBOX_ERP_TOKEN: 'open sesame' })
    expect((await system.call('GET', '/alive')).status).toBe(200)
    expect((await system.call('GET', '/vendors')).body.msgs[0].msgId).toBe('F0-401')
    expect((await system.call('GET', '/vendors', undefined, { authorization: 'Bearer open sesame' })).status).toBe(200)
    expect(await system.kill('SIGTERM')).toBe(0)
  })
})
