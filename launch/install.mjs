import { spawn } from 'node:child_process'
import { accessSync, constants, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { Advice, codeOf } from './advice.mjs'
import { markInstalled, wantedHere } from './installed.mjs'
import { say, showProgress } from './terminal.mjs'

/** Measured on linux-x64 with an empty cache. */
const SIZE = { downloadMb: 170, diskMb: 410 }

/**
 * Installs what package-lock.json names, showing how far it is.
 * @param {string} root
 * @param {string} npm
 */
export async function install(root, npm) {
  const total = wantedHere(root).length
  say(`Setting up, once: fetching ${total} packages, about ${SIZE.downloadMb} MB (${SIZE.diskMb} MB on disk, all inside this folder).`)
  const started = Date.now()
  const seconds = () => `${Math.round((Date.now() - started) / 1000)} s`
  let fetched = 0
  /** @type {string[]} */
  const output = []
  const args = [
    'ci',
    '--include=dev',
    '--include=optional',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--no-update-notifier',
    '--loglevel=http',
  ]
  const child = spawn(npm, args, {
    cwd: root,
    env: npmEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
  })
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      if (/ http fetch GET 200 .*\.tgz/.test(line)) fetched += 1
      output.push(line)
    })
  }
  const ticking = setInterval(() => {
    showProgress(
      fetched < total
        ? `  ${fetched} of ${total} packages, ${seconds()}`
        : `  ${total} of ${total} packages, putting them in place, ${seconds()}`,
    )
  }, 1_500)
  /** @type {{ code: number | null, error?: Error }} */
  const end = await new Promise((resolve) => {
    child.once('error', (error) => {
      resolve({ code: null, error })
    })
    child.once('close', (code) => {
      resolve({ code })
    })
  })
  clearInterval(ticking)
  if (codeOf(end.error) === 'ENOENT') {
    throw new Advice(
      'The program npm is missing; it usually comes with Node (some systems have it as a package of its own, "npm"). Install it and start again.',
    )
  }
  if (end.code !== 0) throw whyNpmFailed(root, output, end.error)
  markInstalled(root)
  say(`Set up in ${seconds()}.`)
}

/** What npm's error codes mean to the person at the terminal. @type {readonly [RegExp, string][]} */
const NPM_ERRORS = [
  [
    /^(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ERR_SOCKET_TIMEOUT|UNABLE_TO_.*|SELF_SIGNED.*)$/,
    'The npm registry could not be reached; check the network, or the proxy and registry in your npm settings, and start again.',
  ],
  [
    /^(E401|E403|E407)$/,
    'The npm registry or a proxy refused us; check the registry and its access in your npm settings, and start again.',
  ],
  [/^(E404|ETARGET)$/, 'The npm registry in your settings lacks a package that Tieout needs.'],
  [/^ENOSPC$/, 'The disk is full: setting up takes about 600 MB.'],
  [/^(EACCES|EPERM|EROFS)$/, 'npm may not write where it has to; start from the account that owns this folder.'],
]

/** @param {string} root @param {readonly string[]} output @param {Error | undefined} error */
function whyNpmFailed(root, output, error) {
  const code =
    output.map((line) => /^npm (?:error|ERR!) code (\S+)/.exec(line)?.[1]).find((found) => found !== undefined) ??
    codeOf(error) ??
    'no code'
  const words = NPM_ERRORS.find(([pattern]) => pattern.test(code))?.[1] ?? 'npm could not install the packages.'
  const record = join(root, '.tieout', 'npm.log')
  mkdirSync(join(root, '.tieout'), { recursive: true })
  writeFileSync(record, `${output.join('\n')}\n`)
  return new Advice(`${words} (npm said ${code}; all it said is in ${record}.)`)
}

/** Settings that tell npm where to fetch from and how to get there. All others would change what is installed. */
const KEPT_SETTINGS =
  /^npm_config_(registry|cache|userconfig|globalconfig|ca|cafile|cert|key|proxy|https_proxy|noproxy|strict_ssl|@.*|\/\/.*)$/i

/** The environment for npm: without what a shell or an outer npm may say about what to leave out or where to put it. */
function npmEnvironment() {
  const kept = Object.entries(process.env).filter(([name]) => {
    if (/^npm_config_/i.test(name)) return KEPT_SETTINGS.test(name)
    return !/^(npm_.*|node_env|node_options|init_cwd)$/i.test(name)
  })
  const env = Object.fromEntries(kept)
  // npm runs on the Node of the system: the one in node_modules is about to be replaced.
  env['PATH'] = (env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => !folder.includes('node_modules'))
    .join(delimiter)
  // Accounts of services have a home that is not there.
  if (!mayWrite(env['npm_config_cache'] ?? homedir()))
    env['npm_config_cache'] = join(tmpdir(), `tieout-npm-${process.getuid?.() ?? 'cache'}`)
  return env
}

/** Whether the folder can be written, or made in the nearest folder above it that is there. @param {string} folder @returns {boolean} */
function mayWrite(folder) {
  if (!existsSync(folder)) return folder !== dirname(folder) && mayWrite(dirname(folder))
  try {
    accessSync(folder, constants.W_OK)
    return true
  } catch {
    return false
  }
}
