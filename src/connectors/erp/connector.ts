/** The simulated ERP of the sandbox, by its wire documentation. Everything it can do and say, as a table of contents. */
import type { Connector, ConnectorKind, Given } from '../../connector/contract.ts'
import { configProblems, getJson, okReply, readJson, replyName } from '../../connector/json.ts'
import { httpPlace } from '../../connector/place.ts'
import { attachApproval, lookupAttachment } from './attach-approval.ts'
import { holdPayment, unholdPayment } from './block-payment.ts'
import { cancelPayment } from './cancel-payment.ts'
import { changesFeed } from './changes-feed.ts'
import { clearCollected } from './clear-collected.ts'
import { ErpConfig, type Setting } from './config.ts'
import { holdings } from './holdings.ts'
import { ledgerReport } from './ledger-report.ts'
import { lookupEntity } from './lookup-entity.ts'
import { lookupOrder } from './lookup-order.ts'
import { lookupPeriod } from './lookup-period.ts'
import { lookupPosting } from './lookup-posting.ts'
import { lookupSupplier } from './lookup-supplier.ts'
import { lookupTaxCode } from './lookup-tax-code.ts'
import { STATUSES } from './map.ts'
import { postInvoice } from './post-invoice.ts'
import { recordSettlement } from './record-settlement.ts'
import { reversePosting } from './reverse-posting.ts'
import { CompanyCode, listOf } from './wire.ts'

/** A page of changes may hold runs of thousands of payments. */
const REPLY_BYTES = 32 * 1024 * 1024

export const erp: ConnectorKind<ErpConfig> = {
  name: 'sandbox-erp',
  role: 'erp',
  readConfig: (config) => configProblems(config, ErpConfig),
  open,
}

function open(config: ErpConfig, system: string, { sha256 }: Given): Connector {
  const setting: Setting = { system, config, sha256 }
  return {
    system,
    kind: erp.name,
    role: 'erp',
    places: { http: httpPlace(config, REPLY_BYTES) },
    limits: { concurrency: config.concurrency, rate: config.rate },
    commands: {
      'invoice.post': postInvoice(setting),
      'invoice.reverse': reversePosting(setting),
      'settlement.record': recordSettlement(setting),
      'settlement.clear': clearCollected(setting),
      'payment.hold': holdPayment(setting),
      'payment.unhold': unholdPayment(setting),
      'payment.cancel': cancelPayment(setting),
      'approval-evidence.attach': attachApproval(setting),
      'lookup.attachment': lookupAttachment(setting),
      'lookup.supplier': lookupSupplier(setting),
      'lookup.entity': lookupEntity(setting),
      'lookup.tax-code': lookupTaxCode(setting),
      'lookup.order': lookupOrder(setting),
      'lookup.period': lookupPeriod(setting),
      'lookup.posting': lookupPosting(setting),
    },
    feeds: [changesFeed(setting)],
    ledger: ledgerReport(setting),
    holdings: holdings(setting),
    statuses: STATUSES,
    probe: {
      // `/alive` asks for no token; this shows that we are let in, too.
      request: () => getJson('/company-codes', { limit: '1' }),
      read: (reply) => {
        if (!okReply(reply)) return { trouble: replyName(reply) === 'HTTP 401' ? 'it does not take our token' : replyName(reply) }
        const read = readJson(reply, listOf(CompanyCode))
        return 'value' in read ? 'ok' : read
      },
    },
  }
}
