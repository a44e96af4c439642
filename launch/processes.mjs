import { execFileSync } from 'node:child_process'
import { readFileSync, readlinkSync } from 'node:fs'
import { codeOf } from './advice.mjs'

/**
 * Whether a process runs under this id. One of another account counts as running.
 * @param {number} pid
 */
export function isRunning(pid) {
  try {
    process.kill(pid, 0)
    return !isZombie(pid)
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}

/**
 * A word that tells a process from an earlier one with the same id: the system gives ids out again, so that an id alone
 * proves nothing. Linux: start time in clock ticks since boot (proc(5), /proc/pid/stat field 22); elsewhere what ps says.
 * @param {number} pid
 */
export function birthOf(pid) {
  try {
    if (process.platform === 'linux') return statFields(pid)[19] ?? 'unknown'
    if (process.platform === 'win32') return 'unknown'
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).replace(/[^A-Za-z0-9]/g, '') || 'unknown'
  } catch {
    return 'unknown'
  }
}

/**
 * The folder a process works in; undefined where the system does not tell.
 * @param {number} pid
 */
export function workingFolderOf(pid) {
  return linkOf(pid, 'cwd')
}

/**
 * The program file a process runs; undefined where the system does not tell, '… (deleted)' when it was replaced.
 * @param {number} pid
 */
export function programOf(pid) {
  return linkOf(pid, 'exe')
}

/** @param {number} pid @param {string} name */
function linkOf(pid, name) {
  try {
    return readlinkSync(`/proc/${pid}/${name}`)
  } catch {
    return undefined
  }
}

/** A process that has ended but whose parent has not asked for its result yet still answers kill(pid, 0). @param {number} pid */
function isZombie(pid) {
  if (process.platform !== 'linux') return false
  try {
    return statFields(pid)[0] === 'Z'
  } catch {
    return false
  }
}

/** The fields after the program's name, which stands in brackets and may itself hold blanks and brackets. @param {number} pid */
function statFields(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

/**
 * Waits until `holds` is true, looking every few milliseconds; false when it was not within the time.
 * @param {() => boolean} holds
 * @param {number} timeoutMs
 * @returns {Promise<boolean>}
 */
export async function until(holds, timeoutMs) {
  const end = Date.now() + timeoutMs
  while (!holds()) {
    if (Date.now() > end) return false
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return true
}
