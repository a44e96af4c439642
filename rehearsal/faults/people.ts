/** What people do: those of the systems behind the hub's back, and those who send to it, carelessly or with ill will. */
import { sendAnswer, sendNotice, sendOnce, sendPoison, wasDecided } from '../clients.ts'
import type { Sent } from '../history.ts'
import { done, later, lurking, type Begin, type Ongoing } from './case.ts'

/** The target's own people change what stands there. */
export const reverseBehind: Begin = async ({ world: { company }, excuse }) =>
  lurking(async () => {
    const booked = (await company.call('erp', 'GET', '/documents?lifecycle=BOOKED&limit=100')).body['rows'] as
      | readonly { docNo: string; vendorDocNo: string; inRun: string | null; docType: string }[]
      | undefined
    const free = booked?.find((document) => document.inRun === null && document.docType === 'KR')
    if (!free) return false
    const wish = { reason: '01', requestedBy: 'm.keller', agreedBy: 'c.lind', extRef: 'by hand' }
    const { status } = await company.call('erp', 'POST', `/documents/${free.docNo}/storno`, wish)
    if (status !== 201) return false
    excuse(free.vendorDocNo)
    return true
  })

/** Somebody takes a bill back before it is signed. Its people would have signed by then: until there is such a bill they wait. */
export const recallTicket: Begin = async ({ world: { company }, excuse }) => {
  const pace = (autopilotMs: number): Promise<unknown> => company.call('ap', 'PUT', '/tempo', { autopilotMs })
  await pace(-1)
  return lurking(
    async () => {
      const tickets = (await company.call('ap', 'GET', '/tickets?limit=200')).body['tickets'] as
        | readonly { ticketNo: string; billNo: string; stage: string }[]
        | undefined
      const open = tickets?.findLast((ticket) => ['INBOX', 'CODING', 'SIGNOFF'].includes(ticket.stage))
      if (!open) return false
      const wish = { by: 'c.lind', reason: 'sent back to the vendor' }
      const { status } = await company.call('ap', 'POST', `/tickets/${open.ticketNo}/recall`, wish)
      if (status !== 200) return false
      excuse(open.billNo)
      return true
    },
    () => pace(0),
  )
}

export const sendBack: Begin = async ({ world: { company }, dice, excuse }) =>
  lurking(async () => {
    const documents = (await company.call('erp', 'GET', '/payment-docs?lifecycle=CONFIRMED&limit=100')).body['rows'] as
      | readonly { payDocNo: string; endToEndId: string; items: readonly { vendorDocNo: string }[] }[]
      | undefined
    if (!documents || documents.length === 0) return false
    const paid = dice.pick(documents)
    const { status } = await company.call('bank', 'POST', '/returns', { endToEndId: paid.endToEndId, reason: 'AC04' })
    if (status >= 300) return false
    for (const { vendorDocNo } of paid.items) excuse(vendorDocNo)
    return true
  })

/** It meets a hub that takes or refuses what was sent; one that has no time or no database for it was not met. */
export const decidedOf = (all: readonly Promise<Sent>[]): Ongoing => ({
  end: async () => (await Promise.all(all)).filter(wasDecided).length,
})

/** So many bills for each that is sent anyhow, each another one. Of a supplier that nobody knows: whole lives would take the schedule's time. */
const TIMES_AS_MUCH = 20

export const flood: Begin = async ({ world, bills, dice, excuse }) => {
  const strangers = world.company.strangers(bills, TIMES_AS_MUCH * bills.length, dice.whole(1, 1_000_000))
  for (const { billNo } of strangers) excuse(billNo)
  return decidedOf(strangers.map((bill, at) => sendOnce(world, bill, at)))
}

export const again: Begin = async ({ world, bills, dice }) => {
  const all = dice.shuffled([...bills, ...bills]).map((bill, at) => sendOnce(world, bill, at))
  return decidedOf(all)
}

const POISON: Readonly<Record<string, (bill: Buffer) => Buffer>> = {
  'half a file': (bill) => bill.subarray(0, bill.length >> 1),
  laughs: () =>
    Buffer.from(
      `<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "${'lol'.repeat(50)}"><!ENTITY c "${'&b;'.repeat(50)}">]><Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2">&c;</Invoice>`,
    ),
  deep: () => Buffer.from(`${'<a>'.repeat(20_000)}${'</a>'.repeat(20_000)}`),
  'no text': () => Buffer.from([0xff, 0xfe, 0x00, 0xd8, 0x00, 0x00]),
  'no amount': (bill) => Buffer.from(bill.toString().replaceAll(/(<cbc:PayableAmount[^>]*>)[^<]*/gu, '$1twelve')),
}

export const poison: Begin = async ({ world, bills, dice }) => {
  const mark = `<!-- ${dice.whole(1, 1_000_000)} -->`
  const all = Object.entries(POISON).map(([name, make], at) =>
    sendPoison(world, Buffer.concat([make(world.company.bytes(dice.pick(bills))), Buffer.from(mark)]), `poison ${name}`, at),
  )
  return decidedOf(all)
}

/** A notice that is old, from the future, signed by somebody else: refused, and changes nothing. */
export const forgeNotices: Begin = async ({ world, dice }) => {
  const hub = dice.pick(world.hubs)
  const kinds = [
    { ageS: 31_536_000, honest: true, about: 'a year old' },
    { ageS: -40_000, honest: true, about: 'from the future' },
    { ageS: 0, honest: false, about: 'not signed by us' },
  ]
  const all = kinds.map((kind) => sendNotice(world, hub, kind))
  return decidedOf(all)
}

/** Two persons answer one case in the same moment, each through another hub. */
export const race: Begin = async ({ world, bills, dice }) => {
  const nothing = Buffer.from(`<nothing at="${dice.whole(1, 1_000_000)}" bill="${bills[0]?.billNo ?? ''}"/>`)
  const open = async (): Promise<{ readonly id: string; readonly version: number } | undefined> => {
    const page = await world.ask<{
      readonly exceptions: readonly { readonly id: string; readonly version: number; readonly cause: string }[]
    }>('/v1/exceptions?open=true&limit=50')
    return page?.exceptions.find(({ cause }) => cause === 'unreadable-document')
  }
  let found = await open()
  for (let at = 0; at < 10 && !found; at++) {
    await sendPoison(world, nothing, 'poison for a race', at)
    await later(300)
    found = await open()
  }
  if (!found) return done(0)
  const { id, version } = found
  const people = ['ada.first', 'ben.second']
  const answers = await Promise.all(
    world.hubs.map((hub, at) => sendAnswer(world, hub, { id, version, action: 'explained', person: people[at] ?? '' })),
  )
  return done(answers.every(wasDecided) ? 1 : 0)
}
