import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { filesOf, report, type Problem } from './files.ts'

interface Manifest {
  readonly dependencies?: Record<string, string>
  readonly devDependencies?: Record<string, string>
  readonly optionalDependencies?: Record<string, string>
  readonly overrides?: Record<string, string>
}
interface LockedPackage extends Manifest {
  readonly version?: string
  readonly resolved?: string
}

const EXACT = /^\d+\.\d+\.\d+(-[\w.]+)?$/
/** A registry's address belongs to the user's own settings: a mirror must work, and a lock file must not name ours. */
const REGISTRY = /\bregistry\.[a-z0-9-]+\.[a-z]{2,}|\bnpm\.pkg\.|\/artifactory\/|^\s*(@[\w-]+:)?registry\s*=/im

/** Whether what is installed is the same everywhere: exact pins, a lock file complete for every platform, no registry named. */
export function lockProblems(root: string): Problem[] {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as { packages: Record<string, LockedPackage> }
  return [
    ...pinProblems(manifest),
    ...agreementProblems(manifest, lock.packages),
    ...lockFileProblems(lock.packages),
    ...registryProblems(root),
  ]
}

function wanted(manifest: Manifest): [string, string][] {
  return Object.entries({ ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies })
}

/** npm prefers, inside a range, what fits the Node it runs on itself, which is not the Node the project runs on. */
function pinProblems(manifest: Manifest): Problem[] {
  return [...wanted(manifest), ...Object.entries(manifest.overrides ?? {})]
    .filter(([, version]) => !EXACT.test(version))
    .map(([name, version]) => ({
      file: 'package.json',
      says: `"${name}": "${version}" is not an exact version: write the one that was tested.`,
    }))
}

function agreementProblems(manifest: Manifest, locked: Record<string, LockedPackage>): Problem[] {
  return wanted(manifest).flatMap(([name, version]): Problem[] => {
    const found = locked[`node_modules/${name}`]?.version
    return found === version
      ? []
      : [
          {
            file: 'package-lock.json',
            says: `holds ${name} ${found ?? 'not at all'}, package.json wants ${version}: run npm install and commit both.`,
          },
        ]
  })
}

/**
 * A registry that lacks a package's programs for one platform makes `npm install` leave them out without a word, and then
 * `npm ci` fails for everyone on that platform, or for everyone.
 */
function lockFileProblems(locked: Record<string, LockedPackage>): Problem[] {
  return Object.entries(locked).flatMap(([path, entry]): Problem[] => {
    const missing = Object.keys({ ...entry.dependencies, ...entry.optionalDependencies }).filter((name) => !isLocked(locked, path, name))
    const problems = missing.map((name) => ({
      file: 'package-lock.json',
      says: `lacks ${name}, which ${path || 'the project'} depends on: pin a version whose programs are all there.`,
    }))
    return entry.resolved === undefined
      ? problems
      : [
          ...problems,
          {
            file: 'package-lock.json',
            says: `names where ${path} was fetched ("resolved"): install with omit-lockfile-registry-resolved, as .npmrc says.`,
          },
        ]
  })
}

/** Node looks for a package beside the one that asks, then in each folder above. */
function isLocked(locked: Record<string, LockedPackage>, path: string, name: string): boolean {
  for (let from = path; ; from = from.slice(0, Math.max(0, from.lastIndexOf('/node_modules/')))) {
    if (locked[`${from === '' ? '' : `${from}/`}node_modules/${name}`]) return true
    if (from === '') return false
  }
}

function registryProblems(root: string): Problem[] {
  return filesOf(root)
    .filter((file) => /\.(ts|tsx|mjs|js|json|md|yaml|yml|sql|sh)$|(^|\/)(\.npmrc|run)$/.test(file))
    .flatMap((file): Problem[] => {
      const lines = readFileSync(join(root, file), 'utf8').split('\n')
      const at = lines.findIndex((line) => REGISTRY.test(line))
      return at === -1 ? [] : [{ file, line: at + 1, says: "names a package registry: leave that to the user's own npm settings." }]
    })
}

if (import.meta.main) report(lockProblems(join(import.meta.dirname, '..')))
