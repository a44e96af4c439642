/** What the rig needs of the machine beside Node: two packages of the distribution, installed where that is ours to do. */
import { spawnSync } from 'node:child_process'
import { missingTools } from './faults/table.ts'

/** Installs what is missing when we are root on a Debian. What is still missing after that, and whether the run must not go on without. */
export function setUpTools(): { readonly missing: readonly string[]; readonly mustHave: boolean } {
  const mustHave = process.env['CI'] === 'true'
  if (missingTools().length === 0) return { missing: [], mustHave }
  if (process.getuid?.() === 0) {
    const apt = (...args: string[]): void => {
      spawnSync('apt-get', args, { stdio: 'ignore', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } })
    }
    apt('install', '-y', '--no-install-recommends', ...missingTools())
    if (missingTools().length > 0) {
      apt('update')
      apt('install', '-y', '--no-install-recommends', ...missingTools())
    }
  }
  return { missing: missingTools(), mustHave }
}
