/** Comma-separated values as RFC 4180 writes them, in UTF-8; a semicolon as separator where the first line has one, as many spreadsheets write. */

export interface CsvRow {
  readonly line: number
  readonly cells: readonly string[]
}

/** The rows, or where the text is none. Lines are counted from 1; empty ones are passed over. */
export function readCsv(text: string): readonly CsvRow[] | { readonly line: number; readonly says: string } {
  const separator = /^[^\n"]*;/u.test(text) ? ';' : ','
  const rows: CsvRow[] = []
  let cells: string[] = []
  let at = text.startsWith('\uFEFF') ? 1 : 0
  let line = 1
  let start = 1
  const end = (): void => {
    if (cells.length > 1 || cells[0] !== '') rows.push({ line: start, cells })
    cells = []
  }
  while (at < text.length) {
    if (cells.length === 0) start = line
    if (text[at] === '"') {
      const quoted = quotedAt(text, at)
      if (quoted === undefined) return { line, says: 'a quotation mark is never closed' }
      line += quoted.text.split('\n').length - 1
      at = quoted.after
      cells.push(quoted.text)
      if (at < text.length && ![separator, '\n', '\r'].includes(text[at] ?? ''))
        return { line, says: 'something stands behind a closing quotation mark' }
    } else {
      const stop = [separator, '\n'].map((mark) => text.indexOf(mark, at)).filter((place) => place >= 0)
      const after = stop.length === 0 ? text.length : Math.min(...stop)
      cells.push(text.slice(at, after).replace(/\r$/u, ''))
      at = after
    }
    if (text[at] === '\r') at += 1
    if (text[at] === separator) {
      at += 1
      if (at === text.length || text[at] === '\n' || text[at] === '\r') cells.push('')
      if (at < text.length && text[at] !== '\n' && text[at] !== '\r') continue
      if (text[at] === '\r') at += 1
    }
    if (at >= text.length || text[at] === '\n') {
      end()
      at += 1
      line += 1
    }
  }
  return rows
}

function quotedAt(text: string, start: number): { readonly text: string; readonly after: number } | undefined {
  let at = start + 1
  for (;;) {
    const mark = text.indexOf('"', at)
    if (mark < 0) return undefined
    if (text[mark + 1] !== '"') return { text: text.slice(start + 1, mark).replaceAll('""', '"'), after: mark + 1 }
    at = mark + 2
  }
}
