/** The sandbox ERP as a process, set up, with its connector driven by hand; for tests of that connector. */
import type { Connector, Observation } from '../src/connector/contract.ts'
import { sha256 } from '../src/connector/transport/sending.ts'
import { erp } from '../src/connectors/erp/connector.ts'
import { personName } from '../src/domain/names.ts'
import type { Json } from '../src/lib/canonical-json.ts'
import { SETUP } from '../sandbox/erp/fixture.ts'
import { Workshop, type System } from '../sandbox/testing.ts'
import { drive, type Drive } from './drive.ts'

export const TOKEN = { TOKEN_OF_ERP: 'letmein' }
const LIMITS = [
  { companyCode: '*', waers: 'EUR', upTo: '5000.00' },
  { companyCode: '1000', waers: 'EUR', upTo: '9000.00' },
]
const THIRD = { vendorNo: 'K-3', name: 'Tuile SA', vatReg: 'FR 12 345 678 901', otherIbans: ['FR14 2004 1010 0505 0001 3M02 606'] }
const REVERSE_CHARGE = { taxKey: 'AE-0', companyCode: '*', category: 'AE', pct: '0.00', selfAssessed: true, text: 'reverse charge' }

export interface LiveErp {
  readonly there: System
  readonly here: Drive
  readonly connector: Connector
}

/** Processes and connections of one test file, ended by `end`. */
export class LiveErps {
  private readonly shop = new Workshop()
  private readonly drives: Drive[] = []

  async start(...args: string[]): Promise<LiveErp> {
    const there = await this.shop.start('erp', ['--data', await this.shop.folder(), ...args], { SANDBOX_ERP_TOKEN: TOKEN.TOKEN_OF_ERP })
    const call: System['call'] = (method, path, body) => there.call(method, path, body, { authorization: `Bearer ${TOKEN.TOKEN_OF_ERP}` })
    const loaded = await call('PUT', '/setup', {
      ...SETUP,
      vendors: [...SETUP.vendors, { ...SETUP.vendors[0], ...THIRD }],
      taxKeys: [...SETUP.taxKeys, REVERSE_CHARGE],
      users: [...SETUP.users, { userId: 'V.Lim', name: 'Vera Lim', roles: ['APPROVER'], limits: LIMITS }],
    })
    if (loaded.status !== 200) throw new Error(loaded.text)
    const read = erp.readConfig({ url: there.url, token: 'TOKEN_OF_ERP' })
    if (!('config' in read)) throw new Error(read.problems.join())
    const connector = erp.open(read.config, 'erp', { sha256 })
    return { there: { ...there, call }, here: this.drive(connector), connector }
  }

  drive(connector: Connector, secrets: Readonly<Record<string, string>> = TOKEN): Drive {
    const one = drive(connector, secrets)
    this.drives.push(one)
    return one
  }

  async end(): Promise<void> {
    await Promise.all(this.drives.map((one) => one.close()))
    await this.shop.clear()
  }
}

/** The content of an `invoice.post` over 119.00 for vendor K-1. */
export const order = (more: { readonly [key: string]: Json } = {}): { readonly [key: string]: Json } => ({
  reference: 'inv_1',
  entity: '1000',
  supplier: 'K-1',
  kind: 'invoice',
  number: 'RE-1',
  issuedOn: '2026-01-12',
  dueOn: '2026-02-11',
  postedOn: '2026-01-15',
  currency: 'EUR',
  net: '100',
  tax: '19',
  gross: '119',
  payable: '119',
  method: 'transfer',
  orders: ['4500000001'],
  policy: 'terms abc',
  authority: 'l.roth at noon',
  approvers: [personName('directory', 'l.roth')],
  approvedAt: '2026-01-14T12:00:00.000Z',
  correlation: 'inv_1',
  lines: [{ account: '476000', costCentre: 'CC-10', amount: '100.00', taxCode: 'S-19' }],
  ...more,
})

export const ofType = (all: readonly Observation[], type: string): Observation[] => all.filter((one) => one.type === type)
