/**
 * Who this process is, for as long as the database can see it: a session advisory lock on a connection of its own. Others
 * know from the lock alone whether a process that opened an attempt can still send it. When the connection is lost, the
 * identity is gone for good: a new one is taken, and nothing of the old one is sent any more.
 */
import { randomBytes } from 'node:crypto'
import { type ClientBase, connect, openPool, type PoolClient } from '../store/database.ts'

/** Upper 16 bits of our advisory locks, so that another program's locks in the same database are not taken for processes. */
const CLASS = '7104'
const AGAIN_MS = 500

export interface Identity {
  /** 16 hex digits; undefined while there is none. */
  current(): string | undefined
  /** Gives the lock back. */
  stop(): Promise<void>
}

/** Takes an identity and keeps one, until stopped. Rejects when the database cannot be reached at first. `url` must not lead to a transaction pooler. */
export async function takeIdentity(url: string): Promise<Identity> {
  const pool = openPool(url, { max: 1, name: 'tieout identity' })
  let held: { readonly id: string; readonly client: PoolClient } | undefined
  let stopped = false
  let timer: NodeJS.Timeout | undefined

  async function take(): Promise<void> {
    const client = await connect(pool)
    const id = CLASS + randomBytes(6).toString('hex')
    client.on('error', (error) => {
      lose(client, error)
    })
    try {
      await client.query(`SELECT pg_advisory_lock(x'${id}'::bigint)`)
      held = { id, client }
    } catch (error) {
      client.release(true)
      throw error
    }
  }

  function lose(client: PoolClient, error: Error): void {
    if (held?.client !== client) return
    held = undefined
    client.release(error)
    again()
  }

  function again(): void {
    if (stopped) return
    timer = setTimeout(() => {
      take().catch(again)
    }, AGAIN_MS)
    timer.unref()
  }

  await take()
  return {
    current: () => held?.id,
    async stop() {
      stopped = true
      clearTimeout(timer)
      const last = held
      held = undefined
      // Ends the session, and with it the lock.
      last?.client.release(true)
      await pool.end()
    },
  }
}

/** Identities whose lock is held at this moment, sorted: processes that can still send. */
export async function livingProcesses(client: ClientBase): Promise<readonly string[]> {
  const { rows } = await client.query<{ id: string }>({
    name: 'processes_living',
    text: `SELECT lpad(to_hex(classid::int8), 8, '0') || lpad(to_hex(objid::int8), 8, '0') AS id FROM pg_locks
           WHERE locktype = 'advisory' AND objsubid = 1 AND granted AND classid::int8 >> 16 = x'${CLASS}'::int8
             AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) ORDER BY 1`,
  })
  return rows.map((row) => row.id)
}
