/** One place where a file names another module. */
export interface Import {
  readonly line: number
  readonly specifier: string
}

export interface Scan {
  readonly imports: readonly Import[]
  /** Lines on which something is imported whose name is only known when the code runs. */
  readonly computed: readonly number[]
  /** Names declared by class, function, const, let, interface or type, anywhere in the file. */
  readonly declared: readonly { readonly line: number; readonly name: string }[]
  readonly defaultExport: number | undefined
  /** Whether the file does nothing but hand on what others export. */
  readonly onlyReexports: boolean
}

type Kind = 'word' | 'string' | 'mark'
interface Token {
  readonly kind: Kind
  readonly text: string
  readonly line: number
}

const DECLARES = new Set(['class', 'function', 'const', 'let', 'interface', 'type'])

/**
 * What a TypeScript or JavaScript file imports, read off its tokens. A full parser would see no more imports than this, and
 * would be one more dependency that every check waits for. What cannot be read is refused, never skipped over: throws a
 * SyntaxError that names the line.
 */
export function scan(source: string): Scan {
  const tokens = tokensOf(source)
  const imports: Import[] = []
  const computed: number[] = []
  const declared: { line: number; name: string }[] = []
  let defaultExport: number | undefined
  let handedOn = 0
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at]!
    if (token.kind !== 'word' || tokens[at - 1]?.text === '.') continue
    const next = tokens[at + 1]
    if (DECLARES.has(token.text) && next?.kind === 'word') declared.push({ line: token.line, name: next.text })
    if (token.text === 'export' && next?.text === 'default') defaultExport ??= token.line
    if (token.text === 'import' && next?.text === '(') {
      const named = tokens[at + 2]
      if (named?.kind === 'string') imports.push({ line: token.line, specifier: named.text })
      else computed.push(token.line)
    } else if (token.text === 'import' || token.text === 'export') {
      const end = endOfClause(tokens, at)
      if (end === undefined) continue
      imports.push({ line: token.line, specifier: tokens[end]!.text })
      if (token.text === 'export') handedOn += end - at + 1
      at = end
    }
  }
  return { imports, computed, declared, defaultExport, onlyReexports: handedOn > 0 && handedOn === tokens.length }
}

/** The index of the module's name in `import … 'x'`, `import … from 'x'` or `export … from 'x'`; undefined for any other statement. */
function endOfClause(tokens: readonly Token[], start: number): number | undefined {
  let at = start + 1
  if (tokens[start]!.text === 'import' && tokens[at]?.kind === 'string') return at
  if (tokens[at]?.text === 'type') at += 1
  if (tokens[start]!.text === 'export' && tokens[at]?.text !== '*' && tokens[at]?.text !== '{') return undefined
  for (let depth = 0; at < tokens.length; at++) {
    const token = tokens[at]!
    if (token.text === '{') depth += 1
    else if (token.text === '}') depth -= 1
    else if (depth === 0 && token.text === 'from' && tokens[at + 1]?.kind === 'string') return at + 1
    else if (depth === 0 && token.kind === 'mark' && token.text !== '*' && token.text !== ',') return undefined
    // After the closing bracket of `export { … }` comes `from` or another statement.
    if (depth === 0 && token.text === '}' && tokens[at + 1]?.text !== 'from') return undefined
  }
  return undefined
}

const WORD = /[\p{ID_Start}$_#][\p{ID_Continue}$]*|\d[\w.]*/uy
/** A slash after one of these begins a regular expression; after anything else it divides. */
const BEFORE_REGEX = new Set(['return', 'typeof', 'case', 'in', 'of', 'do', 'else', 'void', 'delete', 'throw', 'new', 'await', 'yield'])

/** The code without comments and blanks; the text of a template counts as one string, the code inside `${}` as code. */
function tokensOf(source: string): Token[] {
  const tokens: Token[] = []
  /** For each `${` that is open, how many braces are open inside it. */
  const templates: number[] = []
  let line = 1
  let at = 0
  const fail = (what: string) => new SyntaxError(`line ${line}: ${what}`)
  const add = (kind: Kind, text: string) => {
    tokens.push({ kind, text, line })
  }
  const advance = (to: number) => {
    for (; at < to; at++) if (source[at] === '\n') line += 1
  }
  const text = (from: number) => {
    let end = from
    for (; source[end] !== '`' && !source.startsWith('${', end); end++) {
      if (end >= source.length) throw fail('a template that does not end')
      if (source[end] === '\\') end += 1
    }
    add('string', source.slice(from, end))
    if (source[end] === '`') return advance(end + 1)
    templates.push(0)
    advance(end + 2)
  }

  while (at < source.length) {
    const char = source[at]!
    WORD.lastIndex = at
    if (/\s/.test(char)) advance(at + 1)
    else if (source.startsWith('//', at) || (at === 0 && source.startsWith('#!'))) advance(orEnd(source.indexOf('\n', at), source))
    else if (source.startsWith('/*', at)) advance(orEnd(source.indexOf('*/', at + 2), source) + 2)
    else if (char === "'" || char === '"') {
      const end = closing(source, at, char)
      if (end === undefined) throw fail('a string that does not end')
      add('string', source.slice(at + 1, end))
      advance(end + 1)
    } else if (char === '`') text(at + 1)
    else if (char === '}' && templates.at(-1) === 0) {
      templates.pop()
      text(at + 1)
    } else if (char === '/' && beginsRegex(tokens.at(-1))) {
      const end = closing(source, at, '/')
      if (end === undefined) throw fail('a regular expression that does not end')
      add('string', source.slice(at + 1, end))
      advance(end + 1)
    } else if (WORD.test(source)) {
      add('word', source.slice(at, WORD.lastIndex))
      advance(WORD.lastIndex)
    } else {
      if (templates.length > 0 && char === '{') templates[templates.length - 1]! += 1
      if (templates.length > 0 && char === '}') templates[templates.length - 1]! -= 1
      add('mark', char)
      advance(at + 1)
    }
  }
  if (templates.length > 0) throw fail('a template that does not end')
  return tokens
}

function orEnd(index: number, source: string): number {
  return index === -1 ? source.length : index
}

/** Where the string or regular expression that begins at `start` ends on its line; a slash inside `[…]` ends nothing. */
function closing(source: string, start: number, mark: string): number | undefined {
  let inClass = false
  for (let at = start + 1; at < source.length && source[at] !== '\n'; at++) {
    if (source[at] === '\\') at += 1
    else if (mark === '/' && source[at] === '[') inClass = true
    else if (mark === '/' && source[at] === ']') inClass = false
    else if (source[at] === mark && !inClass) return at
  }
  return undefined
}

function beginsRegex(before: Token | undefined): boolean {
  if (before === undefined) return true
  if (before.kind === 'word') return BEFORE_REGEX.has(before.text)
  return before.kind === 'mark' && !')]}'.includes(before.text)
}
