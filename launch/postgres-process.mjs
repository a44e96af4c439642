import { spawn, spawnSync } from 'node:child_process'
import { chownSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, realpathSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Advice, codeOf } from './advice.mjs'
import { SETTINGS, serverEnvironment } from './postgres-settings.mjs'
import { isRunning, programOf, until, workingFolderOf } from './processes.mjs'

const START_LIMIT_MS = 300_000
const STOP_LIMIT_MS = 60_000
const LOG_LIMIT_BYTES = 5_000_000

/**
 * @typedef {{ socketDir: string, port: number }} Where
 * @typedef {Where & { pid: number, ready: boolean }} State
 */

/**
 * What the server says of itself in postmaster.pid: process id, data folder, start, port, socket folder, address, shared
 * memory, status (PostgreSQL, src/include/utils/pidfile.h).
 * @param {string} folder
 * @returns {State | undefined}
 */
export function stateOf(folder) {
  try {
    const lines = readFileSync(join(folder, 'postmaster.pid'), 'utf8')
      .split('\n')
      .map((line) => line.trim())
    const socketDir = lines[4] || lines[5] || ''
    return { pid: Math.abs(Number(lines[0])), port: Number(lines[3]), socketDir, ready: lines[7] === 'ready' }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/**
 * The server that an earlier start left running, if it is ours to go on with: alive, working in this data folder, and of the
 * same programs. One of other programs (the clone was updated or moved) is stopped first.
 * @param {string} folder
 * @param {string} programs
 */
export async function adoptable(folder, programs) {
  const state = stateOf(folder)
  if (!state || !isRunning(state.pid)) {
    if (state?.socketDir.startsWith('/tmp/tieout-')) rmSync(state.socketDir, { recursive: true, force: true })
    return undefined
  }
  const works = workingFolderOf(state.pid)
  if (works === undefined ? !commandNames(state.pid, folder) : works !== folder) {
    // The machine was restarted and has given the id to something else. The server would refuse to start beside it.
    rmSync(join(folder, 'postmaster.pid'), { force: true })
    return undefined
  }
  const program = programOf(state.pid)
  const same = program === undefined || program === realpathSync(join(programs, 'bin', 'postgres'))
  if (same && existsSync(state.socketDir) && (await until(() => stateOf(folder)?.ready === true, START_LIMIT_MS))) return state
  await stopServer(state.pid, folder, programs)
  return undefined
}

/** Where there is no /proc: whether the command line of the process names the data folder. @param {number} pid @param {string} folder */
function commandNames(pid, folder) {
  return spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).stdout.includes(folder)
}

/**
 * @param {object} what
 * @param {string} what.programs
 * @param {import('./postgres-cluster.mjs').Cluster} what.cluster
 * @param {Where} what.where
 * @param {string} what.logFile
 * @param {(line: string) => void} what.log
 * @returns {Promise<number>} the process id, once the server takes connections
 */
export async function launchServer({ programs, cluster: { folder, account }, where, logFile, log }) {
  if (process.platform !== 'win32' && !existsSync(where.socketDir)) {
    // The folder's mode is what keeps others out.
    mkdirSync(where.socketDir, { mode: 0o700 })
    if (account) chownSync(where.socketDir, account.uid, account.gid)
  }
  const place =
    process.platform === 'win32'
      ? { listen_addresses: where.socketDir }
      : { listen_addresses: '', unix_socket_directories: where.socketDir, unix_socket_permissions: '0700' }
  const settings = Object.entries({ ...SETTINGS, ...place, port: String(where.port) }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ])
  if (existsSync(logFile) && statSync(logFile).size > LOG_LIMIT_BYTES) renameSync(logFile, `${logFile}.1`)
  const output = openSync(logFile, 'a', 0o600)
  const begin = statSync(logFile).size
  // Detached: a session of its own, which the terminal's Ctrl-C does not reach.
  const child = spawn(join(programs, 'bin', 'postgres'), ['-D', folder, ...settings], {
    cwd: '/',
    detached: true,
    stdio: ['ignore', output, output],
    env: serverEnvironment(),
    windowsHide: true,
    ...(account ? { uid: account.uid, gid: account.gid } : {}),
  })
  closeSync(output)
  child.unref()
  let over = false
  child
    .once('exit', () => {
      over = true
    })
    .once('error', () => {
      over = true
    })

  const ready = () => over || (stateOf(folder)?.pid === child.pid && stateOf(folder)?.ready === true)
  for (const limit = Date.now() + START_LIMIT_MS; !(await until(ready, 1_500));) {
    if (Date.now() > limit) break
    log('Waiting for the database; after a hard stop it first repeats what its journal holds.')
  }
  if (child.pid !== undefined && !over && ready()) return child.pid
  if (!over) child.kill('SIGQUIT')
  const lines = readFileSync(logFile).subarray(begin).toString().split('\n')
  // What it ended with; whoever asked it meanwhile was told that it is starting, which is no reason.
  const words =
    lines.findLast((line) => /FATAL|PANIC/.test(line) && !line.includes('the database system is ')) ??
    lines.find((line) => /error|HINT/.test(line))
  throw new Advice(`The database did not start: ${words ?? 'it gave no reason'}. Its own record is in ${logFile}.`)
}

/**
 * Looks at the process instead of waiting for it, because a server that was found running is not our child.
 * @param {number} pid
 */
export async function ended(pid) {
  while (isRunning(pid)) {
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

/**
 * Fast (open transactions are rolled back), then at once (the next start repeats the journal); never a plain kill, which
 * would leave its workers behind.
 * @param {number} pid
 * @param {string} folder
 * @param {string} programs
 */
export async function stopServer(pid, folder, programs) {
  const over = () => !isRunning(pid) && !existsSync(join(folder, 'postmaster.pid'))
  if (process.platform === 'win32')
    spawnSync(join(programs, 'bin', 'pg_ctl'), ['stop', '-D', folder, '-m', 'fast'], { env: serverEnvironment() })
  else signal(pid, 'SIGINT')
  if (await until(over, STOP_LIMIT_MS)) return
  signal(pid, 'SIGQUIT')
  await until(() => !isRunning(pid), STOP_LIMIT_MS)
}

/** @param {number} pid @param {NodeJS.Signals} name */
function signal(pid, name) {
  try {
    process.kill(pid, name)
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error
  }
}
