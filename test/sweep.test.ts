/** Systems that forget, change or lose things behind our back, and notices that never come: what a sweep finds, and what it leaves alone. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as later } from 'node:timers/promises'
import { afterEach, expect, it, vi } from 'vitest'
import { startChild, type Child } from '../src/cli/processes.ts'
import { KEY, QUICK_ERP, tryOut, type BookLine, type TryOut } from './try-out.ts'
import { command } from './command.ts'

vi.setConfig({ testTimeout: 240_000, hookTimeout: 60_000 })

const QUICK = { erp: QUICK_ERP, policy: { graceMs: 300, grace: [{ ms: 300 }], entryGraceMs: 500 } }
const started: Child[] = []
let hub: TryOut | undefined
afterEach(async () => {
  await hub?.end()
  for (const child of started.splice(0)) await child.end()
  hub = undefined
})

interface Swept {
  readonly running: object | null
  readonly last: { readonly startedAt: string; readonly [count: string]: unknown } | null
}

async function sweep(of: TryOut, system: string, full = true): Promise<NonNullable<Swept['last']>> {
  const { running } = await of.post<{ running: { startedAt: string } }>(`/v1/systems/${system}/sweeps`, { full })
  await expect
    .poll(async () => (await of.get<Swept>(`/v1/systems/${system}/sweeps`)).last?.startedAt, { timeout: 30_000, interval: 50 })
    .toBe(running.startedAt)
  return (await of.get<Swept>(`/v1/systems/${system}/sweeps`)).last!
}

/** Ends a simulated system, alters its books as a restore or an administrator would, and starts it at the same address. */
async function behindItsBack(
  of: TryOut,
  system: 'erp' | 'ap' | 'procurement' | 'archive',
  alter: (lines: BookLine[]) => BookLine[],
): Promise<void> {
  const { children, secrets, urls } = of.company
  await (started.find(({ name }) => name === system) ?? children.find(({ name }) => name === system))!.end()
  const file = join(of.folder, 'company', system, 'book.jsonl')
  const lines = (await readFile(file, 'utf8'))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as BookLine)
  await writeFile(
    file,
    alter(lines)
      .map((line) => `${JSON.stringify(line)}\n`)
      .join(''),
  )
  started.unshift(
    await startChild({
      name: system,
      file: join(import.meta.dirname, '..', 'sandbox', system, 'main.ts'),
      env: secrets,
      args: [
        '--data',
        join(of.folder, 'company', system),
        '--port',
        new URL(urls[system]).port,
        '--stdin-eof',
        ...(system === 'ap' ? ['--autopilot', '0'] : []),
      ],
    }),
  )
}

const booked = (line: BookLine): boolean => line.op === 'document.post' && line.facts.some(({ verb }) => verb === 'BOOKED')
/** A line as it is in a backup from before it. */
const undone = (line: BookLine): BookLine => ({ ...line, facts: [] })
const lines = (of: TryOut, op: string): BookLine[] => of.books('erp').filter((line) => line.op === op && line.facts.length > 0)
const postings = (of: TryOut): number => of.books('erp').filter(booked).length
/** The amount of the first document in a line, another one. */
const altered = (line: BookLine): BookLine => ({
  ...line,
  facts: line.facts.map((fact, at) => (at === 0 ? { ...fact, row: { ...fact.row, grossAmt: '1.00' } } : fact)),
})

/** `attach`: with the approval attached to each posting. */
async function allPosted(count: number, attach = false): Promise<{ of: TryOut; headlines: string }> {
  hub = await tryOut({ ...QUICK, policy: { ...QUICK.policy, evidence: { attach } } })
  await hub.callErp('PUT', '/tempo', { autopilotMs: 0 })
  // Card and direct debit are paid without a run: seed 3 has none among the first.
  const files = (await hub.sample(count, 3)).slice(0, count)
  await hub.send(files)
  await hub.quiet(60_000, ({ states }) => states['posted'] === count)
  return { of: hub, headlines: await headlines(hub) }
}

async function headlines(of: TryOut): Promise<string> {
  const { objects } = await of.get<{ objects: { title: string; state: string }[] }>('/v1/objects?kind=invoice&limit=200')
  return objects
    .map(({ title, state }) => `${title}: ${state}`)
    .sort()
    .join('\n')
}

