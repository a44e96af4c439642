/** The simulated bank of the sandbox: two folders with ISO 20022 files. Everything it can do and say, as a table of contents. */
import type { Connector, ConnectorKind, Given } from '../../connector/contract.ts'
import { configProblems } from '../../connector/json.ts'
import { BankConfig, type Setting } from './config.ts'
import { filesFeed } from './files-feed.ts'
import { STATUSES } from './map.ts'
import { transmitPayment } from './transmit-payment.ts'

export const bank: ConnectorKind<BankConfig> = {
  name: 'sandbox-bank',
  role: 'bank',
  readConfig: (config) => configProblems(config, BankConfig),
  open,
}

function open(config: BankConfig, system: string, { sha256 }: Given): Connector {
  const setting: Setting = { system, config, sha256 }
  return {
    system,
    kind: bank.name,
    role: 'bank',
    places: { folder: { put: config.put, read: config.read, fileBytes: config.fileBytes } },
    // Disks bear more; a file at a time keeps the memory small.
    limits: { concurrency: 2, rate: { calls: 1_000, perMs: 1_000 } },
    commands: { 'payment.transmit': transmitPayment(setting) },
    feeds: [filesFeed(setting)],
    statuses: STATUSES,
    probe: {
      request: () => ({ transport: 'folder', act: 'list' }),
      read: (reply) => (reply.transport === 'folder' && reply.state === 'listed' ? 'ok' : { trouble: 'the folder cannot be listed' }),
    },
  }
}
