import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Arrival, Ref } from '../src/domain/object.ts'
import { inTenant } from '../src/store/database.ts'
import { keepQuarantined, resolveQuarantined } from '../src/store/quarantine.ts'
import { KEY } from './api-context.ts'
import { command, type Ran } from './command.ts'
import { TENANT } from './facts.ts'
import { postingDesk, type PostingDesk } from './posting-desk.ts'

let desk: PostingDesk
let api = ''
const run = (...args: string[]): Promise<Ran> => command(args, { TIEOUT_API: api, TIEOUT_API_KEY: KEY })
const cases = (...args: string[]): Promise<Ran> => run('exceptions', ...args)
const accruals = (...args: string[]): Promise<Ran> => run('accruals', ...args)
/** The command that a page names for the next one. */
const nextOf = ({ out }: Ran): string[] | undefined => /^… and more: tieout (.+)$/mu.exec(out)?.[1]?.split(' ')
const idsIn = ({ out }: Ran): string[] => out.match(/^exc_[0-9a-f]{26}/gmu) ?? []

/** A document that is no invoice. */
const unreadable = (name: string, fileName: string): Arrival => ({
  tenant: TENANT,
  source: { system: 'capture', role: 'capture' },
  eventId: name,
  type: 'document.received',
  occurredAt: '2026-01-15T08:00:00.000Z',
  actor: 'system:capture',
  about: [{ names: [`public|document|${name}`], create: 'document' }],
  data: {
    document: 'e'.repeat(64),
    mediaType: 'text/plain',
    fileName,
    channel: 'test',
    refused: { code: 'not-xml', says: 'This is no XML.', line: 1, column: 1 },
  },
})

const LATER = '2026-01-20T08:00:00.000Z'
/** What the hub itself has decided. */
const decision = (type: Arrival['type'], about: Ref, data: Arrival['data']): Arrival => ({
  tenant: TENANT,
  source: { system: 'hub', role: 'hub' },
  eventId: `${type} ${about.names[0]}`,
  type,
  occurredAt: '2026-01-15T08:00:00.000Z',
  actor: 'rule:test',
  about: [about],
  data,
})

beforeAll(async () => {
  desk = await postingDesk()
  api = await desk.listen()
  await desk.tries('refused', 'account 4760 is locked')
  const receipts = await desk.intake.submit(
    ['one', 'two', `three\u001b[2J${'long '.repeat(30)}`].map((name, at) => unreadable(`unread ${at}`, `${name}.pdf`)),
  )
  expect(receipts.map(({ fault }) => fault?.message)).toEqual([undefined, undefined, undefined])
})
afterAll(() => desk.close())

it('exceptions are listed page by page, the most urgent first, in 80 columns', async () => {
  const all = await cases()
  expect([all.status, all.err]).toEqual([0, ''])
  expect(idsIn(all)).toHaveLength(4)
  expect(all.out.split('\n').filter((line) => [...line].length > 80)).toEqual([])
  expect(all.out).not.toContain('\u001b')
  expect(all.out).toMatch(
    /^exc_\w+ {2}ap-lead {6}due 2026-01-15 17:01 +v1\n {4}refused-by-target +119\.00 EUR +Acme GmbH\n {4}invoice\.post@erp: account 4760 is locked\n/u,
  )
  const pages: string[] = []
  for (let next: string[] | undefined = ['exceptions', '--limit', '3']; next;) {
    const page: Ran = await run(...next)
    pages.push(...idsIn(page))
    next = nextOf(page)
  }
  expect(pages).toEqual(idsIn(all))
  expect(nextOf(await cases('--owner', 'ap-clerks', '--cause', 'unreadable-document', '--limit', '2'))).toEqual([
    'exceptions',
    '--owner',
    'ap-clerks',
    '--cause',
    'unreadable-document',
    '--limit',
    '2',
    '--after',
    expect.any(String),
  ])
  expect(idsIn(await cases('list', '--cause', 'refused-by-target'))).toEqual([pages[0]])
  expect(idsIn(await cases('list', '--system', 'erp'))).toEqual([pages[0]])
  expect(await cases('list', '--system', 'epr')).toMatchObject({
    status: 1,
    err: expect.stringContaining('There is no system epr; there are') as string,
  })
  expect((await cases('list', '--cause', 'dead-letter')).out).toBe('No such case is open.\n')
  expect((await cases('list', '--closed')).out).toBe('No such case is closed.\n')
  const { exceptions, next } = JSON.parse((await cases('list', '--owner', 'ap-clerks', '--json')).out) as {
    exceptions: { id: string }[]
    next: null
  }
  expect([exceptions.map(({ id }) => id), next]).toEqual([pages.slice(1), null])
})