it('an ERP that was restored from a backup, and one whose records were changed: cases, no headline moves, nothing is posted again', async () => {
  const { of, headlines: before } = await allPosted(4)
  const clean = await sweep(of, 'erp')
  expect(clean).toMatchObject({ listed: 4, same: 4, news: 0, reported: 0, missing: 0, unknown: 0 })
  expect((await of.summary()).exceptions).toEqual({})

  let original: BookLine | undefined
  await behindItsBack(of, 'erp', (lines) => {
    original = lines.find(booked)
    return lines.slice(0, lines.findLastIndex(booked)).map((line) => (line === original ? altered(line) : line))
  })
  expect(await sweep(of, 'erp')).toMatchObject({ listed: 3, same: 2, missing: 1, reported: 2, unknown: 0 })
  await expect.poll(async () => (await of.summary()).exceptions, { timeout: 20_000 }).toEqual({ divergence: 2 })
  await of.quiet(30_000, ({ states }) => states['posted'] === 4)
  expect(await headlines(of)).toBe(before)
  expect(postings(of)).toBe(3)
  const cases = await of.get<{ exceptions: { says: string; owner: string; dueAt: string }[] }>('/v1/exceptions')
  expect(cases.exceptions.map(({ says }) => says).sort()).toEqual([
    expect.stringMatching(/^erp, posting holds nothing of it any more: 51\d+ is absent, and should be posted\.$/u),
    expect.stringMatching(/^erp, posting shows something that does not fit what it was told: 51\d+ is over 1\.00, and was over /u),
  ])
  // Told once: another sweep finds what is known.
  expect(await sweep(of, 'erp')).toMatchObject({ reported: 0, missing: 0 })

  // What somebody posts there by hand. The first takes the number that was lost: whoever hears of it by the feed has a document of which it was told otherwise.
  for (const number of ['BY-HAND-1', 'BY-HAND-2']) {
    const byHand = await of.callErp('POST', '/documents', {
      ...erpVendor(of),
      docType: 'KR',
      vendorDocNo: number,
      docDate: '2026-11-01',
      waers: 'EUR',
      netAmt: '10.00',
      taxAmt: '0',
      grossAmt: '10.00',
      items: [{ glAccount: '476000', netAmt: '10.00' }],
      enteredBy: 'somebody',
    })
    expect(byHand.status, JSON.stringify(byHand.body)).toBe(201)
  }
  const ran = await command(['systems', 'sweep', 'erp', '--full'], { TIEOUT_API: apiOf(of), TIEOUT_API_KEY: KEY })
  expect(ran.out).toMatch(
    /^erp: 5 things looked at, 4 as we have them\.\n {2}1 otherwise than when they were last heard, 0 of them gone\.\n[^]*2 facts are told otherwise than the first time/u,
  )
  await expect.poll(async () => (await of.summary()).exceptions, { timeout: 20_000 }).toMatchObject({ divergence: 2, bypass: 1 })

  await behindItsBack(of, 'erp', (lines) => lines.map((line) => (line.n === original?.n ? original : line)))
  await sweep(of, 'erp')
  await expect.poll(async () => (await of.summary()).exceptions, { timeout: 20_000 }).toMatchObject({ divergence: 1, bypass: 1 })
  expect(postings(of)).toBe(5)
})

it('a block and an approval that a restored ERP forgot: one case each, and neither is set again', async () => {
  const { of, headlines: before } = await allPosted(2, true)
  const { key } = lines(of, 'document.post').find(booked)!.facts[0]!
  const invoice = String((await of.callErp('GET', `/documents/${key}`)).body['extRef'])
  const [ticket] = (await of.callAp('GET', `/tickets?corrRef=${invoice}`)).body['tickets'] as {
    ticketNo: string
    signers: { by: string }[]
  }[]
  await of.callAp('POST', `/tickets/${ticket!.ticketNo}/recall`, { by: ticket!.signers[0]!.by, reason: 'wrong cost centre' })
  await expect.poll(() => [lines(of, 'document.block').length, lines(of, 'document.attach').length], { timeout: 20_000 }).toEqual([1, 2])
  await of.quiet(30_000, ({ states }) => states['posted'] === 2)
  expect(await sweep(of, 'erp')).toMatchObject({ listed: 2, reported: 0, missing: 0, unknown: 0, unconfirmed: 0 })
  expect((await of.summary()).exceptions).toEqual({ 'approval-taken-back': 1 })

  // An ERP that answers with errors: each cell is named, and none is taken for gone. An approval that was taken back is not asked for.
  await of.callErp('PUT', '/faults', {
    rules: ['document.search', 'document.read'].map((op) => ({ op, first: 10, reply: 'error' })),
  })
  expect(await sweep(of, 'erp')).toMatchObject({ listed: 0, asked: 3, same: 1, reported: 0, missing: 0, unconfirmed: 3 })
  await of.callErp('PUT', '/faults', { rules: [] })

  const other = lines(of, 'document.attach').find(({ facts }) => facts.every((fact) => fact.row['docNo'] !== key))!
  await behindItsBack(of, 'erp', (all) => all.map((line) => (line.op === 'document.block' || line.n === other.n ? undone(line) : line)))
  expect(await sweep(of, 'erp')).toMatchObject({ same: 1, reported: 2, missing: 1, unconfirmed: 0 })
  await expect.poll(async () => (await of.summary()).exceptions, { timeout: 20_000 }).toEqual({ 'approval-taken-back': 1, divergence: 2 })
  const cases = await of.get<{ exceptions: { says: string }[] }>('/v1/exceptions?cause=divergence')
  expect(cases.exceptions.map(({ says }) => says).sort()).toEqual([
    expect.stringMatching(/^erp, attachment holds nothing of it any more: absent, and should be 51\d+\.$/u),
    'erp, hold shows something that does not fit what it was told: free, and should be held.',
  ])
  await of.quiet(30_000, ({ states }) => states['posted'] === 2)
  expect([lines(of, 'document.block').length, lines(of, 'document.attach').length, await headlines(of)]).toEqual([0, 1, before])
})

