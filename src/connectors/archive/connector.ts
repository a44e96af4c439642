/** The simulated archive of the sandbox, by its wire documentation. Everything it can do and say, as a table of contents. */
import type { Connector, ConnectorKind, Given } from '../../connector/contract.ts'
import { configProblems, getJson, okReply, pathOf, readJson, replyName } from '../../connector/json.ts'
import { httpPlace } from '../../connector/place.ts'
import { ArchiveConfig, type Setting } from './config.ts'
import { packHoldings } from './holdings.ts'
import { lookupEvidence } from './lookup-evidence.ts'
import { refusalOf } from './replies.ts'
import { store } from './store.ts'
import { Vault } from './wire.ts'

export const archive: ConnectorKind<ArchiveConfig> = {
  name: 'sandbox-archive',
  role: 'archive',
  readConfig: (config) => configProblems(config, ArchiveConfig),
  open,
}

function open(config: ArchiveConfig, system: string, { sha256 }: Given): Connector {
  const setting: Setting = { system, config, sha256 }
  return {
    system,
    kind: archive.name,
    role: 'archive',
    places: { http: httpPlace(config, config.replyBytes) },
    limits: { concurrency: config.concurrency, rate: config.rate },
    commands: {
      'document.store': store(setting, 'application/octet-stream'),
      'evidence.store': store(setting, 'application/json'),
      'lookup.evidence': lookupEvidence(setting),
    },
    feeds: [],
    holdings: [packHoldings(setting)],
    statuses: [],
    probe: {
      // `/alive` asks for no token; this shows that we are let in, and that there is such a vault.
      request: () => getJson(pathOf('vaults', config.vault)),
      read: (reply) => {
        if (!okReply(reply))
          return { trouble: replyName(reply) === 'HTTP 401' ? 'it does not take our token' : (refusalOf(reply)?.says ?? replyName(reply)) }
        const read = readJson(reply, Vault)
        return 'value' in read ? 'ok' : read
      },
    },
  }
}
