import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../test/clone.ts'
import { lockHolder, takeLock } from './lock.mjs'
import { birthOf } from './processes.mjs'

/** A lock as an owner who was killed leaves it. */
function leftBehind(owner: string): string {
  const place = join(temporaryFolder(), 'lock')
  mkdirSync(place)
  writeFileSync(join(place, owner), '')
  return place
}

async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['-e', ''])
  await once(child, 'exit')
  return child.pid!
}

test('the second to come learns who has it, and gets it after the release', () => {
  const place = join(temporaryFolder(), 'lock')
  const lock = takeLock(place)
  expect(takeLock(place)).toEqual({ holder: process.pid })
  expect(lockHolder(place)).toBe(process.pid)
  if (lock.holder === undefined) lock.release()
  expect(lockHolder(place)).toBeUndefined()
  expect(takeLock(place).holder).toBeUndefined()
})

test('the lock of a process that was killed is taken over', async () => {
  expect(takeLock(leftBehind(`${await deadPid()}-1`)).holder).toBeUndefined()
})

test('a living process that was given the same id later does not have it', () => {
  expect(takeLock(leftBehind(`${process.pid}-before${birthOf(process.pid)}`)).holder).toBeUndefined()
})

test('of eight that take over a dead lock at the same moment exactly one gets it', async () => {
  const place = leftBehind(`${await deadPid()}-1`)
  const program = `const { takeLock } = await import(process.argv[1])
    while (Date.now() < Number(process.argv[3])) {}
    process.stdout.write(takeLock(process.argv[2]).holder === undefined ? 'got' : 'not')
    process.stdin.resume()`
  const at = String(Date.now() + 700)
  const contenders = Array.from({ length: 8 }, () =>
    spawn(process.execPath, ['--input-type=module', '-e', program, new URL('lock.mjs', import.meta.url).href, place, at], {
      stdio: ['pipe', 'pipe', 'inherit'],
    }),
  )
  const answers = await Promise.all(contenders.map(async ({ stdout }) => String((await once(stdout, 'data'))[0])))
  expect(answers.filter((answer) => answer === 'got')).toHaveLength(1)
  expect(readdirSync(place)).toHaveLength(1)
  for (const { stdin } of contenders) stdin.end()
})
