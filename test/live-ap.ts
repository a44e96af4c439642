/** The sandbox AP tool as a process, set up, with its connector driven by hand and a listener for its notices; for tests of that connector. */
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'vitest'
import type { Connector, Observation } from '../src/connector/contract.ts'
import { sha256 } from '../src/connector/transport/sending.ts'
import { ap } from '../src/connectors/ap/connector.ts'
import type { Terms } from '../src/domain/terms.ts'
import type { Json } from '../src/lib/canonical-json.ts'
import { hexOf } from '../src/lib/hash.ts'
import { Workshop, type System } from '../sandbox/testing.ts'
import { drive, type Drive } from './drive.ts'

export const FORMER = `whsec_${Buffer.from('the former secret, in rotation..').toString('base64')}`
export const PRESENT = `whsec_${Buffer.from('the present secret, for tests...').toString('base64')}`
const SECRETS = { TOKEN_OF_AP: 'letmein', HOOK_NOW: PRESENT, HOOK_BEFORE: FORMER }
const SETUP = {
  legalUnits: [{ legalUnit: '1000', name: 'Nordlicht Handel GmbH', vatReg: 'DE136695976' }],
  people: [
    { handle: 'C.Lind', fullName: 'Carla Lind', duties: ['CODER'], ceilings: [{ ccy: 'EUR', upTo: '0.00' }] },
    { handle: 'l.roth', fullName: 'Lena Roth', duties: ['TEAM_LEAD'], ceilings: [{ ccy: 'EUR', upTo: '1000.00' }] },
    { handle: 'h.berg', fullName: 'Henrik Berg', duties: ['HEAD', 'TEAM_LEAD'], ceilings: [{ ccy: '*', upTo: '50000.00' }] },
  ],
  signRules: [
    { ccy: '*', upTo: '100.00', steps: ['TEAM_LEAD'] },
    { ccy: '*', upTo: null, steps: ['TEAM_LEAD', 'HEAD'] },
  ],
  glAccounts: [{ glAccount: '476000', text: 'Services' }],
  kostls: ['CC-10'],
}
const ACCOUNT = 'FR7630006000011234567890189'
export const TERMS: Terms = {
  supplier: 'public|supplier-vat|FR12345678901',
  payee: hexOf(sha256(ACCOUNT)),
  entity: 'public|entity-vat|DE136695976',
  currency: 'EUR',
  net: '100',
  tax: '19',
  gross: '119',
  orders: ['4500000001'],
  dueOn: '2026-02-11',
  coding: null,
}
export const invoice = (
  reference: string,
  more: { readonly [key: string]: Json } = {},
  terms: Terms = TERMS,
): { readonly [key: string]: Json } => ({
  reference,
  kind: 'invoice',
  number: 'RE-1',
  issuedOn: '2026-01-12',
  dueOn: '2026-02-11',
  entity: '1000',
  supplier: { name: 'Atelier Müller', names: [terms.supplier], number: 'K-1' },
  terms,
  currency: 'EUR',
  net: '100',
  tax: '19',
  gross: '119',
  payable: '119',
  orders: ['4500000001'],
  lines: [
    { id: '1', name: 'Work', quantity: '8', price: '12.50', net: '100.00', order: '10' },
    { id: '2', name: 'Nothing', quantity: '1', price: '0', net: '0', order: null },
  ],
  ...more,
})

const shop = new Workshop()
const servers: Server[] = []
const drives: Drive[] = []
/** For each file to register after its tests. */
export async function putAway(): Promise<void> {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
  await Promise.all(drives.splice(0).map((one) => one.close()))
  await shop.clear()
}

export interface Pushed {
  readonly raw: Uint8Array
  readonly headers: Record<string, string>
  readonly at: number
}

async function listener(): Promise<{ url: string; got: Pushed[] }> {
  const got: Pushed[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('end', () => {
        got.push({ raw: new Uint8Array(Buffer.concat(chunks)), headers: flat(request.headers), at: Date.now() })
        response.writeHead(204).end()
      })
  })
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, got }
}
const flat = (headers: IncomingHttpHeaders): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))

export async function system(...args: string[]): Promise<{ there: System; here: Drive; connector: Connector; got: Pushed[] }> {
  const { url, got } = await listener()
  const there = await shop.start('ap', ['--data', await shop.folder(), '--webhook', url, ...args], {
    SANDBOX_AP_TOKEN: SECRETS.TOKEN_OF_AP,
    SANDBOX_AP_WEBHOOK_SECRET: `${FORMER} ${PRESENT}`,
  })
  const call: System['call'] = (method, path, body, headers) =>
    there.call(method, path, body, { authorization: `Bearer ${SECRETS.TOKEN_OF_AP}`, ...headers })
  expect((await call('PUT', '/setup', SETUP)).status).toBe(200)
  const read = ap.readConfig({ url: there.url, token: 'TOKEN_OF_AP', noticeSecrets: ['HOOK_NOW', 'HOOK_BEFORE'] })
  if (!('config' in read)) throw new Error(read.problems.join())
  const connector = ap.open(read.config, 'ap', { sha256 })
  const here = drive(connector, SECRETS)
  drives.push(here)
  return { there: { ...there, call }, here, connector, got }
}

/** The steps of the people, by ticket. */
export function people(there: System): Record<'code' | 'lead' | 'head', (ticket: string) => Promise<void>> & {
  post: (ticket: string, what: string, body: Json) => Promise<void>
} {
  const post = async (ticket: string, what: string, body: Json): Promise<void> => {
    expect(await there.call('POST', `/tickets/${ticket}/${what}`, body)).toMatchObject({ status: 200 })
  }
  return {
    post,
    code: (ticket) =>
      post(ticket, 'coding', {
        by: 'C.Lind',
        lines: [{ rowNo: '1', glAccount: '476000', kostl: 'CC-10', amount: '100.00', taxPct: '19' }],
      }),
    lead: (ticket) => post(ticket, 'sign', { by: 'l.roth', step: 1 }),
    head: (ticket) => post(ticket, 'sign', { by: 'h.berg', step: 2 }),
  }
}

export const ofType = (all: readonly Observation[], type: string): Observation[] => all.filter((one) => one.type === type)
export const termsIn = (observation: Observation | undefined): Terms => observation?.data['terms'] as unknown as Terms
export const ticketOf = async (here: Drive, content: { readonly [key: string]: Json }, key: string): Promise<string> => {
  const { outcome } = await here.run('invoice.submit', content, { key })
  return outcome.kind === 'done' ? outcome.receipt.reference : JSON.stringify(outcome)
}
