import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { Advice } from './advice.mjs'
import { removeDataFolder, shown, takeDataFolder } from './data-folder.mjs'
import { dataFolder } from './places.mjs'
import { runningPostgresUrl, startPostgres } from './postgres.mjs'
import { say } from './terminal.mjs'

/**
 * `tieout reset`: removes this user's data, after asking.
 * @param {readonly string[]} args
 * @returns {Promise<number>}
 */
export async function reset(args) {
  if (!existsSync(dataFolder())) {
    say(`There is nothing to remove: ${shown(dataFolder())} is not there.`)
    return 0
  }
  const { folder, release } = takeDataFolder()
  try {
    if (!args.includes('--yes') && !(await agreed(folder))) {
      say('Nothing was removed.')
      return 1
    }
    // A server that outlived a kill of its supervisor.
    if (runningPostgresUrl(folder)) await (await startPostgres({ dataDir: folder })).stop()
    removeDataFolder(folder)
    say(`Removed ${shown(folder)}.`)
    return 0
  } finally {
    release()
  }
}

/** @param {string} folder */
async function agreed(folder) {
  if (!process.stdin.isTTY) throw new Advice(`This removes everything in ${shown(folder)}, and cannot be undone; say --yes if it is meant.`)
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  const answer = await new Promise((resolve) => {
    terminal.question(`Remove everything in ${shown(folder)}? It cannot be undone. Type yes: `, resolve)
  })
  terminal.close()
  return answer === 'yes'
}