it('a clearing that a restored ERP forgot, one that was booked twice, and a pack that the archive lost: cases, and nothing is sent again', async () => {
  hub = await tryOut(QUICK)
  const of = hub
  await of.send((await of.sample(4, 3)).slice(0, 4))
  await of.quiet(90_000)
  await of.callErp('PUT', '/tempo', { autopilotMs: 0 })
  const before = await headlines(of)
  for (const system of ['erp', 'archive']) expect(await sweep(of, system)).toMatchObject({ news: 0, reported: 0, missing: 0, unknown: 0 })
  expect((await of.summary()).exceptions).toEqual({})

  const [forgotten, twice] = lines(of, 'payment.confirm')
  const paymentOf = (line: BookLine): string => line.facts.find(({ what }) => what === 'PAYMENT')!.key
  const again = await of.callErp('POST', `/payment-docs/${paymentOf(twice!)}/confirm`, {
    ...Object.fromEntries(Object.entries(twice!.facts[0]!.row).filter(([name]) => ['bankRef', 'bookedOn', 'amt', 'waers'].includes(name))),
    by: 'somebody',
  })
  expect(again.status, JSON.stringify(again.body)).toBe(201)
  await behindItsBack(of, 'erp', (all) => all.map((line) => (line.n === forgotten!.n ? undone(line) : line)))
  const confirmed = lines(of, 'payment.confirm').length
  const swept = await sweep(of, 'erp')
  const documents = forgotten!.facts.filter(({ what }) => what === 'DOCUMENT').length
  expect(swept).toMatchObject({ news: 0, reported: 2 + documents, missing: 1 + documents, unknown: 0 })
  await expect.poll(async () => (await of.summary()).exceptions, { timeout: 20_000 }).toEqual({ divergence: 2 })
  const cases = await of.get<{ exceptions: { says: string }[] }>('/v1/exceptions')
  expect(cases.exceptions.map(({ says }) => says).sort()).toEqual([
    'erp, settlement holds nothing of it any more: absent, and should be settled.',
    'erp, settlement shows something that does not fit what it was told: settled-twice, and should be settled.',
  ])

  const stowed = of.books('archive').filter(({ facts }) => facts.some(({ key, verb }) => verb === 'STOWED' && key.includes('/pack.')))
  await behindItsBack(of, 'archive', (all) => all.map((line) => (line.n === stowed.at(-1)!.n ? undone(line) : line)))
  expect(await sweep(of, 'archive')).toMatchObject({ reported: 1, missing: 1, unknown: 0 })
  await expect.poll(async () => (await of.summary()).exceptions, { timeout: 20_000 }).toEqual({ divergence: 3 })
  await of.quiet(30_000, () => true)
  expect([await headlines(of), lines(of, 'payment.confirm').length]).toEqual([before, confirmed])
  expect(of.books('archive').filter(({ facts }) => facts.some(({ key }) => key.includes('/pack.'))).length).toBe(stowed.length - 1)
  expect(await sweep(of, 'erp')).toMatchObject({ reported: 0, missing: 0 })
  expect(await sweep(of, 'archive')).toMatchObject({ reported: 0, missing: 0 })

  // A payment of a run that no feed tells of: found in the list of payment documents, once.
  const made = of.books('erp').findLast((line) => line.op === 'payment.confirm' && line.facts.length > 0)!
  await behindItsBack(of, 'erp', (all) => all.map((line) => (line.n === made.n ? besides(line) : line)))
  expect(await sweep(of, 'erp')).toMatchObject({ unknown: 1 })
  expect(await sweep(of, 'erp')).toMatchObject({ unknown: 0, missing: 0, unconfirmed: 0 })
  await expect.poll(async () => (await of.summary()).exceptions, { timeout: 20_000 }).toEqual({ divergence: 3, 'erp-payment-unknown': 1 })
  expect(await of.get('/v1/exceptions?cause=erp-payment-unknown')).toMatchObject({
    exceptions: [{ owner: 'treasury', says: expect.stringMatching(/^The ERP’s payment document 29ELSE of company 1000 /u) as string }],
  })
})

