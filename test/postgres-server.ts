import { chmodSync, mkdtempSync, readdirSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { runningPostgresUrl, startPostgres } from '../launch/postgres.mjs'

/**
 * One PostgreSQL server for a whole run of the tests, with the settings of the embedded one. `TIEOUT_TEST_DATABASE_URL` names
 * another server to test against instead (its superuser). Without either the run fails: a test that needs the database is
 * never left out.
 */
export async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env['TIEOUT_TEST_DATABASE_URL']) return undefined
  await clearAbandoned()
  const dataDir = mkdtempSync(join(place(), `${PREFIX}${process.pid}-`))
  // As root the server runs under another account, which must get to its own folder in here.
  chmodSync(dataDir, 0o711)
  const server = await startPostgres({ dataDir })
  process.env['TIEOUT_TEST_DATABASE_URL'] = server.url('tieout')
  return async () => {
    await server.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

const PREFIX = 'tieout-test-'
/** Linux keeps files of this folder in memory. */
const MEMORY = '/dev/shm'
const ROOM_BYTES = 6e9

/**
 * In memory where there is room: the hub refuses a server that does not sync, and thousands of commits and dropped databases
 * would wait for the disk. No test takes the machine away, so none can tell the difference.
 */
function place(): string {
  try {
    const { bavail, bsize } = statfsSync(MEMORY)
    return bavail * bsize >= ROOM_BYTES ? MEMORY : tmpdir()
  } catch {
    return tmpdir()
  }
}

/** A run that was killed could not stop its server; the next one does, once the process named in the folder is gone. */
async function clearAbandoned(): Promise<void> {
  for (const dataDir of [...new Set([place(), tmpdir()])].flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))) {
    const name = basename(dataDir)
    if (!name.startsWith(PREFIX) || isAlive(Number(name.slice(PREFIX.length).split('-')[0]))) continue
    if (runningPostgresUrl(dataDir)) await (await startPostgres({ dataDir })).stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
