import { Socket } from 'node:net'
import { isMainThread } from 'node:worker_threads'

/**
 * Loaded into every Node process that the supervisor starts, before its own code: when the supervisor is gone, however it
 * went, the pipe to it closes and this process ends as if it had been asked to. Without this a kill -9 of the supervisor
 * would leave processes behind that nobody watches.
 */
const GRACE_MS = 8_000
const fd = process.env['TIEOUT_TETHER']
// A process that this one starts has another pipe under the same number, and a worker shares ours.
delete process.env['TIEOUT_TETHER']

if (fd !== undefined && isMainThread) {
  const tether = new Socket({ fd: Number(fd) })
  tether.once('close', () => {
    process.kill(process.pid, 'SIGTERM')
    setTimeout(() => {
      process.kill(process.pid, 'SIGKILL')
    }, GRACE_MS).unref()
  })
  tether
    .on('error', () => {})
    .resume()
    .unref()
}