it('what an ERP and procurement do after they were restored, under marks that they had given before, is heard like anything else', async () => {
  hub = await tryOut(QUICK)
  const of = hub
  await of.sample(4, 3)
  const { rows } = (await of.callErp('GET', '/vendors?limit=2')).body as { rows: { vendorNo: string; vatReg: string; name: string }[] }
  const rename = async (vendor: (typeof rows)[number]): Promise<void> => {
    const { createdBy: _by, createdAt: _at, changedBy: _who, changedAt: _when, vendorNo, ...row } = vendor as Record<string, unknown>
    const { status } = await of.callErp('PUT', `/vendors/${String(vendorNo)}`, { ...row, name: `${vendor.name} AG`, by: 'm.data' })
    expect(status).toBe(200)
  }
  const bar = async ({ vatReg }: (typeof rows)[number]): Promise<void> => {
    const { items } = (await of.callProcurement('GET', `/merchants?vatReg=${vatReg}`)).body as { items: Record<string, unknown>[] }
    const { merchantId, name, country } = items[0]!
    const barred = { name, vatReg, country, clearance: 'BARRED', by: 'p.orlow' }
    expect((await of.callProcurement('PUT', `/merchants/${String(merchantId)}`, barred)).status).toBe(200)
  }
  const says = async ({ vendorNo }: (typeof rows)[number]): Promise<string> => JSON.stringify(await of.get(`/v1/trace/${vendorNo}`))
  const heardOf = async (vendor: (typeof rows)[number]): Promise<void> => {
    await expect.poll(() => says(vendor), { timeout: 20_000 }).toContain(`${vendor.name} AG`)
    await expect.poll(() => says(vendor), { timeout: 20_000 }).toContain('"supplier.blocked"')
  }
  await rename(rows[0]!)
  await bar(rows[0]!)
  await heardOf(rows[0]!)
  for (const system of ['erp', 'procurement'] as const) {
    await behindItsBack(of, system, (all) =>
      all.slice(
        0,
        all.findLastIndex(({ op }) => op.endsWith('.put')),
      ),
    )
    await sweep(of, system)
  }
  await rename(rows[1]!)
  await bar(rows[1]!)
  await heardOf(rows[1]!)
  expect((await of.summary()).exceptions).toEqual({})
})

it('a status that an AP tool has forgotten is told again, once, and its case closes by itself', async () => {
  const { of, headlines: before } = await allPosted(2)
  expect(await sweep(of, 'ap')).toMatchObject({ missing: 0, unknown: 0 })
  const badges = (): number => of.books('ap').filter(({ op }) => op === 'ticket.badge').length
  const told = badges()
  await behindItsBack(of, 'ap', (lines) =>
    lines.map((line) =>
      line.op === 'ticket.badge' && line === lines.findLast(({ op }) => op === 'ticket.badge') ? forgotten(line) : line,
    ),
  )
  expect(await sweep(of, 'ap')).toMatchObject({ reported: 1, missing: 0 })
  await expect.poll(badges, { timeout: 20_000 }).toBe(told + 1)
  await sweep(of, 'ap')
  await expect.poll(async () => (await of.summary()).exceptions, { timeout: 20_000 }).toEqual({})
  await of.quiet(30_000, ({ states }) => states['posted'] === 2)
  expect([await headlines(of), badges()]).toEqual([before, told + 1])
})

