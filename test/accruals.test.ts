/** The accrual list of a hub, while nobody knows what became of a posting whose period was closed meanwhile. */
import { afterEach, expect, it } from 'vitest'
import { stepEffect, type EffectRow } from '../src/domain/effect.ts'
import { DEFAULT_POLICY } from '../src/domain/policy.ts'
import { inTenant } from '../src/store/database.ts'
import { writeEffects } from '../src/store/effect.ts'
import { ENTITY, fact, posted, TENANT } from './facts.ts'
import { INVOICE, postingDesk, type PostingDesk } from './posting-desk.ts'

let desk: PostingDesk | undefined
afterEach(() => desk?.close())

const AT = '2026-01-15T09:10:00.000Z'
/** Policy puts what its period was closed for on the next open day; January is closed ten minutes from now. */
async function closing(): Promise<PostingDesk & { readonly closes: () => Promise<void> }> {
  desk = await postingDesk({}, { ...DEFAULT_POLICY, periodClosed: { ordinarily: 'next', entities: {} } })
  const { id, intake, passes } = desk
  const february = { asked: 'period 2026-02', readAt: AT, found: true as const, period: { open: true } }
  const january = { entity: '1000', month: '2026-01', from: '2026-01-01', to: '2026-01-31', accounts: '*' }
  return {
    ...desk,
    async closes() {
      passes(600_000)
      await intake.submit([fact('reference.read', 'erp', 'read february', AT, [ENTITY], february)])
      await intake.submit([fact('period.closed', 'erp', 'close january', AT, [ENTITY], january)])
      // As the waker does with whoever waits for news of its company.
      await intake.nudge(TENANT, [id])
    },
  }
}

interface Accrual {
  readonly id: string
}
const listed = async ({ get }: PostingDesk, open = true): Promise<Accrual[]> =>
  (await get<{ accruals: Accrual[] }>(`/v1/accruals?open=${open}`)).accruals

it('a call is under way when the period is closed: the accrual is listed, not booked, and off the list when the posting shows', async () => {
  const hub = await closing()
  const sent = stepEffect(await hub.effect(), 'claimed', { now: AT, dueAt: '2026-01-15T10:00:00.000Z' }) as EffectRow
  await inTenant(hub.database.pool, TENANT, (client) => writeEffects(client, TENANT, [sent]))
  await hub.closes()
  const [one] = await listed(hub)
  expect(one).toMatchObject({ was: '2026-01-15', on: '2026-02-01', booked: null, dropped: null })
  const book = (): Promise<unknown> => hub.post(`/v1/accruals/${one?.id}/bookings`, { document: '4711', person: 'lea' })
  expect(await book()).toMatchObject({
    status: 409,
    code: 'moved-meanwhile',
    detail: expect.stringContaining('nobody knows yet whether the ERP made it') as string,
  })
  await hub.intake.submit([posted(INVOICE, '5100', AT)])
  expect([(await hub.effect()).state, await listed(hub)]).toEqual(['done', []])
  expect(await listed(hub, false)).toMatchObject([
    { booked: null, dropped: { reason: 'it is posted as 5100 in period 2026-01 after all' } },
  ])
  expect(await book()).toMatchObject({ status: 409, detail: expect.stringContaining('taken off the list') as string })
})

it('what waits when the period is closed goes to the next open day, and its accrual can be booked at once', async () => {
  const hub = await closing()
  await hub.closes()
  expect(JSON.parse((await hub.effect()).content)).toMatchObject({ postedOn: '2026-02-01' })
  const [one] = await listed(hub)
  expect(await hub.post(`/v1/accruals/${one?.id}/bookings`, { document: '4711', person: 'lea' })).toMatchObject({ status: 200 })
})
