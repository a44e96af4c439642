import { afterAll, beforeAll, expect, test } from 'vitest'
import { hubDatabase, type HubDatabase } from '../../test/hub-database.ts'
import { int4Array, textArray } from './arrays.ts'
import { openPool } from './database.ts'

let database: HubDatabase
beforeAll(async () => {
  database = await hubDatabase()
})
afterAll(() => database.drop())

test.for([1, 100, 60_000])('%i numbers and texts arrive as they were, beside a text, a number and nothing', async (count) => {
  const pool = openPool(database.url(), { max: 1 })
  const statement = {
    name: 'all_kinds',
    text: "SELECT $1::text AS text, $2::int8 AS number, $3::text IS NULL AS nothing, sum(x.n)::int8 AS sum, string_agg(x.t, '' ORDER BY x.n) AS texts FROM unnest($4::int4[], $5::text[]) AS x (n, t)",
  }
  const numbers = Array.from({ length: count }, (_, n) => n)
  const texts = numbers.map((n) => (n % 3 === 0 ? null : `${n} ü`))
  // Twice, the second time without parsing it again, with another statement sent behind it.
  for (let round = 0; round < 2; round++) {
    const [{ rows }, behind] = await Promise.all([
      pool.query({ ...statement, values: ['Grüße', 7, null, int4Array(numbers), textArray(texts)] }),
      pool.query({ name: 'behind', text: 'SELECT $1::int AS n', values: [round] }),
    ])
    expect(rows).toEqual([
      {
        text: 'Grüße',
        number: 7,
        nothing: true,
        sum: (count * (count - 1)) / 2,
        texts: count === 1 ? null : texts.filter((text) => text !== null).join(''),
      },
    ])
    expect(behind.rows).toEqual([{ n: round }])
  }
  await pool.end()
})
