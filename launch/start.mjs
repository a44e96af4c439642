import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Advice } from './advice.mjs'
import { shown, takeDataFolder } from './data-folder.mjs'
import { dataFolder, ROOT } from './places.mjs'
import { startPostgres } from './postgres.mjs'
import { ensureInstalled, nodeBinary, nodeEnvironment } from './setup.mjs'
import { supervise } from './supervise.mjs'
import { runMain, say, showProgress } from './terminal.mjs'

const HELP = `npm start: starts Tieout, with a database of its own and a company of simulated systems to try it on.

  npm start                       set up what is missing, start, show what happens; Ctrl-C stops everything
  npm start -- --inbox FOLDER     the same with your own e-invoices
  npm start -- --once             end when nothing is left to do; the exit status is 0 when everything ties out
  npm start -- --once --json      the same, and what came out as one JSON object, alone on standard output
  npm start -- --config FILE      with systems of your own; npm run tieout -- init writes the file
  npm start -- --help             this text

Environment
  TIEOUT_DATA     folder for the data (now ${shown(dataFolder())}); two starts need two folders
  DATABASE_URL    a PostgreSQL server of your own, 15 or later, instead of the embedded one

npm run tieout -- --help names the other commands. npm run tieout -- reset removes the data.`

const PROGRAM = join(ROOT, 'src', 'cli', 'main.ts')

await runMain(async (args) => {
  if (args.includes('--help') || args.includes('-h')) {
    say(HELP)
    return 0
  }
  // Before the long download: what is wrong with the folder is better said at once.
  const data = takeDataFolder()
  try {
    await ensureInstalled()
    say(`Tieout ${JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).version}`)
    return await run(args, data.folder)
  } finally {
    data.release()
  }
})

/**
 * @param {readonly string[]} args
 * @param {string} dataDir
 * @returns {Promise<number>} exit status
 */
async function run(args, dataDir) {
  const asked = whenAskedToStop()
  const lost = deferred(/** @type {Advice | undefined} */ (undefined))
  const postgres = process.env['DATABASE_URL']
    ? undefined
    : await startPostgres({ dataDir, log: say, progress: showProgress, onLost: lost.resolve })
        // Ctrl-C reaches what is making the database too; that it then fails is no news.
        .catch((error) => {
          if (!asked.already()) throw error
        })
  if (asked.already() && !postgres) return 0
  say(
    postgres
      ? `  database  PostgreSQL ${postgres.adopted ? 'was still running; going on with it' : 'is running'}, its data are in ${shown(postgres.folder)}`
      : '  database  the one that DATABASE_URL names',
  )

  const supervisor = supervise({ log: say })
  const hub = supervisor.start({
    name: 'tieout',
    node: nodeBinary(),
    args: [PROGRAM, 'start', ...args],
    output: 'terminal',
    // A run that ends by itself has said with its status how it went.
    restart: !args.includes('--once'),
    cwd: process.env['INIT_CWD'] ?? process.cwd(),
    env: { ...nodeEnvironment(), TIEOUT_DATA: dataDir, ...(postgres ? { TIEOUT_DATABASE_ADMIN_URL: postgres.url('tieout') } : {}) },
  })
  const over = hub.over.then(({ code }) => code ?? 1)

  const status = await Promise.race([asked.once, over, lost.promise])
  if (asked.already()) say('\nStopping. (Ctrl-C once more ends it at once.)')
  void asked.again.then(() => supervisor.stopAll({ graceMs: 0 }))
  await supervisor.stopAll()
  await postgres?.stop()
  if (status instanceof Advice) throw status
  say(`Stopped. Your data stay in ${shown(dataDir)}.`)
  return status ?? 0
}

/** Ctrl-C, a service manager's request, or a terminal that was closed; `again` is the second one. */
function whenAskedToStop() {
  const [once, again] = [deferred(0), deferred(0)]
  let times = 0
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      ;(++times === 1 ? once : again).resolve(0)
    })
  }
  return { once: once.promise, again: again.promise, already: () => times > 0 }
}

/**
 * A promise that is resolved from outside.
 * @template T
 * @param {T} _example only its type matters
 */
function deferred(_example) {
  /** @type {(value: T) => void} */
  let resolve = () => {}
  /** @type {Promise<T>} */
  const promise = new Promise((settle) => {
    resolve = settle
  })
  return {
    promise,
    resolve: (/** @type {T} */ value) => {
      resolve(value)
    },
  }
}
