/**
 * Broken builds: deliberate defects, each a unified diff over a copy of `src` with a head that says what it breaks and which part
 * of the rig convicts it. Applied by our own hands, with no fuzz: a patch that no longer fits is refused, and has to be looked at.
 */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'

/** The part of the rig that has to convict: the simulation, or real processes. */
export type Tier = 'S' | 'R'

export interface Patch {
  readonly name: string
  readonly defect: string
  readonly tier: Tier
  /** Of real processes: the row of the fault matrix that shows it; without it all are played. */
  readonly row?: string | undefined
  /** Of the simulation: one that convicted it, to be tried before others. */
  readonly seed?: number
  readonly files: readonly FilePatch[]
}
interface FilePatch {
  readonly file: string
  readonly hunks: readonly Hunk[]
}
/** Lines as they have to stand there, and as they stand afterwards. */
interface Hunk {
  readonly before: readonly string[]
  readonly after: readonly string[]
}

const HERE = import.meta.dirname
export const ROOT = join(HERE, '../..')

/** All patches of the folder, by name. Throws, naming the file, for one that is none. */
export function readPatches(folder = HERE): Patch[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.patch'))
    .sort()
    .map((file) => parsePatch(basename(file, '.patch'), readFileSync(join(folder, file), 'utf8')))
}

/** `defect:`, `tier:` and perhaps `row:` or `seed:` at its head, then diffs as `diff -U1` writes them, paths from the project's root. */
export function parsePatch(name: string, text: string): Patch {
  const head = new Map([...text.matchAll(/^(defect|tier|row|seed): (.+)$/gmu)].map(([, key = '', value = '']) => [key, value.trim()]))
  const tier = head.get('tier')
  const defect = head.get('defect')
  if (defect === undefined || (tier !== 'S' && tier !== 'R'))
    throw new Error(`${name}.patch: its head must say "defect: …" and "tier: S" or "tier: R"`)
  const files: { file: string; hunks: { before: string[]; after: string[] }[] }[] = []
  for (const line of text.split('\n')) {
    const hunk = files.at(-1)?.hunks.at(-1)
    if (line.startsWith('--- ')) files.push({ file: line.slice(4).replace(/^a\//u, '').trim(), hunks: [] })
    else if (line.startsWith('@@')) files.at(-1)?.hunks.push({ before: [], after: [] })
    else if (hunk && line.startsWith('-')) hunk.before.push(line.slice(1))
    else if (hunk && line.startsWith('+') && !line.startsWith('+++ ')) hunk.after.push(line.slice(1))
    else if (hunk && line.startsWith(' ')) for (const side of [hunk.before, hunk.after]) side.push(line.slice(1))
  }
  if (files.length === 0 || files.some(({ file, hunks }) => !file.startsWith('src/') || hunks.length === 0))
    throw new Error(`${name}.patch: it must change files of src/`)
  const seed = head.get('seed')
  return { name, defect, tier, row: head.get('row'), ...(seed === undefined ? {} : { seed: Number(seed) }), files }
}

/** The text with the hunks applied, or in one sentence why they do not fit. Lines must be there exactly once. */
export function applyHunks(text: string, hunks: readonly Hunk[]): { readonly text: string } | { readonly trouble: string } {
  let lines = text.split('\n')
  for (const { before, after } of hunks) {
    const places = lines.flatMap((_line, at) => (before.every((line, n) => lines[at + n] === line) ? [at] : []))
    const [place] = places
    if (place === undefined || before.length === 0 || places.length > 1)
      return {
        trouble: `${places.length === 0 ? 'nowhere' : 'more than once'} stands: ${before.find((line) => line.trim() !== '')?.trim() ?? ''}`,
      }
    lines = [...lines.slice(0, place), ...after, ...lines.slice(place + before.length)]
  }
  return { text: lines.join('\n') }
}

/** What of a patch no longer fits the sources. */
export function patchProblems(patch: Patch, root = ROOT): string[] {
  return patch.files.flatMap(({ file, hunks }) => {
    let text: string
    try {
      text = readFileSync(join(root, file), 'utf8')
    } catch {
      return [`${patch.name}.patch: ${file} is not there any more`]
    }
    const applied = applyHunks(text, hunks)
    return 'trouble' in applied
      ? [`${patch.name}.patch no longer applies to ${file}: ${applied.trouble}`]
      : applied.text === text
        ? [`${patch.name}.patch changes nothing in ${file}`]
        : []
  })
}

/** A copy of the project with the defect in it, in a folder of its own; `folders` beside `src` are taken over as well. */
export function brokenCopy(patch: Patch, folders: readonly string[]): { readonly root: string; remove(): void } {
  const root = mkdtempSync(join(tmpdir(), `broken-${patch.name}-`))
  for (const folder of ['src', ...folders])
    cpSync(join(ROOT, folder), join(root, folder), { recursive: true, filter: (path) => !path.endsWith('.test.ts') })
  cpSync(join(ROOT, 'package.json'), join(root, 'package.json'))
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'))
  for (const { file, hunks } of patch.files) {
    const applied = applyHunks(readFileSync(join(root, file), 'utf8'), hunks)
    if ('trouble' in applied) throw new Error(`${patch.name}.patch no longer applies to ${file}: ${applied.trouble}`)
    writeFileSync(join(root, file), applied.text)
  }
  return { root, remove: () => rmSync(root, { recursive: true, force: true }) }
}
