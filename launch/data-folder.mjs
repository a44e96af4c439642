import { chmodSync, existsSync, mkdirSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { Advice, codeOf } from './advice.mjs'
import { takeLock } from './lock.mjs'
import { dataFolder } from './places.mjs'

const NOTE = 'about-this-folder.txt'
const NOTE_TEXT = `This folder holds the data of Tieout: its database, its keys, its logs.
Nothing else keeps anything here. "npm run tieout -- reset" removes it; nothing else of Tieout's will be left.
`

/**
 * Makes this user's data folder ready and takes it for this process. A folder that holds something else is refused, so that
 * removing our data can never remove anything but our data.
 * @returns {{ folder: string, release: () => void }}
 */
export function takeDataFolder() {
  const folder = dataFolder()
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    // Root's can be entered, not listed: the account that runs the database must get to its own folder in it.
    if (process.getuid?.() === 0 && !existsSync(join(folder, NOTE))) chmodSync(folder, 0o711)
    if (!existsSync(join(folder, NOTE))) {
      if (readdirSync(folder).length > 0) {
        throw new Advice(`The folder ${shown(folder)} holds other files; name an empty or a new one with TIEOUT_DATA.`)
      }
      writeFileSync(join(folder, NOTE), NOTE_TEXT)
    }
    const lock = takeLock(join(folder, 'running'))
    if (lock.holder === undefined) return { folder, release: lock.release }
    throw new Advice(
      `Tieout is already running with the data in ${shown(folder)} (process ${lock.holder}). ` +
        'Stop it there with Ctrl-C, or give this one data of its own: TIEOUT_DATA=/another/folder npm start',
    )
  } catch (error) {
    if (error instanceof Advice) throw error
    throw new Advice(`The data folder ${folder} cannot be used by this account (${codeOf(error)}); name another one with TIEOUT_DATA.`, {
      cause: error,
    })
  }
}

/** Removes the data folder and what belongs to it elsewhere. Only after {@link takeDataFolder}. @param {string} folder */
export function removeDataFolder(folder) {
  const database = join(folder, 'postgres')
  // As root the database may lie elsewhere, and only a link to it here.
  if (existsSync(database)) rmSync(realpathSync(database), { recursive: true, force: true })
  rmSync(folder, { recursive: true, force: true })
}

/** A path as people write it: `~` for their home. @param {string} path */
export function shown(path) {
  return path.startsWith(`${homedir()}/`) && homedir() !== '/' ? `~${path.slice(homedir().length)}` : path
}
