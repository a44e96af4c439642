import { afterEach, describe, expect, it } from 'vitest'
import { inTenant } from '../src/store/database.ts'
import type { EffectState } from '../src/domain/effect.ts'
import { effectsOf, newEffect, writeEffects, writingEffects } from '../src/store/effect.ts'
import { eventsOf } from '../src/store/event.ts'
import { fact, posted, reversed, TENANT } from './facts.ts'
import { INVOICE, postingDesk, type PostingDesk } from './posting-desk.ts'

let desk: PostingDesk | undefined
afterEach(() => desk?.close())
const approved = async (): Promise<PostingDesk> => (desk = await postingDesk())

describe('a command that the ERP refused', () => {
  it('is sent again when a person says so, and the case closes', async () => {
    const { effect, tries, cases, answer } = await approved()
    await tries('refused', 'account 4760 is locked')
    const [one] = await cases()
    expect(one).toMatchObject({ cause: 'refused-by-target', actions: [{ action: 'try-again', second: false }] })
    expect((await effect()).state).toBe('refused')
    expect(await answer(one!, { action: 'try-again', reason: 'The account is open again.', person: 'anna' })).toMatchObject({
      status: 200,
      outcome: 'new',
    })
    expect(await effect()).toMatchObject({ state: 'waiting', attempts: 1 })
    expect(await cases()).toEqual([])
    expect(await answer(one!, { action: 'try-again', reason: 'Once more.', person: 'anna' })).toMatchObject({
      status: 409,
      code: 'exception-moved',
    })
  })
})

describe('an answer', () => {
  it('moves the command that its case is about, and no other that happens to wait for such a word', async () => {
    const { id, effect, tries, cases, answer } = await approved()
    const { pool } = desk!.database
    await tries('refused', 'account 4760 is locked')
    const [one] = await cases()
    const other = newEffect(
      TENANT,
      { target: 'ap', command: 'invoice.status', object: id, occurrence: 'posted#evt_1', subject: id, content: { word: 'posted' } },
      '2026-01-15T09:00:00.000Z',
    )
    const states = async (): Promise<unknown[]> =>
      (await inTenant(pool, TENANT, (client) => effectsOf(client, TENANT, id)))
        .filter(({ command }) => command === 'invoice.post' || command === 'invoice.status')
        .map(({ command, state }) => [command, state])
    const stands = (post: EffectState): Promise<void> =>
      inTenant(pool, TENANT, async (client) => writeEffects(client, TENANT, [{ ...(await effect()), state: post }]))
    await inTenant(pool, TENANT, async (client) => {
      for (const statement of writingEffects(TENANT, [{ ...other, state: 'refused' }], [])) await client.query(statement)
    })
    await stands('waiting')
    const body = { action: 'try-again', reason: 'The account is open again.', person: 'anna' }
    expect(await answer(one!, body)).toMatchObject({
      status: 409,
      detail: expect.stringContaining('does not wait for such a word') as string,
    })
    expect(await states()).toEqual([
      ['invoice.post', 'waiting'],
      ['invoice.status', 'refused'],
    ])
    await stands('refused')
    expect(await answer(one!, body)).toMatchObject({ status: 200 })
    expect(await states()).toEqual([
      ['invoice.post', 'waiting'],
      ['invoice.status', 'refused'],
    ])
  })
})

describe('a case that ends by itself', () => {
  it('does so in the commit that ends its command: the ERP shows the posting, or nobody wants it any more', async () => {
    const { id, effect, tries, cases, answer } = await approved()
    const { intake, database } = desk!
    await tries('refused', 'account 4760 is locked')
    const [refused] = await cases()
    const about = [{ names: [id] }]
    await intake.submit([fact('invoice.rejected', 'person', 'no', '2026-01-15T10:00:00.000Z', about, { reason: 'not ours' })])
    expect([await cases(), (await effect()).state]).toEqual([[], 'superseded'])
    expect(await answer(refused!, { action: 'try-again', reason: 'It is open again.', person: 'anna' })).toMatchObject({
      status: 409,
      detail: expect.stringContaining('It is closed.') as string,
    })
    await intake.submit([fact('invoice.reinstated', 'person', 'yes', '2026-01-15T11:00:00.000Z', about, { reason: 'ours' })])
    expect([await cases(), (await effect()).state]).toEqual([[], 'waiting'])
    await tries('needs-person', 'no reply')
    expect(await cases()).toMatchObject([{ cause: 'outcome-unknown' }])
    await intake.submit([posted(INVOICE, '5100', '2026-01-15T09:03:00.000Z')])
    expect([await cases(), (await effect()).state]).toEqual([[], 'done'])
    const events = await inTenant(database.pool, TENANT, (client) => eventsOf(client, TENANT, id, null, 200))
    expect(events.filter(({ type }) => type === 'exception.resolved').map(({ data }) => [data['cause'], data['input']])).toEqual([
      ['refused-by-target', 'withdrawn'],
      ['outcome-unknown', 'evidence'],
    ])
  })
})

