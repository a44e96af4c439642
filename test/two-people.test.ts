/** Two people answer in two requests: through the API and the command line, against the real commit. */
import { afterEach, describe, expect, it } from 'vitest'
import { makeKey } from '../src/access/keys.ts'
import type { ApiContext } from '../src/api/context.ts'
import { asOwner } from '../src/cli/owner.ts'
import type { Arrival } from '../src/domain/object.ts'
import type { Trace } from '../src/export/trace.ts'
import { inTenant } from '../src/store/database.ts'
import { eventsOf, type StoredEvent } from '../src/store/event.ts'
import { effectsOf } from '../src/store/effect.ts'
import { KEY } from './api-context.ts'
import { command } from './command.ts'
import { fact, posted, reversed, TENANT } from './facts.ts'
import { INVOICE, postingDesk, type Case, type PostingDesk } from './posting-desk.ts'

let desk: PostingDesk
afterEach(() => desk.close())

const REASON = 'I looked in the ERP.'
const said = (person: string, action: string, of: Case): object => ({ action, person, reason: REASON, version: of.version })
/** A posting of which nobody knows, and its case. */
async function doubted(change: Partial<ApiContext> = {}): Promise<Case> {
  desk = await postingDesk(change)
  await desk.tries('needs-person', 'no reply, and nobody can look')
  return open()
}
/** Two who have both looked before either is heard: each waits at the door until the other is there. */
function meeting(type: Arrival['type']): Partial<ApiContext> {
  const both = Promise.withResolvers<undefined>()
  let there = 0
  return {
    submit: async (arrivals) => {
      if (arrivals.some((arrival) => arrival.type === type)) {
        there += 1
        if (there === 2) both.resolve(undefined)
        await both.promise
      }
      return desk.intake.submit(arrivals)
    },
  }
}
async function open(): Promise<Case> {
  const [one] = await desk.cases()
  return one!
}
/** What persons said, and what came of it in their names. */
const told = async (...types: string[]): Promise<StoredEvent[]> => {
  const events = await inTenant(desk.database.pool, TENANT, (client) => eventsOf(client, TENANT, desk.id, null, 200))
  return events.filter(({ type, actor }) => types.includes(type) && actor.startsWith('person:'))
}
const state = async (): Promise<string> => (await desk.effect()).state
const key = (name: string): Promise<string> =>
  asOwner({ database: desk.database.adminUrl, tenant: TENANT }, (client, tenant) =>
    makeKey(client, tenant, name, ['cases.answer', 'cases.read']),
  )
const withdraw = (of: Case, body: object): Promise<{ readonly status: number; readonly code?: string; readonly detail?: string }> =>
  desk.post(`/v1/exceptions/${of.id}/withdrawals`, body)

