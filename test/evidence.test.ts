/** Evidence of invoices, from the whole company to the archive and back: what lies there proves itself, and is renewed. */
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runVerify } from '../src/cli/verify.ts'
import { packOf } from '../src/export/pack.ts'
import { ed25519Verify } from '../src/seal/ed25519.ts'
import { inTenant, openPool } from '../src/store/database.ts'
import { sha256 } from '../src/store/sha256.ts'
import { parseVerifierKey, type VerifierKey } from '../src/tlog/note.ts'
import { isRefused } from '../src/tlog/refused.ts'
import { verifyPack, type PackReport } from '../src/verify/pack.ts'
import { KEY, tryOut, type TryOut } from './try-out.ts'

interface Pack {
  readonly name: string
  readonly invoice: string
  readonly covers: number
  readonly wanted: { readonly event: string; readonly index: number }
  readonly standing: { readonly headline: string; readonly axes: { readonly holds: readonly string[] } }
  readonly documents: readonly { readonly sha256: string; readonly archivedAs: string | null }[]
  readonly log: {
    readonly events: {
      readonly index: number
      readonly leaf: { readonly type: string; readonly cfg: string }
      body: { data: { [key: string]: unknown } }
    }[]
  }
}
interface Card {
  readonly label: string
  readonly digest: string
  readonly keepTill: string
}

let company: TryOut
let key: VerifierKey
beforeAll(async () => {
  company = await tryOut()
  await faults({ op: 'deposit.put', first: 5, reply: 'lost' })
  await company.send(await company.sample(6))
  await company.quiet(60_000)
  const parsed = parseVerifierKey(sha256, String(company.hub().ready['verifierKey']))
  if (isRefused(parsed)) throw new Error(parsed.refused)
  key = parsed
}, 120_000)
afterAll(async () => {
  await company.end()
}, 30_000)

