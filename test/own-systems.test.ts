import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { PACES, startCompany, type Company } from '../src/cli/company.ts'
import { eventually } from './clone.ts'
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

it('start --config sets the database up and connects the systems of the file, until it is told to stop', async () => {
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
  const data = join(folder, 'data')
  const env = {
    TIEOUT_DATA: data,
    TIEOUT_DATABASE_ADMIN_URL: '',
    DATABASE_URL: database.adminUrl,
    ...company.secrets,
    SANDBOX_ERP_TOKEN: '',
  }
  const hub = spawn(process.execPath, [join(import.meta.dirname, '..', 'src', 'cli', 'main.ts'), 'start', '--config', file], {
    env: { ...process.env, ...env },
  })
  let said = ''
  for (const stream of [hub.stdout, hub.stderr])
    stream.on('data', (chunk: Buffer) => {
      said += chunk.toString()
    })
  const over = new Promise<number | null>((resolve) => {
    hub.once('exit', resolve)
  })
  try {
    await eventually(
      () => said.includes('ready'),
      60_000,
      () => said,
    )
    let systems = ''
    const heard = /^erp .*heard \d.*\n(.*\n)*ap .*heard \d/mu
    for (const end = Date.now() + 60_000; !heard.test(systems) && Date.now() < end;) {
      const { out, err } = await command(['systems'], { TIEOUT_DATA: data })
      systems = out + err
    }
    expect(systems).toMatch(heard)
    expect(systems).toMatch(/^bank /mu)
    expect(existsSync(join(folder, 'signer', 'key.json'))).toBe(true)
  } finally {
    hub.kill('SIGTERM')
  }
  expect([await over, said]).toEqual([0, expect.stringMatching(/^ {2}hub {7}http:.*\n {2}erp {7}sandbox-erp\n/u)])
}, 180_000)
