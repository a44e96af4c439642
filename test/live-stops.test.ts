/** Commands that stop, undo and take back, through the whole company: what people say, and what the ERP's own books then hold. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Summary } from '../src/cli/picture.ts'
import { QUICK_ERP, tryOut, type BookLine, type TryOut } from './try-out.ts'

interface Posted {
  readonly docNo: string
  readonly extRef: string
  readonly companyCode: string
  readonly waers: string
  readonly vendorNo: string
  readonly payMethod: string
  readonly docType: string
}
interface Waiting {
  readonly id: string
  readonly version: number
  readonly cause: string
  readonly about: string
  readonly says: string
}

let company: TryOut
/** Posted, to be paid by transfer, each of another supplier. */
let posted: readonly Posted[]

const facts = (what: string, verb: string): BookLine['facts'] =>
  company
    .books('erp')
    .flatMap((line) => line.facts)
    .filter((fact) => fact.what === what && fact.verb === verb)
const of = (what: string, verb: string, key: string): readonly BookLine['facts'][number]['row'][] =>
  facts(what, verb)
    .filter((fact) => fact.key === key)
    .map(({ row }) => row)
const inErp = async ({ docNo }: Posted): Promise<{ readonly [key: string]: unknown }> =>
  (await company.callErp('GET', `/documents/${docNo}`)).body
const stateOf = async ({ extRef }: Posted): Promise<string> =>
  (await company.get<{ headline: { state: string } }>(`/v1/objects/${extRef}`)).headline.state
const casesOf = async (cause: string): Promise<Waiting[]> =>
  (await company.get<{ exceptions: Waiting[] }>(`/v1/exceptions?cause=${cause}`)).exceptions
/** Nothing goes on from there without a payment run, but what a vendor collects himself. */
const standing =
  (count: number) =>
  ({ states }: Summary): boolean =>
    (states['posted'] ?? 0) + (states['archived'] ?? 0) === count
const WAIT = { timeout: 30_000, interval: 100 }

async function caseOf(cause: string, about: string): Promise<Waiting> {
  let found: Waiting | undefined
  await expect
    .poll(async () => {
      found = (await casesOf(cause)).find((one) => one.about === about)
      return found !== undefined
    }, WAIT)
    .toBe(true)
  return found!
}
const answer = (
  waiting: Waiting,
  action: string,
  person: string,
  second?: string,
): Promise<{ status: number; waits?: boolean; detail?: string }> =>
  company.post(`/v1/exceptions/${waiting.id}/answers`, {
    action,
    reason: 'wrong cost centre',
    person,
    version: waiting.version,
    ...(second === undefined ? {} : { second }),
  })

interface Ticket {
  readonly [key: string]: unknown
  readonly ticketNo: string
  readonly stage: string
  readonly signers: readonly { readonly by: string }[]
}
const ticketsOf = async ({ extRef }: Posted): Promise<Ticket[]> =>
  (await company.callAp('GET', `/tickets?corrRef=${extRef}`)).body['tickets'] as Ticket[]

async function recall(invoice: Posted): Promise<Ticket> {
  const [ticket] = await ticketsOf(invoice)
  expect(
    (await company.callAp('POST', `/tickets/${ticket!.ticketNo}/recall`, { by: ticket!.signers[0]!.by, reason: 'wrong cost centre' }))
      .status,
  ).toBe(200)
  return ticket!
}

beforeAll(async () => {
  company = await tryOut({ erp: QUICK_ERP })
  expect((await company.callErp('PUT', '/tempo', { autopilotMs: 0 })).status).toBe(200)
  await company.send(await company.sample(12))
  await company.quiet(90_000, standing(12))
  const rows = facts('DOCUMENT', 'BOOKED')
    .map(({ row }) => row as unknown as Posted)
    .filter((row) => row.payMethod === 'T' && row.docType === 'KR')
  posted = [...new Map(rows.map((row) => [row.vendorNo, row])).values()]
  expect(posted.length).toBeGreaterThanOrEqual(3)
}, 150_000)
afterAll(async () => {
  await company.end()
}, 30_000)

it('an approval taken back after posting is a payment block in the ERP; approved again, the block is lifted; each once', async () => {
  const invoice = posted[0]!
  const ticket = await recall(invoice)
  await expect.poll(async () => (await inErp(invoice))['payBlock'], WAIT).not.toBe('')
  const waiting = await caseOf('approval-taken-back', invoice.extRef)
  expect(waiting.says).toBe(`${ticket.signers[0]!.by} took the approval back: wrong cost centre`)
  expect(await stateOf(invoice)).toBe('posted')

  // Somebody opens it once more, as it was; the company codes and signs it.
  const again = [
    'corrRef',
    'billKind',
    'billNo',
    'billedOn',
    'dueOn',
    'legalUnit',
    'creditor',
    'remitTo',
    'ccy',
    'netTotal',
    'taxTotal',
    'grossTotal',
    'payTotal',
    'poRefs',
    'rows',
  ]
  const body = Object.fromEntries(
    again.flatMap((name) => (ticket[name] === null || ticket[name] === undefined ? [] : [[name, ticket[name]]])),
  )
  expect((await company.callAp('POST', '/tickets', { ...body, openedBy: 'a clerk' })).status).toBe(201)
  await expect.poll(async () => (await inErp(invoice))['payBlock'], WAIT).toBe('')
  await expect.poll(async () => (await casesOf('approval-taken-back')).filter(({ about }) => about === invoice.extRef), WAIT).toEqual([])
  expect([of('DOCUMENT', 'BLOCKED', invoice.docNo).length, of('DOCUMENT', 'UNBLOCKED', invoice.docNo).length]).toEqual([1, 1])
  expect(await stateOf(invoice)).toBe('posted')
}, 120_000)

