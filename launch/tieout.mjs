#!/usr/bin/env node
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Advice } from './advice.mjs'
import { dataFolder, ROOT } from './places.mjs'
import { runningPostgresUrl } from './postgres.mjs'
import { reset } from './reset.mjs'
import { runNode } from './run-node.mjs'
import { ensureInstalled } from './setup.mjs'
import { runMain } from './terminal.mjs'

/**
 * `tieout …`: the command line. A command that needs the database finds the embedded one of a running `npm start` through
 * TIEOUT_DATABASE_ADMIN_URL; without that it says itself what it needs.
 */
await runMain(async (args) => {
  if (args[0] === 'start') {
    process.argv.splice(2, 1)
    await import('./start.mjs')
    return Number(process.exitCode ?? 0)
  }
  await ensureInstalled()
  if (args[0] === 'reset') return reset(args.slice(1))
  const program = join(ROOT, 'src', 'cli', 'main.ts')
  if (!existsSync(program)) throw new Advice('The command line is not part of this version yet; npm start and npm test are.')
  const running = process.env['DATABASE_URL'] ? undefined : runningPostgresUrl(dataFolder())
  return runNode([program, ...args], {
    cwd: process.env['INIT_CWD'] ?? process.cwd(),
    env: { ...process.env, TIEOUT_DATA: dataFolder(), ...(running ? { TIEOUT_DATABASE_ADMIN_URL: running } : {}) },
  })
})
