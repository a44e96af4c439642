import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { CONFIG_FILE, configPage } from './config-page.ts'

it('docs/spec/config.md is what the code says (mend it with: node scripts/config-page.ts --write)', () => {
  expect(readFileSync(CONFIG_FILE, 'utf8')).toBe(configPage())
})