describe('a case that is given to another team', () => {
  it('is theirs by an event, once, from the version that was looked at; and a closed one stays where it is', async () => {
    const { id, tries, cases, answer, assign } = await approved()
    await tries('refused', 'account 4760 is locked')
    const [one] = await cases()
    const body = { to: 'treasury', person: 'Anna', version: one!.version }
    expect(await assign(one!, { ...body, to: 'everybody' })).toMatchObject({ status: 400 })
    expect(await assign(one!, { ...body, version: undefined })).toMatchObject({ status: 400 })
    expect(await assign(one!, { ...body, version: one!.version + 1 })).toMatchObject({ status: 409, code: 'exception-moved' })
    const both = await Promise.all([assign(one!, body), assign(one!, { ...body, to: 'engineering' })])
    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409])
    const owner = both[0].status === 200 ? 'treasury' : 'engineering'
    expect(await cases()).toMatchObject([{ assigned: owner, version: one!.version + 1 }])
    expect(await assign(one!, { ...body, to: owner })).toMatchObject({ status: 200, outcome: 'repeat' })
    const events = await inTenant(desk!.database.pool, TENANT, (client) => eventsOf(client, TENANT, id, null, 100))
    expect(events.filter(({ type }) => type === 'exception.assigned')).toMatchObject([
      { actor: 'person:anna', objects: [one!.id, id], data: { owner } },
    ])
    expect(await answer(one!, { action: 'try-again', reason: 'It is open again.', person: 'anna' })).toMatchObject({ status: 200 })
    expect(await assign(one!, { ...body, to: 'procurement', version: one!.version + 3 })).toMatchObject({ status: 409 })
  })
})

describe('a posting of which nobody knows whether it happened', () => {
  const said = { reason: 'I looked in the ERP.', person: 'anna', second: 'berta' }

  it('is not sent again before two persons say that it did not happen', async () => {
    const { effect, tries, cases, answer } = await approved()
    await tries('needs-person', 'no reply, and nobody can look')
    const [one] = await cases()
    expect(one).toMatchObject({
      cause: 'outcome-unknown',
      actions: [
        { action: 'it-happened', second: true },
        { action: 'it-did-not', second: true },
      ],
    })
    for (const [body, code] of [
      [{ ...said, action: 'it-did-not', second: 'ANNA', version: one!.version }, 'answer-not-taken'],
      [{ ...said, action: 'it-did-not' }, 'answer-not-taken'],
      [{ ...said, action: 'try-again', version: one!.version }, 'answer-not-taken'],
      [{ ...said, action: 'it-did-not', version: one!.version + 1 }, 'exception-moved'],
    ] as const)
      expect(await answer(one!, body), JSON.stringify(body)).toMatchObject({ code })
    expect((await effect()).state).toBe('held')

    expect(await answer(one!, { ...said, action: 'it-did-not', version: one!.version })).toMatchObject({ status: 200, outcome: 'new' })
    expect(await effect()).toMatchObject({ state: 'waiting', attempts: 1 })
    expect(await cases()).toEqual([])
  })

  it('an old answer that comes once more says nothing about a later try', async () => {
    const { effect, tries, cases, answer } = await approved()
    await tries('needs-person', 'no reply')
    const [one] = await cases()
    const old = { ...said, action: 'it-did-not', version: one!.version }
    expect(await answer(one!, old)).toMatchObject({ status: 200 })
    await tries('needs-person', 'no reply again')
    const [two] = await cases()
    expect(two).toMatchObject({ cause: 'outcome-unknown' })
    expect(await answer(one!, old)).toMatchObject({ outcome: 'repeat' })
    expect((await effect()).state).toBe('held')
    expect(await answer(two!, { ...said, action: 'it-happened', version: two!.version })).toMatchObject({ status: 200, outcome: 'new' })
    expect((await effect()).state).toBe('done')
  })

  it.each([
    ['it-happened', 'it-did-not'],
    ['it-did-not', 'it-happened'],
  ])('of two answers at the same moment one holds: %s and %s', async (first, second) => {
    const { effect, tries, cases, answer } = await approved()
    await tries('needs-person', 'no reply')
    const [one] = await cases()
    const replies = await Promise.all([
      answer(one!, { ...said, action: first, version: one!.version }),
      answer(one!, { ...said, person: 'carl', action: second, version: one!.version }),
    ])
    const [one1, one2] = replies.map(({ status }) => status)
    expect([
      [200, 409],
      [409, 200],
    ]).toContainEqual([one1, one2])
    const held = one1 === 200 ? first : second
    expect((await effect()).state).toBe(held === 'it-happened' ? 'done' : 'waiting')
  })

  it('an answer whose command was not moved, because we ended between the two, is carried through when it comes again', async () => {
    const { effect, tries, cases, answer, breakNext } = await approved()
    await tries('needs-person', 'no reply')
    const [one] = await cases()
    const body = { ...said, action: 'it-did-not', version: one!.version }
    breakNext('effect.resolved')
    expect(await answer(one!, body)).toMatchObject({ status: 503 })
    expect((await effect()).state).toBe('held')
    expect(await answer(one!, body)).toMatchObject({ status: 200, outcome: 'repeat' })
    expect((await effect()).state).toBe('waiting')
  })
})

