/** A backlog as the commit would have left it, written at once: invoices whose status a system is to be told, and the effects that wait for it. */
import type { Client } from 'pg'

const OBJECTS = `
  INSERT INTO object (tenant, id, kind, version, state)
  SELECT $1, 'inv_' || lpad(to_hex(n), 26, '0'), 'invoice', 1,
    '{"amount":"1.00","command":"invoice.status","dueOn":null,"outcomes":[],"party":"acme","posted":null,"said":null,"target":"' || $2 || '"}'
  FROM generate_series(1, $3::int) AS n`
// The key as effectKey makes it: SHA-256 of the tenant and the parts as JSON; the content canonical.
const EFFECTS = `
  INSERT INTO effect (tenant, key, target, command, object, occurrence, subject, content, content_hash, lane, state, due_at, due_on, blocks)
  SELECT $1, encode(sha256(convert_to($1 || '["' || $2 || '","invoice.status","' || id || '","0"]', 'UTF8')), 'hex'), $2, 'invoice.status', id, '0', id, content,
    encode(sha256(convert_to(content, 'UTF8')), 'hex'), 6, 'waiting', now(), current_date, false
  FROM (SELECT id, '{"amount":"1.00","currency":"EUR","party":"acme","reference":"' || id || '"}' AS content
        FROM (SELECT 'inv_' || lpad(to_hex(n), 26, '0') AS id FROM generate_series(1, $3::int) AS n) AS ids) AS contents
  ORDER BY 2`

// Those that no constraint stands on.
const INDEXES = `
  SELECT indexname AS name, indexdef AS text FROM pg_indexes
  WHERE tablename IN ('object', 'effect') AND indexname NOT IN (SELECT conname FROM pg_constraint)`

/** As the superuser. A million rows in the order of their keys, and the other indexes once they are there: a minute instead of many. */
export async function waitingStatuses(client: Client, tenant: string, target: string, rows: number): Promise<void> {
  const indexes = (await client.query<{ name: string; text: string }>(INDEXES)).rows
  await client.query(`SET synchronous_commit = off; SET work_mem = '256MB'; SET maintenance_work_mem = '256MB'`)
  for (const { name } of indexes) await client.query(`DROP INDEX ${name}`)
  await client.query(OBJECTS, [tenant, target, rows])
  await client.query(EFFECTS, [tenant, target, rows])
  for (const { text } of indexes) await client.query(text)
  await client.query('VACUUM ANALYZE object, effect')
}
