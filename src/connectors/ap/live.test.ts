/** Against the running tool, which shares no code with this connector and signs with a library that this connector does not use. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { invoice, ofType, putAway, system, ticketOf } from '../../../test/live-ap.ts'
import type { Drive } from '../../../test/drive.ts'
import type { System } from '../../../sandbox/testing.ts'

afterAll(putAway)

describe('commands', () => {
  let there: System
  let here: Drive
  beforeAll(async () => {
    ;({ there, here } = await system())
  })

  test('an invoice becomes a ticket that carries our reference, and the same call again is the same ticket', async () => {
    const first = await here.run('invoice.submit', invoice('inv_1'), { key: 'k-1' })
    expect(first).toMatchObject({
      outcome: { kind: 'done', receipt: { reference: 'T-000001' } },
      observations: [],
    })
    expect((await here.run('invoice.submit', invoice('inv_1'), { key: 'k-1' })).outcome).toEqual(first.outcome)
    expect((await there.call('GET', '/tickets')).body.tickets).toHaveLength(1)
    expect((await there.call('GET', '/tickets/T-000001')).body).toMatchObject({
      corrRef: 'inv_1',
      billKind: 'BILL',
      legalUnit: '1000',
      creditor: { name: 'Atelier Müller', vatReg: 'FR12345678901', vendorNo: 'K-1' },
      poRefs: ['4500000001'],
      openedBy: 'hub k-1',
      rows: [{ rowNo: '1', poRef: '4500000001', poRow: '10' }, { rowNo: '2' }],
    })
  })

  test('the tool refuses in its own words; another body under the same key is something else', async () => {
    expect((await here.run('invoice.submit', invoice('inv_2', { entity: '9' }), { key: 'k-2' })).outcome).toMatchObject({
      kind: 'refused',
      code: 'UNIT_UNKNOWN',
    })
    expect((await here.run('invoice.submit', invoice('inv_3'), { key: 'k-1' })).outcome).toMatchObject({
      kind: 'other',
      says: expect.stringContaining('KEY_REUSED'),
    })
  })

  test.each([
    ['the reply is lost', { reply: 'lost' }],
    ['500 after the work', { reply: 'error' }],
    ['an HTML page', { reply: 'html' }],
    ['half the JSON', { reply: 'cut' }],
    ['no number', { patch: { ticketNo: null } }],
  ])('when %s the outcome is unclear; the same call once more gives the one ticket, and looking finds it', async (what, rule) => {
    const content = invoice(`inv_${what.replaceAll(' ', '')}`)
    await there.call('PUT', '/faults', { rules: [{ op: 'ticket.open', first: 1, ...rule }] })
    expect((await here.run('invoice.submit', content, { key: what })).outcome.kind).toBe('unclear')
    await there.call('PUT', '/faults', { rules: [] })
    const look = await here.look('invoice.submit', content, what)
    expect(look).toMatchObject({ kind: 'one', equal: true })
    expect((await here.run('invoice.submit', content, { key: what })).outcome).toMatchObject({
      kind: 'done',
      receipt: { reference: look.kind === 'one' ? look.receipt.reference : '' },
    })
  })

  test('while the first call is at work the second is unclear; a ticket of another submission is not this one', async () => {
    await there.call('PUT', '/tempo', { latencyMs: 2_000 })
    const slow = here.run('invoice.submit', invoice('inv_slow'), { key: 'slow' })
    await expect
      .poll(async () => (await here.run('invoice.submit', invoice('inv_slow'), { key: 'slow' })).outcome, { timeout: 1_800, interval: 20 })
      .toMatchObject({ kind: 'unclear', says: expect.stringContaining('KEY_BUSY') })
    await there.call('PUT', '/tempo', { latencyMs: 0 })
    expect((await slow).outcome.kind).toBe('done')
    expect(await here.look('invoice.submit', invoice('inv_slow'), 'another key')).toEqual({ kind: 'absent' })
  })

  test('every status of ours is shown by a badge, told once, and read back as the word that was told', async () => {
    const ticket = await ticketOf(here, invoice('inv_badge'), 'badge')
    let cursor = (await here.sweep(null)).cursor
    for (const [word, badge] of Object.entries({
      received: 'NONE',
      validated: 'NONE',
      matched: 'NONE',
      approved: 'NONE',
      posted: 'AT_LEDGER',
      'in-payment': 'IN_RUN',
      paid: 'MONEY_OUT',
      returned: 'BOUNCED',
      rejected: 'CLOSED',
      held: 'HELD',
    })) {
      const content = { reference: 'inv_badge', ticket, word, refs: { posting: '5100000001', none: undefined } }
      expect(await here.look('invoice.status', content as never)).toEqual({ kind: 'absent' })
      expect((await here.run('invoice.status', content as never, { key: `badge ${word}` })).outcome).toMatchObject({
        kind: 'done',
        receipt: { reference: ticket },
      })
      expect(await here.look('invoice.status', content as never)).toMatchObject({ kind: 'one', equal: true })
      const swept = await here.sweep(cursor)
      cursor = swept.cursor
      expect(ofType(swept.observations, 'status.reported').map(({ data }) => [data['facet'], data['word'], data['claims']])).toEqual([
        ['status', badge, word],
      ])
    }
    expect(
      (await here.run('invoice.status', { reference: 'inv_x', ticket: 'T-999999', word: 'paid', refs: {} }, { key: 'nobody' })).outcome,
    ).toMatchObject({ kind: 'refused', code: 'NO_TICKET' })
  })

  test('a badge that another system set is reported by what it shows', async () => {
    const ticket = await ticketOf(here, invoice('inv_foreign'), 'foreign')
    const { cursor } = await here.sweep(null)
    await there.call('POST', `/tickets/${ticket}/badge`, { badge: 'MONEY_OUT', by: 'somebody' }, { 'idempotency-key': 'their-key' })
    expect((await here.sweep(cursor)).observations.at(-1)?.data).toEqual({
      system: 'ap',
      facet: 'status',
      word: 'MONEY_OUT',
      claims: 'paid',
    })
  })
})
