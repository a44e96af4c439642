/**
 * Far more than the longest of these takes on a slow machine among busy neighbours, and far less than anything that grows with the
 * square of ten megabytes. It says nothing about speed: `npm run bench` measures that.
 */
const LIMIT_MS = 20_000

/** What `work` gives; fails where it took more processor time than any work that grows with its input can take. */
export function soon<T>(work: () => T): T {
  const before = process.cpuUsage()
  const result = work()
  const { user, system } = process.cpuUsage(before)
  const ms = (user + system) / 1000
  if (ms > LIMIT_MS) throw new Error(`It took ${Math.round(ms)} ms of processor time: more than ${LIMIT_MS} ms is no longer its size.`)
  return result
}
