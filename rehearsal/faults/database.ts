/** What happens to PostgreSQL itself: killed, out of disk, out of connections, locked, its journal not synced. */
import { spawn, spawnSync } from 'node:child_process'
import { Client } from 'pg'
import { done, type Begin } from './case.ts'

/** A signal for the database's own processes; it is brought up again by whoever looks after it. */
export const signal =
  (whom: 'postmaster' | 'backend', name: NodeJS.Signals): Begin =>
  async ({ world: { server, database }, dice }) => {
    const backends = async (): Promise<number[]> =>
      (
        await server.admin((client) =>
          client.query<{ pid: number }>("SELECT pid FROM pg_stat_activity WHERE datname = $1 AND usename = 'hub_app'", [database]),
        )
      ).rows.map(({ pid }) => pid)
    process.kill(whom === 'postmaster' ? server.postmaster : dice.pick(await backends()), name)
    return {
      end: async () => {
        await server.answers(30_000)
        return 1
      },
    }
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

/** Somebody holds tables for themselves, as a careless administrator would. */
export const lockTables =
  (tables: string): Begin =>
  async ({ world: { server, database } }) => {
    const client = new Client({ connectionString: server.url(database) })
    client.on('error', () => {})
    await client.connect()
    const locked = await client.query(`BEGIN; SET LOCAL lock_timeout = '2s'; LOCK TABLE ${tables} IN ACCESS EXCLUSIVE MODE`).then(
      () => 1,
      () => 0,
    )
    return {
      end: async () => {
        await client.end().catch(() => undefined)
        return locked
      },
    }
  }

const THROW_OUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND usename <> 'postgres' AND random() < $2"

/** Takes every connection that the server has left, and throws out some of those that the hubs hold. */
export const exhaust: Begin = async ({ world: { server, database } }) => {
  const taken: Client[] = []
  for (;;) {
    const client = new Client({ connectionString: server.url('tieout') })
    client.on('error', () => {})
    try {
      await client.connect()
      taken.push(client)
    } catch {
      break
    }
  }
  await taken[0]?.query(THROW_OUT, [database, 0.6]).catch(() => undefined)
  return {
    end: async () => {
      await Promise.all(taken.map((client) => client.end().catch(() => undefined)))
      return taken.length > 0 ? 1 : 0
    },
  }
}

export const throwOut: Begin = async ({ world: { server, database } }) =>
  done((await server.admin((client) => client.query(THROW_OUT, [database, 2]))).rowCount ?? 0)

export const fillDisk: Begin = async ({ world: { server } }) => {
  if (!server.small) return done(0)
  server.fillDisk()
  return {
    end: async () => {
      server.emptyDisk()
      return 1
    },
  }
}