it('one is shown, given to another team and resolved, each from the version that was looked at', async () => {
  const [id = ''] = idsIn(await cases('list', '--cause', 'unreadable-document'))
  const shown = await cases('show', id)
  expect(shown.out).toMatch(/^A document arrived that could not be read as an invoice: open\n {2}what +/u)
  expect(shown.out).toMatch(/\n {2}with +ap-clerks; normal\n/u)
  expect(shown.out).toMatch(/\n {2}answers +explained: It has been explained; close the case\.\n/u)
  expect(shown.out).toContain(`\n  tieout exceptions resolve ${id} \\\n    --seen 1 `)
  expect(JSON.parse((await cases('show', id, '--json')).out)).toMatchObject({ id, version: 1, object: { kind: 'document' } })

  const give = ['assign', id, '--to', 'procurement', '--by', 'anna', '--seen', '1']
  expect(await cases(...give)).toMatchObject({ status: 0, out: 'Given to procurement.\n' })
  expect(await cases(...give)).toMatchObject({ status: 0, out: 'It is with procurement already; nothing changed.\n' })
  expect(idsIn(await cases('list', '--owner', 'procurement'))).toEqual([id])
  expect(idsIn(await cases('list', '--owner', 'ap-clerks'))).not.toContain(id)
  expect((await cases('show', id)).out).toMatch(/\n {2}with +procurement \(first with ap-clerks\); normal\n/u)

  const resolve = (action: string, seen: string): Promise<Ran> =>
    cases('resolve', id, '--action', action, '--reason', 'It was a test.', '--by', 'anna', '--seen', seen)
  expect(await resolve('explained', '1')).toMatchObject({
    status: 1,
    out: '',
    err: 'The case is no longer as it was when it was looked at. It is at version 2. Look at the case again; answer it again if it still needs an answer.\n',
  })
  expect(await resolve('reject', '2')).toMatchObject({ status: 1, err: 'It takes explained.\n' })
  expect(await resolve('explained', '2')).toMatchObject({ status: 0, out: 'Answered: explained.\n' })
  expect(await resolve('explained', '2')).toMatchObject({ status: 0, out: 'It was answered so before; nothing changed.\n' })
  expect(await cases('assign', id, '--to', 'treasury', '--by', 'anna', '--seen', '4')).toMatchObject({
    status: 1,
    err: expect.stringContaining('It is closed.') as string,
  })
  expect(idsIn(await cases('list', '--closed'))).toEqual([id])
  expect(idsIn(await cases())).not.toContain(id)
  expect((await cases('show', id)).out).toMatch(/: closed\n(.*\n)*.*explained by anna: It was a test\./u)
})

it('a case whose deadline passed says whom that brought it to', async () => {
  const [id = ''] = idsIn(await cases('--cause', 'refused-by-target'))
  expect((await cases('show', id)).out).not.toContain('escalated')
  await desk.intake.submit([
    decision('exception.escalated', { names: [id] }, { exception: id, from: 'ap-lead', to: 'controller', was: LATER, dueAt: LATER }),
  ])
  expect((await cases('show', id)).out).toMatch(/\n {2}escalated +once, to controller: its deadline passed\n/u)
})

it('accruals are listed page by page and booked once, under one number', async () => {
  expect((await accruals()).out).toBe('Nothing is on the accrual list.\n')
  const accounts = [{ account: '4760', amount: '100.00' }]
  const listed = {
    invoice: desk.id,
    entity: '1000',
    period: '2026-01',
    was: '2026-01-31',
    on: '2026-02-01',
    amount: '100.00',
    currency: 'EUR',
  }
  await desk.intake.submit(
    ['R-7', 'R-8', 'R-9'].map((number) =>
      decision(
        'posting.postponed',
        { names: [`hub|accrual|${number}`], create: 'accrual' },
        { period: '2026-02', accrual: { ...listed, number, supplier: 'Acme GmbH', accounts } },
      ),
    ),
  )
  const idsOf = ({ out }: Ran): string[] => out.match(/acr_[0-9a-f]{26}/gu) ?? []
  const first = await accruals('--limit', '2')
  expect(first.out).toMatch(
    /^R-\d of Acme GmbH 100\.00 EUR\n {4}company 1000, period 2026-01: goes to 2026-02-01 instead of 2026-01-31\n {4}account 4760 100\.00\n {4}acr_\w+\nR-/u,
  )
  const last = await run(...nextOf(first)!)
  expect([nextOf(last), new Set([...idsOf(first), ...idsOf(last)]).size]).toEqual([undefined, 3])

  const [one = '', another = ''] = idsOf(first)
  const book = (id: string, document: string): Promise<Ran> => accruals('booked', id, '--document', document, '--by', 'Anna')
  expect(await book(one, '4711')).toMatchObject({ status: 0, out: 'Booked as 4711.\n' })
  expect(await book(one, '4711')).toMatchObject({ status: 0, out: 'It is booked as 4711 already; nothing changed.\n' })
  expect(await book(one, '4712')).toMatchObject({
    status: 1,
    out: '',
    err: 'It is no longer as it was when it was looked at. It is booked as 4711. Look at it again; ask again if that is still needed.\n',
  })
  const both = await Promise.all(
    ['4713', '4714'].map((document) => desk.post(`/v1/accruals/${another}/bookings`, { document, person: 'bert' })),
  )
  expect(both.map(({ status, code = '' }) => `${status} ${code}`).toSorted()).toEqual(['200 ', '409 moved-meanwhile'])
  expect(idsOf(await accruals())).toEqual(idsOf(last))
  const booked = await accruals('--booked', '--limit', '1')
  expect(nextOf(booked)).toEqual(['accruals', '--booked', '--limit', '1', '--after', expect.any(String)])
  expect(booked.out + (await run(...nextOf(booked)!)).out).toMatch(/ {4}booked as 4711 by anna\n/u)
  expect(await accruals('booked', 'acr_x', '--document', '1', '--by', 'a')).toMatchObject({ status: 1, err: 'There is no such accrual.\n' })
})

