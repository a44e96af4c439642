/** What people do to tickets in the running tool, as its signed notices and our sweep tell it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Connector, Observation } from '../../connector/contract.ts'
import { personName } from '../../domain/names.ts'
import { changedTerms } from '../../domain/terms.ts'
import { until, type System } from '../../../sandbox/testing.ts'
import type { Drive } from '../../../test/drive.ts'
import { FORMER, invoice, ofType, people, PRESENT, type Pushed, putAway, system, TERMS, termsIn, ticketOf } from '../../../test/live-ap.ts'

afterAll(putAway)

describe('approval', () => {
  let there: System
  let here: Drive
  let connector: Connector
  let got: Pushed[]
  beforeAll(async () => {
    ;({ there, here, connector, got } = await system())
  })

  /** What the notices of a ticket say, once the last of them has arrived. */
  const noticed = async (ticket: string, last: string): Promise<Observation[]> => {
    const of = (): Pushed[] => got.filter(({ raw }) => new TextDecoder().decode(raw).includes(ticket))
    await until(`${last} of ${ticket}`, () => of().some(({ raw }) => new TextDecoder().decode(raw).includes(`"${last}"`)) || undefined)
    return of().flatMap((push) => {
      expect(connector.notices?.verify(push.raw, push.headers, [PRESENT], push.at)).toBe('ok')
      const read = connector.notices?.readNotice(push.raw)
      if (!read || 'trouble' in read) throw new Error(read?.trouble)
      return [...read.observations]
    })
  }
  const swept = async (ticket: string): Promise<Observation[]> =>
    (await here.sweep(null)).observations.filter((one) => one.reference === ticket)

  test('a ticket that is signed twice: notices and sweep tell the same facts under the same identity, word for word', async () => {
    const ticket = await ticketOf(here, invoice('inv_a'), 'a')
    const { code, lead, head } = people(there)
    await code(ticket)
    await lead(ticket)
    await head(ticket)
    const pushed = await noticed(ticket, 'ticket.greenlit')
    const read = await swept(ticket)
    const named = (what: string): unknown => expect.stringContaining(`ticket|${ticket}|inv_a|${what}|`)
    const ids = [...new Set(pushed.map(({ eventId }) => eventId))].sort()
    expect(ids).toEqual([named('coded'), named('signed|1'), named('signed|2')])
    for (const fact of pushed) expect(read).toContainEqual(fact)
    const [first, second] = ofType(read, 'approval.granted')
    expect([first, second].map((one) => [one?.data['step'], one?.data['person']])).toEqual([
      ['1', personName('directory', 'l.roth')],
      ['2', personName('directory', 'h.berg')],
    ])
    const [completed] = ofType(read, 'approval.completed')
    expect(completed).toMatchObject({
      about: [{ names: ['inv_a', `ap|ticket|${ticket}`] }],
      data: { ticket, enterers: [personName('directory', 'c.lind')] },
    })
    expect(termsIn(completed)).toEqual({ ...TERMS, coding: [{ account: '476000', costCentre: 'CC-10', amount: '100.00' }] })
    expect(changedTerms(termsIn(first), termsIn(completed))).toEqual([])
    expect(changedTerms(termsIn(completed), TERMS)).toEqual([])
  })

  test.each([
    ['refused at a step', 'decline', 'l.roth', true, 'approval.refused', 'ticket.declined'],
    ['refused before coding', 'decline', 'C.Lind', false, 'approval.refused', 'ticket.declined'],
    ['taken back', 'recall', 'h.berg', true, 'approval.withdrawn', 'ticket.recalled'],
  ])('a ticket %s: the same fact from both ways, and nothing rejected', async (_what, act, by, withCoding, type, last) => {
    const ticket = await ticketOf(here, invoice(`inv_${act}${by}`), `${act} ${by}`)
    const steps = people(there)
    if (withCoding) await steps.code(ticket)
    else await steps.post(ticket, 'pick', { by })
    await steps.post(ticket, act, { by, reason: 'not ours' })
    const pushed = ofType(await noticed(ticket, last), type)
    expect(pushed).toMatchObject([{ data: { ticket, person: personName('directory', by), reason: 'not ours' } }])
    expect(ofType(await swept(ticket), type)).toEqual(pushed)
    await here.run('invoice.status', { reference: 'x', ticket, word: 'rejected', refs: {} }, { key: `close ${ticket}` })
    // Its last change is now the badge's: when it was refused is only known to lie before that.
    const later = ofType(await swept(ticket), type)
    expect(later).toHaveLength(1)
    expect(later[0]?.occurredAt.localeCompare(pushed[0]?.occurredAt ?? '')).toBeLessThanOrEqual(0)
    expect((await swept(ticket)).some((one) => one.type === 'invoice.rejected')).toBe(false)
  })

  test.each([
    ['another creditor', { creditor: { name: 'Evil Ltd', vatReg: 'FR12345678901', vendorNo: 'K-1' } }, ['supplier']],
    ['another vendor number', { creditor: { name: 'Atelier Müller', vatReg: 'FR12345678901', vendorNo: 'K-6' } }, ['supplier']],
    ['another VAT number', { creditor: { name: 'Atelier Müller', vatReg: 'FR999', vendorNo: 'K-1' } }, ['supplier']],
    ['the name in other letters only', { creditor: { name: 'ATELIER  müller', vatReg: 'FR 12 345 678 901', vendorNo: 'K-1' } }, []],
    ['another account', { remitTo: { iban: 'DE02 1203 0000 0000 2020 51' } }, ['payee', 'entity']],
    ['no account', { remitTo: null }, ['payee', 'entity']],
    ['other amounts', { netTotal: '200.00', taxTotal: '38.00', grossTotal: '238.00' }, ['net', 'tax', 'gross']],
    ['another order', { poRefs: ['4500000002'] }, ['orders']],
    ['a later due date', { dueOn: '2026-03-30' }, ['dueOn']],
  ])(
    'amended to %s after the signatures: the completion has the terms as they are now, the signatures those of their moment',
    async (_what, changes, differing) => {
      const name = _what.replaceAll(' ', '')
      const ticket = await ticketOf(here, invoice(`inv_${name}`), name)
      const { code, lead, head, post } = people(there)
      await code(ticket)
      await lead(ticket)
      await head(ticket)
      const before = await swept(ticket)
      await post(ticket, 'amend', { by: 'l.roth', changes })
      const after = await swept(ticket)
      expect(ofType(after, 'approval.granted')).toEqual([])
      const [then, now] = [ofType(before, 'approval.completed')[0], ofType(after, 'approval.completed')[0]]
      expect(now?.eventId).not.toBe(then?.eventId)
      expect(String(now?.occurredAt) > String(then?.occurredAt)).toBe(true)
      expect(changedTerms(termsIn(now), TERMS)).toEqual(differing)
      // By the sweep alone: the notice of it may be lost. Spelled otherwise is no other term, and amended all the same.
      expect([then?.data['amended'], now?.data['amended']]).toEqual([
        undefined,
        [{ person: personName('directory', 'l.roth'), terms: differing.length === 0 ? ['supplier'] : differing.toSorted() }],
      ])
      expect(changedTerms(termsIn(ofType(await noticed(ticket, 'ticket.amended'), 'approval.granted')[0]), TERMS)).toEqual([])
    },
  )

  test('amended before the last signature: the sweep claims only the signature that came after it', async () => {
    const ticket = await ticketOf(here, invoice('inv_between'), 'between')
    const { code, lead, head, post } = people(there)
    await code(ticket)
    await lead(ticket)
    await post(ticket, 'amend', { by: 'C.Lind', changes: { dueOn: '2026-01-20' } })
    await head(ticket)
    expect(ofType(await swept(ticket), 'approval.granted').map((one) => [one.data['step'], termsIn(one).dueOn])).toEqual([
      ['2', '2026-01-20'],
    ])
    const pushed = ofType(await noticed(ticket, 'ticket.greenlit'), 'approval.granted')
    expect(new Map(pushed.map((one) => [one.data['step'], termsIn(one).dueOn]))).toEqual(
      new Map([
        ['1', '2026-02-11'],
        ['2', '2026-01-20'],
      ]),
    )
  })

  test.each([
    ['known by a tax number', { ...TERMS, supplier: 'public|supplier-tax|20112340199' }],
    ['known by a register number', { ...TERMS, supplier: 'public|supplier-register|HRB12345' }],
    ['known by its name alone', { ...TERMS, supplier: 'public|supplier-name|atelier müller' }],
    ['billing a company known by its name, by direct debit', { ...TERMS, payee: 'none', entity: 'public|entity-name|nordlicht | handel' }],
  ])('a supplier %s comes back as it was sent', async (what, terms) => {
    const name = what.replaceAll(/\W/gu, '')
    const ticket = await ticketOf(here, invoice(`inv_${name}`, {}, terms), name)
    await people(there).code(ticket)
    await people(there).lead(ticket)
    const [granted] = ofType(await swept(ticket), 'approval.granted')
    expect(changedTerms(termsIn(granted), terms)).toEqual([])
    await people(there).post(ticket, 'amend', { by: 'C.Lind', changes: { creditor: { name: 'Somebody Else' } } })
    await people(there).head(ticket)
    const [completed] = ofType(await swept(ticket), 'approval.completed')
    expect(changedTerms(termsIn(completed), terms)).toEqual(['supplier'])
  })

  test('a ticket that the hub did not open is not told', async () => {
    const opened = await there.call('POST', '/tickets', {
      corrRef: 'of others',
      billKind: 'BILL',
      billNo: '1',
      billedOn: '2026-01-12',
      legalUnit: '1000',
      creditor: { name: 'X' },
      ccy: 'EUR',
      netTotal: '1',
      taxTotal: '0',
      grossTotal: '1',
      openedBy: 'x',
    })
    await people(there)
      .post(opened.body.ticketNo, 'decline', { by: 'C.Lind', reason: 'x' })
      .catch(() => undefined)
    expect(await swept(opened.body.ticketNo)).toEqual([])
  })

  test('a ticket was never amended as long as its revision is the first', async () => {
    expect((await there.call('GET', '/tickets')).body.tickets.find((row: { corrRef: string }) => row.corrRef === 'inv_a').rev).toBe(1)
  })

  test('signatures: either secret of a rotation fits; another secret, byte, id, time or none does not', () => {
    const push = got[0]!
    const verify = (change: Partial<Pushed> = {}, secrets: string[] = [PRESENT], now = push.at): unknown =>
      connector.notices?.verify(change.raw ?? push.raw, { ...push.headers, ...change.headers }, secrets, now)
    expect([verify(), verify({}, [FORMER]), verify({}, ['whsec_AAAA', PRESENT]), verify({}, [`${FORMER} ${PRESENT}`])]).toEqual([
      'ok',
      'ok',
      'ok',
      'ok',
    ])
    const changed = Uint8Array.from(push.raw)
    changed[10]! ^= 1
    const refused = { refused: 'no signature fits' }
    expect(verify({ raw: changed })).toEqual(refused)
    expect(verify({}, ['whsec_AAAA'])).toEqual(refused)
    expect(verify({}, [])).toEqual(refused)
    expect(verify({}, ['', 'whsec_', 'not base64 !'])).toEqual(refused)
    expect(verify({ headers: { 'webhook-id': 'msg_other' } })).toEqual(refused)
    expect(verify({ headers: { 'webhook-signature': '' } })).toEqual(refused)
    expect(verify({ headers: { 'webhook-signature': 'v1,' } })).toEqual(refused)
    expect(verify({ headers: { 'webhook-signature': push.headers['webhook-signature']?.replaceAll('v1,', 'v2,') ?? '' } })).toEqual(refused)
    expect(verify({ headers: { 'webhook-timestamp': '1' } })).toMatchObject({ refused: expect.stringContaining('300 s') })
    const sentAt = Number(push.headers['webhook-timestamp']) * 1_000
    expect([verify({}, [PRESENT], sentAt + 299_000), verify({}, [PRESENT], sentAt - 299_000)]).toEqual(['ok', 'ok'])
    expect([verify({}, [PRESENT], sentAt + 301_000), verify({}, [PRESENT], sentAt - 301_000)]).toMatchObject([
      { refused: expect.any(String) },
      { refused: expect.any(String) },
    ])
    expect(verify({ headers: { 'webhook-timestamp': '1e9' } })).toMatchObject({ refused: expect.stringContaining('malformed') })
  })
})
