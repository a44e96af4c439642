/** The simulated procurement system of the sandbox, by its wire documentation. Everything it can do and say, as a table of contents. */
import { z } from 'zod'
import type { Connector, ConnectorKind } from '../../connector/contract.ts'
import { configProblems, getJson, okReply, readJson, replyName } from '../../connector/json.ts'
import { httpPlace } from '../../connector/place.ts'
import { ProcurementConfig, type Setting } from './config.ts'
import { claimHoldings } from './holdings.ts'
import { journalFeed } from './journal-feed.ts'
import { lookupOrder, lookupSupplier } from './lookups.ts'
import { STATUSES } from './map.ts'
import { tellStatus } from './tell-status.ts'
import { listOf } from './wire.ts'

export const procurement: ConnectorKind<ProcurementConfig> = {
  name: 'sandbox-procurement',
  role: 'procurement',
  readConfig: (config) => configProblems(config, ProcurementConfig),
  open,
}

function open(config: ProcurementConfig, system: string): Connector {
  const setting: Setting = { system, config }
  return {
    system,
    kind: procurement.name,
    role: 'procurement',
    places: { http: httpPlace(config) },
    limits: { concurrency: config.concurrency, rate: config.rate },
    commands: { 'invoice.status': tellStatus(setting), 'lookup.order': lookupOrder(setting), 'lookup.supplier': lookupSupplier(setting) },
    feeds: [journalFeed(setting)],
    holdings: [claimHoldings(setting)],
    statuses: STATUSES,
    probe: {
      // `/alive` asks for no token; this shows that we are let in, too.
      request: () => getJson('/units', { max: '1' }),
      read: (reply) => {
        if (!okReply(reply)) return { trouble: replyName(reply) === 'HTTP 401' ? 'it does not take our token' : replyName(reply) }
        const read = readJson(reply, listOf(z.unknown()))
        return 'value' in read ? 'ok' : read
      },
    },
  }
}
