import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { specTables, TABLES_FILE } from './spec-tables.ts'

it('docs/spec/tables.md is what the code says (mend it with: node scripts/spec-tables.ts --write)', () => {
  expect(readFileSync(TABLES_FILE, 'utf8')).toBe(specTables())
})
