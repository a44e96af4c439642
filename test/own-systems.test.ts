import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { PACES, startCompany, type Company } from '../src/cli/company.ts'
import { COMPILED, started, type Started } from './clone.ts'
import { command, type Ran } from './command.ts'
import { freshDatabase, type FreshDatabase } from './postgres.ts'

let company: Company
let database: FreshDatabase
const folder = mkdtempSync(join(tmpdir(), 'tieout-own-'))
const file = join(folder, 'tieout.yaml')
beforeAll(async () => {
  database = await freshDatabase()
  company = await startCompany(join(folder, 'company'), PACES.full, () => undefined)
}, 60_000)
afterAll(async () => {
  await company.end()
  await database.drop()
  rmSync(folder, { recursive: true })
})

it('init writes a file that config check and explain read; what is wrong in it is told with its line', async () => {
  expect(await command(['init', '--out', file])).toMatchObject({
    status: 0,
    out: `Wrote ${file}. Put your systems in, then: tieout config check --config ${file}\n`,
  })
  expect(await command(['init', '--out', file])).toMatchObject({
    status: 1,
    err: `${file} is there already; name another file with --out.\n`,
  })
  const check = (env: Record<string, string> = {}): Promise<Ran> => command(['config', 'check', '--config', file], env)
  expect(await check()).toMatchObject({ status: 1, out: '' })
  expect((await check()).err.replaceAll(`${file}:`, '').split('\n')).toEqual([
    '23: systems.erp.config.token: the environment variable ERP_TOKEN is not set.',
    '28: systems.ap.config.token: the environment variable AP_TOKEN is not set.',
    '29: systems.ap.config.noticeSecrets.0: the environment variable AP_WEBHOOK_SECRET is not set.',
    '',
  ])
  const set = { ERP_TOKEN: 'a', AP_TOKEN: 'b', AP_WEBHOOK_SECRET: 'c' }
  expect(await check(set)).toMatchObject({
    status: 0,
    out: `${file} is right: tenant main; erp (sandbox-erp), ap (sandbox-ap), bank (sandbox-bank).\n`,
  })
  const explained = await command(['config', 'explain', 'systems.erp', '--config', file])
  expect(explained.out).toMatch(/^systems\.erp\.kind: "sandbox-erp" {2}\(\S+:\d+\)\n {4}the connector\.\n/u)
  expect((await command(['config', 'explain', 'policy.graceMs', '--config', file])).out).toMatch(
    /^policy\.graceMs: 300000 {2}\(not said\)\n/u,
  )
  expect(await command(['config', 'explain', 'polcy', '--config', file])).toMatchObject({
    status: 1,
    err: expect.stringContaining('There is no key polcy') as string,
  })
  const text = readFileSync(file, 'utf8')
  writeFileSync(file, text.replace('kind: sandbox-erp', 'kind: sandbox-erb').replace('put:', 'putt:'))
  expect((await check(set)).err.replaceAll(`${file}:`, '')).toMatch(
    /^20: systems\.erp\.kind: there is no connector sandbox-erb; did you mean sandbox-erp\?\n\d+: systems\.bank\.config/u,
  )
})

/** `start --config` with the company's ERP, AP tool and bank, when it says that it is ready. */
async function startedOwn(): Promise<Started & { readonly env: { readonly TIEOUT_DATA: string } }> {
  const token = join(folder, 'erp-token')
  writeFileSync(token, company.secrets['SANDBOX_ERP_TOKEN'] ?? '', { mode: 0o600 })
  const { bank } = company.systems
  writeFileSync(
    file,
    `tenant: own
signer: ./signer
publish: ./published
systems:
  erp: { kind: sandbox-erp, config: { url: "${company.urls.erp}", token: "file:${token}" } }
  ap: { kind: sandbox-ap, config: { url: "${company.urls.ap}", token: env:SANDBOX_AP_TOKEN, noticeSecrets: [env:SANDBOX_AP_WEBHOOK_SECRET] } }
  bank: { kind: sandbox-bank, config: ${JSON.stringify(bank?.config)} }
parts: { erp: erp, ap: ap, bank: bank }
`,
  )
  const env = {
    ...COMPILED,
    TIEOUT_DATA: join(folder, 'data'),
    TIEOUT_DATABASE_ADMIN_URL: '',
    DATABASE_URL: database.adminUrl,
    ...company.secrets,
    SANDBOX_ERP_TOKEN: '',
  }
  const run = started(join(import.meta.dirname, '..'), ['src/cli/main.ts', 'start', '--config', file], env)
  await run.prints(/ready/u, 60_000)
  return { ...run, env }
}

it('start --config sets the database up and connects the systems of the file, until it is told to stop', async () => {
  const hub = await startedOwn()
  let systems = ''
  const heard = /^erp .*heard \d.*\n(.*\n)*ap .*heard \d/mu
  for (const end = Date.now() + 60_000; !heard.test(systems) && Date.now() < end;) {
    const { out, err } = await command(['systems'], hub.env)
    systems = out + err
  }
  expect(systems).toMatch(heard)
  expect(systems).toMatch(/^bank /mu)
  expect(existsSync(join(folder, 'signer', 'key.json'))).toBe(true)
  hub.child.kill('SIGTERM')
  expect([await hub.ended, hub.output()]).toEqual([0, expect.stringMatching(/^ {2}hub {7}http:.*\n {2}erp {7}sandbox-erp\n/u)])
}, 180_000)

it('start ends with a status of its own when its hub ends by itself', async () => {
  const start = await startedOwn()
  const hub = Number(execFileSync('pgrep', ['-P', String(start.child.pid), '-f', 'main.ts hub'], { encoding: 'utf8' }))
  process.kill(hub, 'SIGKILL')
  expect(await start.ended, start.output()).toBe(1)
}, 180_000)