it('with every notice lost and every hint gone with its process, sweeps reach the same headlines', async () => {
  const { of, headlines: usual } = await allPosted(4)
  await of.end()
  hub = await tryOut({ ...QUICK, policy: { ...QUICK.policy, evidence: { attach: false } } })
  await hub.callErp('PUT', '/tempo', { autopilotMs: 0 })
  await callAp(hub, 'PUT', '/hook', { url: null })
  await hub.send((await hub.sample(4, 3)).slice(0, 4))
  await hub.killHub()
  await hub.startHub()
  for (const system of EACH_SYSTEM) await sweep(hub, system)
  await hub.quiet(60_000, ({ states }) => states['posted'] === 4)
  expect(await headlines(hub)).toBe(usual)
  // A full sweep of what nobody lost moves nothing.
  const size = (await hub.summary()).log.size
  const last = await sweep(hub, 'erp')
  expect(last).toMatchObject({ news: 0, reported: 0, missing: 0, unknown: 0 })
  expect((await hub.summary()).log.size).toBe(size + 1)
})

/** The same line, as if it had made another payment, too, which the ERP tells of in no feed. */
const besides = (line: BookLine): BookLine => {
  const made = line.facts.find(({ what }) => what === 'PAYMENT')!
  const key = '29ELSE'
  return {
    ...line,
    facts: [...line.facts, { ...made, verb: 'SILENT', key, row: { ...made.row, payDocNo: key, endToEndId: key, msgId: 'ELSEWHERE' } }],
  }
}
const EACH_SYSTEM = ['ap', 'erp', 'procurement', 'bank', 'archive']
const WAY = ['posted', 'in-payment', 'paid', 'archived']

/** So many invoices have come to this headline, or beyond it; between two looks `meanwhile`. */
async function come(of: TryOut, count: number, to: string, meanwhile: () => Promise<void>): Promise<void> {
  for (const until = Date.now() + 180_000; ;) {
    const { states } = await of.summary()
    if (WAY.slice(WAY.indexOf(to)).reduce((sum, word) => sum + (states[word] ?? 0), 0) === count) return
    if (Date.now() > until) throw new Error(`not ${to}: ${JSON.stringify(await of.summary())}`)
    await meanwhile()
  }
}

it('with every notice lost, and every hint of one part of the hub to another, invoices reach their last headline', async () => {
  hub = await tryOut({ ...QUICK, deaf: true })
  const of = hub
  await callAp(of, 'PUT', '/hook', { url: null })
  await of.send((await of.sample(3, 3)).slice(0, 3))
  await come(of, 3, 'archived', () => later(200))
  await of.quiet(30_000, ({ states }) => states['archived'] === 3)
  await expect.poll(async () => (await of.summary()).exceptions, { timeout: 20_000 }).toEqual({})
})

it('where nobody hints and not even a feed says anything, full sweeps alone bring invoices to their last headline', async () => {
  hub = await tryOut({ ...QUICK, deaf: true, silent: true })
  const of = hub
  await callAp(of, 'PUT', '/hook', { url: null })
  await of.send((await of.sample(3, 3)).slice(0, 3))
  const sweepAll = async (): Promise<void> => {
    for (const system of EACH_SYSTEM) await sweep(of, system)
  }
  await come(of, 3, 'archived', sweepAll)
  await of.quiet(30_000, ({ states }) => states['archived'] === 3)
  // What was told since the last sweep shows at the next one; the grace here is shorter than a round of them.
  await sweepAll()
  await expect.poll(async () => (await of.summary()).exceptions, { timeout: 20_000 }).toEqual({})
  // Each feed was read once, when the hub began and nothing was there; without sweeps nothing of this is heard.
  expect(lines(of, 'payment.confirm').length).toBeGreaterThan(0)
})

const forgotten = (line: BookLine): BookLine => ({
  ...line,
  facts: line.facts.map((fact) => ({
    ...fact,
    row: { ...fact.row, badge: { ...(fact.row['badge'] as object), badge: 'NONE', refs: {} } },
  })),
})
const apiOf = (of: TryOut): string => String(of.hub().ready['api'])
function erpVendor(of: TryOut): { readonly companyCode: unknown; readonly vendorNo: unknown } {
  const { row } = of.books('erp').find(booked)!.facts[0]!
  return { companyCode: row['companyCode'], vendorNo: row['vendorNo'] }
}
async function callAp(of: TryOut, method: string, path: string, body: object): Promise<void> {
  const answer = await fetch(`${of.company.urls.ap}${path}`, {
    method,
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', authorization: `Bearer ${of.company.secrets['SANDBOX_AP_TOKEN']}` },
  })
  if (!answer.ok) throw new Error(await answer.text())
}
