import { spawn } from 'node:child_process'
import { ROOT } from './places.mjs'
import { nodeBinary, nodeEnvironment } from './setup.mjs'

/**
 * Runs a program under Node 24 in this terminal and waits for it. Ctrl-C reaches it directly, and how it ends is its own
 * affair; a request to end that reaches only us is handed on.
 * @param {readonly string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, cwd?: string }} [options]
 * @returns {Promise<number>} its exit status; 128 + n when signal n ended it
 */
export function runNode(args, { env = process.env, cwd = ROOT } = {}) {
  const child = spawn(nodeBinary(), args, { cwd, env: nodeEnvironment(env), stdio: 'inherit' })
  const ignore = () => {}
  const handOn = () => {
    child.kill('SIGTERM')
  }
  process.on('SIGINT', ignore).on('SIGTERM', handOn)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      process.off('SIGINT', ignore).off('SIGTERM', handOn)
      resolve(code ?? (signal === 'SIGINT' ? 130 : 143))
    })
  })
}
