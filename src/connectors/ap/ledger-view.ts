/** `GET /ledger-view`: which of our invoices the tool takes to stand in the ledger, by the badges that it was told. */
import type { LedgerReport } from '../../connector/contract.ts'
import { getJson, okReply, readJson, replyName } from '../../connector/json.ts'
import type { Setting } from './config.ts'
import { isOurs } from './ticket-facts.ts'
import { LedgerView } from './wire.ts'

const ROWS = '1000'

export function ledgerView({ config }: Setting): LedgerReport {
  return {
    timeoutMs: config.callTimeoutMs,
    ask: ({ entity, from, to }, cursor) =>
      getJson('/ledger-view', { legalUnit: entity, from, asOf: to, after: cursor ?? '0', limit: ROWS }),
    readPage: (reply) => {
      if (!okReply(reply)) return { trouble: replyName(reply) }
      const read = readJson(reply, LedgerView)
      if ('trouble' in read) return read
      return {
        claims: read.value.rows.filter(isOurs).map((row) => ({
          ticket: row.ticketNo,
          object: row.corrRef ?? '',
          document: row.ledgerRef,
          number: row.billNo,
          currency: row.ccy,
          amount: row.payTotal,
          postedOn: row.atLedgerOn,
          settledOn: row.moneyOutOn,
        })),
        cursor: read.value.next,
      }
    },
  }
}
