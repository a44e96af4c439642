import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Fault } from '../lib/fault.ts'
import { createFile, replaceFile } from './durable-file.ts'
import { keyOfPem, newPrivateKeyPem, type Ed25519Key } from './ed25519.ts'

// The signer's folder, readable by its account alone:
//   key.json        deployment and private key; whoever reads it can sign anything
//   last/<tenant>   the last checkpoint signed for a tenant, word for word; whoever can set it back can have a fork signed
//   lock            held by the running signer

export const KEY_FILE = 'key.json'
export const LAST_FOLDER = 'last'
const LOCK_WAIT_MS = 2_000
/** Becomes the beginning of every origin and key name: `<deployment>/<tenant>`. */
const DEPLOYMENT = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(\/[a-z0-9._-]+)*$/
const TENANT = /^[a-z0-9-]{1,40}$/

export type SignerKey = Ed25519Key & { readonly deployment: string }

/**
 * Makes the signing key of a deployment in `dir` (made if absent). The only place where one is made: a signer that is given a
 * wrong path finds no key and stops. Throws the fault `config-not-valid` when a key is there already or the name is no name.
 */
export function initSigner(dir: string, deployment: string): void {
  if (!DEPLOYMENT.test(deployment) || deployment.length > 200) {
    const form = 'lower-case letters, digits, dots and dashes, as in hub.example.com'
    throw new Fault('config-not-valid', `The deployment's name ${JSON.stringify(deployment)} is not ${form}.`)
  }
  mkdirSync(join(dir, LAST_FOLDER), { recursive: true, mode: 0o700 })
  const text = `${JSON.stringify({ version: 1, deployment, privateKey: newPrivateKeyPem() }, null, 2)}\n`
  try {
    createFile(join(dir, KEY_FILE), text, 0o600)
  } catch (cause) {
    if (codeOf(cause) !== 'EEXIST') throw cause
    throw new Fault('config-not-valid', `There is a signing key in ${dir} already; with a new one no checkpoint so far could be verified.`)
  }
}

/** Throws the fault `config-not-valid` when there is no key in `dir`, or none that can be read. */
export function readSignerKey(dir: string): SignerKey {
  const path = join(dir, KEY_FILE)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    throw new Fault('config-not-valid', `There is no signing key at ${path} (${codeOf(cause)}); it is made once and on purpose.`)
  }
  const held = parsed(text)
  const key = typeof held?.privateKey === 'string' ? keyOfPem(held.privateKey) : undefined
  if (held?.version !== 1 || typeof held.deployment !== 'string' || !DEPLOYMENT.test(held.deployment) || !key) {
    throw new Fault('config-not-valid', `The file ${path} does not hold a signing key.`)
  }
  return { ...key, deployment: held.deployment }
}

/** The last checkpoint signed for a tenant, as it was signed; undefined when none was. Other trouble of the disk is thrown. */
export function readLast(dir: string, tenant: string): string | undefined {
  try {
    return readFileSync(join(dir, LAST_FOLDER, tenant), 'utf8')
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return undefined
    throw cause
  }
}

export function writeLast(dir: string, tenant: string, note: string): void {
  replaceFile(join(dir, LAST_FOLDER, tenant), note, 0o600)
}

/** Also keeps file names harmless: no dot and no slash. */
export function isTenant(name: unknown): name is string {
  return typeof name === 'string' && TENANT.test(name)
}

/**
 * Two signers on one folder could sign two trees of the same size. The lock is a file lock (taken through SQLite, the one part
 * of Node that has them): the system drops it when its process ends, however it ends. It waits a moment, for the signer of a
 * hub that was just killed ends by itself. Throws the fault `signer-away` when it stays held, `config-not-valid` without such a folder.
 */
export function lockSigner(dir: string): { release(): void } {
  const lock = opened(join(dir, 'lock'))
  try {
    lock.exec('BEGIN EXCLUSIVE')
  } catch {
    lock.close()
    throw new Fault('signer-away', `Another signer is running on ${dir}; a deployment has one.`)
  }
  return {
    release: () => {
      lock.close()
    },
  }
}

function opened(path: string): DatabaseSync {
  try {
    return new DatabaseSync(path, { timeout: LOCK_WAIT_MS })
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new Fault('config-not-valid', `The signer’s lock ${path} cannot be opened (${why}); its folder must be there, and ours.`, {
      cause,
    })
  }
}

function parsed(text: string): { version?: unknown; deployment?: unknown; privateKey?: unknown } | undefined {
  try {
    return Object(JSON.parse(text))
  } catch {
    return undefined
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown'
}
