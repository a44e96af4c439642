/** Access keys: made once, shown once, kept as a hash. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { Fault } from '../lib/fault.ts'
import { addKey, keyByHash } from '../store/access-key.ts'
import { inTenant, type ClientBase, type Pool } from '../store/database.ts'
import { FIRST, isScope, SCOPES, type Caller } from './scopes.ts'

/** 256 bits of chance; the beginning says what it is to whoever finds one in a file. */
const FORM = /^tok_[A-Za-z0-9_-]{43}$/
const NAME = /^[a-z][a-z0-9-]{0,39}$/
const LEAST_FIRST = 16

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Makes a key; the text is given this once and kept nowhere. Throws `request-not-valid`, also for a name that was given before. */
export async function makeKey(client: ClientBase, tenant: string, name: string, scopes: readonly string[]): Promise<string> {
  if (!NAME.test(name) || name === FIRST.name) {
    throw new Fault(
      'request-not-valid',
      `A key has a name of a-z, 0-9 and -, beginning with a letter, at most 40 characters, other than ${FIRST.name}.`,
    )
  }
  const unknown = scopes.filter((scope) => !isScope(scope))
  if (unknown.length > 0 || scopes.length === 0) {
    const wrong = unknown.length > 0 ? `There is no scope ${unknown.join(', ')}` : 'A key has at least one scope'
    throw new Fault('request-not-valid', `${wrong}; there are ${Object.keys(SCOPES).join(', ')} and facts.send/<system>.`)
  }
  const key = `tok_${randomBytes(32).toString('base64url')}`
  if (!(await addKey(client, tenant, name, digest(key), [...new Set(scopes)].sort()))) {
    throw new Fault(
      'request-not-valid',
      `There is, or was, a key ${name}: a name is given once, since the log goes on naming it. Choose another.`,
    )
  }
  return key
}

/** Tells who holds a key. Nothing is remembered between two requests, so that a revoked key is refused from the next one on. */
export function openKeys(pool: Pool, tenant: string, first: string): { holderOf(given: string): Promise<Caller | undefined> } {
  if (first.length < LEAST_FIRST) throw new Fault('config-not-valid', `The access key has fewer than ${LEAST_FIRST} characters.`)
  const expected = digest(first)
  return {
    async holderOf(given) {
      const hash = digest(given)
      // Compared by digest: in a time that tells neither length nor content.
      if (timingSafeEqual(hash, expected)) return FIRST
      if (!FORM.test(given)) return undefined
      const found = await inTenant(pool, tenant, (client) => keyByHash(client, tenant, hash))
      return found && found.revokedAt === null ? { name: found.name, scopes: found.scopes } : undefined
    },
  }
}
