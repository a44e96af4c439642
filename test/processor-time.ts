/** What `work` gives and the milliseconds of processor time that it took: unlike the clock on the wall, not the neighbours'. */
export function timed<T>(work: () => T): { readonly result: T; readonly ms: number } {
  const before = process.cpuUsage()
  const result = work()
  const { user, system } = process.cpuUsage(before)
  return { result, ms: (user + system) / 1000 }
}
