/** The rows about public files in docs/spec/cases.md, against the files themselves. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { rowOf } from './case.ts'
import { fileCases } from './files.ts'
import { CASES_FILE, FILES_START, SUITE_START } from './table.ts'

const cases = fileCases()

test.skipIf(cases === undefined)(
  'each file stands where the table says (mend it with: node test/cases/table.ts --write, and read what changed)',
  () => {
    const page = readFileSync(CASES_FILE, 'utf8')
    const rows = page
      .slice(page.indexOf(FILES_START), page.indexOf(SUITE_START))
      .split('\n')
      .filter((line) => line.startsWith('| ') && !line.startsWith('| case |'))
    expect(cases!.map(rowOf)).toEqual(rows)
  },
)
