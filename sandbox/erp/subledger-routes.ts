import { show } from '../plumbing/amounts.ts'
import type { Call, Outcome, Route } from '../plumbing/server.ts'
import { date, record, text, type Problem } from '../plumbing/shape.ts'
import { page, refusal } from './answers.ts'
import type { Ledger } from './ledger.ts'
import type { Asked, Balance, OpenItem, SubledgerLine } from './subledger.ts'

const balancesQuery = record({ companyCode: text(20), from: date, keyDate: date })
const itemsQuery = record({ companyCode: text(20), keyDate: date })
const linesQuery = record({ companyCode: text(20), docNos: text(2_100) })

/** What is open to vendors on a date: balances, items, and the lines of a few documents. */
export function subledgerRoutes(ledger: Ledger): Route[] {
  const get = (path: string, run: (call: Call) => Outcome): Route => ({ method: 'GET', path, op: 'subledger.read', run })
  return [
    get('/subledger/balances', (call) =>
      asking(ledger, call, balancesQuery, [], (query, upTo) => {
        if (query.from > query.keyDate) return malformed('from', 'from must not be after keyDate.')
        const rows = ledger.subledger
          .balances({ companyCode: query.companyCode, keyDate: query.keyDate, upTo }, query.from)
          .map(shownBalance)
        return { status: 200, body: { ...query, upTo: String(upTo), rows } }
      }),
    ),
    get('/subledger/items', (call) =>
      asking(ledger, call, itemsQuery, ['reconAccount', 'waers', 'after', 'limit'], (query, upTo) => {
        const asked: Asked = { ...query, upTo }
        const filters = new URLSearchParams([...call.query].filter(([name]) => !['companyCode', 'keyDate', 'upTo'].includes(name)))
        const found = page({ ...call, query: filters }, ledger.subledger.openItems(asked), {
          reconAccount: (row, wanted) => row.reconAccount === wanted,
          waers: (row, wanted) => row.waers === wanted,
        })
        const { rows, next } = found.body as { rows: readonly OpenItem[]; next: string | null }
        return { status: 200, body: { rows: rows.map((row) => shownItem(ledger, row)), next } }
      }),
    ),
    get('/subledger/lines', (call) =>
      asking(ledger, call, linesQuery, [], ({ companyCode, docNos }, upTo) => {
        const numbers = docNos.split(',')
        if (numbers.length > 100) return malformed('docNos', 'docNos names at most 100 documents.')
        const lines = numbers
          .flatMap((docNo) => ledger.subledger.linesOf(docNo))
          .filter((line) => line.companyCode === companyCode && line.mark <= upTo)
          .sort((a, b) => a.mark - b.mark)
        return { status: 200, body: { rows: lines.map(shownLine), next: null } }
      }),
    ),
  ]
}

function asking<T>(
  ledger: Ledger,
  call: Call,
  shape: (value: unknown, field: string, problems: Problem[]) => T,
  more: readonly string[],
  run: (query: T, upTo: number) => Outcome,
): Outcome {
  const given = Object.fromEntries([...call.query].filter(([name]) => name !== 'upTo' && !more.includes(name)))
  const problems: Problem[] = []
  const query = shape(given, '', problems)
  const upTo = call.query.get('upTo') ?? String(ledger.changes.length)
  if (!/^\d{1,12}$/.test(upTo)) problems.push({ field: 'upTo', text: 'must be a mark' })
  if (problems.length > 0)
    return refusal(400, ...problems.map(({ field, text: says }) => ({ msgId: 'F5-001', field, text: `${field} ${says}.` })))
  const { companyCode } = given
  if (!ledger.companies.has(companyCode ?? ''))
    return refusal(422, { msgId: 'F5-101', field: 'companyCode', text: `Company code ${companyCode ?? ''} does not exist.` })
  return run(query, Math.min(Number(upTo), ledger.changes.length))
}

function malformed(field: string, says: string): Outcome {
  return refusal(400, { msgId: 'F5-001', field, text: says })
}

function shownBalance({ reconAccount, waers, byKind, openItems }: Balance): unknown {
  const at = (kind: Parameters<typeof byKind.get>[0]): bigint => byKind.get(kind) ?? 0n
  return {
    reconAccount,
    waers,
    openingBal: show(at('OPENING'), waers),
    postedBal: show(at('POSTING'), waers),
    stornoBal: show(at('STORNO'), waers),
    clearedBal: show(at('CLEARING'), waers),
    revalBal: show(at('REVAL'), waers),
    closingBal: show(
      [...byKind.values()].reduce((sum, value) => sum + value, 0n),
      waers,
    ),
    openItems,
  }
}

function shownItem(ledger: Ledger, { docNo, reconAccount, waers, openBal }: OpenItem): unknown {
  const held = ledger.documents.get(docNo)
  return {
    docNo,
    reconAccount,
    waers,
    vendorNo: held?.vendorNo,
    vendorDocNo: held?.vendorDocNo,
    docType: held?.docType,
    postingDate: held?.postingDate,
    docAmt: held?.grossAmt,
    openBal: show(openBal, waers),
  }
}

function shownLine({ docNo, reconAccount, waers, kind, bookedOn, amt, sourceNo }: SubledgerLine): unknown {
  return { docNo, reconAccount, waers, kind, bookedOn, amt: show(amt, waers), sourceNo }
}
