/** Arrivals for tests of the engine, under the test law (src/store/test-law.ts). */
import type { EventType } from '../src/domain/event.ts'
import type { Arrival } from '../src/domain/object.ts'

/** A fact of the capture, about the invoice with this number; the rest as given. */
export function fact(type: EventType, eventId: string, over: Partial<Arrival> = {}): Arrival {
  return {
    tenant: 'acme',
    source: { system: 'capture', role: 'capture' },
    eventId,
    type,
    occurredAt: '2026-11-24T10:00:00.000Z',
    actor: 'system:capture',
    readBack: true,
    about: [{ names: [`capture|invoice|${eventId}`] }],
    data: {},
    ...over,
  }
}

/** An invoice that comes: its object is made when none of its names is bound. */
export function invoice(number: string, data: Arrival['data'] = {}, over: Partial<Arrival> = {}): Arrival {
  return fact('invoice.received', `invoice ${number}`, {
    about: [{ names: [`capture|invoice|${number}`], create: 'invoice' }],
    data: { amount: '10.00', ...data },
    ...over,
  })
}

/** A posting in the ERP, read back, about the invoice with this number. */
export function posting(number: string, over: Partial<Arrival> = {}): Arrival {
  return fact('posting.confirmed', `posting ${number}`, {
    source: { system: 'erp', role: 'erp' },
    actor: 'system:erp',
    about: [{ names: [`capture|invoice|${number}`] }],
    ...over,
  })
}
