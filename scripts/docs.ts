import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join, posix } from 'node:path'
import { filesOf, report, type Problem } from './files.ts'

/** A file name of ours without a folder, as in "see `judge.ts`". */
const BARE_FILE = /^[\w.-]+\.(ts|tsx|mjs|sql|md)$/

/** Every file, folder and heading that a Markdown file names is there: what was renamed is renamed in the words about it too. */
export function docsProblems(root: string): Problem[] {
  const files = filesOf(root)
  const known = new Known(root, files)
  return files
    .filter((file) => file.endsWith('.md'))
    .flatMap((file) =>
      proseOf(readFileSync(join(root, file), 'utf8')).flatMap(({ line, text }) => [
        ...[...text.matchAll(/`([^`]+)`/g)].flatMap(([, named = '']) =>
          known.namesNothing(file, named) ? [{ file, line, says: `names \`${named}\`, which is not there.` }] : [],
        ),
        ...[...text.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = '']) =>
          known.leadsNowhere(file, target) ? [{ file, line, says: `links to ${target}, which is not there.` }] : [],
        ),
      ]),
    )
}

class Known {
  readonly #root: string
  readonly #files: readonly string[]
  readonly #top: ReadonlySet<string>

  constructor(root: string, files: readonly string[]) {
    this.#root = root
    this.#files = files
    this.#top = new Set(readdirSync(root))
  }

  /** Whether a word in backticks looks like a path of ours and there is nothing of that name. `*` and `<word>` stand for any. */
  namesNothing(from: string, word: string): boolean {
    const path = word.replace(/[:#]L?\d+$/, '').replace(/\/$/, '')
    if (/[\s$~]/.test(path) || path.startsWith('/')) return false
    const isPath = path.includes('/') && (path.startsWith('.') || this.#top.has(path.split('/')[0]!))
    if (!isPath && !BARE_FILE.test(path)) return false
    const candidates = [path, posix.join(posix.dirname(from), path)]
    if (candidates.some((candidate) => this.#isThere(candidate))) return false
    return isPath || !this.#files.some((file) => basename(file) === path)
  }

  leadsNowhere(from: string, target: string): boolean {
    if (/^[a-z]+:/.test(target)) return false
    const [path = '', anchor] = target.split('#')
    const file = path === '' ? from : posix.join(posix.dirname(from), path)
    if (!this.#isThere(file.replace(/\/$/, ''))) return true
    return anchor !== undefined && file.endsWith('.md') && !headingsOf(readFileSync(join(this.#root, file), 'utf8')).includes(anchor)
  }

  #isThere(path: string): boolean {
    if (!/[*<]/.test(path)) return existsSync(join(this.#root, path))
    const pattern = path.replace(/[.+^${}()|[\]\\]/g, '\\$&').replace(/\*\*|\*|<[^>]*>/g, (any) => (any === '**' ? '.*' : '[^/]*'))
    return this.#files.some((file) => new RegExp(`^${pattern}(/|$)`).test(file))
  }
}

/** The lines that are not in a fenced block. */
function proseOf(markdown: string): { line: number; text: string }[] {
  let fenced = false
  return markdown.split('\n').flatMap((text, index) => {
    const fence = /^\s*(```|~~~)/.test(text)
    if (fence) fenced = !fenced
    return fence || fenced ? [] : [{ line: index + 1, text }]
  })
}

/** The anchors that GitHub makes of headings. */
function headingsOf(markdown: string): string[] {
  return proseOf(markdown)
    .flatMap(({ text }) => /^#+\s+(.*)$/.exec(text)?.[1] ?? [])
    .map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replaceAll(' ', '-'),
    )
}

if (import.meta.main) report(docsProblems(join(import.meta.dirname, '..')))
