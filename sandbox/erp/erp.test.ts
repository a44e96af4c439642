import { createHash } from 'node:crypto'
import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { until, Workshop, type Answer, type System } from '../testing.ts'
import { claim, erpIn, posted, releasedRun, SETUP } from './fixture.ts'

const shop = new Workshop()
afterAll(() => shop.clear())

describe('documents', () => {
  let system: System
  beforeAll(async () => {
    system = await erpIn(shop)
  })

  test('a posted document is read back with its number, amounts and what the poster wrote on it', async () => {
    const docNo = await posted(system, { zFields: { ZZPOLICY: 'p-7' }, grossAmt: '119', netAmt: '100.0' })
    const { body } = await system.call('GET', `/documents/${docNo}`)
    expect(body).toMatchObject({
      docNo,
      lifecycle: 'BOOKED',
      grossAmt: '119.00',
      openAmt: '119.00',
      extRef: 'ref-1',
      fiscalYear: 2026,
      periodNo: 1,
      zFields: { ZZPOLICY: 'p-7' },
    })
  })

  test('the same reference posted twice books two documents', async () => {
    const [one, two] = [await posted(system, { extRef: 'twice' }), await posted(system, { extRef: 'twice' })]
    expect(one).not.toBe(two)
    const found = await system.call('GET', '/documents?extRef=twice')
    expect(found.body.rows.map((row: { docNo: string }) => row.docNo)).toEqual([one, two])
  })

  test.each([
    ['F5-101', { companyCode: '9' }],
    ['F5-117', { vendorNo: 'K-9' }],
    ['F5-210', { grossAmt: '119.01' }],
    ['F5-211', { netAmt: '99.00', grossAmt: '118.00' }],
    ['F5-212', { waers: 'JPY', netAmt: '100.5', grossAmt: '119.5' }],
    ['F5-201', { items: [{ glAccount: '1', taxKey: 'X', netAmt: '100' }] }],
    ['F5-286', { postingDate: '2025-12-31' }],
    ['M8-301', { items: [{ glAccount: '1', netAmt: '100', poNo: '77' }] }],
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
    const storno = (agreedBy: string): Promise<Answer> =>
      system.call('POST', `/documents/${docNo}/storno`, { reason: '01', requestedBy: 'a', agreedBy })
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
    for (const _ of [1, 2])
      await system.call('POST', `/documents/${docNo}/attachments`, {
        title: 'e',
        mime: 'text/plain',
        sha256: '0'.repeat(64),
        extRef: 'x',
        by: 'a',
      })
    expect((await system.call('GET', `/documents/${docNo}/attachments?extRef=x`)).body.rows).toHaveLength(2)
  })
})

describe('change feed', () => {
  test('pages hold every fact once, are repeatable, and a waiting reader is answered at the next change', async () => {
    const system = await erpIn(shop)
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
  beforeAll(async () => {
    system = await erpIn(shop)
  })
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
    await rules({ op: 'document.post', first: 1, effect: 'late', lateMs: 2_000 })
    await expect(system.call('POST', '/documents', claim({ extRef: 'late' }))).rejects.toThrow('fetch failed')
    expect(await found('late')).toBe(0)
    await until('the late document', async () => (await found('late')) === 1 || undefined)
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
      { op: 'document.post', first: 1, effect: 'none', reply: 'error' },
      { op: 'document.post', first: 1, reply: 'error', status: 502 },
      { op: 'document.post', first: 1, effect: 'none', reply: 'error', status: 429, retryAfter: '1' },
      { op: 'document.post', first: 1, reply: 'html' },
      { op: 'document.post', first: 1, reply: 'cut' },
      { op: 'document.post', first: 1, patch: { docNo: null } },
      { op: 'document.post', first: 1, reply: 'torn' },
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
    for (const bad of [{ op: 'nothing' }, { op: 'document.post', effect: 'late', reply: 'as-is' }, { op: 'document.post', colour: 'red' }])
      expect((await rules(bad)).status).toBe(400)
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
    const system = await erpIn(shop)
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