describe('a posting that was reversed in the ERP', () => {
  it('is posted again only when two persons say so', async () => {
    const { id, cases, answer } = await approved()
    await desk!.intake.submit([posted(INVOICE, '5100', '2026-01-15T08:00:00.000Z')])
    await desk!.intake.submit([reversed(INVOICE, '5100', '2026-01-15T08:30:00.000Z')])
    const posts = async (): Promise<string[]> =>
      (await inTenant(desk!.database.pool, TENANT, (client) => effectsOf(client, TENANT, id)))
        .filter(({ command, state }) => command === 'invoice.post' && state === 'waiting')
        .map(({ occurrence }) => occurrence)
    const [one] = await cases()
    expect(one).toMatchObject({ cause: 'posting-reversed' })
    expect(await posts()).toEqual([])
    const body = { action: 'post-again', reason: 'It was reversed by mistake.', person: 'anna', version: one!.version }
    expect(await answer(one!, { ...body, second: 'berta' })).toMatchObject({ status: 200, waits: false, second: 'berta' })
    expect(await posts()).toEqual(['1'])
    expect(await cases()).toEqual([])
  })

  it('is rejected for good by one, who is named', async () => {
    const { headline, cases, answer } = await approved()
    await desk!.intake.submit([posted(INVOICE, '5100', '2026-01-15T08:00:00.000Z')])
    await desk!.intake.submit([reversed(INVOICE, '5100', '2026-01-15T08:30:00.000Z')])
    const [one] = await cases()
    expect(await answer(one!, { action: 'reject', reason: 'It is not ours.', person: 'anna' })).toMatchObject({ status: 200 })
    expect(await headline()).toBe('rejected')
    expect(await cases()).toEqual([])
  })
})

describe('a case that says something else by now', () => {
  it('is not answered by the same words once more, from the version before', async () => {
    const { id, cases, answer } = await approved()
    const books = (postingNo: string): Promise<unknown> => desk!.intake.submit([posted(INVOICE, postingNo, '2026-01-15T08:00:00.000Z')])
    await books('5100')
    await books('5101')
    const [one] = await cases()
    expect(one).toMatchObject({ cause: 'posted-twice', answered: null })
    const body = { action: 'reverse', reason: 'One is too many.', person: 'anna', second: 'berta', version: one!.version }
    expect(await answer(one!, body)).toMatchObject({ status: 200, outcome: 'new' })
    // Its reply was lost: it is the very answer that moved the case.
    expect(await answer(one!, body)).toMatchObject({ status: 200, outcome: 'repeat' })
    await books('5102')
    const [now] = await cases()
    expect(now).toMatchObject({ id: one!.id, answered: null })
    expect(await answer(one!, body)).toMatchObject({ status: 409, code: 'exception-moved' })
    expect(await answer(now!, { ...body, version: now!.version })).toMatchObject({ status: 200, outcome: 'new' })
    const events = await inTenant(desk!.database.pool, TENANT, (client) => eventsOf(client, TENANT, id, null, 200))
    expect(events.filter(({ type }) => type === 'exception.answered')).toHaveLength(2)
  })
})
