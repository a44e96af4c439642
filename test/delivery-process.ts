/**
 * A hub that only delivers, as a process of its own, to be killed or frozen. Its systems come as JSON on the command line; it
 * prints `ready`, then its counts whenever they change, takes in the arrivals that its parent sends it, and ends when its standard input does.
 *
 * `FREEZE=n`: stops itself (SIGSTOP) directly before it sends for the n-th time, after the attempt was committed.
 */
import type { Arrival } from '../src/domain/object.ts'
import { deliveringHub, type SystemOf } from './delivery-world.ts'

const [url = '', systems = '[]'] = process.argv.slice(2)
let freezeAt = Number(process.env['FREEZE'] ?? 0)

const hub = await deliveringHub(url, JSON.parse(systems) as SystemOf[], {
  // Asked for by the transport between the commit and the first byte.
  secret: () => {
    if (--freezeAt === 0) process.kill(process.pid, 'SIGSTOP')
    return 'letmein'
  },
})
process.on('message', (arrivals: Arrival[]) => void hub.intake.submit(arrivals))
console.log('ready')
let last = ''
setInterval(() => {
  const counts = JSON.stringify(hub.delivery.stats().map((system) => system.counts))
  if (counts !== last) console.log((last = counts))
}, 20).unref()
process.stdin
  .on('end', () => {
    void hub.stop().then(() => process.exit(0))
  })
  .resume()
