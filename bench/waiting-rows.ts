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
        FROM (SELECT 'inv_' || lpad(to_hex(n), 26, '0') AS id FROM generate_series(1, $3::int) AS n) AS ids) AS contents`

/** As the superuser. */
export async function waitingStatuses(client: Client, tenant: string, target: string, rows: number): Promise<void> {
  await client.query(OBJECTS, [tenant, target, rows])
  await client.query(EFFECTS, [tenant, target, rows])
  await client.query('VACUUM ANALYZE object, effect')
}
