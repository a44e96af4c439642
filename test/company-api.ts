/** The API of a company that runs: called with its key, and what is asked of it again and again. */
import { expect } from 'vitest'
import { unlike } from './answer-shapes.ts'
import { KEY, type TryOut } from './try-out.ts'

export interface Row {
  readonly id: string
  readonly title: string
  readonly state: string
  readonly cause: string | null
}

interface Case {
  readonly id: string
  readonly version: number
  readonly cause: string
  readonly says: string
  readonly about: string
  readonly owner: string
  readonly actions: readonly { readonly action: string; readonly second: boolean }[]
}

/** `company` is asked for when something is called: it is not there yet when a file of tests is read. */
export function apiOf(company: () => TryOut) {
  const address = (path: string): string => `${String(company().hub().ready['api'])}${path}`
  /** Every answer is held against the list of routes in passing. */
  async function call(method: string, path: string, body?: string | Buffer, type = 'application/xml', key = KEY): Promise<Response> {
    const reply = await fetch(address(path), {
      method,
      redirect: 'manual',
      headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'content-type': type }) },
      ...(body === undefined ? {} : { body }),
    })
    const { status, headers } = reply
    expect(unlike({ method, url: path, status, type: headers.get('content-type') ?? '', body: await reply.clone().text() })).toEqual([])
    return reply
  }
  const post = (event: object): Promise<Response> => call('POST', '/v1/events', JSON.stringify(event), 'application/cloudevents+json')
  async function get<T>(path: string): Promise<T> {
    const reply = await call('GET', path)
    expect(reply.status, path).toBe(200)
    return (await reply.json()) as T
  }
  /** A paid invoice that came through all gates, an order's among them. */
  async function paidOne(): Promise<Row> {
    for (const row of await invoices()) {
      if (row.state === 'archived' && (await get<{ headline: { route: string } }>(`/v1/objects/${row.id}`)).headline.route === 'po')
        return row
    }
    throw new Error('the sample has no paid invoice on an order')
  }
  const invoices = async (): Promise<Row[]> => (await get<{ objects: Row[] }>('/v1/objects?kind=invoice&limit=200')).objects
  const cases = async (): Promise<Case[]> => (await get<{ exceptions: Case[] }>('/v1/exceptions?limit=200')).exceptions
  /** The open case of a cause about an object, once it is there. */
  async function caseOf(cause: string, about?: string): Promise<Case> {
    const find = async (): Promise<Case | undefined> =>
      (await cases()).find((one) => one.cause === cause && (about === undefined || one.about === about))
    await eventually(async () => (await find()) !== undefined, 10_000)
    return (await find())!
  }

  async function eventually(holds: () => Promise<boolean>, timeoutMs: number): Promise<void> {
    for (const end = Date.now() + timeoutMs; !(await holds());) {
      if (Date.now() > end) throw new Error(`it did not come to hold within ${timeoutMs} ms: ${JSON.stringify(await company().summary())}`)
      await new Promise((resolve) => {
        setTimeout(resolve, 50)
      })
    }
  }

  return { address, call, post, get, paidOne, invoices, cases, caseOf, eventually }
}
