import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { eventually, temporaryFolder } from '../test/clone.ts'
import { isRunning } from './processes.mjs'
import { supervise } from './supervise.mjs'

const lines: string[] = []
const log = (line: string) => {
  lines.push(line)
}
const supervisor = (settledMs = 100) => supervise({ log, settledMs, firstPauseMs: 20 })
const printed = (pattern: RegExp) =>
  eventually(
    () => lines.some((line) => pattern.test(line)),
    10_000,
    () => `${pattern} in\n${lines.join('\n')}`,
  )

afterEach(() => {
  lines.length = 0
})

function program(name: string, source: string) {
  const file = join(temporaryFolder(), `${name}.mjs`)
  writeFileSync(file, source)
  return { name, node: process.execPath, args: [file] }
}

const SAYS_WHEN_STOPPED = `process.on('SIGTERM', () => { console.log('stopping'); process.exit() }); console.log('up'); setInterval(() => {}, 1000)`

test('a program that had settled and then crashes is started again, one that ends well is not', async () => {
  const all = supervisor(100)
  const crashing = all.start(program('crashing', `console.log('up'); setTimeout(() => process.exit(3), 200)`))
  await printed(/crashing ended unexpectedly \(status 3\); starting it again in 0.02 s/)
  await eventually(
    () => lines.filter((line) => line === 'crashing | up').length >= 2,
    10_000,
    () => lines.join('\n'),
  )
  expect(await all.start(program('done', '')).over).toEqual({ code: 0, signal: null })
  await all.stopAll()
  expect(isRunning(crashing.pid()!)).toBe(false)
})

test('a program that fails at its first start is over, and what it said is shown', async () => {
  const wrong = supervisor(5_000).start({ ...program('wrong', `console.error('no such folder'); process.exit(2)`), output: 'collected' })
  expect(await wrong.over).toEqual({ code: 2, signal: null })
  expect(lines).toEqual(['wrong | no such folder'])
})

test('all are stopped in the reverse order of their start, each before the next', async () => {
  const all = supervisor()
  for (const name of ['first', 'second', 'third']) all.start(program(name, SAYS_WHEN_STOPPED))
  await eventually(
    () => lines.filter((line) => line.endsWith('up')).length === 3,
    10_000,
    () => lines.join('\n'),
  )
  await all.stopAll()
  expect(lines.filter((line) => line.endsWith('stopping'))).toEqual(['third | stopping', 'second | stopping', 'first | stopping'])
})

test('one that will not stop is ended, with what it started', async () => {
  const all = supervisor()
  const deaf = all.start(
    program(
      'deaf',
      `import { spawn } from 'node:child_process'
    process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)
    console.log('pid ' + spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']).pid)`,
    ),
  )
  await printed(/pid \d+/)
  const grandchild = Number(/pid (\d+)/.exec(lines.join())![1])
  await all.stopAll({ graceMs: 100 })
  expect(await deaf.over).toEqual({ code: null, signal: 'SIGKILL' })
  expect(lines).toContain('deaf did not stop within 0.1 s; ending it.')
  await eventually(
    () => !isRunning(grandchild),
    5_000,
    () => 'what it started still runs',
  )
})
