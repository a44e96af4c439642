import type { System, Workshop } from '../testing.ts'

/** A small company for tests: two merchants, one purchase of goods and a service. */
export const SETUP = {
  units: [{ unitCode: '1000', name: 'Nordlicht Handel GmbH', vatReg: 'DE136695976' }],
  merchants: [
    { merchantId: 'MX-000001', name: 'Atelier Müller & Fils', vatReg: 'FR12345678901', country: 'FR', clearance: 'CLEARED', by: 'p.orlow' },
    { merchantId: 'MX-000002', name: 'Blauwal B.V.', country: 'NL', clearance: 'BARRED', by: 'p.orlow' },
  ],
  purchases: [
    {
      unitCode: '1000',
      purchaseNo: '4500000001',
      merchantId: 'MX-000001',
      ccy: 'EUR',
      buyer: 'p.orlow',
      agreedBy: 's.brandt',
      positions: [
        { pos: '10', article: 'M-77', label: 'Paper', sort: 'GOODS', pieces: '10', measure: 'C62', unitPrice: '12.50' },
        { pos: '20', label: 'Delivery to the desk', sort: 'SERVICE', pieces: '1', measure: 'C62', unitPrice: '30' },
      ],
    },
  ],
}
export const POSITIONS = SETUP.purchases[0]!.positions

/** Procurement with {@link SETUP} loaded. */
export async function procurementIn(shop: Workshop, ...args: string[]): Promise<System> {
  const system = await shop.start('procurement', ['--data', await shop.folder(), ...args])
  const { status, text } = await system.call('PUT', '/setup', SETUP)
  if (status !== 200) throw new Error(text)
  return system
}

/** A slip over some pieces of position 10. */
export const slip = (counted: string, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  unitCode: '1000',
  purchaseNo: '4500000001',
  rows: [{ pos: '10', counted }],
  by: 'door',
  ...more,
})

export const note = (noteRef: string, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  noteRef,
  claimRef: 'claim-1',
  unitCode: '1000',
  purchaseNo: '4500000001',
  shows: 'AGREED',
  by: 'test',
  ...more,
})
