/** The approval on the document, against the running system: attached once, whatever becomes of the reply. */
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Json } from '../../lib/canonical-json.ts'
import type { System } from '../../../sandbox/testing.ts'
import type { Drive } from '../../../test/drive.ts'
import { LiveErps, order } from '../../../test/live-erp.ts'

const live = new LiveErps()
afterAll(() => live.end())

describe('the approval', () => {
  let there: System
  let here: Drive
  let n = 0
  beforeAll(async () => {
    ;({ there, here } = await live.start())
  })

  type Approval = { readonly [key: string]: Json } & { readonly posting: string }
  const approval = async (): Promise<Approval> => {
    const reference = `inv_a${++n}`
    const { outcome } = await here.run('invoice.post', order({ reference }), { key: `post ${n}` })
    if (outcome.kind !== 'done') throw new Error(JSON.stringify(outcome))
    return {
      reference,
      posting: outcome.receipt.reference,
      approvers: ['directory|person|anna'],
      approvedAt: '2026-01-14T12:00:00.000Z',
      authority: 'Anna may 1,000.00 €',
      terms: 'a'.repeat(64),
      policy: 'terms aaaa',
      correlation: reference,
    }
  }
  const attachments = async (content: Approval): Promise<{ title: string; sha256: string; contentBase64: string; extRef: string }[]> =>
    (await there.call('GET', `/documents/${content.posting}/attachments`)).body.rows
  const faults = (...rules: object[]): Promise<unknown> => there.call('PUT', '/faults', { rules })

  test('is attached as a file with its digest, and read back', async () => {
    const content = await approval()
    expect((await here.run('approval-evidence.attach', content)).outcome.kind).toBe('done')
    const [file, another] = await attachments(content)
    expect(another).toBeUndefined()
    const bytes = Buffer.from(file!.contentBase64, 'base64')
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(file!.sha256)
    expect(JSON.parse(bytes.toString())).toMatchObject({
      invoice: content['reference'],
      approvers: ['directory|person|anna'],
      authority: 'Anna may 1,000.00 €',
      terms: 'a'.repeat(64),
    })
    const { outcome, observations } = await here.run('lookup.attachment', content)
    expect(outcome.kind).toBe('done')
    expect(observations).toMatchObject([
      {
        type: 'status.reported',
        about: [{ names: [content['reference']] }],
        data: { facet: 'attachment', word: content['posting'], claims: content['posting'] },
      },
    ])
  })

  test.each([
    ['the reply is lost', { reply: 'lost' }, 'one', 1],
    ['it lands late', { effect: 'late', lateMs: 150, reply: 'lost' }, 'one', 1],
    ['500 after the work', { reply: 'error' }, 'one', 1],
    ['500 before the work', { effect: 'none', reply: 'error' }, 'absent', 0],
  ])('when %s nobody knows, and looking for it tells', async (_what, rule, kind, count) => {
    const content = await approval()
    await faults({ op: 'document.attach', first: 1, ...rule })
    expect((await here.run('approval-evidence.attach', content)).outcome.kind).toBe('unclear')
    await expect.poll(async () => (await here.look('approval-evidence.attach', content)).kind, { timeout: 10_000 }).toBe(kind)
    expect(await attachments(content)).toHaveLength(count)
  })

  test('answered as attached and kept nowhere, it is not there yet and nothing is claimed', async () => {
    const content = await approval()
    await faults({ op: 'document.attach', first: 1, effect: 'none' })
    expect((await here.run('approval-evidence.attach', content)).outcome.kind).toBe('done')
    const { outcome, observations } = await here.run('lookup.attachment', content)
    expect([outcome, observations]).toEqual([
      { kind: 'no-effect', about: 'effect', says: `${content.posting} does not show the approval yet.` },
      [],
    ])
  })

  test('a list that lags says not yet, then it is there', async () => {
    const content = await approval()
    await there.call('PUT', '/tempo', { searchDelayMs: 1_500 })
    await here.run('approval-evidence.attach', content)
    expect((await here.run('lookup.attachment', content)).outcome.kind).toBe('no-effect')
    await expect.poll(async () => (await here.run('lookup.attachment', content)).outcome.kind, { timeout: 3_000 }).toBe('done')
    await there.call('PUT', '/tempo', { searchDelayMs: 0 })
  })

  test('another file under our reference is something else, and two of them are too', async () => {
    const content = await approval()
    await here.run('approval-evidence.attach', { ...content, terms: 'b'.repeat(64) })
    expect(await here.look('approval-evidence.attach', content)).toMatchObject({ kind: 'one', equal: false })
    expect((await here.run('lookup.attachment', content)).outcome.kind).toBe('other')
    await here.run('approval-evidence.attach', content)
    expect((await here.look('approval-evidence.attach', content)).kind).toBe('several')
  })

  test('a document that is not there refuses in the ERP’s words', async () => {
    expect((await here.run('approval-evidence.attach', { ...(await approval()), posting: '5199999999' })).outcome).toMatchObject({
      kind: 'refused',
      code: 'F5-404',
    })
  })
})
