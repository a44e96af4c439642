/** Those who send to the hub, and keep what they were told. They go on as the API's page says: again after 429, 503 or no answer. */
import { createHash, createHmac } from 'node:crypto'
import type { Sent } from './history.ts'
import type { Bill } from './world/company.ts'
import { KEY, type Hub } from './world/hub.ts'
import type { World } from './world/world.ts'

const GIVE_UP_MS = 4_000
const AGAIN_MS = 120

interface Posting {
  readonly hub: Hub
  readonly path: string
  readonly body: string | Buffer
  readonly headers: Readonly<Record<string, string>>
  readonly what: Sent['what']
  readonly same: string
  readonly about: string
}

/** One request over the hub's door, with all that became of it. */
async function post(world: World, { hub, path, body, headers, what, same, about }: Posting): Promise<Sent> {
  const begun = performance.now()
  let told: Pick<Sent, 'status' | 'retryAfter' | 'body'> = { status: null, retryAfter: null, body: null }
  try {
    const answer = await fetch(`${hub.door.url}${path}`, { method: 'POST', body, headers, signal: AbortSignal.timeout(GIVE_UP_MS) })
    told = { status: answer.status, retryAfter: answer.headers.get('retry-after'), body: await answer.json().catch(() => null) }
  } catch {
    // Nobody answered: that is what is kept.
  }
  const sent: Sent = {
    kind: 'sent',
    at: new Date().toISOString(),
    ms: Math.round(performance.now() - begun),
    hub: hub.name,
    what,
    same,
    about,
    ...told,
  }
  world.history.add(sent)
  return sent
}

const documentPost = (hub: Hub, bytes: Buffer, name: string, what: Sent['what']): Posting => ({
  hub,
  what,
  about: name,
  same: createHash('sha256').update(bytes).digest('hex'),
  body: bytes,
  path: `/v1/documents?name=${encodeURIComponent(name)}`,
  headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/xml' },
})

/** Sends a bill until it was taken or refused for good, each time to the other hub. */
export async function sendBill(world: World, bill: Bill, first: number, stop: () => boolean): Promise<Sent> {
  for (let at = first; ; at++) {
    const sent = await post(world, documentPost(world.hubs[at % 2 === 0 ? 0 : 1], world.company.bytes(bill), bill.file, 'document'))
    if ((wasDecided(sent) && sent.status !== 409) || stop()) return sent
    await new Promise((done) => {
      setTimeout(done, Math.max(AGAIN_MS, Number(sent.retryAfter ?? 0) * 1_000))
    })
  }
}

/** Sends a bill once, whatever comes of it: a careless sender. */
export const sendOnce = (world: World, bill: Bill, at: number): Promise<Sent> =>
  post(world, documentPost(world.hubs[at % 2 === 0 ? 0 : 1], world.company.bytes(bill), bill.file, 'document'))

export const sendPoison = (world: World, bytes: Buffer, name: string, at: number): Promise<Sent> =>
  post(world, documentPost(world.hubs[at % 2 === 0 ? 0 : 1], bytes, name, 'poison'))

/** A notice of the AP tool as somebody could make it up or keep it: signed at `ageS` seconds ago, with or without the right secret. */
export function sendNotice(
  world: World,
  hub: Hub,
  { ageS, honest, about }: { readonly ageS: number; readonly honest: boolean; readonly about: string },
): Promise<Sent> {
  const body = JSON.stringify({
    type: 'ticket.recalled',
    timestamp: new Date().toISOString(),
    data: {
      ticketNo: 'T-000001',
      corrRef: '',
      mark: 1,
      stage: 'RECALLED',
      by: { handle: 'x', fullName: 'X' },
      at: new Date().toISOString(),
      reason: 'replayed',
    },
  })
  const id = `msg_${about.replaceAll(/\W/gu, '')}_${Math.round(performance.now())}`
  const at = String(Math.round(Date.now() / 1_000) - ageS)
  const secret = Buffer.from(
    (honest ? (world.company.secrets['SANDBOX_AP_WEBHOOK_SECRET'] ?? '') : 'whsec_bm90IHRoZSBzZWNyZXQgYXQgYWxsLCByZWFsbHk=').slice(
      'whsec_'.length,
    ),
    'base64',
  )
  const signature = createHmac('sha256', secret).update(`${id}.${at}.${body}`).digest('base64')
  return post(world, {
    hub,
    path: '/v1/notices/ap',
    body,
    what: 'notice',
    same: id,
    about,
    headers: { 'content-type': 'application/json', 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': `v1,${signature}` },
  })
}

/** A person answers a case as of the version that was looked at. */
export function sendAnswer(
  world: World,
  hub: Hub,
  { id, version, action, person }: { readonly id: string; readonly version: number; readonly action: string; readonly person: string },
): Promise<Sent> {
  return post(world, {
    hub,
    path: `/v1/exceptions/${id}/answers`,
    what: 'answer',
    same: `${id} ${version}`,
    about: person,
    body: JSON.stringify({ action, person, reason: `looked at by ${person}`, version }),
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
  })
}

/** Whether the hub took or refused the thing itself: it did not only say that it has no time or no database. */
export const wasDecided = ({ status }: Pick<Sent, 'status'>): boolean => status !== null && status < 500 && status !== 429 && status !== 408
