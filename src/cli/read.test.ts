import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ciiInvoice } from '../../bench/cii-invoice.ts'
import { ublInvoice } from '../../bench/ubl-invoice.ts'

/** The command as a process of its own: its output, its status, and its memory. */
const PROGRAM = `
  const { readCommand } = await import(${JSON.stringify(new URL(`file://${join(import.meta.dirname, 'read.ts')}`).href)})
  await readCommand().parseAsync(process.argv.slice(1), { from: 'user' })`

const node = (args: readonly string[], flags: readonly string[] = []): string[] => [
  ...flags,
  '--input-type=module',
  '-e',
  PROGRAM,
  '--',
  ...args,
]

function run(...args: string[]): { status: number | null; lines: Record<string, unknown>[]; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, node(args), { encoding: 'utf8', timeout: 60_000, maxBuffer: 1e8 })
  return {
    status,
    stderr,
    lines: stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Record<string, unknown>),
  }
}

let folder = ''
const at = (...names: string[]): string => join(folder, ...names)

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tieout-read-'))
  mkdirSync(at('in', '.hidden', 'deeper'), { recursive: true })
  writeFileSync(at('in', 'a.xml'), ublInvoice({ lines: 1, number: 'A' }))
  writeFileSync(at('in', '.hidden', 'deeper', 'b.xml'), ublInvoice({ lines: 2, number: 'B' }))
  writeFileSync(at('in', 'wrong.xml'), ublInvoice().replace(/(PayableAmount currencyID="EUR">)/, '$19'))
  writeFileSync(at('order.xml'), '\n<Order xmlns="urn:oasis:names:specification:ubl:schema:xsd:Order-2"/>')
  writeFileSync(at('steering.xml'), ublInvoice({ number: 'x\u009b2J\u202e' }))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('tieout read', () => {
  test('prints one line for each file below a folder, and ends with 0', () => {
    const { status, lines } = run(at('in'))
    expect(status).toBe(0)
    expect(lines.map(({ file }) => file)).toEqual([at('in', '.hidden', 'deeper', 'b.xml'), at('in', 'a.xml'), at('in', 'wrong.xml')])
    expect(lines[1]).toMatchObject({
      invoices: [
        {
          kind: 'invoice',
          number: 'A',
          issuedOn: '2026-03-01',
          dueOn: '2026-03-31',
          currency: 'EUR',
          typeCode: '380',
          supplier: { name: 'Nordlicht GmbH & Co. KG', vatId: 'DE123456789' },
          buyer: { vatId: 'DE987654321' },
          buyerReference: '04011000-12345-03',
          orderReference: 'PO-4711',
          precedingInvoices: [{ number: 'F-2025-0999' }],
          taxBreakdown: [{ category: 'S' }],
          totals: { payable: expect.any(String) },
          paymentMeans: [{ code: '58', account: 'DE75512108001245126199' }],
          lines: [{ id: '1' }],
        },
      ],
    })
    expect(JSON.stringify(lines)).not.toContain('findings')
  })

  test('tells UBL from CII by the root, and prints the same of both', () => {
    writeFileSync(at('same.ubl'), ublInvoice({ lines: 2, number: 'C' }))
    writeFileSync(at('same.cii'), ciiInvoice({ lines: 2, number: 'C' }))
    const { status, lines } = run('--check', at('same.ubl'), at('same.cii'))
    expect(status).toBe(0)
    const [ubl, cii] = lines.map(({ invoices }) => (invoices as Record<string, unknown>[])[0])
    expect([ubl?.['syntax'], cii?.['syntax'], cii?.['findings']]).toEqual(['UBL', 'CII', []])
    expect({ ...cii, syntax: 'UBL' }).toEqual(ubl)
  })

  test('goes on after a refusal, and ends with 1', () => {
    const { status, lines, stderr } = run(at('order.xml'), at('nowhere.xml'), at('in', 'a.xml'))
    expect(status).toBe(1)
    expect(lines).toMatchObject([
      {
        file: at('order.xml'),
        refused: { code: 'not-invoice', says: 'This is a UBL Order, not an invoice or credit note.', line: 2, column: 1 },
      },
      { file: at('nowhere.xml'), refused: { code: 'unreadable', says: 'There is no such file.', line: 0, column: 0 } },
      { invoices: [{ number: 'A' }] },
    ])
    expect(stderr).toBe('')
  })

  test('reads no pipe, no device, no ring of links, and no file that is not its own to read', () => {
    mkdirSync(at('odd'))
    execFileSync('sh', ['-c', 'mkfifo "$0"', at('odd', 'pipe')])
    symlinkSync(at('odd'), at('odd', 'ring'))
    symlinkSync(at('in', 'a.xml'), at('odd', 'same'))
    symlinkSync(at('gone'), at('odd', 'broken'))
    writeFileSync(at('odd', 'closed'), 'x')
    chmodSync(at('odd', 'closed'), 0)
    const { status, lines } = run(at('odd'), '/dev/zero')
    const codes = lines.map(({ file, refused }) => [String(file).split('/').at(-1), (refused as { code: string } | undefined)?.code])
    // An administrator may read everything: there, `closed` is a file that is no XML.
    const closed = process.getuid?.() === 0 ? 'not-xml' : 'unreadable'
    expect(codes).toEqual([
      ['broken', 'unreadable'],
      ['closed', closed],
      ['pipe', 'unreadable'],
      ['ring', 'unreadable'],
      ['same', undefined],
      ['zero', 'unreadable'],
    ])
    expect(status).toBe(1)
  })

  test('refuses what is larger than the limit, which can be set', () => {
    writeFileSync(at('large.xml'), ublInvoice({ lines: 1100 }))
    expect(run('--max-megabytes', '1', at('large.xml'))).toMatchObject({ status: 1, lines: [{ refused: { code: 'xml-too-large' } }] })
    expect(run(at('large.xml'))).toMatchObject({ status: 0, lines: [{ invoices: [{ number: 'F-2026-0001' }] }] })
    expect(run('--max-megabytes', 'many', at('large.xml')).status).toBe(1)
  })

  test('adds the findings of arithmetic when asked', () => {
    const { lines } = run('--check', at('in'))
    const findings = lines.map(({ invoices }) => (invoices as { findings: { rule: string }[] }[])[0]?.findings.map(({ rule }) => rule))
    expect(findings[0]).toEqual([])
    expect(findings[2]).toEqual(['BR-CO-16'])
  })

  test('lets no document steer the terminal', () => {
    const { stdout } = spawnSync(process.execPath, node([at('steering.xml')]), { encoding: 'utf8' })
    expect(stdout).toContain('"number":"x\\u009b2J\\u202e"')
  })

  test('ends quietly when nobody listens any more', () => {
    const { stdout, stderr } = spawnSync(
      'sh',
      ['-c', '"$0" "$@" | head -n 1', process.execPath, ...node(Array.from({ length: 400 }, () => at('in', 'a.xml')))],
      { encoding: 'utf8', timeout: 60_000 },
    )
    expect(stdout.split('\n').length).toBe(2)
    expect(stderr).toBe('')
  })

  test('reads 2,000 files of 20 KB with 32 MB of heap', () => {
    mkdirSync(at('many'))
    for (let i = 0; i < 2_000; i++) writeFileSync(at('many', `${i}.xml`), ublInvoice({ lines: 15, number: `M-${i}` }))
    const { status, stdout } = spawnSync(process.execPath, node([at('many')], ['--max-old-space-size=32']), {
      encoding: 'utf8',
      timeout: 120_000,
      maxBuffer: 1e8,
    })
    expect(status).toBe(0)
    expect(stdout.split('\n').length).toBe(2_001)
  }, 150_000)
})
