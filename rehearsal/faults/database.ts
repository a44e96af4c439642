/** What happens to PostgreSQL itself: killed, out of disk, out of connections, locked, its journal not synced. */
import { spawn, spawnSync } from 'node:child_process'
import { Client } from 'pg'
import type { Server } from '../world/server.ts'
import { becomes, counting, later, watched, type Begin } from './case.ts'

/** Process ids of the hubs' connections. */
const backendsOf = async (server: Server, database: string): Promise<number[]> =>
  (
    await server.admin((client) =>
      client.query<{ pid: number }>("SELECT pid FROM pg_stat_activity WHERE datname = $1 AND usename = 'hub_app'", [database]),
    )
  ).rows.map(({ pid }) => pid)

/** A signal for the database's own processes; it is brought up again by whoever looks after it. It meets the connections that hubs had. */
export const signal =
  (whom: 'postmaster' | 'backend', name: NodeJS.Signals): Begin =>
  async ({ world: { server, database }, dice }) => {
    const [pids, before] = [await backendsOf(server, database), await server.startedAt()]
    process.kill(whom === 'postmaster' ? server.postmaster : dice.pick(pids), name)
    return { end: async () => ((await becomes(async () => (await server.startedAt()) !== before, 30_000)) ? pids.length : 0) }
  }

/** Connections that wait for this one; without a process id for the one that asks. */
const WAITING = `SELECT count(DISTINCT pid)::int AS waiting FROM pg_locks
  WHERE NOT granted AND coalesce($1, pg_backend_pid()) = ANY (pg_blocking_pids(pid))`
const waiting = async (client: Client, pid: number | null = null): Promise<number> =>
  (await client.query<{ waiting: number }>(WAITING, [pid])).rows[0]?.waiting ?? 0

/**
 * The postmaster stands still, and the hubs have lost their connections: nobody takes the new ones. Or all that they have stand still,
 * with whatever these hold. It meets what hubs say to them meanwhile.
 */
export const halt =
  (whom: 'postmaster' | 'backends'): Begin =>
  async ({ world: { server, database, hubs } }) => {
    const links = hubs.map(({ link }) => link)
    const pids = whom === 'postmaster' ? [server.postmaster] : await backendsOf(server, database)
    server.halt(pids)
    if (whom === 'postmaster') for (const link of links) link.cut()
    const asked = (): number => links.reduce((sum, link) => sum + link.asked, 0)
    const before = asked()
    return {
      met: () => asked() - before,
      end: () => {
        server.goOn(pids)
        return Promise.resolve(asked() - before)
      },
    }
  }

/** So short is the time in which one writes. */
const HASTE_MS = 5
/** Connections of the hubs in a transaction that has written: what they wrote is locked. */
const WRITING = `SELECT pid FROM pg_locks JOIN pg_stat_activity USING (pid)
  WHERE datname = current_database() AND usename = 'hub_app' AND locktype = 'transactionid' AND mode = 'ExclusiveLock' AND granted`

/** One connection stands still in the middle of what it writes. It meets that, and whoever waits for what it has locked. */
export const haltWriting: Begin = async ({ world: { server, database }, lastsMs }) => {
  const client = new Client({ connectionString: server.url(database) })
  client.on('error', () => {})
  await client.connect()
  const writing = async (): Promise<number[]> => (await client.query<{ pid: number }>(WRITING)).rows.map(({ pid }) => pid)
  let halted: { readonly pid: number; readonly since: number } | undefined
  return watched(
    async () => {
      for (const pid of halted ? [] : (await writing()).slice(0, 1)) {
        server.halt([pid])
        // It may have been through by then.
        if ((await writing()).includes(pid)) halted = { pid, since: performance.now() }
        else server.goOn([pid])
      }
      return halted ? 1 + (await waiting(client, halted.pid)) : 0
    },
    async () => {
      if (halted) {
        await later(Math.max(0, halted.since + lastsMs - performance.now()))
        server.goOn([halted.pid])
      }
      await client.end().catch(() => undefined)
    },
    HASTE_MS,
  )
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
      () => waiting(client),
      () => client.end().catch(() => undefined),
    )
  }

/** How long it may last at most, should nobody end it. */
const LONGEST_MS = 20_000

/**
 * What the hubs write fails now and then as it does where others moved first, SQLSTATE 40001: one statement in 20 on any table, or
 * every third COMMIT. PostgreSQL itself says it to transactions of a stricter kind; whoever writes has to bear it. It meets the hubs that are told.
 */
export const failToSerialize =
  (at: 'statement' | 'commit'): Begin =>
  async ({ world: { hubs, server, database } }) => {
    const says = (untilMs: number): string => `
      CREATE OR REPLACE FUNCTION rig_moved_first_at_${at}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF clock_timestamp() < to_timestamp(${untilMs / 1_000}) AND random() < 1.0 / ${at === 'commit' ? 3 : 20} THEN
          RAISE 'could not serialize access: the rig moved first' USING ERRCODE = '40001';
        END IF;
        RETURN NULL;
      END $$`
    const ongoing = counting(
      hubs.map(({ link }) => link.told('40001')),
      async () => {
        await server.admin((client) => client.query(says(0)), database)
      },
    )
    await server.admin(async (client) => {
      await client.query(says(Date.now() + LONGEST_MS))
      await client.query(PATIENT)
      const { rows } = await client.query<{ name: string }>(at === 'commit' ? "SELECT 'tenant_head' AS name" : TABLES)
      for (const { name } of rows) await client.query(at === 'commit' ? atCommit(name) : atStatement(name))
    }, database)
    return ongoing
  }

/** When two wait for each other, the hub is the one that is thrown out: it looks after a second, as PostgreSQL does unless told otherwise. */
const PATIENT = "SET deadlock_timeout = '60s'; SET lock_timeout = '3s'"
const TABLES = `SELECT quote_ident(relname) AS name FROM pg_class
  WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY 1`
const atStatement = (table: string): string =>
  `CREATE OR REPLACE TRIGGER rig BEFORE INSERT OR UPDATE OR DELETE ON ${table} FOR EACH STATEMENT EXECUTE FUNCTION rig_moved_first_at_statement()`
const atCommit = (table: string): string =>
  `DROP TRIGGER IF EXISTS rig_at_commit ON ${table};
   CREATE CONSTRAINT TRIGGER rig_at_commit AFTER INSERT OR UPDATE ON ${table} DEFERRABLE INITIALLY DEFERRED
   FOR EACH ROW EXECUTE FUNCTION rig_moved_first_at_commit()`

/**
 * Somebody locks what the hub locks, in the other order: the log's head first, and when a hub waits for it the objects. Each waits for the
 * other, and PostgreSQL throws the hub out, SQLSTATE 40P01. It meets the hubs that are told.
 */
export const deadlock: Begin = async ({ world: { hubs, server, database } }) => {
  const client = new Client({ connectionString: server.url(database) })
  client.on('error', () => {})
  await client.connect()
  await client.query(PATIENT)
  let over = false
  const locking = (async () => {
    while (!over) {
      try {
        await client.query('BEGIN; SELECT FROM tenant_head FOR UPDATE')
        await becomes(async () => over || (await waiting(client)) > 0, HEAD_HELD_MS)
        await client.query('SELECT FROM object FOR UPDATE')
      } catch {
        // Its time is over, or the database's.
      }
      await client.query('ROLLBACK').catch(() => later(HEAD_HELD_MS))
    }
  })()
  return counting(
    hubs.map(({ link }) => link.told('40P01')),
    async () => {
      over = true
      await locking
      await client.end().catch(() => undefined)
    },
  )
}
const HEAD_HELD_MS = 500

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
