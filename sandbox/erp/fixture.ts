import type { Loose, System, Workshop } from '../testing.ts'

/** A small company for tests: two vendors, one order, the periods of 2026. */
export const SETUP = {
  companyCodes: [
    {
      companyCode: '1000',
      name: 'Nordlicht Handel GmbH',
      vatReg: 'DE136695976',
      country: 'DE',
      waers: 'EUR',
      houseAccounts: [{ waers: 'EUR', iban: 'DE02120300000000202051', bic: 'BYLADEM1001' }],
    },
  ],
  taxKeys: [{ taxKey: 'S-19', companyCode: '*', category: 'S', pct: '19', text: 'input tax 19 %' }],
  vendors: [vendor('K-1', 'Atelier Müller & Fils', 'FR7630006000011234567890189'), vendor('K-2', 'Blauwal B.V.', 'NL91ABNA0417164300')],
  purchaseOrders: [
    {
      companyCode: '1000',
      poNo: '4500000001',
      vendorNo: 'K-1',
      waers: 'EUR',
      standing: 'RELEASED',
      by: 'p.orlow',
      items: [{ poItem: '10', text: 'Paper', qty: '10', uom: 'C62', price: '12.50', taxKey: 'S-19' }],
    },
  ],
  postingPeriods: Array.from({ length: 12 }, (_, at) => {
    const month = String(at + 1).padStart(2, '0')
    const last = new Date(Date.UTC(2026, at + 1, 0)).getUTCDate()
    return { companyCode: '1000', fiscalYear: 2026, periodNo: at + 1, from: `2026-${month}-01`, to: `2026-${month}-${last}`, gate: 'OPEN' }
  }),
  users: [
    { userId: 't.meyer', name: 'Tilda Meyer', roles: ['TREASURY'] },
    { userId: 'u.katz', name: 'Uwe Katz', roles: ['TREASURY'] },
    { userId: 'a.clerk', name: 'Ada Clerk', roles: ['AP'] },
  ],
}

function vendor(vendorNo: string, name: string, payIban: string): Record<string, unknown> {
  return { vendorNo, name, vatReg: '', country: payIban.slice(0, 2), payIban, standing: 'ACTIVE', by: 'm.keller' }
}

/** A document of 119.00 for vendor K-1. */
export function claim(more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    companyCode: '1000',
    docType: 'KR',
    vendorNo: 'K-1',
    vendorDocNo: 'RE-1',
    docDate: '2026-01-12',
    postingDate: '2026-01-15',
    netDueDate: '2026-02-11',
    waers: 'EUR',
    netAmt: '100.00',
    taxAmt: '19.00',
    grossAmt: '119.00',
    items: [{ glAccount: '476000', taxKey: 'S-19', netAmt: '100.00' }],
    extRef: 'ref-1',
    enteredBy: 'test',
    ...more,
  }
}

/** An ERP with {@link SETUP} loaded. */
export async function erpIn(shop: Workshop, ...args: string[]): Promise<System> {
  const system = await shop.start('erp', ['--data', await shop.folder(), ...args])
  const { status, text } = await system.call('PUT', '/setup', SETUP)
  if (status !== 200) throw new Error(text)
  return system
}

/** The number of a document posted as {@link claim} says. */
export async function posted(system: System, more: Record<string, unknown> = {}): Promise<string> {
  const { status, text, body } = await system.call('POST', '/documents', claim(more))
  if (status !== 201) throw new Error(text)
  return body.docNo as string
}

/** A run over everything payable, released by both treasury people. */
export async function releasedRun(system: System, more: Record<string, unknown> = {}): Promise<Loose> {
  const proposal = { companyCode: '1000', waers: 'EUR', dueBy: '2030-01-01', proposedBy: 'a.clerk', ...more }
  const { body: run } = await system.call('POST', '/runs', proposal)
  await system.call('POST', `/runs/${run.runNo}/release`, { by: 't.meyer' })
  return (await system.call('POST', `/runs/${run.runNo}/release`, { by: 'u.katz' })).body
}
