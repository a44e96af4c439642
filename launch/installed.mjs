import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Whether all that package-lock.json names is there: because we put it there, or because someone ran npm here.
 * @param {string} root
 */
export function isInstalled(root) {
  if (readOr(stampOf(root), '') === stampText(root)) return true
  if (!installedByHand(root)) return false
  try {
    markInstalled(root)
  } catch {
    // A clone we may only read: then it is compared again at the next start.
  }
  return true
}

/** @param {string} root */
export function markInstalled(root) {
  writeFileSync(stampOf(root), stampText(root))
}

/** In node_modules itself: npm begins by removing that folder, so that an interrupted set-up leaves no stamp. @param {string} root */
function stampOf(root) {
  return join(root, 'node_modules', '.tieout-installed')
}

/** What was installed, and for which kind of machine (a clone may be shared between them). @param {string} root */
function stampText(root) {
  const hash = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
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
export function wantedHere(root) {
  const { packages } = /** @type {Lock} */ (JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')))
  const fits = (/** @type {string | string[] | undefined} */ names, /** @type {string} */ name) =>
    names === undefined || [names].flat().includes(name)
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
