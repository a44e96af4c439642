import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { planted } from './planted.ts'
import { ROOMS, wallProblems } from './walls.ts'

/** One violation per row of the table: what stands in which file, and what the refusal must say. */
const VIOLATIONS: Readonly<Record<string, { file: string; imports: string; says: RegExp }>> = {
  'src/lib': { file: 'src/lib/time.ts', imports: '../domain/money.ts', says: /nothing of ours.*take what you need as an argument/ },
  'src/domain': {
    file: 'src/domain/judge.ts',
    imports: '../store/commit.ts',
    says: /only src\/lib.*let the caller read it and pass it in/,
  },
  'src/tlog': { file: 'src/tlog/note.ts', imports: 'node:crypto', says: /no built-in module.*come in as functions/ },
  'src/formats': { file: 'src/formats/bank/camt.ts', imports: 'node:fs', says: /no built-in module.*belong to the caller/ },
  'src/store': {
    file: 'src/store/effects.ts',
    imports: '../delivery/claim.ts',
    says: /only src\/lib, src\/domain, src\/tlog\..*only keeps and finds/,
  },
  'src/intake': { file: 'src/intake/door.ts', imports: '../delivery/run.ts', says: /goes through the `submit` function/ },
  'src/delivery': { file: 'src/delivery/run.ts', imports: '../intake/batcher.ts', says: /goes through the `submit` function/ },
  'src/watch': { file: 'src/watch/sweep.ts', imports: '../seal/sealer.ts', says: /goes through the `submit` function/ },
  'src/seal': { file: 'src/seal/sealer.ts', imports: '../watch/feeds.ts', says: /goes through the `submit` function/ },
  'src/connector': { file: 'src/connector/contract.ts', imports: 'pg', says: /the package pg.*keeping in src\/store/ },
  'src/connectors/*': {
    file: 'src/connectors/erp/map.ts',
    imports: '../ap/map.ts',
    says: /src\/connectors\/erp may import only.*two connectors share/,
  },
  'src/access': { file: 'src/access/keys.ts', imports: '../api/routes.ts', says: /never the other way round/ },
  'src/config': { file: 'src/config/load.ts', imports: '../store/objects.ts', says: /gets it as an argument from src\/hub.ts/ },
  'src/export': { file: 'src/export/ocel.ts', imports: '../delivery/run.ts', says: /reads the store and writes bytes/ },
  'src/verify': { file: 'src/verify/main.ts', imports: 'zod', says: /the package zod, but src\/verify may import no package/ },
  'src/api': { file: 'src/api/notices.ts', imports: '../connectors/ap/notices.ts', says: /names no vendor/ },
  'src/cli': { file: 'src/cli/trace.ts', imports: '../api/routes.ts', says: /names no vendor and no route/ },
  'src/systems.ts': { file: 'src/systems.ts', imports: './delivery/run.ts', says: /lists the connectors/ },
  'src/hub.ts': { file: 'src/hub.ts', imports: '../sandbox/erp/main.ts', says: /puts the parts together/ },
  sandbox: { file: 'sandbox/erp/main.ts', imports: '../../src/domain/money.ts', says: /share no code with the hub/ },
  'rehearsal/simulation/ground': {
    file: 'rehearsal/simulation/ground/invariants.ts',
    imports: '../../../src/domain/money.ts',
    says: /nothing of ours.*shares no code with what is judged/,
  },
  'rehearsal/simulation': {
    file: 'rehearsal/simulation/store.ts',
    imports: '../../src/store/commit.ts',
    says: /drives the law and the pure parts of delivery/,
  },
  'rehearsal/checks': {
    file: 'rehearsal/checks/effects.ts',
    imports: '../world/world.ts',
    says: /only rehearsal\/history.ts.*judges the evidence that it is handed/,
  },
  rehearsal: { file: 'rehearsal/faults/hubs.ts', imports: '../../src/domain/money.ts', says: /judges them from outside/ },
  bench: { file: 'bench/main.ts', imports: '../sandbox/erp/main.ts', says: /drives what is there/ },
  scripts: { file: 'scripts/docs.ts', imports: '../test/corpora.ts', says: /nothing in the project may need a check/ },
  launch: { file: 'launch/start.mjs', imports: 'pg', says: /before anything is installed/ },
  test: { file: 'test/crash.ts', imports: 'left-pad', says: /in review/ },
}

