/**
 * Named points at which a test kills the process: `TIEOUT_KILL_AT=name` or `name:n` for the n-th time it is passed. Free in
 * production: without the variable a call is one comparison. SIGKILL, so that nothing is flushed, closed or told.
 */
const [NAME, TIMES] = (globalThis.process?.env?.['TIEOUT_KILL_AT'] ?? '').split(':')
let left = Number(TIMES ?? 1)

export function mark(name: string): void {
  if (NAME !== '' && NAME === name && --left === 0) process.kill(process.pid, 'SIGKILL')
}
