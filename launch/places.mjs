import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of this clone. */
export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))

/** The machine as the packages with programs name it: `linux-x64`, `darwin-arm64`, `windows-x64`; `linux-x64-musl` has none. */
export const MACHINE = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}${isMusl() ? '-musl' : ''}`

/** Alpine and its like have another C library than the one all these programs are made for. */
function isMusl() {
  if (process.platform !== 'linux') return false
  const report = /** @type {{ header: object }} */ (process.report.getReport())
  return !('glibcVersionRuntime' in report.header)
}

/**
 * Where this user's data live: never in the clone, so that a new clone finds them and removing a clone loses nothing.
 * `TIEOUT_DATA` overrides; else the XDG base directory (specifications.freedesktop.org/basedir-spec), on macOS and Windows
 * the place these systems name.
 * @param {NodeJS.ProcessEnv} [env]
 */
export function dataFolder(env = process.env) {
  if (env['TIEOUT_DATA']) return resolve(env['TIEOUT_DATA'])
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'tieout')
  if (process.platform === 'win32') return join(env['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local'), 'tieout')
  return join(env['XDG_DATA_HOME'] || join(homedir(), '.local', 'share'), 'tieout')
}

/**
 * Where things are kept that can be made again, for this user or, as root, for the machine.
 * @param {NodeJS.ProcessEnv} [env]
 */
export function cacheFolder(env = process.env) {
  if (process.getuid?.() === 0) return '/var/cache/tieout'
  return join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'tieout')
}
