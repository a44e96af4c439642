import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Trace } from '../src/export/trace.ts'
import { erpTruth, openCredits, tryOut, wrong, type BookLine, type TryOut } from './try-out.ts'

const notes = (company: TryOut): readonly BookLine['facts'][number]['row'][] =>
  company
    .books('procurement')
    .flatMap((line) => line.facts)
    .filter(({ what }) => what === 'NOTE')
    .map(({ row }) => row)

describe('invoices travel from arrival to paid', () => {
  let company: TryOut
  beforeAll(async () => {
    company = await tryOut()
  }, 60_000)
  afterAll(async () => {
    await company.end()
  }, 30_000)

  const rows = (system: 'erp' | 'ap' | 'bank', what: string, verb: string): BookLine['facts'][number]['row'][] =>
    company
      .books(system)
      .flatMap(({ facts }) => facts)
      .filter((fact) => fact.what === what && fact.verb === verb)
      .map(({ row }) => row)

  it("every one of the sample is posted once and settled once in the ERP's own books, and the hub says archived", async () => {
    await company.callProcurement('PUT', '/tempo', { doorMs: 0 })
    await company.callErp('PUT', '/tempo', { autopilotMs: 0 })
    const files = await company.sample(40)
    await company.send(files)
    const awaiting = (): number => notes(company).filter((row) => row['shows'] === 'GOODS_AWAITED').length
    // Nothing is paid until all that can be is posted: so there are vendors with several invoices in one run.
    const payable = async (): Promise<number> => {
      const { validated, posted = 0, archived = 0 } = (await company.summary()).states
      return validated === awaiting() ? validated + posted + archived : 0
    }
    await expect.poll(payable, { timeout: 120_000, interval: 100 }).toBe(40)
    await company.callErp('PUT', '/tempo', { autopilotMs: 500 })
    // While the door is shut, nothing that needs its goods is sent for approval; procurement is told what it is waited for.
    const before = await company.quiet(
      120_000,
      ({ states }) => (states['archived'] ?? 0) + (states['validated'] ?? 0) + openCredits(company.books('erp')) === 40,
    )
    const awaited = awaiting()
    expect(awaited).toBeGreaterThan(5)
    expect(before.states['validated']).toBe(awaited)
    await company.callProcurement('PUT', '/tempo', { doorMs: 50 })
    const summary = await company.quiet(120_000)
    expect(summary.refused).toBe(0)
    expect(summary.received).toBe(40)
    expect(summary.exceptions).toEqual({})
    const open = openCredits(company.books('erp'))
    expect(summary.states).toEqual({ archived: 40 - open, ...(open > 0 ? { posted: open } : {}) })
    expect(summary.breaches).toBe(0)
    const truth = [...erpTruth(company.books('erp')).entries()]
    expect(truth).toHaveLength(40)
    expect(truth.filter(([, invoice]) => wrong(invoice))).toEqual([])
    const attached = company
      .books('erp')
      .flatMap(({ facts }) => facts)
      .filter(({ what }) => what === 'ATTACHMENT')
      .map(({ row }) => row['docNo'])
    expect([attached.length, new Set(attached).size]).toEqual([40, 40])
    const shown = new Map(notes(company).map((row) => [row['claimRef'], row['shows']]))
    expect(new Set(shown.values())).toEqual(new Set(['PAID_OUT']))
    expect(shown.size).toBeGreaterThan(awaited)
    // The AP tool was told of every one that is settled, credits too.
    const badges = new Map(rows('ap', 'TICKET', 'BADGED').map((row) => [row['corrRef'], (row['badge'] as { badge: string }).badge]))
    expect([...badges.values()].filter((badge) => badge === 'MONEY_OUT')).toHaveLength(40 - open)
  }, 300_000)

  it('each posting carries in fields that the ERP keeps who approved it, when, by which authority and policy, and our thread', () => {
    interface Ticket {
      readonly corrRef: string
      readonly signers: readonly { readonly by: string; readonly at: string }[]
    }
    const signers = new Map((rows('ap', 'TICKET', 'GREENLIT') as unknown as Ticket[]).map((ticket) => [ticket.corrRef, ticket.signers]))
    const documents = rows('erp', 'DOCUMENT', 'BOOKED') as unknown as {
      readonly extRef: string
      readonly zFields: { readonly [name: string]: string }
    }[]
    expect(documents).toHaveLength(40)
    for (const { extRef, zFields } of documents) {
      const signed = signers.get(extRef)!
      const approvers = zFields['ZZAPPROVERS']!.split(', ').map((person) => person.split(' ').at(-1) ?? '')
      expect(approvers.toSorted()).toEqual(signed.map(({ by }) => by).toSorted())
      expect(zFields['ZZAPPROVEDAT']).toBe(
        signed
          .map(({ at }) => at)
          .toSorted()
          .at(-1),
      )
      for (const { by } of signed) expect(zFields['ZZAUTHORITY']).toContain(by)
      expect(zFields['ZZPOLICY']).toMatch(/^terms [0-9a-f]{16}$/u)
      expect(zFields['ZZCORRELATION']).toBe(extRef)
    }
  })

  it('payments for several invoices, credits among them, and an entry for a whole batch of payments settle each of these', async () => {
    interface Document {
      readonly docNo: string
      readonly extRef: string
      readonly docType: string
    }
    interface Instructed {
      readonly endToEndId: string
      readonly items: readonly Document[]
    }
    interface Entry {
      readonly kind: string
      readonly details: readonly { readonly endToEndId: string }[]
    }
    const invoices = new Map((rows('erp', 'DOCUMENT', 'BOOKED') as unknown as Document[]).map(({ docNo, extRef }) => [docNo, extRef]))
    const several = (rows('erp', 'PAYMENT', 'INSTRUCTED') as unknown as Instructed[]).filter(({ items }) => items.length > 1)
    expect(several.length).toBeGreaterThan(1)
    expect(several.flatMap(({ items }) => items.map(({ docType }) => docType))).toContain('KG')
    for (const { endToEndId, items } of several) {
      const { steps, together } = await company.get<Trace>(`/v1/trace/${endToEndId}`)
      const paid = items.map(({ docNo }) => String(invoices.get(docNo))).toSorted()
      expect(
        steps
          .filter(({ type }) => type === 'settlement.allocated')
          .flatMap((step) => step.with)
          .toSorted(),
      ).toEqual(paid)
      const invoicesOf = together.filter(({ kind }) => kind === 'invoice')
      expect(invoicesOf.map(({ id }) => id).toSorted()).toEqual(paid)
      expect(new Set(invoicesOf.map(({ state }) => state))).toEqual(new Set(['archived']))
    }
    // The bank says of a batch how many payments it holds, and not which.
    const batches = (rows('bank', 'ENTRY', 'BOOKED') as unknown as Entry[]).filter(
      ({ kind, details }) => kind === 'BATCH' && details.length > 1,
    )
    const inBatches = new Set(batches.flatMap(({ details }) => details.map((detail) => detail.endToEndId)))
    expect(several.filter(({ endToEndId }) => inBatches.has(endToEndId)).length).toBeGreaterThan(0)
  })

  it('by the number of anything in the books of any system something is found', async () => {
    const things = new Map<string, Map<string, BookLine['facts'][number]['row']>>()
    for (const system of ['erp', 'ap', 'procurement', 'bank', 'archive'] as const) {
      for (const { what, key, row } of company.books(system).flatMap(({ facts }) => facts)) {
        const its = things.get(`${system} ${what}`) ?? new Map<string, typeof row>()
        things.set(`${system} ${what}`, its)
        const given = row['depositNo'] ?? row['attachNo']
        const number = typeof given === 'string' ? given : key
        // Its first row is whole; later ones say what changed.
        if (!its.has(number)) its.set(number, row)
      }
    }
    // Where its row names one of our invoices, or an order, it is found at that one.
    const NAMED: { readonly [of: string]: 'corrRef' | 'extRef' | 'claimRef' | 'purchaseNo' | null } = {
      'erp COMPANY': null,
      'erp VENDOR': null,
      'erp ORDER': null,
      'erp DOCUMENT': 'extRef',
      'erp ATTACHMENT': 'extRef',
      'erp RUN': null,
      'erp PAYMENT': null,
      'erp CLEARING': null,
      'ap TICKET': 'corrRef',
      'procurement MERCHANT': null,
      'procurement PURCHASE': null,
      'procurement SLIP': 'purchaseNo',
      'procurement NOTE': 'claimRef',
      'bank ENTRY': null,
      'bank FILE': null,
      'bank MESSAGE': null,
      'archive DEPOSIT': null,
    }
    for (const [of, at] of Object.entries(NAMED)) {
      const some = [...(things.get(of) ?? [])].slice(0, 5)
      expect(some.length, of).toBeGreaterThan(0)
      for (const [number, row] of some) {
        const found = await company.get<Trace>(`/v1/trace/${encodeURIComponent(number)}`).catch(({ message }: Error) => message)
        // 300: several things have it.
        if (typeof found === 'string') expect(found, of).toContain('answered 300')
        else if (at !== null) expect(`${found.id} ${found.title}`, `${of} ${number}`).toContain(String(row[at]).split('.')[0])
      }
    }
  }, 60_000)

  it('the same documents again are the same invoices', async () => {
    const before = await company.summary()
    await company.send(await company.sample(40))
    const after = await company.quiet(30_000)
    expect(after.received).toBe(before.received)
    expect(after.states).toEqual(before.states)
  }, 60_000)
})
