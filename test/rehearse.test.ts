/** `tieout rehearse` as a person runs it: the quickest scenario from calm to calm, its report and the signature under it. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import { afterAll, describe, expect, test } from 'vitest'
import { initSigner } from '../src/seal/signer-home.ts'

const MAIN = join(import.meta.dirname, '..', 'src', 'cli', 'main.ts')
const folder = mkdtempSync(join(tmpdir(), 'tieout-report-'))
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

function tieout(...args: readonly string[]): { readonly status: number | null; readonly out: string; readonly err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    encoding: 'utf8',
    env: { ...process.env, TIEOUT_DATA: folder },
  })
  return { status, out: stdout, err: stderr }
}

describe('tieout rehearse', () => {
  test('plays hub-down, says what held, and signs a report in which a changed byte is found', { timeout: 120_000 }, () => {
    const signer = join(folder, 'signer')
    initSigner(signer, 'hub.example.com')
    const out = join(folder, 'report')
    const played = tieout('rehearse', 'hub-down', '--bills', '6', '--seconds', '3', '--out', out, '--signer', signer)
    expect(played, played.out).toMatchObject({ status: 0 })
    const report = JSON.parse(readFileSync(join(out, 'hub-down.json'), 'utf8')) as {
      verdict: string
      invariants: { held: boolean }[]
      recoveredMs: number | null
    }
    expect(report).toMatchObject({
      verdict: 'held',
      starts: [{ held: true }],
      again: 'tieout rehearse hub-down --seed 1 --bills 6 --seconds 3',
    })
    expect(report.invariants.length).toBeGreaterThanOrEqual(24)
    expect(report.recoveredMs).not.toBeNull()

    const key = /--key (\S+)/u.exec(played.err)?.[1] ?? ''
    expect(key).toMatch(/^hub\.example\.com\/rehearsal\.reports\+/u)
    const check = (): unknown => tieout('verify', '--report', join(out, 'hub-down.note'), '--key', key)
    expect(check()).toMatchObject({ status: 0, out: expect.stringContaining('HOLDS') as string })
    const page = readFileSync(join(out, 'hub-down.md'), 'utf8')
    writeFileSync(join(out, 'hub-down.md'), page.replace('Everything held', 'Everything helt'))
    expect(check()).toMatchObject({ status: 1, out: expect.stringContaining('hub-down.md was changed since it was signed') as string })
  })

  test('what cannot be played is said before anything is started', () => {
    expect(tieout('rehearse', 'erp-on-fire')).toMatchObject({
      status: 2,
      err: expect.stringMatching(/There is no scenario erp-on-fire; there are:\n {2}erp-maintenance-window[^]*hub-down/u) as string,
    })
    expect(tieout('rehearse', 'hub-down', '--bills', 'many')).toMatchObject({
      status: 2,
      err: '--bills is a whole number from 6 to 180.\n',
    })
    const file = join(folder, 'no-folder')
    writeFileSync(file, '')
    chmodSync(file, 0o400)
    expect(tieout('rehearse', 'hub-down', '--out', join(file, 'report'))).toMatchObject({
      status: 2,
      err: expect.stringMatching(/^The report cannot be written into .*no-folder.report: /u) as string,
    })
    expect(tieout('rehearse', 'hub-down', '--signer', join(folder, 'nowhere'))).toMatchObject({
      status: 2,
      err: expect.stringMatching(/^There is no signing key at .*nowhere.key\.json/u) as string,
    })
    expect(tieout('rehearse', '--help').out).toMatch(/bank-three-days-late +The bank’s statements come three days late/u)
  })
})
