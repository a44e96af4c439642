import { expect, test } from 'vitest'
import { mannerProblems } from './manners.ts'
import { planted } from './planted.ts'

const long = (head: string, lines: number) => `${head}\n${'export {}\n'.repeat(lines - 1)}`

test.each([
  ['src/domain/moneyBag.ts', 'export const a = 1\n', /rename "moneyBag.ts" to money-bag.ts/],
  ['src/lib/utils.ts', 'export const a = 1\n', /"utils" says nothing/],
  ['src/lib/date-helper.ts', 'export const a = 1\n', /"helper" says nothing/],
  ['src/delivery/run.ts', 'export class EffectManager {}\n', /"EffectManager": name it after/],
  ['src/store/commit.ts', 'export default 1\n', /exports a default/],
  ['src/store/index.ts', 'export const a = 1\n', /is a barrel/],
  ['src/store/all.ts', "export * from './commit.ts'\nexport { one } from './one.ts'\n", /only hands on/],
  ['test/live-bank.ts', "import { afterAll } from 'vitest'\nafterAll(() => {})\n", /registers a hook/],
  ['test/money.test.ts', "process.env['MONEY'] = '1'\n", /sets an environment variable/],
  ['src/domain/judge.ts', long('/** Judges. */', 401), /has 401 lines: split it/],
])('%s is refused', (file, text, says) => {
  expect(mannerProblems(planted({ [file]: text }))).toEqual([expect.objectContaining({ file, says: expect.stringMatching(says) })])
})

test.each([
  ['src/domain/effect.ts', long('/** The life of an effect: one state machine. */', 401)],
  ['src/domain/faults.ts', long('// One table.', 401)],
  ['src/domain/judge.ts', long('/** Judges. */', 400)],
  ['test/live-bank.test.ts', "import { afterAll } from 'vitest'\nafterAll(() => {})\n"],
  ['vitest.config.ts', 'export default {}\n'],
  ['src/domain/money.test.ts', "import { a } from './money.ts'\nexport { a } from './money.ts'\n"],
])('%s is let through', (file, text) => {
  expect(mannerProblems(planted({ [file]: text }))).toEqual([])
})
