/**
 * The sub-ledger: balances first, which say of which moment they are (`upTo`), then the open items of that same moment, page by
 * page. What is booked meanwhile, even on an old date, is in neither.
 */
import { z } from 'zod'
import type { LedgerPage, LedgerQuestion, LedgerReport } from '../../connector/contract.ts'
import { getJson, okReply, parsedJson, readJson, replyName } from '../../connector/json.ts'
import type { Reply } from '../../connector/request.ts'
import { canonicalJson } from '../../lib/canonical-json.ts'
import type { Setting } from './config.ts'
import { LIST_LIMIT } from './lookup.ts'
import { LINE_KINDS } from './map.ts'
import { refusalOf } from './replies.ts'
import { Balances, listOf, OpenItem, SubledgerLine } from './wire.ts'

const Cursor = z.object({ upTo: z.string(), after: z.string() })

export function ledgerReport({ config }: Setting): LedgerReport {
  return {
    timeoutMs: config.callTimeoutMs,
    ask: ({ entity, from, to }, cursor) => {
      const place = placeIn(cursor)
      return place
        ? getJson('/subledger/items', { companyCode: entity, keyDate: to, upTo: place.upTo, after: place.after, limit: LIST_LIMIT })
        : getJson('/subledger/balances', { companyCode: entity, from, keyDate: to })
    },
    readPage: (reply, question, cursor) => {
      const place = placeIn(cursor)
      return place ? items(reply, place.upTo) : balances(reply, question)
    },
    entries: {
      ask: ({ entity }, documents) => getJson('/subledger/lines', { companyCode: entity, docNos: documents.join(',') }),
      read: lines,
    },
  }
}

function placeIn(cursor: string | null): z.infer<typeof Cursor> | undefined {
  return cursor === null ? undefined : Cursor.safeParse(parsedJson(new TextEncoder().encode(cursor))?.value).data
}

const troubleOf = (reply: Reply): { readonly trouble: string } => ({ trouble: refusalOf(reply)?.says ?? replyName(reply) })

function balances(reply: Reply, { entity, from, to }: LedgerQuestion): LedgerPage | { readonly trouble: string } {
  if (!okReply(reply)) return troubleOf(reply)
  const read = readJson(reply, Balances)
  if ('trouble' in read) return read
  const { companyCode, upTo, rows, ...said } = read.value
  if (companyCode !== entity || said.from !== from || said.keyDate !== to)
    return { trouble: `it answers for ${companyCode}, ${said.from} to ${said.keyDate}` }
  return {
    accounts: rows.map((row) => ({
      account: row.reconAccount,
      currency: row.waers,
      lines: {
        opening: row.openingBal,
        posted: row.postedBal,
        reversed: row.stornoBal,
        settled: row.clearedBal,
        revalued: row.revalBal,
        closing: row.closingBal,
      },
    })),
    cursor: canonicalJson({ upTo, after: '0' }),
  }
}

function items(reply: Reply, upTo: string): LedgerPage | { readonly trouble: string } {
  if (!okReply(reply)) return troubleOf(reply)
  const read = readJson(reply, listOf(OpenItem))
  if ('trouble' in read) return read
  const { rows, next } = read.value
  return {
    items: rows.map((row) => ({
      document: row.docNo,
      account: row.reconAccount,
      currency: row.waers,
      open: row.openBal,
      supplier: row.vendorNo,
      number: row.vendorDocNo,
    })),
    cursor: next === null ? null : canonicalJson({ upTo, after: next }),
  }
}

function lines(reply: Reply): ReturnType<NonNullable<LedgerReport['entries']>['read']> {
  if (!okReply(reply)) return troubleOf(reply)
  const read = readJson(reply, listOf(SubledgerLine))
  if ('trouble' in read) return read
  const strange = read.value.rows.find(({ kind }) => !Object.hasOwn(LINE_KINDS, kind))
  if (strange) return { trouble: `a line of kind ${strange.kind.slice(0, 40)}, which its documentation does not have` }
  return {
    booked: read.value.rows.map((row) => ({
      document: row.docNo,
      account: row.reconAccount,
      currency: row.waers,
      kind: LINE_KINDS[row.kind as keyof typeof LINE_KINDS],
      bookedOn: row.bookedOn,
      amount: row.amt,
    })),
  }
}
