/** The conformance kit against the running procurement system. Where it lets no word be invented, its own replies are patched. */
import { afterAll, describe, expect, test } from 'vitest'
import { runConformance, type CommandCase, type Subject, type TargetFate } from '../../connector/kit/conformance.ts'
import { sha256 } from '../../connector/transport/sending.ts'
import { note, POSITIONS, SETUP, slip } from '../../../sandbox/procurement/fixture.ts'
import { Workshop, type System } from '../../../sandbox/testing.ts'
import { procurement } from './connector.ts'

const shop = new Workshop()
afterAll(() => shop.clear())

const TOKEN = 'canary-of-procurement'

function fateOf(there: System, op: string): CommandCase['fate'] {
  return async ({ effect, lateMs, reply, status, retryAfter }: TargetFate) => {
    const rule = {
      op,
      first: 1,
      effect,
      ...(lateMs === undefined ? {} : { lateMs }),
      reply: reply === 'status' ? 'error' : reply,
      ...(status === undefined ? {} : { status }),
      ...(retryAfter === undefined ? {} : { retryAfter }),
    }
    expect((await there.call('PUT', '/faults', { rules: [rule] })).status).toBe(200)
  }
}

async function subject(): Promise<Subject> {
  const started = await shop.start('procurement', ['--data', await shop.folder()], { SANDBOX_PROCUREMENT_TOKEN: TOKEN })
  const call: System['call'] = (method, path, body) => started.call(method, path, body, { authorization: `Bearer ${TOKEN}` })
  const there: System = { ...started, call }
  expect((await call('PUT', '/setup', SETUP)).status).toBe(200)
  const notes = async (): Promise<{ noteRef: string }[]> =>
    (await call('GET', '/books')).text
      .split('\n')
      .filter((line) => line !== '')
      .flatMap((line) => (JSON.parse(line) as { facts: { what: string; row: { noteRef: string } }[] }).facts)
      .filter(({ what }) => what === 'NOTE')
      .map(({ row }) => row)

  const telling: CommandCase = {
    accepts: (n) => ({
      reference: `inv_kit${n}`,
      word: n % 2 === 0 ? 'matched' : 'paid',
      order: '4500000001',
      entity: '1000',
      number: `RE-${n}`,
    }),
    refuses: { content: (n) => ({ ...telling.accepts(n), order: '77' }), words: 'PU-11' },
    truth: async (key) => (await notes()).filter(({ noteRef }) => noteRef === key.slice(-80)).map(() => ({})),
    fate: fateOf(there, 'note.put'),
  }
  const supplier: CommandCase = {
    accepts: (n) => ({ question: 'supplier', names: [], name: n % 2 === 0 ? 'Atelier Müller & Fils' : 'Nobody' }),
    truth: () => Promise.resolve([]),
    fate: fateOf(there, 'merchant.read'),
  }
  const order: CommandCase = {
    accepts: (n) => ({ question: 'order', number: n % 2 === 0 ? '4500000001' : '77', entity: '1000' }),
    truth: () => Promise.resolve([]),
    fate: fateOf(there, 'purchase.read'),
  }
  let n = 0
  return {
    kind: procurement,
    config: { url: there.url, token: 'API', callTimeoutMs: 1_000 },
    sha256,
    secrets: { API: TOKEN },
    patienceMs: 250,
    commands: { 'invoice.status': telling, 'lookup.supplier': supplier, 'lookup.order': order },
    happens: async (count) => {
      const marks: string[] = []
      for (let at = 0; at < count; at++) marks.push(`"${(await call('POST', '/slips', slip('0.001'))).body.slipNo as string}"`)
      return marks
    },
    tells: async (amount) => {
      const purchaseNo = `P-${++n}`
      const { unitCode: _unit, purchaseNo: _no, ...row } = SETUP.purchases[0]!
      await call('PUT', `/purchases/1000/${purchaseNo}`, { ...row, positions: [{ ...POSITIONS[0], unitPrice: amount }] })
      return `"${purchaseNo}"`
    },
    shows: async (_table, word) => {
      const claimRef = `inv_w${++n}`
      const entry = {
        seq: 9_000 + n,
        when: '2026-02-01T10:00:00.000Z',
        sort: 'NOTE',
        deed: 'NOTED',
        key: claimRef,
        now: note(`n-${n}`, { claimRef, shows: word }),
      }
      await call('PUT', '/faults', { rules: [{ op: 'journal', first: 1, patch: { entries: [entry] } }] })
      return claimRef
    },
  }
}

describe('the sandbox procurement’s connector keeps the promises of the kit', async () => {
  for (const result of await runConformance(await subject())) {
    // It declares no notices.
    const applies = result.promise !== 'notices'
    test(`${result.promise}: ${result.says}`, () => {
      expect(result).toMatchObject({ applies, broken: [] })
    })
  }
})
