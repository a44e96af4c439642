/**
 * How the embedded server runs: enough for one hub on a small machine with 2 cores, nothing given up that a promise rests
 * on. They are given on the command line, so that every start uses the settings of its version.
 * @type {Readonly<Record<string, string>>}
 */
export const SETTINGS = {
  // Durability: an answer means the event is on disk. These are PostgreSQL's defaults, named so that nobody turns them off.
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',

  // Size. The hub holds a few connections per process; 60 leaves room for several processes and a person with psql.
  shared_buffers: '128MB',
  max_connections: '60',
  max_wal_size: '1GB',
  min_wal_size: '80MB',

  // Statements are short and come again and again: compiling them costs more than it saves.
  jit: 'off',

  // A client that died with an open transaction must not hold its locks for ever.
  idle_in_transaction_session_timeout: '60s',

  timezone: 'UTC',
  log_timezone: 'UTC',
  log_min_messages: 'warning',
  cluster_name: 'tieout',
}

/**
 * Only what is needed to find programs and to speak plain text. In particular no PG… variable of the user's own database,
 * and LC_ALL, without which PostgreSQL on macOS becomes multithreaded while starting and gives up.
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Record<string, string>}
 */
export function serverEnvironment(env = process.env) {
  const kept = ['PATH', 'SystemRoot', 'TEMP', 'TMP'].flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]]))
  return { ...Object.fromEntries(kept), LC_ALL: 'C', TZ: 'UTC' }
}
