import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { planted } from './planted.ts'

const ROOT = join(import.meta.dirname, '..')

/** Runs vitest on these files; what it printed, the last line of it, and its exit status. */
function ran(
  files: Record<string, string>,
  env: Record<string, string> = {},
  config = '',
): { text: string; line: string | undefined; status: number | null } {
  const root = planted({
    ...files,
    // Where vite keeps its own files: the nearest folder of this name, which must not be someone else's.
    'node_modules/of-this-test': '',
    'vitest.config.mjs': `import { ClosingLine } from ${JSON.stringify(join(ROOT, 'scripts', 'closing-line.ts'))}
      export default { test: { include: ['*.test.mjs'], globals: true, pool: 'threads', isolate: false, maxWorkers: 1, reporters: ['default', new ClosingLine()], ${config} } }`,
  })
  const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs')
  const { stdout, stderr, status } = spawnSync(process.execPath, [vitest, 'run', '--root', root], {
    encoding: 'utf8',
    env: { ...process.env, TIEOUT_FAILED_BEFORE: '0', ...env },
  })
  const text = `${stderr}${stdout}`
  return { text, line: text.trimEnd().split('\n').at(-1), status }
}

const PASSES = `test('one', () => {}); test.skip('two', () => {})`

test('counts what passed, failed and was left out', () => {
  expect(ran({ 'a.test.mjs': PASSES, 'b.test.mjs': `test('three', () => { throw new Error('no') })` })).toMatchObject({
    line: '1 passed, 1 failed, 1 skipped',
    status: 1,
  })
})

test('a file that breaks, an error outside any test and a run that never began count as failed', () => {
  expect(ran({ 'a.test.mjs': PASSES, 'b.test.mjs': `import './gone.mjs'` }).line).toBe('1 passed, 1 failed, 1 skipped')
  const stray = `test('late', async () => { void Promise.reject(new Error('nobody waits')); await new Promise((resolve) => setImmediate(resolve)) })`
  expect(ran({ 'a.test.mjs': stray }).line).toBe('1 passed, 1 failed, 0 skipped')
  expect(ran({ 'a.test.mjs': PASSES, 'setup.mjs': `throw new Error('no database')` }, {}, `globalSetup: './setup.mjs'`).line).toBe(
    '0 passed, 1 failed, 0 skipped',
  )
})

test('what was refused before the tests is not forgotten', () => {
  expect(ran({ 'a.test.mjs': PASSES }, { TIEOUT_FAILED_BEFORE: '1' }).line).toBe('1 passed, 1 failed, 1 skipped')
})

test('the slowest files are named when there are many', () => {
  const { text, line } = ran(Object.fromEntries(Array.from({ length: 11 }, (_, n) => [`f${n}.test.mjs`, `test('one', () => {})`])))
  expect(text).toMatch(/The 10 slowest of 11 files, ms:\n(?: +\d+ {2}f\d+\.test\.mjs\n){10}/u)
  expect(line).toBe('11 passed, 0 failed, 0 skipped')
})
