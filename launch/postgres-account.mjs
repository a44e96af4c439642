import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { Advice } from './advice.mjs'

/** @typedef {{ name: string, uid: number, gid: number }} Account */

/** In this order: the account that Debian's and others' PostgreSQL packages make, then one that every system has. */
const UNPRIVILEGED = ['postgres', 'nobody']

/**
 * Who runs the server: undefined means we ourselves. PostgreSQL refuses to run as root, so root hands it to an account
 * without privileges. It needs an entry in the table of accounts (initdb looks its own name up); a bare number fails.
 * @param {number | undefined} ownerUid who owns an existing data folder: the account stays the same for its life
 * @returns {Account | undefined}
 */
export function serverAccount(ownerUid) {
  if (process.getuid === undefined) return undefined
  if (process.getuid() !== 0) {
    requireName()
    return undefined
  }
  if (process.platform === 'darwin') {
    throw new Advice('PostgreSQL does not run as root; on macOS please start Tieout from an ordinary account.')
  }
  const accounts = readAccounts()
  const found = ownerUid
    ? accounts.find((account) => account.uid === ownerUid)
    : UNPRIVILEGED.map((name) => accounts.find((account) => account.name === name)).find((account) => account !== undefined)
  if (found) return found
  throw new Advice(
    ownerUid
      ? `The database belongs to account number ${ownerUid}, which this machine no longer knows; give its folder to an account that exists.`
      : 'PostgreSQL does not run as root, and this machine has neither an account "postgres" nor "nobody" to run it; please start Tieout from an ordinary account.',
  )
}

/**
 * Whether the account can run a program or enter a folder. Asked of the system itself, by a process of that account, because
 * modes, groups and access lists of every folder above it count.
 * @param {Account | undefined} account
 * @param {string} path
 */
export function canReach(account, path) {
  if (account === undefined) return true
  const { uid, gid } = account
  return spawnSync('/bin/sh', ['-c', 'test -x "$1"', 'sh', path], { uid, gid, cwd: '/', stdio: 'ignore' }).status === 0
}

/** @returns {Account[]} */
function readAccounts() {
  return readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .filter((fields) => fields.length >= 7)
    .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
}

function requireName() {
  try {
    userInfo()
  } catch (cause) {
    throw new Advice(
      `The account you use (number ${process.getuid?.()}) has no entry in /etc/passwd, which PostgreSQL needs; ` +
        'add one, or set DATABASE_URL to a PostgreSQL server of your own.',
      { cause },
    )
  }
}