test('every row of the table has a planted violation', () => {
  expect(Object.keys(VIOLATIONS).toSorted()).toEqual(ROOMS.map((room) => room.folder).toSorted())
})

describe('the walls refuse, and say what to do instead:', () => {
  test.each(Object.values(VIOLATIONS))('$file importing $imports', ({ file, imports, says }) => {
    const problems = wallProblems(planted({ [file]: `const one = 1\nimport { two } from '${imports}'\n` }))
    expect(problems).toEqual([{ file, line: 2, says: expect.stringMatching(says) }])
  })
})

test.each([
  '../../src/domain/money.ts',
  '../simulation/ground/invariants.ts',
  '../../launch/postgres.mjs',
  '../schedule.ts',
  'pg',
  'node:fs',
])('a check of the rig knows nothing but its evidence: not %s', (away) => {
  const problems = wallProblems(planted({ 'rehearsal/checks/effects.ts': `import { it } from '${away}'\n` }))
  expect(problems.map((problem) => problem.says)).toEqual([expect.stringMatching(/judges the evidence that it is handed/)])
})

test('a test beside the code may reach anywhere, but a sandbox test not into src', () => {
  const away = "import { it } from '../store/commit.ts'\nimport { tmpdir } from 'node:os'\nimport fc from 'fast-check'\n"
  expect(wallProblems(planted({ 'src/domain/judge.test.ts': away }))).toEqual([])
  const problems = wallProblems(planted({ 'sandbox/erp/ledger.test.ts': "import { money } from '../../src/domain/money.ts'\n" }))
  expect(problems.map((problem) => problem.says)).toEqual([expect.stringMatching(/share no code/)])
})

test('a way around is no way: type imports, re-exports, dynamic and computed imports, a new folder', () => {
  const root = planted({
    'src/domain/a.ts': "import type { Pool } from 'pg'\n",
    'src/domain/b.ts': "export { commit } from '../store/commit.ts'\n",
    'src/domain/c.ts': "export const later = () => import('../store/commit.ts')\n",
    'src/domain/d.ts': 'export const later = (name: string) => import(name)\n',
    'src/elsewhere/e.ts': 'export const e = 1\n',
    'src/domain/f.ts': "const open = 'no end\n",
  })
  expect(
    wallProblems(root)
      .map((problem) => problem.file)
      .toSorted(),
  ).toEqual(['src/domain/a.ts', 'src/domain/b.ts', 'src/domain/c.ts', 'src/domain/d.ts', 'src/domain/f.ts', 'src/elsewhere/e.ts'])
})

test('what the table allows is let through', () => {
  const root = planted({
    'src/domain/judge.ts':
      "import { assert } from '../lib/assert.ts'\nimport { move } from './headline.ts'\nimport { match } from './controls/match.ts'\n",
    'src/connectors/erp/post-invoice.ts': "import type { Command } from '../../connector/contract.ts'\nimport { z } from 'zod'\n",
    'src/store/commit.ts': "import { Pool } from 'pg'\nimport { setTimeout } from 'node:timers/promises'\n",
    'src/hub.ts': "import { erp } from './connectors/erp/connector.ts'\nimport { routes } from './api/routes.ts'\n",
  })
  expect(wallProblems(root)).toEqual([])
})

test('this house keeps its walls', () => {
  expect(wallProblems(join(import.meta.dirname, '..'))).toEqual([])
})
