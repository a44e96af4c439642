/** `tieout connector new` and the walkthrough in CONTRIBUTING.md, applied step by step in a project of its own. */
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mannerProblems } from '../scripts/manners.ts'
import { wallProblems } from '../scripts/walls.ts'
import { newConnector } from '../src/cli/connector-new.ts'
import { command } from './command.ts'

const ROOT = join(import.meta.dirname, '..')
const KONTOR = 'src/connectors/kontor/'
/** The walkthrough done right, and as one may do it wrong: what is replaced in the finished connector, and the promises that it breaks. */
const MISTAKES: readonly {
  readonly does: string
  readonly file: string
  readonly from: string
  readonly to: string
  readonly breaks: readonly string[]
}[] = [
  {
    does: 'reads cents through a float',
    file: 'wire.ts',
    from: 'formatMoney({ minor: BigInt(cents), currency: money })',
    to: '(Number(cents) / 100).toFixed(2)',
    breaks: ['money'],
  },
  {
    does: 'books under the invoice’s id',
    file: 'post-invoice.ts',
    from: "pathOf('vouchers', key)",
    to: "pathOf('vouchers', reference)",
    breaks: ['once', 'money'],
  },
  {
    does: 'takes a refusal for something that passes',
    file: 'post-invoice.ts',
    from: "{ kind: 'refused', says: ",
    to: "{ kind: 'no-effect', about: 'target', says: ",
    breaks: ['refusal'],
  },
  {
    does: 'believes any 200',
    file: 'post-invoice.ts',
    from: "if ('trouble' in read) return { kind: 'unclear', says: read.trouble }",
    to: "if ('trouble' in read) return { kind: 'done', receipt: { reference: '?' } }",
    breaks: ['classified'],
  },
  { does: 'forgets the last line it read', file: 'entries-feed.ts', from: ': String(last)', to: ': String(last - 1)', breaks: ['paging'] },
]

/** The fenced blocks of the walkthrough that change a file. */
const STEPS: readonly string[] = (() => {
  const text = readFileSync(join(ROOT, 'CONTRIBUTING.md'), 'utf8').split('## A first connector in 40 minutes')[1] ?? ''
  return [...text.matchAll(/^```(?:ts|diff)\n([\s\S]*?)^```$/gmu)].map(([, block = '']) => block)
})()

let root: string
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'tieout-connector-'))
  mkdirSync(join(root, 'src', 'connectors'), { recursive: true })
  for (const path of ['src/connector', 'src/domain', 'src/lib', 'src/connectors/template', 'test', 'node_modules', 'package.json']) {
    symlinkSync(join(ROOT, path), join(root, path))
  }
  writeFileSync(
    join(root, 'tsconfig.json'),
    JSON.stringify({ extends: join(ROOT, 'tsconfig.json'), include: ['src/connectors/*/*.ts'], exclude: ['src/connectors/template'] }),
  )
  writeFileSync(join(root, 'vitest.config.ts'), 'export default { test: { pool: "threads", isolate: false, maxWorkers: 1 } }\n')
})
afterAll(() => {
  rmSync(root, { recursive: true })
})

const path = (file: string): string => join(root, file)
const edit = (file: string, change: (text: string) => string): void => {
  writeFileSync(file, change(readFileSync(file, 'utf8')))
}
const replaced = (text: string, from: string, to: string): string => {
  expect(text.split(from), `once in the file: ${from}`).toHaveLength(2)
  return text.replace(from, () => to)
}

/** Applies one block: a whole file, named by its first line, or lines that go (-) and lines that take their place (+). */
function apply(block: string, at: (file: string) => string): void {
  const whole = /^\/\/ (src\/\S+)\n([\s\S]*)$/u.exec(block)
  if (whole) return writeFileSync(at(whole[1]!), whole[2]!)
  for (const [, file = '', changes = ''] of block.matchAll(/^--- (\S+)\n((?:[-+](?!--).*\n)+)/gmu)) {
    for (const [, gone = '', come = ''] of changes.matchAll(/((?:^-.*\n)+)((?:^\+.*\n)*)/gmu)) {
      const plain = (lines: string): string => lines.replaceAll(/^[-+]/gmu, '')
      edit(at(file), (text) => replaced(text, plain(gone), plain(come)))
    }
  }
}

const run = async (file: string, args: readonly string[]): Promise<{ ok: boolean; out: string }> =>
  promisify(execFile)(process.execPath, [join(ROOT, 'node_modules', file), ...args], { cwd: root, maxBuffer: 16 * 1024 * 1024 }).then(
    ({ stdout }) => ({ ok: true, out: stdout }),
    (error: { stdout: string; stderr: string }) => ({ ok: false, out: error.stdout + error.stderr }),
  )