const archive = (method: string, path: string, body?: unknown): Promise<Response> =>
  fetch(`${company.company.urls.archive}${path}`, {
    method,
    headers: { authorization: `Bearer ${company.company.secrets['SANDBOX_ARCHIVE_TOKEN']}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
const faults = (...rules: object[]): Promise<Response> => archive('PUT', '/faults', { rules })
const held = async (name: string): Promise<Buffer> =>
  Buffer.from(await (await archive('GET', `/vaults/evidence/deposits/${name}`)).arrayBuffer())
const stowed = (): Card[] =>
  company
    .books('archive')
    .flatMap(({ facts }) => facts)
    .filter(({ what, verb }) => what === 'DEPOSIT' && verb === 'STOWED')
    .map(({ row }) => row as unknown as Card)
const packs = (invoice = ''): Card[] => stowed().filter(({ label }) => label.startsWith(`pack.${invoice}`))
const read = async (name: string): Promise<Pack> => JSON.parse((await held(name)).toString()) as Pack
const check = (bytes: Uint8Array): PackReport => {
  const report = verifyPack(sha256, ed25519Verify, key, bytes)
  if (isRefused(report)) throw new Error(report.refused)
  return report
}
const archived = async (): Promise<string[]> => {
  const { objects } = await company.get<{ objects: { id: string; state: string }[] }>('/v1/objects?kind=invoice&limit=100')
  return objects.filter(({ state }) => state === 'archived').map(({ id }) => id)
}

describe('evidence in the archive', () => {
  it('is there of every invoice that was paid, although replies were lost, each document and pack stowed once', async () => {
    const { states } = await company.summary()
    expect(states['archived'] ?? 0).toBeGreaterThan(3)
    expect(states['paid']).toBeUndefined()
    const labels = stowed().map(({ label }) => label)
    expect(new Set(labels).size).toBe(labels.length)
    for (const invoice of await archived()) {
      const pack = await read(packs(invoice).at(-1)!.label)
      expect(pack).toMatchObject({ invoice, standing: { headline: 'paid' } })
      const own = pack.documents.filter(({ archivedAs }) => archivedAs !== null)
      expect(own.length).toBeGreaterThan(0)
      for (const document of own)
        expect(
          createHash('sha256')
            .update(await held(document.archivedAs!))
            .digest('hex'),
        ).toBe(document.sha256)
    }
  })

  it('every pack proves itself with nothing but the key: events under a signed root, bodies under their leaves', async () => {
    for (const { label } of packs()) {
      const report = check(await held(label))
      expect(report).toMatchObject({ holds: true, findings: [], erased: 0, headline: 'paid' })
      expect(report.events).toBeGreaterThan(20)
    }
  })

  it('names in every event the configuration that the hub named when it was ready', async () => {
    const cfg = company.hub().ready['cfg']
    expect(cfg).toMatch(/^[0-9a-f]{64}$/u)
    const { events } = (await read(packs()[0]!.label)).log
    expect(new Set(events.map(({ leaf }) => leaf.cfg))).toEqual(new Set([cfg]))
  })

  it('tells the whole road: received, approved, posted, paid, booked by the bank', async () => {
    const always = [
      'invoice.received',
      'invoice.validated',
      'approval.granted',
      'approval.completed',
      'posting.confirmed',
      'statement.entry-booked',
      'settlement.allocated',
      'evidence.wanted',
    ]
    const whenWePay = ['payment.instructed', 'payment.released']
    let paidByUs = 0
    for (const invoice of await archived()) {
      const events = (await read(packs(invoice).at(-1)!.label)).log.events
      const types = new Set(events.map(({ leaf }) => leaf.type))
      expect([...types]).toEqual(expect.arrayContaining(always))
      // What the supplier collected was never instructed.
      const ours = whenWePay.filter((type) => types.has(type))
      expect([0, whenWePay.length]).toContain(ours.length)
      if (ours.length > 0) paidByUs++
    }
    expect(paidByUs).toBeGreaterThan(2)
  })

  it('the payment file, the bank’s report and its statement lie beside the packs that name them, each stowed once', async () => {
    const bankFiles = ['payment.released', 'payment.accepted', 'statement.entry-booked']
    const seen = new Map<string, Set<string>>()
    for (const invoice of await archived()) {
      const pack = await read(packs(invoice).at(-1)!.label)
      for (const { leaf, body } of pack.log.events.filter((event) => bankFiles.includes(event.leaf.type))) {
        const document = pack.documents.find(({ sha256: hash }) => hash === body.data['document'])
        expect(document?.archivedAs).toBe(`document.${document?.sha256}`)
        expect(
          createHash('sha256')
            .update(await held(document!.archivedAs!))
            .digest('hex'),
        ).toBe(document!.sha256)
        seen.set(leaf.type, (seen.get(leaf.type) ?? new Set()).add(document!.sha256))
      }
    }
    expect([...seen.keys()].sort()).toEqual(bankFiles.toSorted())
    const years = new Set(stowed().map(({ keepTill }) => keepTill))
    expect([...years]).toEqual([`${new Date().getUTCFullYear() + 10}-12-31`])
  })

  it('the same log gives the same bytes', async () => {
    const pool = openPool(company.appUrl, { max: 1 })
    for (const invoice of (await archived()).slice(0, 3)) {
      const { label } = packs(invoice).at(-1)!
      const { wanted } = await read(label)
      const again = await inTenant(
        pool,
        'test',
        (client) => packOf(client, 'test', { index: wanted.index, id: wanted.event, invoice }),
        'snapshot',
      )
      expect(Buffer.from(again!.bytes).equals(await held(label))).toBe(true)
    }
    await pool.end()
  })

  it('a word changed, an event moved or left out, another key: each is found', async () => {
    const bytes = await held(packs()[0]!.label)
    const changed = (change: (pack: Pack) => void): Buffer => {
      const pack = JSON.parse(bytes.toString()) as Pack
      change(pack)
      return Buffer.from(JSON.stringify(pack))
    }
    const at = (pack: Pack, type: string): number => pack.log.events.findIndex(({ leaf }) => leaf.type === type)
    expect(
      check(
        changed((pack) => {
          pack.log.events[at(pack, 'approval.granted')]!.body.data['person'] = 'directory|person|somebody'
        }),
      ).findings.join(),
    ).toContain('the body is not the one')
    expect(
      check(
        changed((pack) => {
          Object.assign(pack.log.events[3]!.leaf, { actor: 'person:x' })
        }),
      ).findings.join(),
    ).toContain('not what was sealed')
    expect(
      check(
        changed((pack) => {
          Object.assign(pack.log.events[3]!, { index: 0 })
        }),
      ).holds,
    ).toBe(false)
    expect(
      check(
        changed((pack) => {
          pack.log.events.splice(at(pack, 'settlement.allocated'), 1)
        }),
      ).findings.join(),
    ).toContain('its headline rests on')
    expect(verifyPack(sha256, ed25519Verify, { ...key, publicKey: new Uint8Array(32) }, bytes)).toHaveProperty('refused')
    expect(verifyPack(sha256, ed25519Verify, key, Buffer.from(`${bytes.toString()} `))).toHaveProperty('refused')
    expect(verifyPack(sha256, ed25519Verify, key, Buffer.from('[]'))).toHaveProperty('refused')
  })

  it('tieout verify --pack says so on the command line', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tieout-pack-'))
    const file = join(folder, 'pack.json')
    const bytes = await held(packs()[0]!.label)
    const verify = async (): Promise<[number, string]> => {
      const lines: string[] = []
      return [
        await runVerify({ pack: file, key: String(company.hub().ready['verifierKey']) }, (line) => {
          lines.push(line)
        }),
        lines.join('\n'),
      ]
    }
    writeFileSync(file, bytes)
    expect(await verify()).toEqual([0, expect.stringContaining('HOLDS        every event in it is what was sealed')])
    const forged = JSON.parse(bytes.toString()) as Pack
    forged.log.events[0]!.body.data['channel'] = 'elsewhere'
    writeFileSync(file, JSON.stringify(forged))
    expect(await verify()).toEqual([1, expect.stringContaining('DOES NOT HOLD')])
    writeFileSync(file, 'no pack')
    expect(await verify()).toEqual([2, expect.stringContaining('NOT VERIFIED')])
    rmSync(folder, { recursive: true })
  })

  it('a later fact makes it stale, and it is renewed as another object; the earlier one stays as it was', async () => {
    const [invoice = ''] = await archived()
    const before = packs(invoice)
    const bytes = await Promise.all(before.map(({ label }) => held(label)))
    const answer = await fetch(`${String(company.hub().ready['api'])}/v1/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/cloudevents+json' },
      body: JSON.stringify({
        specversion: '1.0',
        id: 'late hold',
        source: 'ap',
        type: 'hold.placed',
        time: new Date().toISOString(),
        subject: invoice,
        data: { hold: 'audit', kind: 'payment', reason: 'an audit asks' },
      }),
    })
    expect(answer.status).toBeLessThan(300)
    await expect.poll(() => packs(invoice).length, { timeout: 20_000 }).toBe(before.length + 1)
    await company.quiet(30_000)
    const { label } = packs(invoice).at(-1)!
    const last = await read(label)
    expect(last.standing.axes.holds).toEqual(['audit'])
    expect(last.covers).toBeGreaterThan(Number(before.at(-1)!.label.split('.')[2]))
    expect(check(await held(label)).holds).toBe(true)
    expect(await archived()).toContain(invoice)
    for (const [at, { label }] of before.entries()) expect((await held(label)).equals(bytes[at]!)).toBe(true)
    const traced = await company.get<{ objects?: unknown }>(`/v1/objects/${invoice}`)
    expect(JSON.stringify(traced)).toContain('current')
  }, 60_000)

  it('money that comes back after it was archived makes it stale: the next pack has the return, and its statement lies beside it', async () => {
    const paid = await Promise.all((await archived()).map(async (invoice) => read(packs(invoice).at(-1)!.label)))
    const pack = paid.find(({ log }) => log.events.some(({ leaf }) => leaf.type === 'payment.released'))!
    const { endToEndId } = pack.log.events.find(({ leaf }) => leaf.type === 'payment.instructed')!.body.data
    const before = packs(pack.invoice).length
    const answer = await fetch(`${company.company.urls.bank}/returns`, {
      method: 'POST',
      headers: { authorization: `Bearer ${company.company.secrets['SANDBOX_BANK_TOKEN']}` },
      body: JSON.stringify({ endToEndId, reason: 'AC04' }),
    })
    expect(answer.status).toBeLessThan(300)
    const axes = async (): Promise<string> => (await company.get<{ axes: { archive: string } }>(`/v1/objects/${pack.invoice}`)).axes.archive
    await expect.poll(axes, { timeout: 30_000 }).toBe('stale')
    // Taken back it is not at the end of its road any more, but what was archived once is renewed whatever happens.
    await expect.poll(() => packs(pack.invoice).length, { timeout: 30_000 }).toBeGreaterThan(before)
    await company.quiet(30_000)
    const { label } = packs(pack.invoice).at(-1)!
    const last = await read(label)
    const entries = last.log.events.filter(({ leaf }) => leaf.type === 'statement.entry-booked')
    expect(entries.some(({ body }) => body.data['returns'] !== undefined)).toBe(true)
    for (const { body } of entries)
      expect(
        createHash('sha256')
          .update(await held(`document.${String(body.data['document'])}`))
          .digest('hex'),
      ).toBe(body.data['document'])
    expect(check(await held(label)).holds).toBe(true)
  }, 120_000)

  it('an archive that is down for long holds nothing else up, and everything arrives afterwards', async () => {
    await faults({ op: '*', effect: 'none', reply: 'error', status: 503 })
    const [labels, standing] = [stowed().length, (await company.summary()).states]
    const at = (state: string, states: Readonly<Record<string, number>>): number => (states[state] ?? 0) - (standing[state] ?? 0)
    const files = await company.sample(6, 5)
    await company.send(files)
    await expect.poll(async () => at('paid', (await company.summary()).states), { timeout: 60_000 }).toBeGreaterThan(3)
    // Packs wait until their invoice has rested, so the fifth refused one may come after the payments.
    const stopped = async (): Promise<readonly string[]> => {
      const { systems } = await company.get<{ systems: { name: string; breaker: { state: string } }[] }>('/v1/systems')
      return systems.filter(({ breaker }) => breaker.state !== 'closed').map(({ name }) => name)
    }
    await expect.poll(stopped, { timeout: 60_000 }).toEqual(['archive'])
    expect([at('archived', (await company.summary()).states), stowed().length]).toEqual([0, labels])
    await faults()
    await expect.poll(async () => at('archived', (await company.summary()).states), { timeout: 120_000 }).toBeGreaterThan(3)
    await company.quiet(60_000)
    expect(at('paid', (await company.summary()).states)).toBe(0)
    expect(new Set(stowed().map(({ label }) => label)).size).toBe(stowed().length)
    // Nothing was given up, so nobody is asked to start it again.
    const { exceptions } = await company.get<{ exceptions: { cause: string }[] }>('/v1/exceptions?open=true&limit=100')
    expect(exceptions.filter(({ cause }) => cause === 'dead-letter')).toEqual([])
  }, 300_000)
})
