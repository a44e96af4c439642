import { mkdirSync, readdirSync, renameSync, rmSync, rmdirSync, unlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { codeOf } from './advice.mjs'
import { birthOf, isRunning } from './processes.mjs'

/**
 * @typedef {{ release: () => void, holder?: undefined }} Held
 * @typedef {{ holder: number }} HeldByOther the id of the process that has it
 */

/**
 * Takes the lock that is the folder `place`, or says which process has it. The lock of a process that was killed is taken
 * over.
 *
 * The folder holds one file, named after its owner (`pid-birth`). Renaming a folder that is already filled onto it succeeds
 * only where nothing or an empty folder is; a dead owner is removed by its exact name, so of two that find it dead neither
 * can remove the other's new lock. There is no moment at which a live lock looks free.
 * @param {string} place
 * @returns {Held | HeldByOther}
 */
export function takeLock(place) {
  const me = `${process.pid}-${birthOf(process.pid)}`
  const prepared = `${place}.${me}`
  mkdirSync(dirname(place), { recursive: true })
  mkdirSync(prepared, { recursive: true })
  writeFileSync(join(prepared, me), '')
  for (;;) {
    if (moved(prepared, place)) return { release: () => release(place, me) }
    const owner = ownerOf(place)
    if (owner === undefined) continue
    const [pid, birth] = owner.split('-')
    if (isRunning(Number(pid)) && birthOf(Number(pid)) === birth) {
      rmSync(prepared, { recursive: true, force: true })
      return { holder: Number(pid) }
    }
    ignoring(['ENOENT'], () => unlinkSync(join(place, owner)))
  }
}

/**
 * The process that has the lock, without taking it; undefined when nobody alive has.
 * @param {string} place
 * @returns {number | undefined}
 */
export function lockHolder(place) {
  const [pid, birth] = ownerOf(place)?.split('-') ?? []
  return pid !== undefined && isRunning(Number(pid)) && birthOf(Number(pid)) === birth ? Number(pid) : undefined
}

/** @param {string} from @param {string} to */
function moved(from, to) {
  try {
    // Windows renames onto nothing only; an empty folder goes away first, a filled one stays.
    if (process.platform === 'win32') ignoring(['ENOENT', 'ENOTEMPTY', 'EPERM'], () => rmdirSync(to))
    renameSync(from, to)
    return true
  } catch (error) {
    const taken = process.platform === 'win32' ? ['EPERM', 'EACCES'] : ['ENOTEMPTY', 'EEXIST']
    if (taken.includes(codeOf(error) ?? '')) return false
    throw error
  }
}

/** @param {string} place */
function ownerOf(place) {
  try {
    return readdirSync(place)[0]
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** @param {string} place @param {string} me */
function release(place, me) {
  ignoring(['ENOENT'], () => unlinkSync(join(place, me)))
  ignoring(['ENOENT', 'ENOTEMPTY', 'EEXIST'], () => rmdirSync(place))
}

/** @param {readonly string[]} codes @param {() => void} act */
function ignoring(codes, act) {
  try {
    act()
  } catch (error) {
    if (!codes.includes(codeOf(error) ?? '')) throw error
  }
}
