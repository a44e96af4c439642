import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Trace } from '../src/export/trace.ts'
import { command, type Ran } from './command.ts'
import { KEY, tryOut, type TryOut } from './try-out.ts'

let company: TryOut
/** A paid invoice that came through all gates, an order's among them. */
let paid: { readonly id: string; readonly title: string }

const address = (path: string): string => `${String(company.hub().ready['api'])}${path}`
const send = (name: string, body: string): Promise<Response> =>
  fetch(address(`/v1/documents?name=${name}`), {
    method: 'POST',
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/xml' },
    body,
  })

beforeAll(async () => {
  company = await tryOut()
  const files = await company.sample(6)
  await company.send(files)
  await company.quiet(60_000)
  const { objects } = await company.get<{ objects: { id: string; title: string; state: string }[] }>(
    '/v1/objects?kind=invoice&state=archived',
  )
  for (const row of objects) {
    if ((await company.get<{ headline: { route: string } }>(`/v1/objects/${row.id}`)).headline.route === 'po') paid = row
  }
  // Three documents that are no invoice, and two invoices with the same number.
  for (const text of ['one', 'two', 'three']) await send(`${text}.xml`, text)
  const xml = readFileSync(files[0]!, 'utf8').replace(/<cbc:ID>[^<]*<\/cbc:ID>/u, '<cbc:ID>A-1</cbc:ID>')
  for (const amount of ['188888.88', '199999.99']) await send('a.xml', xml.replace(/(<cbc:PayableAmount[^>]*>)[^<]*/u, `$1${amount}`))
}, 120_000)
afterAll(async () => {
  await company.end()
}, 30_000)

describe('tieout on the command line', () => {
  const database = (): string => {
    const url = new URL(company.database.adminUrl)
    url.username = 'hub_read'
    return url.href
  }
  /** As from a terminal. */
  const run = async (args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ran> => {
    try {
      const { stdout, stderr } = await promisify(execFile)(
        process.execPath,
        [join(import.meta.dirname, '..', 'src', 'cli', 'main.ts'), ...args],
        { env: { ...process.env, TIEOUT_DATABASE_URL: database(), TIEOUT_DATA: '/nonexistent', ...env } },
      )
      return { status: 0, out: stdout, err: stderr }
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
      return { status: code, out: stdout, err: stderr }
    }
  }
  /** The same command in this process, which need not start first. */
  const traced = (...args: readonly string[]): Promise<Ran> => command(['trace', ...args], { TIEOUT_DATABASE_URL: database() })

  it('trace tells a paid invoice from arrival to the bank entry, in 100 columns, without colours', async () => {
    const { status, out } = await run(['trace', paid.title])
    expect(status).toBe(0)
    const lines = out.split('\n')
    expect(lines.filter((line) => [...line].length > 100)).toEqual([])
    expect(out).not.toContain('\u001b')
    for (const words of [
      'received: invoice',
      'validated: 8 controls passed',
      'approval: 4 controls passed',
      'invoice.post to erp carried out',
      'booked as',
      'now paid',
      'This rests on',
      'What each system shows',
      'Hangs together with',
      'settled by bank',
    ]) {
      expect(out, words).toContain(words)
    }
    const trace = JSON.parse((await traced(paid.id, '--json')).out) as Trace
    expect(trace.steps.map(({ index }) => index)).toEqual(trace.steps.map(({ index }) => index).toSorted((a, b) => a - b))
    for (const { index, leafHash } of trace.steps) {
      expect(
        lines.some((line) => line.endsWith(` #${index}`)),
        `#${index}`,
      ).toBe(true)
      expect(leafHash).toMatch(/^[0-9a-f]{64}$/u)
    }
    expect(trace.commands.find(({ command }) => command === 'invoice.post')).toMatchObject({
      state: 'done',
      tries: [{ n: 1, outcome: 'done', requestHash: expect.stringMatching(/^[0-9a-f]{64}$/u) as string }],
    })
  })

  it('every kind of thing that hangs together with it has a page of its own', async () => {
    const trace = JSON.parse((await traced(paid.id, '--json')).out) as Trace
    const kinds = trace.together.map(({ kind }) => kind)
    expect(kinds).toEqual(expect.arrayContaining(['entity', 'supplier', 'order', 'payment', 'statement-entry']))
    for (const { id, title } of trace.together) {
      const { status, out } = await traced(id)
      expect([status, out.split('\n').filter((line) => [...line].length > 100)], title).toEqual([0, []])
      expect(out.toLowerCase()).toContain(title.toLowerCase())
    }
  }, 60_000)

  it('an unknown id is one sentence and status 1; several things are listed', async () => {
    const unknown = await run(['trace', 'no\u001b[2Jthing'])
    expect([unknown.status, unknown.out.split('\n').length]).toEqual([1, 2])
    expect(unknown.out).not.toContain('\u001b')
    const several = await traced('A-1')
    expect([several.status, several.out]).toEqual([
      1,
      expect.stringMatching(/^A-1 is the id of \d things; say which one:\n( {2}\w{3}_[0-9a-f]{26} .*\n)+$/u),
    ])
  })

  it('exceptions are those of the running hub', async () => {
    const here = { TIEOUT_API: String(company.hub().ready['api']), TIEOUT_API_KEY: KEY }
    const { status, out } = await run(['exceptions', '--cause', 'unreadable-document'], here)
    expect([status, out.match(/^exc_[0-9a-f]{26} /gmu)?.length]).toEqual([0, 3])
    expect(await run(['exceptions', 'assign', 'exc_x', '--to', 'tresury'], here)).toMatchObject({
      status: 1,
      err: expect.stringMatching(/'tresury' is invalid\. Allowed choices are ap-clerks/u) as string,
    })
  })

  it('says in a sentence what it lacks', async () => {
    expect(await command(['trace', 'x'], { TIEOUT_DATABASE_URL: '' })).toMatchObject({
      status: 1,
      err: expect.stringMatching(/^Nothing is running here: .*\n$/u) as string,
    })
    expect(await traced('x', '--database', 'postgresql://nobody@127.0.0.1:1/none')).toMatchObject({
      status: 1,
      err: 'The database does not answer. Is it running? npm start starts it.\n',
    })
    expect(await traced('x', '--tenant', 'other')).toMatchObject({
      status: 1,
      err: expect.stringMatching(/^This database has no tenant other; there are test\.\n$/u) as string,
    })
    expect(await run(['trace'])).toMatchObject({ status: 1 })
    expect(await run(['nosuch'])).toMatchObject({
      status: 1,
      err: expect.stringMatching(/^There is no command nosuch\.\n\nUsage: tieout/u) as string,
    })
    expect((await run(['--help'])).out).toMatch(/start.*hub.*trace.*exceptions.*read.*migrate.*verify/su)
  })
})
