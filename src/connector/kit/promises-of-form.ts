/** Promises about the declaration and about what must never come out: limits, secrets, configuration. */
import type { Json } from '../../lib/canonical-json.ts'
import { freshKey, type Try } from './try.ts'

const PAGE = 1_000

export async function limitsPromise(attempt: Try): Promise<boolean> {
  const { connector } = attempt
  const { limits } = connector
  const within = (name: string, value: number, least: number, most: number): void =>
    attempt.must(Number.isFinite(value) && value >= least && value <= most, `${name} is ${value}, not within ${least} and ${most}`)
  within('concurrency', limits.concurrency, 1, 1_000)
  within('calls per window', limits.rate.calls, 1, 1_000_000)
  within('the window', limits.rate.perMs, 1, 3_600_000)
  for (const [name, command] of Object.entries(connector.commands)) {
    within(`${name}: timeoutMs`, command.timeoutMs, 100, 120_000)
    if (command.class === 'K1') within(`${name}: keyRetentionMs`, command.keyRetentionMs, 1_000, 10 * 31_536_000_000)
    if (!command.find) continue
    within(`${name}: settleMs`, command.find.settleMs, 1, 86_400_000)
    within(`${name}: gapMs`, command.find.gapMs, 1, 3_600_000)
  }
  for (const feed of connector.feeds) {
    within(`${feed.name}: everyMs`, feed.everyMs, 50, 86_400_000)
    within(`${feed.name}: timeoutMs`, feed.timeoutMs, 100, 120_000)
  }
  if (connector.places.http?.replyBytes !== undefined) within('replyBytes', connector.places.http.replyBytes, 1_000, 64 * 1024 * 1024)
  if (connector.feeds.length > 0) {
    if (attempt.subject.happens) await attempt.subject.happens(25)
    // Throws when it has not ended after many pages.
    const { largest } = await attempt.sweep(null)
    attempt.must(largest <= PAGE, `a page holds ${largest} facts; ask for at most ${PAGE}`)
  }
  return true
}

export async function secretsPromise(attempt: Try): Promise<boolean> {
  const { subject, connector } = attempt
  const values = Object.values(subject.secrets)
  const secret = values[0] ?? 'c2VjcmV0LW9mLXRoZS1raXQ='
  for (const [, command, one] of attempt.cases) {
    await attempt.call(command, one.accepts(30), freshKey())
    await attempt.look(command, one.accepts(30), freshKey())
    if (one.refuses) await attempt.call(command, one.refuses.content(31), freshKey())
  }
  if (connector.feeds.length > 0) await attempt.sweep(null)
  if (connector.notices) {
    for (const headers of [{}, subject.notice?.(1, Date.now(), 'b3RoZXI=').headers ?? {}])
      attempt.outputs.push(connector.notices.verify(new TextEncoder().encode('{}'), headers, [secret], Date.now()))
  }
  attempt.outputs.push({ ...connector.places.http, baseUrl: connector.places.http?.baseUrl })
  const out = attempt.outputs
    .map((output) =>
      JSON.stringify(output, (_key, value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value)),
    )
    .join('\n')
  for (const value of [...values, secret]) {
    for (const form of [value, encodeURIComponent(value), Buffer.from(value).toString('base64')])
      attempt.must(!out.includes(form), 'a secret stands in a request, a reply that was read, or a sentence')
  }
  return true
}

export async function configPromise(attempt: Try): Promise<boolean> {
  await Promise.resolve()
  const { kind, config } = attempt.subject
  const refused = (given: Json): readonly string[] => {
    const read = kind.readConfig(given)
    return 'problems' in read ? read.problems : []
  }
  attempt.must(refused(config).length === 0, 'its own configuration is refused')
  const unknown = refused({ ...(config as { [key: string]: Json }), tiemout: 5 })
  attempt.must(unknown.length > 0, 'a key that nobody knows is taken')
  if (unknown.length > 0)
    attempt.must(
      unknown.some((problem) => problem.includes('tiemout')),
      'the unknown key is not named',
    )
  for (const nonsense of [null, [], 'x', 5])
    attempt.must(refused(nonsense).length > 0, `${JSON.stringify(nonsense)} is taken for a configuration`)
  return true
}
