import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { dataFolder as launchFolder } from '../../launch/places.mjs'
import { freshDatabase } from '../../test/postgres.ts'
import { Fault } from '../lib/fault.ts'
import { runMigrate } from './migrate.ts'
import { dataFolder, placeOf, reading, running } from './running.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

function dataWith(run: string): NodeJS.ProcessEnv {
  const folder = mkdtempSync(join(tmpdir(), 'tieout-run-'))
  folders.push(folder)
  writeFileSync(join(folder, 'run.json'), run)
  return { TIEOUT_DATA: folder }
}

describe('what is running', () => {
  it('is looked for where the launcher keeps it', () => {
    for (const env of [{}, { TIEOUT_DATA: '/x/../y' }, { TIEOUT_DATA: 'relative' }, { XDG_DATA_HOME: '/data' }, { XDG_DATA_HOME: '' }])
      expect(dataFolder(env), JSON.stringify(env)).toBe(launchFolder(env))
  })

  it('is what the command line says, else the environment, else the file', () => {
    const env = dataWith(
      JSON.stringify({ databaseUrl: 'postgresql://file', tenant: 't', api: 'http://x', keyFile: '/k', publish: '/p', verifierKey: 'v' }),
    )
    expect(placeOf({}, env)).toEqual({ databaseUrl: 'postgresql://file', tenant: 't' })
    expect(placeOf({ tenant: 'u' }, env)).toEqual({ databaseUrl: 'postgresql://file', tenant: 'u' })
    expect(placeOf({}, { ...env, TIEOUT_DATABASE_URL: 'postgresql://env' })).toEqual({ databaseUrl: 'postgresql://env', tenant: undefined })
    expect(placeOf({ database: 'postgresql://said' }, { ...env, TIEOUT_DATABASE_URL: 'postgresql://env' })).toMatchObject({
      databaseUrl: 'postgresql://said',
    })
    expect(running(env)).toMatchObject({ keyFile: '/k', api: 'http://x' })
  })

  it.each(['', '{', '[]', '{"databaseUrl": 7}'])('is nothing when the file holds %s', (text) => {
    expect(() => placeOf({}, dataWith(text))).toThrow(Fault)
    expect(() => placeOf({}, { TIEOUT_DATA: '/nowhere' })).toThrow(/npm start/u)
  })
})

describe('a database', () => {
  it('is set up by migrate, with a tenant; again it has nothing to do; and is read without changing anything', async () => {
    const database = await freshDatabase()
    try {
      const place = { databaseUrl: database.adminUrl, tenant: undefined }
      await expect(reading(place, () => Promise.resolve(1))).rejects.toThrow(/tieout migrate/u)
      const applied = await runMigrate({ database: database.adminUrl })
      expect(applied[0]).toBe('applied 0001-core.sql')
      await expect(reading(place, () => Promise.resolve(1))).rejects.toThrow(/it has none/u)
      expect(await runMigrate({ tenant: 'one' }, { TIEOUT_DATABASE_ADMIN_URL: database.adminUrl })).toEqual([
        'The tables are those of this version.',
        'tenant one is there',
      ])
      expect(await reading(place, (_client, tenant) => Promise.resolve(tenant))).toBe('one')
      await expect(reading(place, (client) => client.query("INSERT INTO tenant VALUES ('x')"))).rejects.toThrow(/database/u)
      await runMigrate({ database: database.adminUrl, tenant: 'two' })
      await expect(reading(place, () => Promise.resolve(1))).rejects.toThrow(/there are one, two/u)
      expect(await reading({ ...place, tenant: 'two' }, (_client, tenant) => Promise.resolve(tenant))).toBe('two')
    } finally {
      await database.drop()
    }
  })

  it('that is not there is said in a sentence', async () => {
    await expect(runMigrate({}, {})).rejects.toThrow(/--database/u)
    await expect(runMigrate({ database: 'postgresql://nobody@127.0.0.1:1/x' })).rejects.toMatchObject({ code: 'database-away' })
  })
})
