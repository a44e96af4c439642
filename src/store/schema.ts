/**
 * The schema as text, read from the catalogue: what review sees is the tables as they are, not the path by which they came to be.
 * Our own, because the embedded server comes without pg_dump. The same on PostgreSQL 15 to 18.
 */
import type { ClientBase } from 'pg'

/** The tables, indexes, triggers, policies, functions and privileges of the schema `public`, in a fixed order. */
export async function dumpSchema(client: ClientBase): Promise<string> {
  const tables = await names(
    client,
    `SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY 1`,
  )
  const parts = ['-- Made by src/store/schema.ts from a database to which all migrations were applied. Not read by anything.\n']
  for (const table of tables) parts.push(await tableText(client, table))
  const functions = await names(
    client,
    `SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY proname, oid`,
  )
  parts.push(...functions.map((text) => `${text.trim()};\n`))
  parts.push(
    ...(await names(
      client,
      `
    SELECT format('GRANT %s ON FUNCTION %s TO %s;', string_agg(a.privilege_type, ', ' ORDER BY a.privilege_type), p.oid::regprocedure, r.rolname)
    FROM pg_proc p, aclexplode(p.proacl) a JOIN pg_roles r ON r.oid = a.grantee
    WHERE p.pronamespace = 'public'::regnamespace AND r.rolname LIKE 'hub\\_%' GROUP BY p.oid, r.rolname ORDER BY 1`,
    )),
  )
  return `${parts.join('\n')}\n`
}

async function tableText(client: ClientBase, table: string): Promise<string> {
  const relation = `'public.${quoted(table)}'::regclass`
  const columns = await names(
    client,
    `
    SELECT format('  %s %s', quote_ident(attname), format_type(atttypid, atttypmod))
        || CASE WHEN attidentity = 'a' THEN ' GENERATED ALWAYS AS IDENTITY' ELSE '' END
        || CASE WHEN attnotnull THEN ' NOT NULL' ELSE '' END
        || coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '')
        || CASE WHEN attstorage <> typstorage THEN ' STORAGE ' || CASE attstorage WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' WHEN 'p' THEN 'PLAIN' ELSE 'EXTENDED' END ELSE '' END
    FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE attrelid = ${relation} AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
  )
  // NOT NULL stands with the column; PostgreSQL 18 also lists it as a constraint.
  const constraints = await names(
    client,
    `SELECT format('  CONSTRAINT %s %s', quote_ident(conname), pg_get_constraintdef(oid)) FROM pg_constraint WHERE conrelid = ${relation} AND contype <> 'n' ORDER BY contype DESC, conname`,
  )
  const [options] = await names(
    client,
    `SELECT coalesce(' PARTITION BY ' || pg_get_partkeydef(oid), '') || coalesce(' WITH (' || array_to_string(reloptions, ', ') || ')', '') FROM pg_class WHERE oid = ${relation}`,
  )
  const after = [
    ...(await names(
      client,
      `SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = ${relation} AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u')) ORDER BY 1`,
    )),
    ...(await names(
      client,
      `SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = ${relation} AND NOT tgisinternal ORDER BY tgname`,
    )),
    ...(await names(
      client,
      `SELECT format('ALTER TABLE ${table} %s ROW LEVEL SECURITY', unnest(CASE WHEN relrowsecurity THEN ARRAY['ENABLE'] ELSE '{}' END || CASE WHEN relforcerowsecurity THEN ARRAY['FORCE'] ELSE '{}' END)) FROM pg_class WHERE oid = ${relation}`,
    )),
    ...(await names(
      client,
      `SELECT format('CREATE POLICY %s ON ${table} FOR %s USING (%s)%s', policyname, cmd, qual, coalesce(' WITH CHECK (' || with_check || ')', '')) FROM pg_policies WHERE schemaname = 'public' AND tablename = '${table}' ORDER BY policyname`,
    )),
    ...(await names(
      client,
      `
      SELECT format('GRANT %s ON ${table} TO %s', string_agg(a.privilege_type, ', ' ORDER BY a.privilege_type), r.rolname)
      FROM pg_class c, aclexplode(c.relacl) a JOIN pg_roles r ON r.oid = a.grantee WHERE c.oid = ${relation} AND r.rolname LIKE 'hub\\_%' GROUP BY r.rolname ORDER BY 1`,
    )),
    ...(await names(
      client,
      `
      SELECT format('GRANT %s (%s) ON ${table} TO %s', a.privilege_type, string_agg(quote_ident(attname), ', ' ORDER BY attnum), r.rolname)
      FROM pg_attribute t, aclexplode(t.attacl) a JOIN pg_roles r ON r.oid = a.grantee WHERE t.attrelid = ${relation} AND r.rolname LIKE 'hub\\_%'
      GROUP BY r.rolname, a.privilege_type ORDER BY 1`,
    )),
  ]
  return `CREATE TABLE ${quoted(table)} (\n${[...columns, ...constraints].join(',\n')}\n)${options ?? ''};\n${after.map((line) => `${line};\n`).join('')}`
}

async function names(client: ClientBase, text: string): Promise<string[]> {
  const { rows } = await client.query<string[]>({ text, rowMode: 'array' })
  return rows.map(([name]) => name ?? '')
}

function quoted(name: string): string {
  return /^[a-z_]+$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`
}
