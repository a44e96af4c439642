/** What happens to PostgreSQL itself: killed, out of disk, out of connections, locked, its journal not synced. */
import { spawn, spawnSync } from 'node:child_process'
import { Client } from 'pg'
import { becomes, counting, watched, type Begin } from './case.ts'

/** A signal for the database's own processes; it is brought up again by whoever looks after it. It meets the connections that hubs had. */
export const signal =
  (whom: 'postmaster' | 'backend', name: NodeJS.Signals): Begin =>
  async ({ world: { server, database }, dice }) => {
    const backends = async (): Promise<number[]> =>
      (
        await server.admin((client) =>
          client.query<{ pid: number }>("SELECT pid FROM pg_stat_activity WHERE datname = $1 AND usename = 'hub_app'", [database]),
        )
      ).rows.map(({ pid }) => pid)
    const [pids, before] = [await backends(), await server.startedAt()]
    process.kill(whom === 'postmaster' ? server.postmaster : dice.pick(pids), name)
    return { end: async () => ((await becomes(async () => (await server.startedAt()) !== before, 30_000)) ? pids.length : 0) }
  }

export const hasStrace = (): boolean => spawnSync('strace', ['-V'], { stdio: 'ignore' }).status === 0

/** fsync of the journal fails on the connections of the hubs: PostgreSQL must not go on as if it had worked. */
export const failSync: Begin = async ({ world: { server, database } }) => {
  const { rows } = await server.admin((client) =>
    client.query<{ pid: number }>('SELECT pid FROM pg_stat_activity WHERE datname = $1', [database]),
  )
  const before = await server.startedAt()
  const tracer = spawn(
    'strace',
    [
      '-o',
      '/dev/null',
      '-e',
      'trace=fdatasync,fsync',
      '-e',
      'inject=fdatasync,fsync:error=EIO',
      ...rows.flatMap(({ pid }) => ['-p', String(pid)]),
    ],
    { stdio: 'ignore' },
  )
  const over = new Promise<void>((then) => {
    tracer
      .once('exit', () => {
        then()
      })
      .once('error', () => {
        then()
      })
  })
  return {
    end: async () => {
      tracer.kill('SIGTERM')
      await over
      await server.answers(30_000)
      return (await server.startedAt()) === before ? 0 : 1
    },
  }
}

const WAITING =
  'SELECT count(DISTINCT pid)::int AS waiting FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))'

/** Somebody holds tables for themselves, as a careless administrator would. It meets whoever is seen waiting for them. */
export const lockTables =
  (tables: string): Begin =>
  async ({ world: { server, database } }) => {
    const client = new Client({ connectionString: server.url(database) })
    client.on('error', () => {})
    await client.connect()
    try {
      await client.query(`BEGIN; SET LOCAL lock_timeout = '2s'; LOCK TABLE ${tables} IN ACCESS EXCLUSIVE MODE`)
    } catch (error) {
      await client.end()
      throw error
    }
    return watched(
      async () => (await client.query<{ waiting: number }>(WAITING)).rows[0]?.waiting ?? 0,
      () => client.end().catch(() => undefined),
    )
  }

const THROW_OUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND usename <> 'postgres' AND random() < $2"

/** Takes every connection that the server has left, and those that come free when it throws out some of the hubs'. */
export const exhaust: Begin = async ({ world: { hubs, server, database } }) => {
  const taken: Client[] = []
  const ongoing = counting(
    hubs.map(({ link }) => link.told('53300')),
    async () => {
      await Promise.all(taken.map((client) => client.end().catch(() => undefined)))
    },
  )
  const take = async (): Promise<void> => {
    for (;;) {
      const client = new Client({ connectionString: server.url('tieout') })
      client.on('error', () => {})
      try {
        await client.connect()
        taken.push(client)
      } catch {
        return
      }
    }
  }
  await take()
  await taken[0]?.query(THROW_OUT, [database, 0.6]).catch(() => undefined)
  await take()
  return ongoing
}

export const throwOut: Begin = async ({ world: { hubs, server, database } }) => {
  const ongoing = counting(
    hubs.map(({ link }) => link.told('57P01')),
    () => {},
  )
  await server.admin((client) => client.query(THROW_OUT, [database, 2]))
  return ongoing
}

export const fillDisk: Begin = async ({ world: { hubs, server } }) => {
  const ongoing = counting(
    hubs.map(({ link }) => link.told('53100')),
    () => {
      server.emptyDisk()
    },
  )
  // Without a disk of our own none is filled, and it meets nothing.
  if (server.small) server.fillDisk()
  return ongoing
}