describe('where two people are asked for', () => {
  it('the first one’s word is kept and shown, and moves nothing; the second one’s does, and the evidence has both and their keys', async () => {
    const one = await doubted()
    const [annas, bertas] = [await key('anna-tool'), await key('berta-tool')]
    const first = await desk.answerBy(annas, one, said('anna', 'it-did-not', one))
    expect(first).toMatchObject({ status: 200, outcome: 'new', waits: true, says: 'Another person has to say the same.' })
    expect([await state(), (await open()).answered]).toEqual(['held', null])
    const shown = await open()
    expect(shown.said).toMatchObject({ person: 'person:anna', counts: true })
    expect(shown.said?.says).toMatch(/^it-did-not, said by anna at 2026-01-15 09:01 UTC, waits for another person$/u)

    // Once more is once; and of what she sees now she has said it already.
    expect(await desk.answerBy(annas, one, said('anna', 'it-did-not', one))).toMatchObject({ status: 200, outcome: 'repeat', waits: true })
    expect(await desk.answerBy(annas, shown, said('ANNA ', 'it-did-not', shown))).toMatchObject({
      status: 422,
      code: 'answer-not-taken',
      detail: expect.stringContaining('anna said so at 2026-01-15 09:01 UTC already; another person has to say the same.') as string,
    })
    expect(await state()).toBe('held')
    // Who has not looked at what was said has not agreed to it.
    expect(await desk.answerBy(bertas, one, said('berta', 'it-did-not', one))).toMatchObject({ status: 409, code: 'exception-moved' })

    const second = await desk.answerBy(bertas, shown, said('berta', 'it-did-not', shown))
    expect(second).toMatchObject({ status: 200, outcome: 'new', waits: false, person: 'berta', second: 'anna' })
    expect([await state(), await desk.cases()]).toEqual(['waiting', []])
    expect(await desk.answerBy(bertas, shown, said('berta', 'it-did-not', shown))).toMatchObject({ outcome: 'repeat', waits: false })
    expect(await desk.answerBy(annas, one, said('anna', 'it-did-not', one))).toMatchObject({ outcome: 'repeat', waits: false })

    const [word, answer, moved] = await told('exception.said', 'exception.answered', 'effect.resolved')
    expect(word).toMatchObject({ actor: 'person:anna', source: { reference: 'key anna-tool' } })
    expect(answer).toMatchObject({
      actor: 'person:berta',
      source: { reference: 'key berta-tool' },
      data: { first: { person: 'person:anna', through: 'key anna-tool', event: word!.id } },
    })
    expect(moved).toMatchObject({
      actor: 'person:anna',
      data: { second: 'person:berta', through: 'key anna-tool', secondThrough: 'key berta-tool', input: 'said-not-applied' },
    })
    const trace = await desk.get<Trace>(`/v1/trace/${desk.id}`)
    const words = trace.steps.filter(({ type }) => type.startsWith('exception.')).map(({ says }) => says)
    expect(words).toContain(`said: it-did-not: ${REASON}; it waits for another person`)
    expect(words).toContain(`answered: it-did-not, as anna said at 2026-01-15 09:01 UTC by key anna-tool (${REASON}): ${REASON}`)
  })

  it('another word of another person sets the first aside, and each can take back only what is his own', async () => {
    const one = await doubted()
    await desk.answer(one, said('anna', 'it-did-not', one))
    const two = await open()
    expect(await desk.answer(two, said('berta', 'it-happened', two))).toMatchObject({
      status: 200,
      waits: true,
      says: expect.stringMatching(/^anna said it-did-not at .* UTC: that is set aside\. Another person has to say the same\.$/u) as string,
    })
    const three = await open()
    const body = { person: 'anna', reason: 'a slip', version: three.version }
    expect(await withdraw(three, body)).toMatchObject({ status: 422, code: 'answer-not-taken' })
    expect(await withdraw(three, { ...body, person: 'berta', version: one.version })).toMatchObject({ status: 409 })
    expect(await withdraw(three, { ...body, person: 'berta' })).toMatchObject({ status: 200, action: 'it-happened' })
    expect((await open()).said).toBeNull()
    expect(await withdraw(three, { ...body, person: 'berta' })).toMatchObject({ status: 409, code: 'exception-moved' })
    const four = await open()
    expect(await desk.answer(four, said('carl', 'it-happened', four))).toMatchObject({ waits: true })
    expect(await state()).toBe('held')
  })

  it('of two who complete it at the same moment exactly one does', async () => {
    const one = await doubted(meeting('exception.answered'))
    await desk.answer(one, said('anna', 'it-did-not', one))
    const two = await open()
    const both = await Promise.all([desk.answer(two, said('berta', 'it-did-not', two)), desk.answer(two, said('carl', 'it-did-not', two))])
    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409])
    expect((await told('exception.answered')).length).toBe(1)
    expect(await desk.effect()).toMatchObject({ state: 'waiting', attempts: 1 })
  })

  it('a word is completed once, also by two who looked at different versions, because the case was given away between their looks', async () => {
    const slow = Promise.withResolvers<undefined>()
    const reached = Promise.withResolvers<undefined>()
    const submit: ApiContext['submit'] = async (arrivals) => {
      if (arrivals.some(({ type, actor }) => type === 'exception.answered' && actor === 'person:berta')) {
        reached.resolve(undefined)
        await slow.promise
      }
      return desk.intake.submit(arrivals)
    }
    const one = await doubted({ submit })
    await desk.answer(one, said('anna', 'it-did-not', one))
    const two = await open()
    const bertas = desk.answer(two, said('berta', 'it-did-not', two))
    await reached.promise
    expect(await desk.assign(two, { to: 'treasury', person: 'dora', version: two.version })).toMatchObject({ status: 200 })
    const three = await open()
    expect(await desk.answer(three, said('carl', 'it-did-not', three))).toMatchObject({ status: 200, waits: false })
    slow.resolve(undefined)
    expect(await bertas).toMatchObject({ status: 409, code: 'exception-moved' })
    expect((await told('exception.answered')).length).toBe(1)
  })

  it('of two at the same moment who say it as the first only one waits, and neither moves anything', async () => {
    const one = await doubted(meeting('exception.said'))
    const both = await Promise.all([desk.answer(one, said('anna', 'it-did-not', one)), desk.answer(one, said('berta', 'it-did-not', one))])
    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409])
    expect([await state(), (await told('exception.said')).length]).toEqual(['held', 1])
  })

  it('the same request under the same key gets the same answer, whatever became of it since', async () => {
    const one = await doubted()
    const mark = { 'idempotency-key': '"w-1"' }
    const first = await desk.answerBy(KEY, one, said('anna', 'it-did-not', one), mark)
    const two = await open()
    await desk.answer(two, said('berta', 'it-did-not', two))
    expect(await desk.answerBy(KEY, one, said('anna', 'it-did-not', one), mark)).toEqual(first)
  })

  it('an answer whose command was not moved, because we ended between the two, is carried through when either comes again', async () => {
    const one = await doubted()
    await desk.answer(one, said('anna', 'it-did-not', one))
    const two = await open()
    desk.breakNext('effect.resolved')
    expect(await desk.answer(two, said('berta', 'it-did-not', two))).toMatchObject({ status: 503 })
    expect(await state()).toBe('held')
    expect(await desk.answer(two, said('berta', 'it-did-not', two))).toMatchObject({ status: 200, outcome: 'repeat' })
    expect(await state()).toBe('waiting')
    expect((await told('effect.resolved'))[0]).toMatchObject({ actor: 'person:anna', data: { second: 'person:berta' } })
  })

  it('one request that names both is taken as before, and what waited is over', async () => {
    const one = await doubted()
    await desk.answer(one, said('anna', 'it-happened', one))
    const two = await open()
    expect(await desk.answer(two, { ...said('carl', 'it-did-not', two), second: 'berta' })).toMatchObject({ status: 200, waits: false })
    expect([await state(), await desk.cases()]).toEqual(['waiting', []])
  })
})

