import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chownSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { Advice, codeOf } from './advice.mjs'
import { serverAccount } from './postgres-account.mjs'
import { serverBinaries } from './postgres-binaries.mjs'
import { ADMIN, existingCluster, makeCluster, requireVersion } from './postgres-cluster.mjs'
import { SETTINGS, serverEnvironment } from './postgres-settings.mjs'
import { isRunning, programOf, until, workingFolderOf } from './processes.mjs'

/**
 * An embedded PostgreSQL server: real PostgreSQL from npm, one per data folder, reached through a socket in a private folder.
 *
 * It outlives us on purpose: Ctrl-C at the terminal does not reach it, so that it can be stopped after everything that
 * writes to it; and when we are killed, the next start finds it by its process id and its data folder and goes on with it.
 * The caller holds the lock of the data folder.
 *
 * @typedef {object} Postgres
 * @property {string} socketDir folder of the socket; on Windows the loopback address
 * @property {number} port names the socket; on Windows the TCP port
 * @property {string} adminUser the superuser
 * @property {boolean} adopted whether it was running already
 * @property {string} folder the server's own data folder
 * @property {(database: string, user?: string) => string} url
 * @property {() => Promise<void>} stop
 */

const START_LIMIT_MS = 300_000
const STOP_LIMIT_MS = 60_000
const LOG_LIMIT_BYTES = 5_000_000
const RESTARTS_IN_A_ROW = 5

/**
 * @param {object} options
 * @param {string} options.dataDir made when it is not there; the server's files go to `postgres` in it
 * @param {(line: string) => void} [options.log] takes a line for the person at the terminal
 * @param {(why: Advice) => void} [options.onLost] called when the server ended and cannot be brought back
 * @returns {Promise<Postgres>}
 */
export async function startPostgres({ dataDir, log = () => {}, onLost = () => {} }) {
  const found = existingCluster(prepared(dataDir))
  const account = found ? found.account : serverAccount(undefined)
  const programs = serverBinaries(account, log)
  if (found) requireVersion(found, programs.major)
  else log('Making the database, once.')
  const passwordFile = join(dataDir, 'postgres-password')
  const cluster = found ?? makeCluster(dataDir, account, programs.folder, passwordFile)
  const logFile = join(dataDir, 'postgres.log')

  const running = await adoptable(cluster.folder, programs.folder)
  const where = running ?? { socketDir: socketFolder(cluster.account), port: await choosePort() }
  const start = () => launch({ programs: programs.folder, cluster, where, logFile, log })
  let pid = running ? running.pid : await start()
  let stopping = false
  void keepUp()

  return {
    socketDir: where.socketDir, port: where.port, adminUser: ADMIN, adopted: running !== undefined, folder: cluster.folder,
    url: (database, user = ADMIN) => urlOf(where, database, user, passwordFile),
    stop,
  }

  /** A server that ends unasked is started again, with the same socket, so that nobody needs a new address. */
  async function keepUp() {
    for (let failures = 0; ;) {
      await ended(pid)
      if (stopping) return
      log('The database ended unexpectedly; starting it again.')
      try {
        pid = await start()
        failures = 0
      } catch (error) {
        if (stopping) return
        if (++failures === RESTARTS_IN_A_ROW) return onLost(error instanceof Advice ? error : new Advice(String(error), { cause: error }))
        await new Promise((resolve) => setTimeout(resolve, 500 * 2 ** failures))
      }
    }
  }

  async function stop() {
    stopping = true
    await stopServer(pid, cluster.folder, programs.folder)
    if (process.platform !== 'win32') rmSync(where.socketDir, { recursive: true, force: true })
  }
}

/**
 * The address of the server of a data folder while it runs, for whoever did not start it; undefined when it does not run.
 * @param {string} dataDir
 * @returns {string | undefined}
 */
export function runningPostgresUrl(dataDir) {
  const place = join(dataDir, 'postgres')
  const state = existsSync(place) ? stateOf(place) : undefined
  if (!state?.ready || !isRunning(state.pid)) return undefined
  return urlOf(state, 'tieout', ADMIN, join(dataDir, 'postgres-password'))
}