it('two people have the posting reversed: once in the ERP’s books, under both names; one alone, or twice the same, does nothing', async () => {
  const invoice = posted[1]!
  await recall(invoice)
  // A word counts for what stands: the block that the hub sets meanwhile, and the ERP shows, would be something else.
  await expect.poll(async () => (await inErp(invoice))['payBlock'], WAIT).not.toBe('')
  await company.quiet(60_000, standing(12))
  const waiting = await caseOf('approval-taken-back', invoice.extRef)
  expect((await answer(waiting, 'reverse', 'lea', 'Lea ')).status).toBeGreaterThanOrEqual(400)
  expect(await answer(waiting, 'reverse', 'lea')).toMatchObject({ status: 200, waits: true })
  const said = await caseOf('approval-taken-back', invoice.extRef)
  expect((await answer(said, 'reverse', 'Lea ')).status).toBeGreaterThanOrEqual(400)
  expect((await inErp(invoice))['lifecycle']).toBe('BOOKED')
  expect(await answer(said, 'reverse', 'tom')).toMatchObject({ status: 200, waits: false })
  await expect.poll(async () => (await inErp(invoice))['lifecycle'], WAIT).toBe('STORNO')
  await expect.poll(() => stateOf(invoice), WAIT).not.toBe('posted')
  const [storno, ...more] = of('DOCUMENT', 'STORNO', invoice.docNo)
  expect(more).toEqual([])
  expect(storno).toMatchObject({ stornoReason: 'wrong cost centre', stornoBy: ['lea', 'tom'] })
  // The counter-entry is no document of its own: by its number one finds the invoice.
  await expect
    .poll(() => company.get(`/v1/trace/${String(storno?.['stornoDocNo'])}`).catch(() => undefined), WAIT)
    .toMatchObject({
      id: invoice.extRef,
    })
  // Nothing is posted again by itself.
  await company.quiet(60_000, standing(11))
  expect(facts('DOCUMENT', 'BOOKED').filter(({ row }) => row['extRef'] === invoice.extRef)).toHaveLength(1)
}, 120_000)

it('a payment that was stopped is taken back in the ERP, once, when two people say so; the bank never has its file', async () => {
  const invoice = posted[2]!
  const { body: vendor } = await company.callErp('GET', `/vendors/${invoice.vendorNo}`)
  const { body: found } = await company.callProcurement('GET', `/merchants?vatReg=${encodeURIComponent(String(vendor['vatReg']))}`)
  const [merchant] = found['items'] as { merchantId: string; name: string; vatReg: string; country: string }[]
  const { merchantId, name, vatReg, country } = merchant!
  expect(
    (await company.callProcurement('PUT', `/merchants/${merchantId}`, { name, vatReg, country, clearance: 'BARRED', by: 'p.orlow' }))
      .status,
  ).toBe(200)
  await company.quiet(60_000, standing(11))

  const { body: treasury } = await company.callErp('GET', '/users?role=TREASURY')
  const [first, second] = (treasury['rows'] as { userId: string }[]).map(({ userId }) => userId)
  const { body: run } = await company.callErp('POST', '/runs', {
    companyCode: invoice.companyCode,
    waers: invoice.waers,
    dueBy: '2099-01-01',
    proposedBy: 'a.clerk',
  })
  for (const by of [first, second])
    expect((await company.callErp('POST', `/runs/${String(run['runNo'])}/release`, { by })).status).toBe(200)
  const { body: paying } = await company.callErp('GET', `/payment-docs?docNo=${invoice.docNo}`)
  const [payment] = paying['rows'] as { payDocNo: string }[]
  let stopped: Waiting[] = []
  await expect
    .poll(async () => {
      stopped = await casesOf('payment-stopped')
      return stopped.length
    }, WAIT)
    .toBe(1)
  expect(stopped[0]!.says).toContain(`Supplier ${invoice.vendorNo} is blocked or not active in procurement`)
  await company.quiet(60_000, standing(11))
  stopped = await casesOf('payment-stopped')
  expect(await answer(stopped[0]!, 'cancel', 'lea')).toMatchObject({ status: 200, waits: true })
  const [said] = await casesOf('payment-stopped')
  expect((await answer(said!, 'cancel', 'lea')).status).toBeGreaterThanOrEqual(400)
  expect(of('PAYMENT', 'VOID', payment!.payDocNo)).toEqual([])
  expect(await answer(said!, 'cancel', 'tom')).toMatchObject({ status: 200, waits: false })
  await expect.poll(() => of('PAYMENT', 'VOID', payment!.payDocNo).length, WAIT).toBe(1)
  await expect.poll(async () => (await casesOf('payment-stopped')).length, WAIT).toBe(0)
  await company.quiet(60_000, standing(11))
  expect(of('PAYMENT', 'VOID', payment!.payDocNo)).toHaveLength(1)
  expect(await stateOf(invoice)).toBe('posted')
  expect(JSON.stringify(company.books('bank'))).not.toContain(payment!.payDocNo)
}, 150_000)