const types = (): ReturnType<typeof run> => run('typescript/bin/tsc', ['-p', root])

/** The names of the promises that each connector breaks whose name begins so. */
async function kit(name: string): Promise<{ [connector: string]: string[] }> {
  const report = join(root, 'report.json')
  const { out } = await run('vitest/vitest.mjs', [
    'run',
    '--root',
    root,
    '--config',
    join(root, 'vitest.config.ts'),
    '--reporter=json',
    `--outputFile=${report}`,
    `src/connectors/${name}`,
  ])
  expect(existsSync(report), out).toBe(true)
  const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as {
    testResults: { name: string; message: string; assertionResults: { title: string; status: string }[] }[]
  }
  return Object.fromEntries(
    testResults.map(({ name, message, assertionResults }) => {
      expect(assertionResults.length, `${name}: ${message}`).toBe(11)
      return [name.split('/').at(-2), assertionResults.filter(({ status }) => status !== 'passed').map(({ title }) => title.split(':')[0]!)]
    }),
  )
}

describe('tieout connector new', () => {
  it('makes a connector that compiles, keeps the manners and passes the kit', async () => {
    const said = newConnector(root, 'acme-ledger', [])
    expect(said[0]).toMatch(/^Made src\/connectors\/acme-ledger: README\.md, config\.ts, conformance\.test\.ts, connector\.ts, /u)
    expect(said.at(-1)).toContain('add acmeLedger to the list KINDS')
    expect(readFileSync(path('src/connectors/acme-ledger/README.md'), 'utf8')).toContain('Kind `acme-ledger`')
    expect([await types(), mannerProblems(root), wallProblems(root)]).toEqual([{ ok: true, out: '' }, [], []])
    expect(await kit('acme')).toEqual({ 'acme-ledger': [] })
  }, 120_000)

  it.each([
    ['Acme', 'Acme is no name for a connector: small letters and digits, words joined by one dash, a letter first, as in acme-ledger.'],
    ['acme_ledger', 'acme_ledger is no name'],
    ['acme--ledger', 'acme--ledger is no name'],
    ['../acme', '../acme is no name'],
    ['1a', '1a is no name'],
    ['', 'Nothing is no name'],
    ['a\u001b[31m', 'is no name'],
    ['a'.repeat(41), 'has 41 characters; a configuration names a connector in at most 40.'],
    ['archive', 'There is a connector archive already, in src/connectors/archive; choose another name.'],
    ['sandbox-erp', 'The kind sandbox-erp is taken by a connector that there is; choose another name.'],
    ['class', "class is a word of the language itself, and the connector's code goes by its name; choose another, such as class-books."],
    ['http-place', "httpPlace means something in a connector's own code already; choose another name, such as http-place-books."],
  ])('refuses %j, and writes nothing', async (name, says) => {
    const ran = await command(['connector', 'new', '--', name])
    expect(ran).toMatchObject({ status: 1, out: '' })
    expect(ran.err).toContain(says)
    expect(ran.err).not.toContain('\u001b')
  })
})

describe('the walkthrough', () => {
  it('ends with a connector that compiles, keeps the manners and passes the kit; done wrong, the promise that breaks is named', async () => {
    rmSync(path('src/connectors/acme-ledger'), { recursive: true, force: true })
    newConnector(root, 'kontor', [])
    expect(STEPS).toHaveLength(6)
    for (const [index, step] of STEPS.entries()) {
      apply(step, path)
      // Half of the way is not the way: their shapes without the command that reads them.
      if (index === 1) expect(await types()).toMatchObject({ ok: false, out: expect.stringContaining('kontor/post-invoice.ts') as string })
    }
    expect([await types(), mannerProblems(root), wallProblems(root)]).toEqual([{ ok: true, out: '' }, [], []])
    const expected: { [connector: string]: string[] } = { kontor: [] }
    for (const [index, { file, from, to, breaks }] of MISTAKES.entries()) {
      const name = `kontor${index}`
      newConnector(root, name, [])
      for (const step of STEPS) apply(step, (of) => path(of.replace(KONTOR, `src/connectors/${name}/`)))
      edit(path(`src/connectors/${name}/${file}`), (text) => replaced(text, from, to))
      expected[name] = [...breaks]
    }
    expect(await kit('kontor'), MISTAKES.map(({ does }, index) => `kontor${index} ${does}`).join('; ')).toEqual(expected)
  }, 180_000)
})
