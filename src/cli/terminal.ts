/** What a terminal is told: colours only where somebody sees them, and nothing in foreign words that could steer it. */
import { styleText } from 'node:util'
import { sumOf } from '../domain/invoice-content.ts'

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'
export type Paint = (style: Style, text: string) => string

/** Colours on a terminal, unless NO_COLOR is set (https://no-color.org); plain text elsewhere. */
export function paintFor(output: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv = process.env): Paint {
  const colours = output.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb'
  return colours ? (style, text) => styleText(style, text, { validateStream: false }) : (_style, text) => text
}

/** Controls, escapes and turns of direction as `\u…`: a supplier's name must not move a cursor. */
export function plainText(text: string): string {
  return text.replace(
    /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** The text in lines of at most `width` columns, broken between words; a word that is longer is cut. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ').flatMap((word) => cut(word, width))) {
    if (line !== '' && columnsOf(line) + 1 + columnsOf(word) > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}

function cut(word: string, width: number): string[] {
  if (columnsOf(word) <= width) return [word]
  const parts = ['']
  for (const char of word) {
    if (columnsOf(`${parts.at(-1)}${char}`) > width) parts.push('')
    parts[parts.length - 1] += char
  }
  return parts
}

const NONE = /\p{Mn}|\p{Me}|\p{Cf}/u
const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u

/** Columns that a text takes: East Asian wide characters take two (UAX #11, by block), combining marks none. */
export function columnsOf(text: string): number {
  let columns = 0
  for (const char of text) columns += NONE.test(char) ? 0 : WIDE.test(char) ? 2 : 1
  return columns
}

/** The text on one line of at most `width` columns, its end left out where it is longer. */
export function clipped(text: string, width: number): string {
  const plain = plainText(text)
  return columnsOf(plain) <= width ? plain : `${cut(plain, width - 1)[0] ?? ''}…`
}

/** The text filled up with spaces to a width. */
export function padded(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - columnsOf(text)))
}

/** Amounts by currency, each summed exactly; nothing where there are none. */
export function sumText(rows: readonly { readonly amount: string | null; readonly currency: string | null }[]): string {
  const known = rows.flatMap(({ amount, currency }) => (amount === null ? [] : [{ amount, currency: currency ?? '' }]))
  return [...Map.groupBy(known, ({ currency }) => currency)]
    .map(([currency, same]) => `${total(same.map(({ amount }) => amount))} ${currency}`.trim())
    .join(', ')
}

/** With as many decimals as the most exact of them has. */
function total(amounts: readonly string[]): string {
  const [whole = '', decimals = ''] = sumOf(amounts).split('.')
  const scale = Math.max(...amounts.map((amount) => (amount.split('.')[1] ?? '').length))
  return scale === 0 ? whole : `${whole}.${decimals.padEnd(scale, '0')}`
}

export function printed(lines: readonly string[]): void {
  for (const line of lines) process.stdout.write(`${line}\n`)
}
