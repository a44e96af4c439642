import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { LIMIT_LINES } from '../src/domain/invoice-content.ts'
import { COMMANDS } from '../src/domain/object.ts'
import { specTables, TABLES_FILE } from './spec-tables.ts'

it('docs/spec/tables.md is what the code says (mend it with: node scripts/spec-tables.ts --write)', () => {
  expect(readFileSync(TABLES_FILE, 'utf8')).toBe(specTables())
})

const PAGE = readFileSync(join(import.meta.dirname, '..', 'docs', 'spec', 'domain.md'), 'utf8')

it('docs/spec/domain.md says of each command, once, what tells one of it from another', () => {
  const [, rows] = PAGE.split('| command | object | occurrence |\n|---|---|---|\n')
  const first = rows!
    .slice(0, rows!.indexOf('\n\n'))
    .split('\n')
    .map((row) => row.split('|')[1]!)
  const named = first.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/gu)].map(([, name]) => name!))
  expect(named.toSorted()).toEqual(Object.keys(COMMANDS).toSorted())
})

it('docs/spec/domain.md says how many lines are paired by rule', () => {
  expect(PAGE).toContain(`More than ${LIMIT_LINES} lines are paired by no rule`)
})
