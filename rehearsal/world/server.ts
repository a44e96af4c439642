/** One PostgreSQL server per worker, with the settings of the embedded one; the databases of its worlds lie on a small disk that can be filled. */
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  statfsSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { runningPostgresUrl, startPostgres } from '../../launch/postgres.mjs'
import { run } from './processes.ts'

export const TENANT = 'rig'
/** What a world's database needs, and some room; the journal of all worlds of a server between two checkpoints. */
const DISK_MB = { data: 192, journal: 768 } as const
type Disk = keyof typeof DISK_MB
const DISKS = Object.keys(DISK_MB) as Disk[]
const PREFIX = 'tieout-rig-'

/** Servers, disks and folders that a run left behind which was killed: the process named in the folder is gone. */
export async function clearAbandoned(): Promise<void> {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(PREFIX))) {
    const folder = join(tmpdir(), name)
    if (isAlive(Number(name.slice(PREFIX.length).split('-')[0]))) continue
    if (runningPostgresUrl(folder)) await (await startPostgres({ dataDir: folder })).stop()
    unmount(folder)
    rmSync(folder, { recursive: true, force: true })
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

/** A folder of ours, named after this process. */
export const ownFolder = (): string => mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`))

export class Server {
  readonly folder: string
  readonly #postgres: Awaited<ReturnType<typeof startPostgres>>
  /** Whether this machine lets us mount disks of our own; without them database and journal lie beside the others, and no disk is filled. */
  readonly small: boolean
  #made = 0

  private constructor(folder: string, postgres: Awaited<ReturnType<typeof startPostgres>>, small: boolean) {
    this.folder = folder
    this.#postgres = postgres
    this.small = small
  }

  static async start(source: string): Promise<Server> {
    const folder = ownFolder()
    chmodSync(folder, 0o711)
    let postgres = await startPostgres({ dataDir: folder })
    const small = DISKS.every((disk) => mounted(diskOf(folder, disk), DISK_MB[disk], postgres.folder))
    if (small) {
      await postgres.stop()
      moveJournal(postgres.folder, join(diskOf(folder, 'journal'), 'files'))
      postgres = await startPostgres({ dataDir: folder })
    }
    const server = new Server(folder, postgres, small)
    if (small) await server.admin((client) => client.query(`CREATE TABLESPACE small LOCATION '${join(diskOf(folder, 'data'), 'files')}'`))
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

  /** Waits until it answers. */
  async answers(ms: number): Promise<void> {
    const until = performance.now() + ms
    for (;;) {
      try {
        await this.admin((client) => client.query('SELECT 1'))
        return
      } catch (error) {
        if (performance.now() > until)
          throw new Error(`PostgreSQL did not come back within ${ms} ms; its last words:\n${this.#lastWords()}`, { cause: error })
        await new Promise((done) => {
          setTimeout(done, 100)
        })
      }
    }
  }

  #lastWords(): string {
    const lines = readFileSync(join(this.folder, 'postgres.log'), 'utf8').trimEnd().split('\n')
    return lines
      .filter((line) => !/ FATAL: {2}the database system is /u.test(line))
      .slice(-12)
      .join('\n')
  }

  /** Leaves no room on a disk. */
  fillDisk(disk: Disk): void {
    const place = diskOf(this.folder, disk)
    const { bavail, bsize } = statfsSync(place)
    try {
      writeFileSync(join(place, 'ballast'), Buffer.alloc(Math.max(0, bavail * bsize - 4_096)))
    } catch (error) {
      // The database wrote meanwhile: it is full all the same.
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    }
  }

  emptyDisks(): void {
    for (const disk of DISKS) rmSync(join(diskOf(this.folder, disk), 'ballast'), { force: true })
  }

  async stop(): Promise<void> {
    await this.#postgres.stop()
    unmount(this.folder)
    rmSync(this.folder, { recursive: true, force: true })
  }
}

const diskOf = (folder: string, disk: Disk): string => join(folder, `${disk}-disk`)

/** A disk in memory, its folder `files` the server's own. */
function mounted(place: string, sizeMb: number, of: string): boolean {
  mkdirSync(place)
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMb}m,mode=0711`, 'tmpfs', place]).status !== 0) return false
  mkdirSync(join(place, 'files'), { mode: 0o700 })
  const { uid, gid } = statSync(of)
  chownSync(join(place, 'files'), uid, gid)
  return true
}

function unmount(folder: string): void {
  for (const disk of DISKS) spawnSync('umount', ['-l', diskOf(folder, disk)], { stdio: 'ignore' })
}

/** The journal of a server that is stopped, to another disk, as its administrators would. */
function moveJournal(cluster: string, to: string): void {
  const journal = join(cluster, 'pg_wal')
  const { status, stderr } = spawnSync('cp', ['-a', `${journal}/.`, to], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`The journal could not be moved: ${stderr}`)
  rmSync(journal, { recursive: true })
  symlinkSync(to, journal)
}
