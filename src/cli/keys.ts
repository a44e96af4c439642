/** `tieout keys`: access keys for the API. Made and revoked by whoever owns the tables; the hub itself can do neither. */
import { Command } from 'commander'
import { makeKey } from '../access/keys.ts'
import { SCOPES } from '../access/scopes.ts'
import { Fault } from '../lib/fault.ts'
import { listKeys, revokeKey } from '../store/access-key.ts'
import { asOwner, type OwnerOptions } from './owner.ts'

type KeysOptions = OwnerOptions

export function keysCommand(): Command {
  const keys = new Command('keys').description('access keys for the API, each with a name and the scopes that it is for').addHelpText(
    'after',
    `\nScopes:\n${Object.entries(SCOPES)
      .map(([scope, says]) => `  ${scope.padEnd(16)} ${says}`)
      .join('\n')}`,
  )
  const sub = (name: string, says: string): Command =>
    keys
      .command(name)
      .description(says)
      .option('--database <url>', 'the database, as the owner of its tables (default: TIEOUT_DATABASE_ADMIN_URL)')
      .option('--tenant <name>', 'the tenant (default: of what is running)')
  sub('create', 'make a key; it is shown this once')
    .argument('<name>', 'what the log calls it')
    .requiredOption('--scope <scope...>', 'what it is for')
    .action(async (name: string, options: KeysOptions & { scope: string[] }) => {
      process.stdout.write(`${await asOwner(options, (client, tenant) => makeKey(client, tenant, name, options.scope))}\n`)
    })
  sub('list', 'the keys there are and were').action(async (options: KeysOptions) => {
    const rows = await asOwner(options, listKeys)
    for (const { name, scopes, createdAt, revokedAt } of rows) {
      const standing = revokedAt === null ? 'in use' : `revoked ${revokedAt}`
      process.stdout.write(`${name.padEnd(24)} ${createdAt}  ${standing}  ${scopes.join(', ')}\n`)
    }
    if (rows.length === 0) process.stdout.write('There are no keys but the first one.\n')
  })
  sub('revoke', 'a key is refused from the next request on')
    .argument('<name>')
    .action(async (name: string, options: KeysOptions) => {
      const revoked = await asOwner(options, (client, tenant) => revokeKey(client, tenant, name))
      if (!revoked) throw new Fault('not-found', `There is no key ${name} in use.`)
      process.stdout.write(`${name} is revoked.\n`)
    })
  return keys
}
