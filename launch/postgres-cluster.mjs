import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { Advice, codeOf } from './advice.mjs'
import { canReach, serverAccount } from './postgres-account.mjs'
import { serverEnvironment } from './postgres-settings.mjs'
import { birthOf, isRunning, until } from './processes.mjs'

/**
 * @typedef {import('./postgres-account.mjs').Account} Account
 * @typedef {{ folder: string, account: Account | undefined }} Cluster the server's own data folder and who runs it
 */

/** The server's superuser, and the database made with it: for migrations, never for the hub's work. */
export const ADMIN = 'postgres'
const FIRST_DATABASE = 'tieout'

/** Where root's databases go when the account that runs the server cannot enter the data folder (below /root). */
const ROOTS_DATABASES = '/var/lib/tieout'

const UNFINISHED = '.unfinished-'
const REMOVAL_LIMIT_MS = 10_000

/**
 * The cluster that belongs to a data folder, if there is one.
 * @param {string} dataDir
 * @returns {Cluster | undefined}
 */
export function existingCluster(dataDir) {
  const place = join(dataDir, 'postgres')
  if (!existsSync(join(place, 'PG_VERSION'))) return undefined
  const folder = realpathSync(place)
  return { folder, account: serverAccount(statSync(folder).uid) }
}

/**
 * Makes the cluster of a data folder. It is made under another name and renamed when it is whole: whatever interrupts this,
 * the next start finds either nothing or all of it.
 * @param {object} what
 * @param {string} what.dataDir
 * @param {Account | undefined} what.account
 * @param {string} what.programs the folder that holds bin/initdb
 * @param {string} what.passwordFile used on Windows only
 * @param {(line: string) => void} what.progress takes how far it is
 * @returns {Promise<Cluster>}
 */
export async function makeCluster({ dataDir, account, programs, passwordFile, progress }) {
  const name = join(dataDir, 'postgres')
  const folder = canReach(account, dataDir) ? name : join(rootsDatabases(account), randomBytes(4).toString('hex'))
  await clearUnfinished(dirname(folder))
  const unfinished = join(dirname(folder), `${UNFINISHED}${process.pid}-${birthOf(process.pid)}`)
  mkdirSync(unfinished, { mode: 0o700 })
  if (account) chownSync(unfinished, account.uid, account.gid)
  const started = Date.now()
  // Whoever waits for 2 s without a word thinks that it hangs.
  const ticking = setInterval(() => {
    progress(`  making it, ${Math.round((Date.now() - started) / 1000)} s`)
  }, 1_500)
  try {
    const locale = ['--encoding', 'UTF8', '--locale', 'C']
    const initdb = ['--pgdata', unfinished, '--username', ADMIN, ...locale, '--no-instructions', ...authentication(passwordFile)]
    await run(account, join(programs, 'bin', 'initdb'), initdb)
    const single = ['--single', '-D', unfinished, 'postgres']
    await run(account, join(programs, 'bin', 'postgres'), single, `CREATE DATABASE ${FIRST_DATABASE}\n`)
  } finally {
    clearInterval(ticking)
  }
  progress('  made, starting it')
  renameSync(unfinished, folder)
  if (folder !== name) {
    if (lstatSync(name, { throwIfNoEntry: false })?.isSymbolicLink()) unlinkSync(name)
    symlinkSync(folder, name)
  }
  return { folder, account }
}

/**
 * Another major version's files cannot be read, and converting them silently is not ours to do.
 * @param {Cluster} cluster
 * @param {number} major of the programs
 */
export function requireVersion(cluster, major) {
  const found = Number.parseInt(readFileSync(join(cluster.folder, 'PG_VERSION'), 'utf8'), 10)
  if (found === major) return
  throw new Advice(
    `The database in ${cluster.folder} was made by PostgreSQL ${found}, and this version of Tieout brings PostgreSQL ${major}. ` +
      `Start the version of Tieout that made it, or name another folder with TIEOUT_DATA. (To move the data, restore a dump taken with PostgreSQL ${found}'s tools.)`,
  )
}

/**
 * On a socket in a folder of mode 0700 the folder is the lock. Windows has TCP on the loopback address and a password.
 * @param {string} passwordFile
 */
function authentication(passwordFile) {
  if (process.platform !== 'win32') return ['--auth', 'trust']
  writeFileSync(passwordFile, randomBytes(24).toString('hex'), { mode: 0o600 })
  return ['--auth', 'scram-sha-256', '--pwfile', passwordFile]
}

/** @param {Account | undefined} account */
function rootsDatabases(account) {
  try {
    mkdirSync(ROOTS_DATABASES, { recursive: true })
    chmodSync(ROOTS_DATABASES, 0o711)
    return ROOTS_DATABASES
  } catch (cause) {
    throw new Advice(
      `The account "${account?.name}" that runs PostgreSQL cannot enter the data folder, and ${ROOTS_DATABASES} cannot be made (${codeOf(cause)}); ` +
        'name a folder that every account may enter with TIEOUT_DATA.',
      { cause },
    )
  }
}

/**
 * What an earlier start was making when it was ended. Called under the lock of the data folder. What that start had begun may be at work
 * there for a moment yet: under another name it is not found any more by whoever writes there, and what is open there is waited for. A
 * removal ends early, also without an error, when something comes or goes under it.
 * @param {string} folder
 */
async function clearUnfinished(folder) {
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(UNFINISHED) || isOthers(name)) continue
    const place = join(folder, UNFINISHED + randomBytes(4).toString('hex'))
    await until(() => isDone(() => renameSync(join(folder, name), place)), REMOVAL_LIMIT_MS)
    await until(() => isDone(() => rmSync(place, { recursive: true, force: true })) && !existsSync(place), REMOVAL_LIMIT_MS)
  }
}

/** False when something in there is in use. @param {() => void} work */
function isDone(work) {
  try {
    work()
    return true
  } catch (error) {
    // The last three: Windows, where what is open stays.
    if (!['ENOTEMPTY', 'EBUSY', 'EPERM', 'EACCES'].includes(codeOf(error) ?? '')) throw error
    return false
  }
}

/** Several data folders may share /var/lib/tieout: one that another start is making now is left alone. @param {string} name */
function isOthers(name) {
  const [pid, birth] = name.slice(UNFINISHED.length).split('-')
  return isRunning(Number(pid)) && birthOf(Number(pid)) === birth
}

/**
 * @param {Account | undefined} account
 * @param {string} program
 * @param {readonly string[]} args
 * @param {string} [input]
 */
async function run(account, program, args, input = '') {
  const identity = account ? { uid: account.uid, gid: account.gid } : {}
  const child = spawn(program, args, { ...identity, cwd: '/', env: serverEnvironment(), stdio: ['pipe', 'ignore', 'pipe'] })
  let words = ''
  child.stderr.setEncoding('utf8').on('data', (part) => {
    words += part
  })
  // One that ends before it has read it all says why itself.
  child.stdin.on('error', () => {}).end(input)
  /** @type {string | undefined} */
  const trouble = await new Promise((resolve) => {
    child.once('error', (error) => {
      resolve(String(error))
    })
    child.once('close', (code, signal) => {
      resolve(code === 0 ? undefined : signal ? `signal ${signal}` : `status ${code}`)
    })
  })
  if (trouble === undefined) return
  throw new Advice(`The database could not be made: ${words.trim().split('\n').at(-1) || trouble}`)
}
