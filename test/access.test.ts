/** Keys and request keys against the real tables: who gets in, for what, until when; and what comes twice is done once. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { FastifyInstance } from 'fastify'
import { route, type Answer } from '../src/api/route.ts'
import { ROUTES } from '../src/api/routes.ts'
import { buildApi } from '../src/api/server.ts'
import { SCOPES } from '../src/access/scopes.ts'
import { keysCommand } from '../src/cli/keys.ts'
import { asOwner } from '../src/cli/owner.ts'
import { makeKey } from '../src/access/keys.ts'
import { Fault } from '../src/lib/fault.ts'
import { listKeys, revokeKey } from '../src/store/access-key.ts'
import { EVENT, event } from './api-calls.ts'
import { fakeHub, KEY, type FakeHub } from './api-context.ts'
import { hubDatabase, type HubDatabase } from './hub-database.ts'

let database: HubDatabase
let hub: FakeHub
let server: FastifyInstance
let clock = Date.parse('2026-11-24T12:00:00.000Z')
beforeAll(async () => {
  database = await hubDatabase(['test', 'other'])
  hub = fakeHub({ pool: database.pool, now: () => clock })
  server = buildApi(hub.context)
}, 60_000)
afterAll(async () => {
  await server.close()
  await database.drop()
})

const keys = <T>(work: Parameters<typeof asOwner<T>>[1], tenant = 'test'): Promise<T> =>
  asOwner({ database: database.adminUrl, tenant }, work)
const make = (name: string, ...scopes: string[]): Promise<string> => keys((client, tenant) => makeKey(client, tenant, name, scopes))
interface Told {
  readonly status: number
  readonly headers: Record<string, unknown>
  readonly body: { readonly [name: string]: unknown }
}
async function call(
  key: string,
  method: 'GET' | 'POST',
  url: string,
  more: { readonly headers?: Record<string, string>; readonly payload?: string } = {},
): Promise<Told> {
  const reply = await server.inject({
    method,
    url,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/cloudevents+json', ...more.headers },
    ...(more.payload === undefined ? {} : { payload: more.payload }),
  })
  return { status: reply.statusCode, headers: reply.headers, body: JSON.parse(reply.body) as Told['body'] }
}

describe('access keys', () => {
  it('open exactly what they are for, every route by its scope', async () => {
    for (const scope of Object.keys(SCOPES)) {
      const key = await make(`only-${scope.replace('.', '-')}`, scope)
      for (const { method, path, scope: needed } of ROUTES) {
        if (needed === null) continue
        const url = path.replace('{sha256}', 'a'.repeat(64)).replace(/\{\w+\}/u, 'nothing')
        const reply = await server.inject({ method, url, headers: { authorization: `Bearer ${key}` } })
        if (needed === scope) expect(reply.statusCode, `${scope} for ${method} ${path}`).not.toBe(403)
        else {
          expect(reply.statusCode, `${scope} for ${method} ${path}`).toBe(403)
          expect(JSON.parse(reply.body)).toMatchObject({ code: 'scope-missing', detail: `It lacks ${needed}.` })
        }
      }
    }
  })

  it('are refused from the request after they were revoked, and their name is never given again', async () => {
    const key = await make('leaver', 'objects.read')
    const list = (): Promise<Told> => call(key, 'GET', '/v1/objects?kind=invoice')
    expect((await list()).status).toBe(200)
    expect(await keys((client, tenant) => revokeKey(client, tenant, 'leaver'))).toBe(true)
    expect(await list()).toMatchObject({ status: 401, body: { code: 'key-unknown' } })
    expect(await keys((client, tenant) => revokeKey(client, tenant, 'leaver'))).toBe(false)
    await expect(make('leaver', 'objects.read')).rejects.toThrow('There is, or was, a key leaver')
    expect((await keys(listKeys)).find(({ name }) => name === 'leaver')).toMatchObject({
      scopes: ['objects.read'],
      revokedAt: expect.any(String) as string,
    })
  })

  it('are kept as hashes, of one tenant, and cannot be made, changed or revoked by the hub', async () => {
    const key = await make('secret', 'objects.read')
    expect(key).toMatch(/^tok_[A-Za-z0-9_-]{43}$/u)
    const { rows } = await database.admin((client) =>
      client.query<{ all: string }>("SELECT string_agg(k::text, ' ') AS all FROM access_key k"),
    )
    expect(rows[0]!.all).toContain('secret')
    expect(rows[0]!.all).not.toContain(key.slice(4))
    const elsewhere = await keys((client, tenant) => makeKey(client, tenant, 'foreign', ['objects.read']), 'other')
    expect((await call(elsewhere, 'GET', '/v1/objects?kind=invoice')).status).toBe(401)
    const asHub = asOwner({ database: database.url(), tenant: 'test' }, (client, tenant) =>
      makeKey(client, tenant, 'own', ['objects.read']),
    )
    await expect(asHub).rejects.toThrow(/permission denied/u)
    await expect(
      database.admin(async (client) => {
        await client.query("SELECT set_config('hub.tenant', 'test', false)")
        await client.query("UPDATE access_key SET scopes = '{cases.answer}' WHERE name = 'secret'")
      }),
    ).rejects.toThrow('a key is revoked, once, and never changed')
  })

  it('one almost right opens nothing', async () => {
    const key = await make('exact', 'objects.read')
    const wrong = [key.slice(0, -1), `${key}x`, key.toUpperCase(), key.replace('tok_', ''), `tok_${'A'.repeat(43)}`, '', ' ']
    for (const one of wrong) expect((await call(one, 'GET', '/v1/objects?kind=invoice')).status, one).toBe(401)
  })

  it('a name or scope that there is not is refused with those that there are', async () => {
    await expect(make('first', 'objects.read')).rejects.toThrow('other than first')
    await expect(make('Upper Case', 'objects.read')).rejects.toThrow('a-z')
    await expect(make('typo', 'object.read')).rejects.toThrow('There is no scope object.read; there are facts.send')
    await expect(make('none')).rejects.toThrow('at least one scope')
    await expect(keys((client, tenant) => makeKey(client, tenant, 'lost', ['objects.read']), 'nowhere')).rejects.toThrow(
      'no tenant nowhere',
    )
  })

  it('one for the facts of a system speaks as no other, and the log says through which it came', async () => {
    const key = await make('ap-tool', 'facts.send/ap')
    expect(await call(key, 'POST', '/v1/events', { payload: event({}) })).toMatchObject({
      status: 403,
      body: { code: 'scope-missing', detail: 'It lacks facts.send/erp.' },
    })
    const own = { ...EVENT, id: 'own', source: 'ap', type: 'invoice.rejected', data: { reason: 'not ours' } }
    expect(await call(key, 'POST', '/v1/events', { payload: JSON.stringify(own) })).toMatchObject({ status: 200 })
    expect(hub.taken.at(-1)).toMatchObject({ actor: 'system:ap through ap-tool', source: { system: 'ap', role: 'ap' } })
    expect(await call(KEY, 'POST', '/v1/events', { payload: JSON.stringify({ ...own, id: 'first' }) })).toMatchObject({ status: 200 })
    expect(hub.taken.at(-1)).toMatchObject({ actor: 'system:ap' })
  })
})

describe('tieout keys', () => {
  /** What a command prints. */
  async function says(...args: string[]): Promise<string> {
    const written: string[] = []
    const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      written.push(String(text))
      return true
    })
    try {
      await keysCommand().parseAsync([...args, '--database', database.adminUrl, '--tenant', 'test'], { from: 'user' })
    } finally {
      write.mockRestore()
    }
    return written.join('')
  }

  it('shows a key once, lists it without it, and revokes it', async () => {
    const key = (await says('create', 'monitor', '--scope', 'operation.read', 'objects.read')).trim()
    expect((await call(key, 'GET', '/v1/objects?kind=invoice')).status).toBe(200)
    const list = await says('list')
    expect(list).toMatch(/^monitor +\S+Z {2}in use {2}objects\.read, operation\.read$/mu)
    expect(list).not.toContain(key)
    expect(await says('revoke', 'monitor')).toBe('monitor is revoked.\n')
    expect((await call(key, 'GET', '/v1/objects?kind=invoice')).status).toBe(401)
    expect(await says('list')).toMatch(/^monitor .* revoked \S+Z /mu)
    await expect(says('revoke', 'monitor')).rejects.toThrow('There is no key monitor in use.')
  })
})

