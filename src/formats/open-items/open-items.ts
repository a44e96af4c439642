/**
 * A file of open items, as CSV or JSON with the same names: one row per document and currency. Every amount is signed as what we
 * owe. All that is wrong is told at once, by line.
 */
import type { CutOverItem, OpenAmount } from '../../domain/cut-over.ts'
import { parseMoney } from '../../domain/money.ts'
import { isCalendarDate } from '../../lib/time.ts'
import { readCsv } from './csv.ts'

export const OPEN_ITEM_COLUMNS = ['document', 'supplier', 'number', 'postedOn', 'account', 'currency', 'amount', 'open'] as const
type Column = (typeof OPEN_ITEM_COLUMNS)[number]
type Row = { readonly [column in Column]: string }

export interface ItemProblem {
  readonly line: number
  readonly says: string
}
export type OpenItems = { readonly items: readonly CutOverItem[] } | { readonly problems: readonly ItemProblem[] }

const LIMIT_PROBLEMS = 20
const NAME_LENGTH = 140

export function readOpenItems(bytes: Uint8Array): OpenItems {
  const text = decoded(bytes)
  if (text === undefined) return { problems: [{ line: 1, says: 'the file is not UTF-8' }] }
  const rows = /^\uFEFF?\s*[[{]/u.test(text) ? jsonRows(text) : csvRows(text)
  if ('problems' in rows) return rows
  if (rows.length === 0) return { problems: [{ line: 1, says: 'the file holds no item' }] }
  const problems = rows.flatMap(({ line, row }) => problemsOf(row).map((says) => ({ line, says })))
  return problems.length > 0 ? { problems: problems.slice(0, LIMIT_PROBLEMS) } : itemsOf(rows)
}

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

type Rows = readonly { readonly line: number; readonly row: Row }[]

function csvRows(text: string): Rows | { readonly problems: readonly ItemProblem[] } {
  const read = readCsv(text)
  if ('says' in read) return { problems: [read] }
  const [head, ...rows] = read
  const names = head?.cells.map((cell) => cell.trim()) ?? []
  const missing = OPEN_ITEM_COLUMNS.filter((column) => !names.includes(column))
  const strange = names.filter((name) => !(OPEN_ITEM_COLUMNS as readonly string[]).includes(name))
  if (missing.length > 0 || strange.length > 0) {
    const says = [...missing.map((name) => `there is no column ${name}`), ...strange.map((name) => `a column ${name} is not known`)].join(
      '; ',
    )
    return { problems: [{ line: 1, says: `${says}; the columns are ${OPEN_ITEM_COLUMNS.join(', ')}` }] }
  }
  const short = rows.find(({ cells }) => cells.length !== names.length)
  if (short) return { problems: [{ line: short.line, says: `it has ${short.cells.length} cells; the head has ${names.length}` }] }
  return rows.map(({ line, cells }) => ({ line, row: Object.fromEntries(names.map((name, at) => [name, cells[at]?.trim() ?? ''])) as Row }))
}

function jsonRows(text: string): Rows | { readonly problems: readonly ItemProblem[] } {
  const bad = (says: string): { readonly problems: readonly ItemProblem[] } => ({ problems: [{ line: 1, says }] })
  let value: unknown
  try {
    value = JSON.parse(text.replace(/^\uFEFF/u, ''))
  } catch {
    return bad('the file is not JSON')
  }
  if (!Array.isArray(value)) return bad('the file is no list of items')
  const rows: { line: number; row: Row }[] = []
  for (const [at, item] of (value as unknown[]).entries()) {
    const given = typeof item === 'object' && item !== null ? Object.entries(item) : []
    const strange = given.find(([name, held]) => !(OPEN_ITEM_COLUMNS as readonly string[]).includes(name) || typeof held !== 'string')
    if (strange || given.length !== OPEN_ITEM_COLUMNS.length)
      return bad(`item ${at + 1} does not have the members ${OPEN_ITEM_COLUMNS.join(', ')}, all of them texts`)
    rows.push({ line: at + 1, row: Object.fromEntries(given) as Row })
  }
  return rows
}

function problemsOf(row: Row): string[] {
  const named = (['document', 'supplier', 'number', 'account'] as const).flatMap((name) =>
    row[name] === '' || row[name].length > NAME_LENGTH || /\p{Cc}/u.test(row[name])
      ? [`${name} is no text of 1 to ${NAME_LENGTH} characters`]
      : [],
  )
  const amounts = (['amount', 'open'] as const).flatMap((name) =>
    parseMoney(row[name], row.currency)
      ? []
      : [`${name} ${row[name].slice(0, 30)} is no amount in ${row.currency.slice(0, 10) || 'no currency'}, such as 119.00`],
  )
  return [...named, ...amounts, ...(isCalendarDate(row.postedOn) ? [] : [`postedOn ${row.postedOn.slice(0, 30)} is no date YYYY-MM-DD`])]
}

/** Rows of one document become one item; the first names it. */
function itemsOf(rows: Rows): OpenItems {
  const items = new Map<string, Omit<CutOverItem, 'open'> & { readonly open: OpenAmount[] }>()
  const problems: ItemProblem[] = []
  for (const { line, row } of rows) {
    const { document, supplier, number, postedOn, account, currency, amount, open } = row
    const known = items.get(document)
    if (!known) {
      items.set(document, {
        postingNo: document,
        supplier,
        number,
        amount,
        currency,
        postedOn,
        open: [{ account, currency, amount: open }],
      })
      continue
    }
    if (known.supplier !== supplier || known.number !== number)
      problems.push({ line, says: `document ${document} is there before, of another supplier or with another number` })
    else if (known.open.some((one) => one.account === account && one.currency === currency))
      problems.push({ line, says: `document ${document} is there twice in ${currency}` })
    else known.open.push({ account, currency, amount: open })
  }
  return problems.length > 0 ? { problems: problems.slice(0, LIMIT_PROBLEMS) } : { items: [...items.values()] }
}
