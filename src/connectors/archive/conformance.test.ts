/** The conformance kit against the running archive. It has no feed, no status and no amount. */
import { createHash } from 'node:crypto'
import { afterAll, describe, expect, test } from 'vitest'
import { runConformance, type CommandCase, type Subject, type TargetFate } from '../../connector/kit/conformance.ts'
import { sha256 } from '../../connector/transport/sending.ts'
import { Workshop, type System } from '../../../sandbox/testing.ts'
import { archive } from './connector.ts'

const shop = new Workshop()
afterAll(() => shop.clear())

const TOKEN = 'canary-of-the-archive'

async function subject(): Promise<Subject> {
  const started = await shop.start('archive', ['--data', await shop.folder()], { SANDBOX_ARCHIVE_TOKEN: TOKEN })
  const call: System['call'] = (method, path, body, headers) =>
    started.call(method, path, body, { authorization: `Bearer ${TOKEN}`, ...headers })
  expect((await call('PUT', '/setup', { vaults: [{ vaultId: 'v', title: 'V', leastDays: 365 }] })).status).toBe(200)
  const documents = new Map<string, Uint8Array>()
  const content = (name: string, n: number, until = '2045-12-31'): { name: string; document: string; until: string; covers: number } => {
    const bytes = Buffer.from(`pack number ${n} of ${name}`)
    const document = createHash('sha256').update(bytes).digest('hex')
    documents.set(document, bytes)
    return { name: `${name}.${n}`, document, until, covers: n }
  }
  const fateOf =
    (op: string): CommandCase['fate'] =>
    async ({ effect, lateMs, reply, status, retryAfter }: TargetFate) => {
      const rule = {
        op,
        first: 1,
        effect,
        ...(lateMs === undefined ? {} : { lateMs }),
        reply: reply === 'status' ? 'error' : reply,
        ...(status === undefined ? {} : { status }),
        ...(retryAfter === undefined ? {} : { retryAfter }),
      }
      expect((await call('PUT', '/faults', { rules: [rule] })).status).toBe(200)
    }
  const storing = (name: string): CommandCase => ({
    accepts: (n) => content(name, n),
    refuses: { content: (n) => content(`${name}.short`, n, '2026-12-31'), words: 'at least' },
    truth: async (_key, { name: label }) =>
      (await started.call('GET', '/books', undefined, { authorization: `Bearer ${TOKEN}` })).text
        .split('\n')
        .filter((line) => line.includes('"STOWED"') && line.includes(`"label":${JSON.stringify(label)}`))
        .map(() => ({})),
    fate: fateOf('deposit.put'),
  })
  for (const n of [1, 2, 3, 5, 20, 30]) {
    const { name, document, until } = content('held', n)
    await call('PUT', `/vaults/v/deposits/${name}`, Buffer.from(documents.get(document)!).toString(), {
      'x-digest': document,
      'x-keep-till': until,
    })
  }
  return {
    kind: archive,
    config: { url: started.url, token: 'API', vault: 'v', callTimeoutMs: 1_000 },
    sha256,
    secrets: { API: TOKEN },
    patienceMs: 250,
    documents,
    commands: {
      'document.store': storing('document'),
      'evidence.store': storing('pack'),
      'lookup.evidence': { accepts: (n) => content('held', n), truth: () => Promise.resolve([]), fate: fateOf('deposit.fetch') },
    },
  }
}

describe('the sandbox archive’s connector keeps the promises of the kit', async () => {
  for (const result of await runConformance(await subject())) {
    // What it does not have says so.
    const applies = ['once', 'refusal', 'classified', 'holdings', 'limits', 'secrets', 'config'].includes(result.promise)
    test(`${result.promise}: ${result.says}`, () => {
      expect(result).toMatchObject({ applies, broken: [] })
    })
  }
})