describe('Idempotency-Key', () => {
  let calls = 0
  let next: () => Promise<Answer> | Answer = () => ({ status: 200, body: {} })
  const counted = route({
    method: 'POST',
    path: '/v1/counted',
    scope: 'documents.send',
    once: true,
    does: 'Counts.',
    answers: { 200: { says: 'Counted.', shape: 'text' } },
    takes: { kind: 'bytes', media: 'any', limitBytes: 1_000 },
    handle: () => {
      calls++
      return next()
    },
  })
  const open = (): FastifyInstance => buildApi(hub.context, { routes: [counted, route({ ...counted, path: '/v1/other' })] })
  let twice: FastifyInstance
  beforeAll(() => {
    twice = open()
  })
  const post = async (idempotencyKey: string, payload: string, url = '/v1/counted', key = KEY): Promise<Told> => {
    const reply = await twice.inject({
      method: 'POST',
      url,
      payload,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'text/plain', 'idempotency-key': idempotencyKey },
    })
    return { status: reply.statusCode, headers: reply.headers, body: JSON.parse(reply.body) as Told['body'] }
  }
  const answering = (answer: Answer | (() => Promise<Answer> | Answer)): void => {
    calls = 0
    next = typeof answer === 'function' ? answer : (): Answer => answer
  }

  it('the same request again gets the same answer, also from another process, and nothing is done', async () => {
    answering(() => ({ status: 202, headers: { location: `/v1/x/${calls}` }, body: { calls } }))
    const first = await post('"a"', 'same')
    expect(first).toMatchObject({ status: 202, headers: { location: '/v1/x/1' }, body: { calls: 1 } })
    expect(first.headers['idempotency-replayed']).toBeUndefined()
    expect(await post('"a"', 'same')).toMatchObject({
      status: 202,
      headers: { location: '/v1/x/1', 'idempotency-replayed': 'true' },
      body: { calls: 1 },
    })
    await twice.close()
    twice = open()
    expect(await post('a', 'same')).toMatchObject({ status: 202, body: { calls: 1 } })
    expect(calls).toBe(1)
  })

  it('another body, query or content under it is refused; another address or caller is another request', async () => {
    answering(() => ({ status: 200, body: { calls } }))
    await post('"b"', 'one')
    expect(await post('"b"', 'two')).toMatchObject({ status: 422, body: { code: 'request-key-reused' } })
    expect(calls).toBe(1)
    expect(await post('"b"', 'two', '/v1/other')).toMatchObject({ status: 200, body: { calls: 2 } })
    const key = await make('another', 'documents.send')
    expect(await post('"b"', 'two', '/v1/counted', key)).toMatchObject({ status: 200, body: { calls: 3 } })
  })

  it('while the first is at work the second is told to come again, and of many at once one is done', async () => {
    let release: (answer: Answer) => void = () => {}
    answering(
      () =>
        new Promise((resolve) => {
          release = resolve
        }),
    )
    const first = post('"c"', 'slow')
    await expect.poll(() => calls).toBe(1)
    const others = await Promise.all(Array.from({ length: 8 }, () => post('"c"', 'slow')))
    expect(others.map(({ status, body, headers }) => [status, body['code'], headers['retry-after']])).toEqual(
      others.map(() => [409, 'request-key-busy', '1']),
    )
    expect(await post('"c"', 'other')).toMatchObject({ status: 422 })
    release({ status: 200, body: { done: true } })
    expect(await first).toMatchObject({ status: 200, body: { done: true } })
    expect(await post('"c"', 'slow')).toMatchObject({ status: 200, body: { done: true } })
    expect(calls).toBe(1)
  })

  it('a refusal is kept as it was; what only says to come again is not', async () => {
    answering(() => {
      throw new Fault('exception-moved', 'It is closed.')
    })
    const refused = await post('"d"', 'x')
    expect(refused).toMatchObject({ status: 409, body: { code: 'exception-moved' } })
    expect((await post('"d"', 'x')).body).toEqual(refused.body)
    expect(calls).toBe(1)
    for (const fault of ['backlog-too-old', 'database-away', 'internal'] as const) {
      answering(() => {
        if (calls === 1) throw new Fault(fault)
        return { status: 200, body: {} }
      })
      expect((await post(`"e ${fault}"`, 'x')).status).toBeGreaterThanOrEqual(429)
      expect((await post(`"e ${fault}"`, 'x')).status).toBe(200)
    }
  })

  it('what a process was at when it died is done by whoever comes after a minute', async () => {
    answering(() => new Promise(() => {}))
    void post('"f"', 'x')
    await expect.poll(() => calls).toBe(1)
    expect((await post('"f"', 'x')).status).toBe(409)
    clock += 61_000
    answering({ status: 200, body: {} })
    expect((await post('"f"', 'x')).status).toBe(200)
  })

  it('is kept for a day and then forgotten, with what else has expired', async () => {
    answering(() => ({ status: 200, body: { calls } }))
    await post('"g"', 'x')
    clock += 24 * 3_600_000 - 1
    expect(await post('"g"', 'x')).toMatchObject({ body: { calls: 1 } })
    clock += 1
    expect(await post('"g"', 'y')).toMatchObject({ status: 200, body: { calls: 2 } })
    const { rows } = await database.admin((client) => client.query<{ count: number }>('SELECT count(*)::int AS count FROM request_key'))
    expect(rows[0]!.count).toBe(1)
  })

  it('an answer of more than a megabyte is given and not kept', async () => {
    answering(() => ({ status: 200, body: { calls, text: 'x'.repeat(1_048_576) } }))
    expect(await post('"h"', 'x')).toMatchObject({ status: 200, body: { calls: 1 } })
    expect(await post('"h"', 'x')).toMatchObject({ status: 200, body: { calls: 2 } })
  })

  it('one that is none is refused', async () => {
    for (const wrong of ['""', '"', 'a b', '"a', `"${'x'.repeat(201)}"`, '"ä"', 'a,b']) {
      expect(await post(wrong, 'x'), wrong).toMatchObject({ status: 400, body: { code: 'request-not-valid' } })
    }
  })
})
