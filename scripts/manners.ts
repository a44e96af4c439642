import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { filesOf, isCode, report, type Problem } from './files.ts'
import { scan } from './imports.ts'

const LONGEST_LINES = 400
/** A name that says nothing of what is inside; the glossary has a better one. */
const EMPTY_WORDS = /^(utils?|utilities|helpers?|managers?|common|misc|stuff)$/
const EMPTY_ENDINGS = /(Utils?|Helpers?|Managers?)$/
const KEBAB = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9-]+)*$/
/** Names that others have given: tools look for exactly these. */
const GIVEN_NAMES = new Set(['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md', 'LICENSE'])
const SET = /^\s*(?:delete )?process\.env\[[^\]]+\](?: =|$)/mu
const HOOK = /^(?:before|after)(?:All|Each)\(/mu
/** Tools that read a configuration file want its default export. */
const NEEDS_DEFAULT = /(^|\/)[\w-]+\.config\.ts$/

/** The manners a machine can see: names, lengths, and exports that can be found by their name. */
export function mannerProblems(root: string): Problem[] {
  return filesOf(root).flatMap((file) => [
    ...nameProblems(file),
    ...(isCode(file) ? codeProblems(file, readFileSync(join(root, file), 'utf8')) : []),
  ])
}

function nameProblems(file: string): Problem[] {
  if (!/^(src|sandbox|scripts|launch|test|bench|rehearsal|docs)\//.test(file) || GIVEN_NAMES.has(basename(file))) return []
  return file.split('/').flatMap((part): Problem[] => {
    const empty = part.split(/[.-]/).find((word) => EMPTY_WORDS.test(word))
    if (empty !== undefined)
      return [{ file, says: `"${empty}" says nothing of what is inside: name it after its subject, with a word of the glossary.` }]
    return KEBAB.test(part) ? [] : [{ file, says: `is not in kebab-case: rename "${part}" to ${kebab(part)}.` }]
  })
}

function codeProblems(file: string, source: string): Problem[] {
  const problems: Problem[] = []
  const lines = source.split('\n').length - 1
  if (lines > LONGEST_LINES && !/\b(table|state machine)\b/i.test(firstComment(source))) {
    problems.push({
      file,
      says: `has ${lines} lines: split it by subject, or, if it is one table or one state machine, say so in its first comment.`,
    })
  }
  if (basename(file).startsWith('index.'))
    problems.push({ file, says: 'is a barrel: name the file after what is in it, and import from there.' })
  if (!file.includes('.test.') && HOOK.test(source)) {
    problems.push({
      file,
      says: 'registers a hook when it is loaded, and test files share what they load: export what it does, for each of them to register.',
    })
  }
  if (file.endsWith('.test.ts') && !file.startsWith('launch/') && SET.test(source)) {
    problems.push({
      file,
      says: 'sets an environment variable, and test files share a process: vi.stubEnv sets it, vi.unstubAllEnvs puts it back.',
    })
  }
  let found
  try {
    found = scan(source)
  } catch {
    return problems // scripts/walls.ts refuses it.
  }
  if (found.onlyReexports) problems.push({ file, says: 'only hands on what others export: import from the file that has it.' })
  if (found.defaultExport !== undefined && !NEEDS_DEFAULT.test(file)) {
    problems.push({
      file,
      line: found.defaultExport,
      says: 'exports a default, which every importer may call something else: export it by its name.',
    })
  }
  for (const { line, name } of found.declared) {
    if (EMPTY_ENDINGS.test(name)) problems.push({ file, line, says: `"${name}": name it after what it does or knows.` })
  }
  return problems
}

function firstComment(source: string): string {
  return /\/\*[\s\S]*?\*\/|(?:^\s*\/\/.*\n)+/m.exec(source)?.[0] ?? ''
}

function kebab(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replaceAll(/[_ ]/g, '-')
    .toLowerCase()
}

if (import.meta.main) report(mannerProblems(join(import.meta.dirname, '..')))
