// The one file here that any Node can read, however old: it says which Node is needed before a newer file is opened.
// `node launch/enter.cjs start …` runs launch/start.mjs.
const OLDEST = 18
/** @type {Record<string, () => Promise<unknown>>} */
const COMMANDS = {
  start: () => import('./start.mjs'),
  test: () => import('./test.mjs'),
  check: () => import('./check.mjs'),
  bench: () => import('./bench.mjs'),
  tieout: () => import('./tieout.mjs'),
}

const name = process.argv[2] || ''
const command = COMMANDS[name]
if (parseInt(process.versions.node, 10) < OLDEST) {
  console.error(
    'Tieout needs Node ' +
      OLDEST +
      ' or newer to set itself up (this is Node ' +
      process.versions.node +
      '); on Linux and Windows it then brings its own Node 24, on macOS please install Node 24.',
  )
  process.exit(1)
} else if (!command) {
  console.error('There is no command "' + name + '"; the commands are: ' + Object.keys(COMMANDS).join(', ') + '.')
  process.exit(1)
} else {
  process.argv.splice(2, 1)
  void command()
}
