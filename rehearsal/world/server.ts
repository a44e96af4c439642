/** One PostgreSQL server per worker, with the settings of the embedded one; the databases of its worlds lie on a small disk that can be filled. */
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { runningPostgresUrl, startPostgres } from '../../launch/postgres.mjs'
import { run } from './processes.ts'

export const TENANT = 'rig'
const DISK_MB = 192
const MEGABYTE = Buffer.alloc(2 ** 20)
const PREFIX = 'tieout-rig-'

/** Servers, disks and folders that a run left behind which was killed: the process named in the folder is gone. */
export async function clearAbandoned(): Promise<void> {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(PREFIX))) {
    const folder = join(tmpdir(), name)
    if (isAlive(Number(name.slice(PREFIX.length).split('-')[0]))) continue
    if (runningPostgresUrl(folder)) await (await startPostgres({ dataDir: folder })).stop()
    spawnSync('umount', ['-l', join(folder, 'disk')])
    rmSync(folder, { recursive: true, force: true })
  }
}

const isAlive = (pid: number): boolean => signalled(pid, 0)

/** False when it is gone. */
function signalled(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal)
    return true
  } catch {
    return false
  }
}

/** A folder of ours, named after this process. */
export const ownFolder = (): string => mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`))

export class Server {
  readonly folder: string
  readonly #postgres: Awaited<ReturnType<typeof startPostgres>>
  /** Whether this machine lets us mount a disk of our own; without it the database lies beside the others, and no disk is filled. */
  readonly small: boolean
  readonly #halted = new Set<number>()
  #made = 0

  private constructor(folder: string, postgres: Awaited<ReturnType<typeof startPostgres>>, small: boolean) {
    this.folder = folder
    this.#postgres = postgres
    this.small = small
  }

  static async start(source: string): Promise<Server> {
    const folder = ownFolder()
    chmodSync(folder, 0o711)
    const postgres = await startPostgres({ dataDir: folder })
    const server = new Server(folder, postgres, mounted(join(folder, 'disk'), postgres.folder))
    if (server.small) await server.admin((client) => client.query(`CREATE TABLESPACE small LOCATION '${join(folder, 'disk', 'data')}'`))
    await server.admin((client) => client.query('CREATE DATABASE template_rig TEMPLATE template0'))
    const { status, output } = await run({
      file: join(source, 'src', 'cli', 'main.ts'),
      args: ['migrate', '--database', server.url('template_rig'), '--tenant', TENANT],
    })
    if (status !== 0) throw new Error(`The tables could not be made: ${output}`)
    return server
  }

  url(database: string, user?: string): string {
    return this.#postgres.url(database, user)
  }

  /** The path of its socket. */
  get socket(): string {
    return join(this.#postgres.socketDir, `.s.PGSQL.${this.#postgres.port}`)
  }

  async freshDatabase(): Promise<string> {
    const name = `rig_${++this.#made}`
    await this.admin((client) => client.query(`CREATE DATABASE ${name} TEMPLATE template_rig ${this.small ? 'TABLESPACE small' : ''}`))
    return name
  }

  async drop(name: string): Promise<void> {
    await this.admin((client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)).catch(() => undefined)
  }

  /** Work as the server's superuser, on a connection that no fault touches. */
  async admin<T>(work: (client: Client) => Promise<T>, database = 'tieout'): Promise<T> {
    const client = new Client({ connectionString: this.url(database), connectionTimeoutMillis: 30_000 })
    client.on('error', () => {})
    await client.connect()
    try {
      return await work(client)
    } finally {
      await client.end().catch(() => undefined)
    }
  }

  /** When it began to answer; another time after each crash of it. */
  async startedAt(): Promise<string> {
    const { rows } = await this.admin((client) =>
      client.query<{ at: string }>("SELECT pid::text AS at FROM pg_stat_activity WHERE backend_type = 'checkpointer'"),
    )
    return rows[0]?.at ?? ''
  }

  /** Process id of the postmaster as it runs now. */
  get postmaster(): number {
    return Number(readFileSync(join(this.#postgres.folder, 'postmaster.pid'), 'utf8').split('\n')[0])
  }

  /** These of its processes stand still, whatever they hold. */
  halt(pids: readonly number[]): void {
    for (const pid of pids) if (signalled(pid, 'SIGSTOP')) this.#halted.add(pid)
  }

  /** These, or all that stand still, go on. */
  goOn(pids: Iterable<number> = this.#halted): void {
    for (const pid of pids) {
      signalled(pid, 'SIGCONT')
      this.#halted.delete(pid)
    }
  }

  /** Waits until it answers. */
  async answers(ms: number): Promise<void> {
    const until = performance.now() + ms
    for (;;) {
      try {
        await this.admin((client) => client.query('SELECT 1'))
        return
      } catch (error) {
        if (performance.now() > until) throw new Error(`PostgreSQL did not come back within ${ms} ms`, { cause: error })
        await new Promise((done) => {
          setTimeout(done, 100)
        })
      }
    }
  }

  /** Leaves no room on the disk of the databases. */
  fillDisk(): void {
    const ballast = openSync(join(this.folder, 'disk', 'ballast'), 'a')
    try {
      for (;;) writeSync(ballast, MEGABYTE)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    } finally {
      closeSync(ballast)
    }
  }

  emptyDisk(): void {
    rmSync(join(this.folder, 'disk', 'ballast'), { force: true })
  }

  async stop(): Promise<void> {
    this.goOn()
    await this.#postgres.stop()
    if (this.small) spawnSync('umount', ['-l', join(this.folder, 'disk')])
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** A disk of {@link DISK_MB} in memory, its folder `data` the server's own. */
function mounted(disk: string, of: string): boolean {
  mkdirSync(disk)
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MB}m,mode=0711`, 'tmpfs', disk]).status !== 0) return false
  mkdirSync(join(disk, 'data'), { mode: 0o700 })
  const { uid, gid } = statSync(of)
  chownSync(join(disk, 'data'), uid, gid)
  return true
}