it('what our own code broke on stands after the cases, with whose it is', async () => {
  const now = '2026-01-20T08:00:00.000Z'
  const item = { id: 'evt_broken', source: 'erp', type: 'posting.confirmed', says: 'TypeError: it broke', owner: 'engineering' }
  await inTenant(desk.database.pool, TENANT, (client) => keepQuarantined(client, TENANT, { ...item, bytes: null }, now))
  const told =
    /evt_broken {2}engineering {2}set aside since 2026-01-20 08:00, tried 1 times\n {4}posting\.confirmed of erp: the hub’s own code broke on it\n {4}TypeError: it broke\n$/u
  expect((await cases()).out).toMatch(told)
  expect((await cases('--cause', 'dead-letter')).out).toMatch(told)
  await inTenant(desk.database.pool, TENANT, (client) => resolveQuarantined(client, TENANT, [item.id], now))
  expect((await cases()).out).not.toContain('evt_broken')
})

it('what is wrong is one sentence and status 1', async () => {
  const says = async (args: readonly string[], env: Record<string, string> = {}): Promise<string> => {
    const { status, out, err } = await command(['exceptions', ...args], { TIEOUT_API: api, TIEOUT_API_KEY: KEY, ...env })
    expect([status, out, err.split('\n').length], err).toEqual([1, '', 2])
    return err.trimEnd()
  }
  const other = createServer((_request, response) => {
    response.end('{"hello": "world"}')
  }).listen(0, '127.0.0.1')
  const address = await new Promise<string>((resolve) =>
    other.once('listening', () => {
      resolve(`http://127.0.0.1:${(other.address() as AddressInfo).port}`)
    }),
  )
  try {
    expect(await says([], { TIEOUT_API: '' })).toBe(
      'No hub is running here: start one with npm start, or name one with --api or TIEOUT_API.',
    )
    expect(await says([], { TIEOUT_API: 'http://127.0.0.1:1' })).toBe(
      'The hub at http://127.0.0.1:1 does not answer. Is it running? npm start starts it.',
    )
    expect(await says(['list', '--api', 'nowhere'])).toMatch(/^nowhere is no address/u)
    expect(await says([], { TIEOUT_API_KEY: '' })).toBe('The access key is missing: set TIEOUT_API_KEY.')
    expect(await says([], { TIEOUT_API_KEY: 'a-wrong-key-of-some-length' })).toMatch(
      /^The hub at \S+ does not know this access key: set TIEOUT_API_KEY/u,
    )
    expect(await says(['list', '--api', address])).toMatch(/^What answers at \S+ \(200\) is no hub of this version/u)
    expect(await says(['show', 'exc_x'])).toBe('There is no such case.')
    expect(await says(['show', desk.id])).toBe('There is no such case.')
    expect(await says(['list', '--owner', 'tresury'])).toMatch(/^There is no --owner tresury; there are ap-clerks, /u)
    expect(await says(['list', '--cause', 'none'])).toMatch(/^There is no --cause none; there are unreadable-document, /u)
    expect(await says(['list', '--limit', '1000'])).toMatch(/^limit: /u)
    expect(await says(['list', '--after', 'x'])).toMatch(/^after is not what the last page gave as next/u)
    expect(await says(['resolve', 'exc_x', '--seen', 'v', '--by', 'a', '--action', 'a', '--reason', 'abc'])).toMatch(
      /^--seen is the number/u,
    )
    expect(await says(['resolve', 'exc_x', '--seen', '1', '--by', 'a b', '--action', 'a', '--reason', 'abc'])).toMatch(
      /^person: is no login/u,
    )
  } finally {
    other.close()
  }
})
