import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'

/** What a first run says while it sets up. */
const PROGRAM = `
  const { say, showProgress } = await import(${JSON.stringify(new URL(`file://${join(import.meta.dirname, 'terminal.mjs')}`).href)})
  say('Setting up, once.')
  showProgress('  1 of 2 packages')
  say('Set up.')`

const spoken = (...args: string[]): { stdout: string; stderr: string } =>
  spawnSync(process.execPath, ['--input-type=module', '-e', PROGRAM, '--', ...args], { encoding: 'utf8' })

test('with --json a first run says nothing on standard output, also not how far it is', () => {
  const lines = 'Setting up, once.\n  1 of 2 packages\nSet up.\n'
  expect(spoken('--once')).toMatchObject({ stdout: lines, stderr: '' })
  expect(spoken('--once', '--json')).toMatchObject({ stdout: '', stderr: lines })
})
