import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { temporaryFolder, textOf } from '../test/clone.ts'
import { ensureInstalled } from './setup.mjs'

const LOCK = JSON.stringify({
  packages: {
    '': {},
    'node_modules/pg': { version: '8.0.0' },
    'node_modules/for-nobody': { version: '1.0.0', os: ['plan9'], optional: true },
    'node_modules/part-of-it': { version: '1.0.0', optional: true },
  },
})

/** A clone to set up, and an npm of our own that does as `script` says after noting that it was called, with what. */
function clone(script: string): { root: string; npm: string; calls: () => string[] } {
  const root = temporaryFolder()
  const npm = join(root, 'npm')
  writeFileSync(join(root, 'package-lock.json'), LOCK)
  writeFileSync(npm, `#!/bin/sh\necho "$@" >>${root}/calls\nenv >${root}/environment\n${script}\n`)
  chmodSync(npm, 0o755)
  return { root, npm, calls: () => (existsSync(`${root}/calls`) ? textOf(`${root}/calls`).trim().split('\n') : []) }
}

const INSTALLS = `rm -rf node_modules; mkdir -p node_modules/pg; cp package-lock.json node_modules/.package-lock.json`

afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

function printed(): () => string {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  return () => write.mock.calls.map(([text]) => String(text)).join('')
}

test('installs once per lock file, development packages included, install scripts not run', async () => {
  printed()
  const { root, npm, calls } = clone(INSTALLS)
  await ensureInstalled({ root, npm })
  await ensureInstalled({ root, npm })
  expect(calls()).toEqual([expect.stringMatching(/^ci --include=dev --include=optional --ignore-scripts/)])
  writeFileSync(join(root, 'package-lock.json'), LOCK.replace('8.0.0', '8.0.1'))
  await ensureInstalled({ root, npm })
  expect(calls()).toHaveLength(2)
})

test('what a person installed with npm is not installed again, unless something is missing', async () => {
  printed()
  const { root, npm, calls } = clone(INSTALLS)
  mkdirSync(join(root, 'node_modules'), { recursive: true })
  writeFileSync(join(root, 'node_modules', '.package-lock.json'), LOCK)
  await ensureInstalled({ root, npm })
  expect(calls()).toHaveLength(1)

  const whole = clone('exit 1')
  mkdirSync(join(whole.root, 'node_modules', 'pg'), { recursive: true })
  writeFileSync(join(whole.root, 'node_modules', '.package-lock.json'), LOCK)
  await ensureInstalled(whole)
  expect(whole.calls()).toEqual([])
})

test('npm gets the registry of the user, and nothing that says what to leave out', async () => {
  printed()
  vi.stubEnv('NODE_ENV', 'production')
  vi.stubEnv('npm_config_omit', 'dev')
  vi.stubEnv('NPM_CONFIG_PRODUCTION', 'true')
  vi.stubEnv('npm_config_registry', 'https://packages.example/')
  vi.stubEnv('npm_config_cache', '/nonexistent/.npm')
  const { root, npm } = clone(INSTALLS)
  await ensureInstalled({ root, npm })
  const environment = textOf(join(root, 'environment'))
    .split('\n')
    .filter((line) => /^(npm_|node_env)/i.test(line))
  expect(environment).toContain('npm_config_registry=https://packages.example/')
  expect(environment.filter((line) => /^(node_env|npm_config_(omit|production))=/i.test(line))).toEqual([])
  // A cache that cannot be written is replaced; root can write anywhere.
  if (process.getuid?.() !== 0) expect(environment.find((line) => line.startsWith('npm_config_cache'))).not.toContain('nonexistent')
})

test('says how much it will fetch, and how far it is', async () => {
  const output = printed()
  const { root, npm } = clone(`echo "npm http fetch GET 200 https://packages.example/pg-8.0.0.tgz 9ms" >&2; sleep 1.7; ${INSTALLS}`)
  await ensureInstalled({ root, npm })
  expect(output()).toMatch(/Setting up, once: fetching 1 packages, about \d+ MB/)
  expect(output()).toMatch(/1 of 1 packages, putting them in place, 2 s/)
  expect(output()).toMatch(/Set up in 2 s/)
})

test('of two that start at the same time one installs and the other waits', async () => {
  const output = printed()
  const { root, npm, calls } = clone(`sleep 0.3; ${INSTALLS}`)
  await Promise.all([ensureInstalled({ root, npm }), ensureInstalled({ root, npm })])
  expect(calls()).toHaveLength(1)
  expect(output()).toContain(`Another start (process ${process.pid}) is setting up this clone; waiting for it.`)
})

test.each([
  ['ENOTFOUND', /registry could not be reached; check the network/],
  ['ENOSPC', /The disk is full/],
  ['E403', /refused us/],
  ['EWHATEVER', /could not install the packages.*EWHATEVER; all it said is in .*npm\.log/],
])('npm ending with %s is told in one sentence', async (code, says) => {
  printed()
  const { root, npm } = clone(`echo "npm error code ${code}" >&2; exit 1`)
  await expect(ensureInstalled({ root, npm })).rejects.toThrow(says)
  expect(textOf(join(root, '.tieout', 'npm.log'))).toContain(code)
})

test('a missing npm is named', async () => {
  printed()
  const { root } = clone('')
  await expect(ensureInstalled({ root, npm: join(root, 'no-npm') })).rejects.toThrow(/npm is missing/)
})

test.each([
  [
    'is older than what can set up',
    '17.9.1',
    'x64',
    'Tieout needs Node 18 or newer to set itself up (this is Node 17.9.1); on Linux and Windows it then brings its own Node 24, on macOS please install Node 24.',
  ],
  [
    'cannot be replaced by one that npm brings',
    '20.11.0',
    's390x',
    `Tieout needs Node 24 and cannot bring it to this kind of machine (${process.platform}-s390x); please install Node 24 or newer (this is 20.11.0) and start again.`,
  ],
])('a Node that %s is told in one sentence', (_what, node, arch, says) => {
  const data = temporaryFolder()
  const pretence = join(data, 'pretence.cjs')
  writeFileSync(
    pretence,
    `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${node}' } })
    Object.defineProperty(process, 'arch', { value: '${arch}' })`,
  )
  // One that is let through finds no npm, and leaves this clone as it is.
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-r', pretence, 'launch/enter.cjs', 'tieout', 'reset'], {
    cwd: join(import.meta.dirname, '..'),
    env: { PATH: data, TIEOUT_DATA: join(data, 'data') },
    encoding: 'utf8',
  })
  expect({ status, said: (stdout + stderr).trim() }).toEqual({ status: 1, said: says })
})
