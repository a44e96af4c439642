/** What this system can do and say, as a table of contents. What is present can be done, what is absent cannot. */
import type { Connector, ConnectorKind } from '../../connector/contract.ts'
import { configProblems, getJson, okReply, replyName } from '../../connector/json.ts'
import { httpPlace } from '../../connector/place.ts'
import { TemplateConfig, type Setting } from './config.ts'
import { entriesFeed } from './entries-feed.ts'
import { STATUSES } from './map.ts'
import { postInvoice } from './post-invoice.ts'

export const template: ConnectorKind<TemplateConfig> = {
  // The role says whose word counts for what (docs/spec/tables.md, "Event types"): an ERP's for postings, a bank's for payments.
  name: 'template',
  role: 'erp',
  readConfig: (config) => configProblems(config, TemplateConfig),
  open,
}

/** Silent: nothing goes out here. */
function open(config: TemplateConfig, system: string): Connector {
  const setting: Setting = { system, config }
  return {
    system,
    kind: template.name,
    role: template.role,
    places: { http: httpPlace(config) },
    limits: { concurrency: config.concurrency, rate: config.rate },
    commands: { 'invoice.post': postInvoice(setting) },
    feeds: [entriesFeed(setting)],
    statuses: STATUSES,
    probe: {
      // The first call out: cheap, changes nothing there, and answered only to whom the system lets in.
      request: () => getJson('/changes', { after: '0', limit: '1' }),
      read: (reply) =>
        okReply(reply) ? 'ok' : { trouble: replyName(reply) === 'HTTP 401' ? 'it does not take our token' : replyName(reply) },
    },
  }
}
