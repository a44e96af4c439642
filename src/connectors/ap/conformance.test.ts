/** The conformance kit against the running AP tool. Where the tool lets no word be invented, its own replies are patched. */
import { Webhook } from 'standardwebhooks'
import { afterAll, describe, expect, test } from 'vitest'
import { runConformance, type CommandCase, type Subject, type TargetFate } from '../../connector/kit/conformance.ts'
import { sha256 } from '../../connector/transport/sending.ts'
import { Workshop, type System } from '../../../sandbox/testing.ts'
import { ap } from './connector.ts'

const shop = new Workshop()
afterAll(() => shop.clear())

const TOKEN = 'canary-of-the-tool'
const MUCH = '999999999.00'
/** More than the tool itself takes; its replies can still hold it. */
const isTooMuch = (amount: string): boolean => amount.length > 12

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
  const started = await shop.start('ap', ['--data', await shop.folder()], { SANDBOX_AP_TOKEN: TOKEN })
  const call: System['call'] = (method, path, body, headers) =>
    started.call(method, path, body, { authorization: `Bearer ${TOKEN}`, ...headers })
  const there: System = { ...started, call }
  const loaded = await call('PUT', '/setup', {
    legalUnits: [{ legalUnit: '1000', name: 'Us', vatReg: 'DE1' }],
    signRules: [{ ccy: '*', upTo: null, steps: ['TEAM_LEAD'] }],
    glAccounts: [{ glAccount: '1', text: 'x' }],
    kostls: ['CC'],
    people: [
      { handle: 'c', fullName: 'C', duties: ['CODER'], ceilings: [] },
      { handle: 'l', fullName: 'L', duties: ['TEAM_LEAD'], ceilings: [{ ccy: '*', upTo: MUCH }] },
    ],
  })
  expect(loaded.text).toContain('loaded')
  const tickets = async (): Promise<
    {
      ticketNo: string
      openedBy: string
      grossTotal: string
      badge: { badge: string } | null
    }[]
  > => (await call('GET', '/tickets?limit=1000')).body.tickets
  const submitting: CommandCase = {
    accepts: (n, asked = '119.00') => {
      const amount = isTooMuch(asked) ? '119.00' : asked
      return {
        reference: `inv_kit${n}`,
        kind: 'invoice',
        number: `RE-${n}`,
        issuedOn: '2026-01-12',
        dueOn: null,
        entity: '1000',
        currency: 'EUR',
        supplier: { name: 'X', names: ['public|supplier-vat|FR1'], number: 'K-1' },
        terms: { supplier: 'public|supplier-vat|FR1', payee: 'none', entity: 'public|entity-vat|DE1' },
        net: amount,
        tax: '0',
        gross: amount,
        payable: amount,
        orders: [],
        lines: [],
      }
    },
    refuses: { content: (n) => ({ ...submitting.accepts(n), entity: '9' }), words: 'UNIT_UNKNOWN' },
    truth: async (key) =>
      (await tickets()).filter((ticket) => ticket.openedBy.endsWith(key.slice(-16))).map((ticket) => ({ amount: ticket.grossTotal })),
    fate: fateOf(there, 'ticket.open'),
  }
  const shown: string[] = []
  for (let at = 0; at < 32; at++) shown.push((await call('POST', '/tickets', bill(`inv_badge${at}`, '1.00'))).body.ticketNo as string)
  const showing: CommandCase = {
    accepts: (n) => ({ reference: `inv_badge${n}`, ticket: shown[n] ?? 'none', word: 'paid', refs: {} }),
    refuses: { content: () => ({ ticket: 'T-999999', word: 'paid', refs: {} }), words: 'NO_TICKET' },
    truth: async (_key, content) =>
      (await tickets()).filter((ticket) => ticket.ticketNo === content['ticket'] && ticket.badge?.badge === 'MONEY_OUT').map(() => ({})),
    fate: fateOf(there, 'ticket.badge'),
  }
  let n = 0
  /** What the tool itself would not say: its next list is patched. */
  const forged = async (change: object): Promise<string> => {
    const { ticketNo } = (await call('POST', '/tickets', bill(`inv_n${++n}`, '1.00'))).body as { ticketNo: string }
    const ticket = (await call('GET', `/tickets/${ticketNo}`)).body as object
    await call('PUT', '/faults', { rules: [{ op: 'ticket.list', first: 1, patch: { tickets: [{ ...ticket, ...change }] } }] })
    return `"${ticketNo}"`
  }
  return {
    kind: ap,
    config: { url: there.url, token: 'API', noticeSecrets: ['HOOK'], callTimeoutMs: 1_000 },
    sha256,
    secrets: { API: TOKEN },
    patienceMs: 250,
    commands: { 'invoice.submit': submitting, 'invoice.status': showing },
    happens: async (count) => {
      const marks: string[] = []
      for (let at = 0; at < count; at++)
        marks.push(`"${(await call('POST', '/tickets', bill(`inv_n${++n}`, '1.00'))).body.ticketNo as string}"`)
      return marks
    },
    tells: async (amount) => {
      if (isTooMuch(amount)) {
        const at = '2026-02-01T10:00:00.000Z'
        return forged({
          netTotal: amount,
          grossTotal: amount,
          stage: 'GREENLIT',
          coding: { by: 'c', at, lines: [] },
          signers: [{ step: 1, duty: 'TEAM_LEAD', by: 'l', fullName: 'L', verdict: 'SIGNED', at }],
        })
      }
      const { ticketNo } = (await call('POST', '/tickets', bill(`inv_n${++n}`, amount))).body as { ticketNo: string }
      await call('POST', `/tickets/${ticketNo}/coding`, {
        by: 'c',
        lines: [{ rowNo: '1', glAccount: '1', amount, taxPct: '0', kostl: 'CC' }],
      })
      expect(await call('POST', `/tickets/${ticketNo}/sign`, { by: 'l', step: 1 })).toMatchObject({ status: 200 })
      return `"${ticketNo}"`
    },
    shows: (_table, word) => forged({ badge: { badge: word, refs: null, at: '2026-02-01T10:00:00.000Z' } }),
    notice: (m, atMs, secret) => {
      const recalledAt = `2026-02-01T10:00:0${m}.000Z`
      const raw = JSON.stringify({
        type: 'ticket.recalled',
        timestamp: recalledAt,
        data: {
          ticketNo: 'T-1',
          corrRef: 'inv_1',
          mark: m,
          stage: 'RECALLED',
          by: { handle: 'l', fullName: 'L' },
          at: recalledAt,
          reason: 'x',
        },
      })
      const at = new Date(Math.floor(atMs / 1_000) * 1_000)
      return {
        raw: new TextEncoder().encode(raw),
        headers: {
          'webhook-id': `msg_${m}`,
          'webhook-timestamp': String(at.getTime() / 1_000),
          'webhook-signature': new Webhook(secret).sign(`msg_${m}`, at, raw),
        },
      }
    },
  }
}

const bill = (corrRef: string, amount: string): object => ({
  corrRef,
  billKind: 'BILL',
  billNo: '1',
  billedOn: '2026-01-12',
  legalUnit: '1000',
  creditor: { name: 'X' },
  ccy: 'EUR',
  netTotal: amount,
  taxTotal: '0',
  grossTotal: amount,
  openedBy: 'x',
})

describe('the sandbox AP tool’s connector keeps the promises of the kit', async () => {
  for (const result of await runConformance(await subject())) {
    test(`${result.promise}: ${result.says}`, () => {
      expect(result).toMatchObject({ applies: true, broken: [] })
    })
  }
})