describe('a word of what has changed since', () => {
  it('does not count any more, and whoever comes second is told so', async () => {
    desk = await postingDesk()
    await desk.intake.submit([posted(INVOICE, '5100', '2026-01-15T08:00:00.000Z')])
    await desk.intake.submit([reversed(INVOICE, '5100', '2026-01-15T08:30:00.000Z')])
    const posts = async (): Promise<number> =>
      (await inTenant(desk.database.pool, TENANT, (client) => effectsOf(client, TENANT, desk.id))).filter(
        ({ command: name, occurrence }) => name === 'invoice.post' && occurrence === '1',
      ).length
    const one = await open()
    await desk.answer(one, said('anna', 'post-again', one))
    const report = { system: 'ap', facet: 'status', word: 'GONE' } as const
    await desk.intake.submit([fact('status.reported', 'ap', 'gone', '2026-01-15T09:30:00.000Z', [{ names: [desk.id] }], report)])
    const two = (await desk.cases()).find(({ cause }) => cause === 'posting-reversed')!
    expect(two.said).toMatchObject({ person: 'person:anna', counts: false })
    expect(two.said?.says).toContain('does not count any more')
    expect(await desk.answer(two, said('berta', 'post-again', two))).toMatchObject({
      status: 200,
      waits: true,
      says: expect.stringContaining('that does not count any more. Another person has to say the same.') as string,
    })
    expect(await posts()).toBe(0)
    const three = (await desk.cases()).find(({ cause }) => cause === 'posting-reversed')!
    expect(await desk.answer(three, said('anna', 'post-again', three))).toMatchObject({ status: 200, waits: false })
    expect(await posts()).toBe(1)
  })
})

describe('on the command line', () => {
  it('each says it in a command of his own, and everybody sees what waits', async () => {
    const { id, version } = await doubted()
    const at = { TIEOUT_API: await desk.listen(), TIEOUT_API_KEY: KEY }
    const run = async (...args: string[]): Promise<string> => {
      const { out, err } = await command(['exceptions', ...args], at)
      return out + err
    }
    const says = (person: string, seen: number, ...more: string[]): Promise<string> =>
      run('resolve', id, '--action', 'it-did-not', '--reason', REASON, '--by', person, '--seen', String(seen), ...more)
    expect(await run('show', id)).toContain('Two persons say so')
    expect(await says('anna', version)).toBe('Said: it-did-not. Nothing moves yet. Another person has to say the same.\n')
    expect(await run('list')).toMatch(/\n {4}it-did-not, said by anna at 2026-01-15 09:\d\d UTC, waits for another/u)
    expect((await run('show', id)).replaceAll(/\s+/gu, ' ')).toContain(`waits for another person: ${REASON}`)
    expect(await run('withdraw', id, '--by', 'anna', '--reason', 'a slip', '--seen', String(version + 1))).toBe('Taken back: it-did-not.\n')
    await says('anna', version + 2)
    expect(await says('berta', version + 3)).toMatch(/^Answered: it-did-not\. anna said so at .* too\.\n$/u)
    expect((await run('show', id)).replaceAll(/\s+/gu, ' ')).toContain(`it-did-not by anna: ${REASON}, with berta (${REASON})`)
    expect(await state()).toBe('waiting')
  })
})
