/** The simulated AP tool of the sandbox, by its wire documentation. Everything it can do and say, as a table of contents. */
import { z } from 'zod'
import type { Connector, ConnectorKind, Given } from '../../connector/contract.ts'
import { configProblems, getJson, okReply, readJson, replyName } from '../../connector/json.ts'
import { httpPlace } from '../../connector/place.ts'
import { ApConfig, type Setting } from './config.ts'
import { ticketHoldings } from './holdings.ts'
import { STATUSES } from './map.ts'
import { ledgerView } from './ledger-view.ts'
import { notices } from './notices.ts'
import { showStatus } from './show-status.ts'
import { submitInvoice } from './submit-invoice.ts'
import { ticketsFeed } from './tickets-feed.ts'

export const ap: ConnectorKind<ApConfig> = {
  name: 'sandbox-ap',
  role: 'ap',
  readConfig: (config) => configProblems(config, ApConfig),
  open,
}

function open(config: ApConfig, system: string, { sha256 }: Given): Connector {
  const setting: Setting = { system, config, sha256 }
  return {
    system,
    kind: ap.name,
    role: 'ap',
    places: { http: httpPlace(config) },
    limits: { concurrency: config.concurrency, rate: config.rate },
    commands: { 'invoice.submit': submitInvoice(setting), 'invoice.status': showStatus(setting) },
    feeds: [ticketsFeed(setting)],
    ledger: ledgerView(setting),
    holdings: [ticketHoldings(setting)],
    ...(config.noticeSecrets.length === 0 ? {} : { notices: notices(setting) }),
    statuses: STATUSES,
    probe: {
      // `/alive` asks for no token; this shows that we are let in, too.
      request: () => getJson('/legal-units', { vatReg: 'none' }),
      read: (reply) => {
        if (!okReply(reply)) return { trouble: replyName(reply) === 'HTTP 401' ? 'it does not take our token' : replyName(reply) }
        const read = readJson(reply, z.object({ legalUnits: z.array(z.unknown()) }))
        return 'value' in read ? 'ok' : read
      },
    },
  }
}
