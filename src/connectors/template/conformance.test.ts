/** The conformance kit against a simulated target of its own: what has to be green before the connector meets anybody's books. */
import { afterAll, describe, expect, test } from 'vitest'
import { runConformance, type Subject } from '../../connector/kit/conformance.ts'
import { ModelTarget } from '../../connector/kit/model-target.ts'
import { sha256 } from '../../connector/transport/sending.ts'
import { template } from './connector.ts'

const TOKEN = 'canary-of-the-kit'
const target = await ModelTarget.start({ knows: 'none', token: TOKEN })
afterAll(() => target.stop())

const invoice = (n: number, gross = '119.00'): { [key: string]: string } => ({
  reference: `inv_kit${n}`,
  entity: '1000',
  supplier: '70001',
  number: `RE-${n}`,
  postedOn: '2026-03-02',
  currency: 'EUR',
  gross,
})

let n = 0
const subject: Subject = {
  kind: template,
  config: { url: target.url, token: 'API', callTimeoutMs: 1_000 },
  sha256,
  secrets: { API: TOKEN },
  patienceMs: 250,
  commands: {
    'invoice.post': {
      accepts: invoice,
      refuses: { content: (at) => ({ ...invoice(at), supplier: 'blocked' }), words: 'is blocked' },
      // What the target's own books say, past the connector: how often it was done, and with which amounts.
      truth: (key) => Promise.resolve(target.bookedUnder(key)),
      fate: (fate) => {
        target.fates.push(fate)
        return Promise.resolve()
      },
    },
  },
  happens: (count) => Promise.resolve(Array.from({ length: count }, () => changed({}))),
  shows: (_table, word) => Promise.resolve(changed({ status: word })),
  tells: (amount) => Promise.resolve(changed({ amount })),
}

function changed(what: { status?: string; amount?: string }): string {
  target.change({ id: `X-${++n}`, ...what })
  return `X-${n}"`
}

describe('the connector keeps the promises of the kit', async () => {
  for (const result of await runConformance(subject)) {
    // It declares neither notices nor holdings.
    test(`${result.promise}: ${result.says}`, () => {
      expect(result).toMatchObject({ applies: !['notices', 'holdings'].includes(result.promise), broken: [] })
    })
  }
})
