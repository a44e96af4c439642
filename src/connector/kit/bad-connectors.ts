/**
 * Connectors that each break one promise, as real ones have: what the kit itself is tested with. Each is the good one but for
 * one part; a kit that passes one of them is no good.
 */
import { randomUUID } from 'node:crypto'
import type { Command, Connector, ConnectorKind, Feed, Observation, Reading } from '../contract.ts'
import type { PromiseName } from './conformance.ts'
import { modelConnector, modelKind, type ModelConfig } from './model-connector.ts'

export interface BadConnector {
  readonly name: string
  readonly breaks: PromiseName
  readonly kind: ConnectorKind<ModelConfig>
}

const bad = (name: string, breaks: PromiseName, spoil: (good: Connector) => Connector): BadConnector => ({
  name,
  breaks,
  kind: { ...modelKind, name, open: (config, system) => spoil(modelConnector(config, system)) },
})

const withCommand = (good: Connector, spoil: (command: Command) => Partial<Command>): Connector => {
  const command = good.commands['invoice.post']
  return command ? { ...good, commands: { ...good.commands, 'invoice.post': { ...command, ...spoil(command) } as Command } } : good
}

const withFeed = (good: Connector, spoil: (feed: Feed) => Partial<Feed>): Connector => ({
  ...good,
  feeds: good.feeds.map((feed) => ({ ...feed, ...spoil(feed) })),
})

export const BAD_CONNECTORS: readonly BadConnector[] = [
  // "The last row comes again on the next page anyway."
  bad('loses the last row of a full page', 'paging', (good) =>
    withFeed(good, (feed) => ({
      readPage(reply, cursor, document) {
        const page = feed.readPage(reply, cursor, document)
        return 'trouble' in page || !page.more ? page : { ...page, observations: page.observations.slice(0, -1) }
      },
    })),
  ),
  // A key per attempt is a key for nothing.
  bad('makes a new key for each attempt', 'once', (good) =>
    withCommand(good, (command) => ({
      write(input, key) {
        const request = command.write(input, key)
        return request.transport === 'http' ? { ...request, headers: { ...request.headers, 'idempotency-key': randomUUID() } } : request
      },
    })),
  ),
  // "Validation errors are often temporary."
  bad('tries refusals again', 'refusal', (good) =>
    withCommand(good, (command) => ({
      read(reply, call): Reading {
        const reading = command.read(reply, call)
        return reading.outcome.kind === 'refused'
          ? { outcome: { kind: 'no-effect', about: 'effect', says: 'refused for now' }, observations: [] }
          : reading
      },
    })),
  ),
  // "It said 200."
  bad('believes any 2xx', 'classified', (good) =>
    withCommand(good, (command) => ({
      read(reply, call): Reading {
        if (reply.transport === 'http' && reply.status < 300)
          return { outcome: { kind: 'done', receipt: { reference: '?' } }, observations: command.read(reply, call).observations }
        return command.read(reply, call)
      },
    })),
  ),
  // "Everything else means open."
  bad('guesses what an unknown status means', 'statuses', (good) =>
    withFeed(good, (feed) => ({
      readPage(reply, cursor, document) {
        const page = feed.readPage(reply, cursor, document)
        return 'trouble' in page
          ? page
          : {
              ...page,
              observations: page.observations.map((one) => ({ ...one, data: { ...one.data, claims: one.data['claims'] ?? 'open' } })),
            }
      },
    })),
  ),
  // A signature that is valid for ever.
  bad("does not look at a notice's time", 'notices', (good) => {
    const { notices } = good
    return notices
      ? {
          ...good,
          notices: {
            ...notices,
            verify: (raw, headers, secrets) => notices.verify(raw, headers, secrets, Number(headers['x-time']) * 1_000),
          },
        }
      : good
  }),
  // "What comes later has overtaken it."
  bad('drops a notice that is older than the last', 'notices', (good) => {
    const { notices } = good
    let newest = 0
    const numberOf = ({ eventId }: Observation): number => Number(eventId.replace('change ', ''))
    return notices
      ? {
          ...good,
          notices: {
            ...notices,
            readNotice(raw) {
              const read = notices.readNotice(raw)
              if ('trouble' in read) return read
              const observations = read.observations.filter((one) => numberOf(one) >= newest)
              newest = Math.max(newest, ...observations.map(numberOf))
              return { observations }
            },
          },
        }
      : good
  }),
  // "That one is simple, it needs no case."
  bad('declares a command that nobody tries', 'classified', (good) => {
    const posting = good.commands['invoice.post']!
    const believing: Command = {
      ...posting,
      noEffect: [...posting.noEffect, { status: 500, about: 'target' }],
      read: () => ({ outcome: { kind: 'done', receipt: { reference: '?' } }, observations: [] }),
    }
    return { ...good, commands: { ...good.commands, 'payment.hold': believing } }
  }),
  // "It parses, so it is JSON."
  bad('does not look at what an answer says it is', 'classified', (good) =>
    withCommand(good, (command) => ({
      read: (reply, call) => command.read(reply.transport === 'http' ? { ...reply, headers: {} } : reply, call),
    })),
  ),
  // "Not found is not found."
  bad('takes any 404 for nothing being there', 'holdings', (good) => ({
    ...good,
    holdings: (good.holdings ?? []).map((holdings) => ({
      ...holdings,
      one: {
        ...holdings.one,
        read: (reply, key) => (reply.transport === 'http' && reply.status === 404 ? [] : holdings.one.read(reply, key)),
      },
    })),
  })),
  // 0.1 + 0.2
  bad('counts money in floats', 'money', (good) =>
    withFeed(good, (feed) => ({
      readPage(reply, cursor, document) {
        const page = feed.readPage(reply, cursor, document)
        return 'trouble' in page
          ? page
          : {
              ...page,
              observations: page.observations.map((one) => ({ ...one, data: { ...one.data, amount: String(Number(one.data['amount'])) } })),
            }
      },
    })),
  ),
  // As fast as it goes is fastest.
  bad('polls without pause', 'limits', (good) => withFeed(good, () => ({ everyMs: 0 }))),
  // Helpful while debugging.
  bad('quotes the secret in its refusal', 'secrets', (good) => {
    const { notices } = good
    return notices
      ? {
          ...good,
          notices: {
            ...notices,
            verify(raw, headers, secrets, now) {
              const said = notices.verify(raw, headers, secrets, now)
              return said === 'ok' ? said : { refused: `${said.refused} (expected one made with ${secrets.join(' or ')})` }
            },
          },
        }
      : good
  }),
  // A typing error costs a day.
  {
    name: 'takes any configuration key',
    breaks: 'config',
    kind: {
      ...modelKind,
      name: 'takes any configuration key',
      readConfig: (config) => {
        const read = modelKind.readConfig(config)
        if ('config' in read) return read
        const problems = read.problems.filter((problem) => !problem.startsWith('there is no'))
        return problems.length > 0 ? { problems } : { config: config as unknown as ModelConfig }
      },
    },
  },
]
