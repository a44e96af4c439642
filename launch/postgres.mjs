import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, statfsSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { Advice, codeOf } from './advice.mjs'
import { serverAccount } from './postgres-account.mjs'
import { serverBinaries } from './postgres-binaries.mjs'
import { ADMIN, existingCluster, makeCluster, requireVersion } from './postgres-cluster.mjs'
import { adoptable, ended, launchServer, stateOf, stopServer } from './postgres-process.mjs'
import { isRunning } from './processes.mjs'

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

const RESTARTS_IN_A_ROW = 5
const LONGEST_WAIT_MS = 8_000
/** What PostgreSQL writes its journal in (wal_segment_size): with less room than that it may not start. */
const JOURNAL_PART_BYTES = 16 * 2 ** 20

/**
 * @param {object} options
 * @param {string} options.dataDir made when it is not there; the server's files go to `postgres` in it
 * @param {(line: string) => void} [options.log] takes a line for the person at the terminal
 * @param {(line: string) => void} [options.progress] takes how far it is, each in the place of the one before
 * @param {(why: Advice) => void} [options.onLost] called when the server ended and cannot be brought back
 * @returns {Promise<Postgres>}
 */
export async function startPostgres({ dataDir, log = () => {}, progress = () => {}, onLost = () => {} }) {
  const found = existingCluster(prepared(dataDir))
  const account = found ? found.account : serverAccount(undefined)
  const programs = serverBinaries(account, log)
  if (found) requireVersion(found, programs.major)
  else log('Making the database, once.')
  const passwordFile = join(dataDir, 'postgres-password')
  const cluster = found ?? (await makeCluster({ dataDir, account, programs: programs.folder, passwordFile, progress }))
  const logFile = join(dataDir, 'postgres.log')

  const running = await adoptable(cluster.folder, programs.folder)
  const where = running ?? (await newPlace())
  const start = () => launchServer({ programs: programs.folder, cluster, where, logFile, log })
  const stopIt = () => stopServer(pid, cluster.folder, programs.folder)
  let pid = running ? running.pid : await start()
  let stopping = false
  const kept = keepUp()

  return {
    socketDir: where.socketDir,
    port: where.port,
    adminUser: ADMIN,
    adopted: running !== undefined,
    folder: cluster.folder,
    url: (database, user = ADMIN) => urlOf(where, database, user, passwordFile),
    stop,
  }

  /**
   * A server that ends unasked is started again, with the same socket, so that nobody needs a new address. One whose disk is full is
   * tried for as long as it is: it needs nothing else from anybody.
   */
  async function keepUp() {
    for (let failures = 0; ;) {
      await ended(pid)
      if (stopping) return
      log('The database ended unexpectedly; starting it again.')
      try {
        pid = await start()
        failures = 0
        log('The database is running again.')
        if (stopping) await stopIt()
      } catch (error) {
        if (stopping) return
        const full = hasNoRoom(cluster.folder, error)
        if (++failures >= RESTARTS_IN_A_ROW && !full)
          return onLost(error instanceof Advice ? error : new Advice(String(error), { cause: error }))
        const waitMs = Math.min(LONGEST_WAIT_MS, 500 * 2 ** failures)
        if (full) log(`The database’s disk is full: it is started again in ${waitMs / 1_000} s, and goes on by itself once there is room.`)
        await new Promise((resolve) => setTimeout(resolve, waitMs))
      }
    }
  }

  async function stop() {
    stopping = true
    await stopIt()
    await kept
    if (process.platform !== 'win32') rmSync(where.socketDir, { recursive: true, force: true })
  }
}

/**
 * Whether a start failed for want of room. On a full disk the server cannot even write down why; its journal may lie on another one.
 * @param {string} folder
 * @param {unknown} error
 */
function hasNoRoom(folder, error) {
  const { bavail, bsize } = statfsSync(folder)
  return bavail * bsize < JOURNAL_PART_BYTES || String(error).includes('No space left on device')
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
 * A socket in a folder with a short name, because a socket's path may have 103 bytes on macOS. Windows has TCP.
 * @returns {Promise<import('./postgres-process.mjs').Where>}
 */
async function newPlace() {
  if (process.platform !== 'win32') return { socketDir: `/tmp/tieout-${randomBytes(4).toString('hex')}`, port: 5432 }
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  await new Promise((resolve) => server.close(resolve))
  return { socketDir: '127.0.0.1', port }
}

/**
 * `postgresql://user@localhost/database?host=/tmp/…&port=5432`: the parameter `host` names the socket's folder and wins over
 * the name before it, for libpq and for node-postgres alike, while any URL parser can read the whole.
 * @param {import('./postgres-process.mjs').Where} where
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