/** @param {string} dataDir */
function prepared(dataDir) {
  try {
    // Root's folder can be entered, not listed: the account that runs the server must get to its own folder in it.
    mkdirSync(dataDir, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 })
    return dataDir
  } catch (cause) {
    throw new Advice(`The data folder ${dataDir} cannot be made (${codeOf(cause)}); name another one with TIEOUT_DATA.`, { cause })
  }
}

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
function stateOf(folder) {
  try {
    const lines = readFileSync(join(folder, 'postmaster.pid'), 'utf8').split('\n').map((line) => line.trim())
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
async function adoptable(folder, programs) {
  const state = stateOf(folder)
  if (!state || !isRunning(state.pid)) {
    if (state?.socketDir.startsWith('/tmp/tieout-')) rmSync(state.socketDir, { recursive: true, force: true })
    return undefined
  }
  const works = workingFolderOf(state.pid)
  if (works === undefined ? !commandNames(state.pid, folder) : works !== folder) return undefined
  const program = programOf(state.pid)
  const same = program === undefined || program === join(programs, 'bin', 'postgres')
  if (same && existsSync(state.socketDir) && await until(() => stateOf(folder)?.ready === true, START_LIMIT_MS)) return state
  await stopServer(state.pid, folder, programs)
  return undefined
}

/** Where there is no /proc: whether the command line of the process names the data folder. @param {number} pid @param {string} folder */
function commandNames(pid, folder) {
  return spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).stdout.includes(folder)
}

/**
 * A short name, because a socket's path may have 103 bytes on macOS; 0700, because the folder is what keeps others out.
 * @param {import('./postgres-account.mjs').Account | undefined} account
 */
function socketFolder(account) {
  if (process.platform === 'win32') return '127.0.0.1'
  const folder = `/tmp/tieout-${randomBytes(4).toString('hex')}`
  mkdirSync(folder, { mode: 0o700 })
  if (account) chownSync(folder, account.uid, account.gid)
  return folder
}

/** @returns {Promise<number>} */
async function choosePort() {
  if (process.platform !== 'win32') return 5432
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  await new Promise((resolve) => server.close(resolve))
  return port
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
async function launch({ programs, cluster: { folder, account }, where, logFile, log }) {
  if (process.platform !== 'win32' && !existsSync(where.socketDir)) {
    mkdirSync(where.socketDir, { mode: 0o700 })
    if (account) chownSync(where.socketDir, account.uid, account.gid)
  }
  const place = process.platform === 'win32' ? { listen_addresses: where.socketDir }
    : { listen_addresses: '', unix_socket_directories: where.socketDir, unix_socket_permissions: '0700' }
  const settings = Object.entries({ ...SETTINGS, ...place, port: String(where.port) }).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  if (existsSync(logFile) && statSync(logFile).size > LOG_LIMIT_BYTES) renameSync(logFile, `${logFile}.1`)
  const output = openSync(logFile, 'a', 0o600)
  const begin = statSync(logFile).size
  // Detached: a session of its own, which the terminal's Ctrl-C does not reach.
  const child = spawn(join(programs, 'bin', 'postgres'), ['-D', folder, ...settings], {
    cwd: '/', detached: true, stdio: ['ignore', output, output], env: serverEnvironment(), windowsHide: true,
    ...(account ? { uid: account.uid, gid: account.gid } : {}),
  })
  closeSync(output)
  child.unref()
  let over = false
  child.once('exit', () => { over = true }).once('error', () => { over = true })

  const ready = () => over || (stateOf(folder)?.pid === child.pid && stateOf(folder)?.ready === true)
  for (const limit = Date.now() + START_LIMIT_MS; !await until(ready, 2_000);) {
    if (Date.now() > limit) break
    log('Waiting for the database; after a hard stop it first repeats what its journal holds.')
  }
  if (child.pid !== undefined && !over && ready()) return child.pid
  if (!over) child.kill('SIGQUIT')
  const words = readFileSync(logFile).subarray(begin).toString().split('\n').filter((line) => /FATAL|PANIC|error|HINT/.test(line)).at(0)
  throw new Advice(`The database did not start: ${words ?? 'it gave no reason'}. Its own record is in ${logFile}.`)
}

/** @param {number} pid */
async function ended(pid) {
  while (isRunning(pid)) {
    await new Promise((resolve) => { setTimeout(resolve, 200).unref() })
  }
}

/**
 * Fast (open transactions are rolled back), then at once (the next start repeats the journal); never a plain kill, which
 * would leave its workers behind.
 * @param {number} pid
 * @param {string} folder
 * @param {string} programs
 */
async function stopServer(pid, folder, programs) {
  const over = () => !isRunning(pid) && !existsSync(join(folder, 'postmaster.pid'))
  if (process.platform === 'win32') spawnSync(join(programs, 'bin', 'pg_ctl'), ['stop', '-D', folder, '-m', 'fast'], { env: serverEnvironment() })
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

/**
 * `postgresql://user@localhost/database?host=/tmp/…&port=5432`: the parameter `host` names the socket's folder and wins over
 * the name before it, for libpq and for node-postgres alike, while any URL parser can read the whole.
 * @param {Where} where
 * @param {string} database
 * @param {string} user
 * @param {string} passwordFile
 */
function urlOf({ socketDir, port }, database, user, passwordFile) {
  if (process.platform === 'win32') {
    return `postgresql://${user}:${readFileSync(passwordFile, 'utf8').trim()}@${socketDir}:${port}/${encodeURIComponent(database)}`
  }
  return `postgresql://${user}@localhost/${encodeURIComponent(database)}?host=${encodeURIComponent(socketDir)}&port=${port}`
}
