import { expect, test } from 'vitest'
import { docsProblems } from './docs.ts'
import { planted } from './planted.ts'

const TREE = {
  'src/store/commit.ts': '',
  'src/connectors/erp/map.ts': '',
  'docs/adr/0001-one.md': '# One\n\n## Decision: one thing\n',
  'docs/note.md': '',
}

function says(markdown: string): string[] {
  return docsProblems(planted({ ...TREE, 'docs/note.md': markdown })).map((problem) => `${problem.line} ${problem.says}`)
}

test('paths and links that lead somewhere pass', () => {
  expect(
    says('`src/store/commit.ts` `src/store/` `commit.ts` `src/connectors/<system>/map.ts` `src/*/commit.ts` `adr/0001-one.md`'),
  ).toEqual([])
  expect(says('[one](adr/0001-one.md) [its decision](adr/0001-one.md#decision-one-thing) [far](https://c2sp.org/tlog-proof)')).toEqual([])
})

test('what only looks like a path is left alone', () => {
  expect(says('`POST /v1/events` `a/b` `invoice.post` `/tmp/tieout-1` `~/.local/share/tieout` `npm run check`')).toEqual([])
  expect(says('```\nsrc/gone.ts `src/gone.ts`\n```\n')).toEqual([])
})

test('paths and links that lead nowhere are refused with their line', () => {
  expect(says('a\n`src/store/gone.ts` and `gone.ts` and `src/connectors/<system>/wire.ts`')).toEqual([
    '2 names `src/store/gone.ts`, which is not there.',
    '2 names `gone.ts`, which is not there.',
    '2 names `src/connectors/<system>/wire.ts`, which is not there.',
  ])
  expect(says('[one](adr/0002-two.md)\n[two](adr/0001-one.md#consequences)')).toEqual([
    '1 links to adr/0002-two.md, which is not there.',
    '2 links to adr/0001-one.md#consequences, which is not there.',
  ])
})
