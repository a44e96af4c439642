import { Book } from '../plumbing/book.ts'
import { leave, options } from '../plumbing/options.ts'
import { announce, endInOrder } from '../plumbing/process.ts'
import { serve, type Call, type Outcome, type Route } from '../plumbing/server.ts'
import { isObject } from '../plumbing/shape.ts'
import { refusal } from './answers.ts'
import { Autopilot } from './autopilot.ts'
import { Checker } from './checks.ts'
import { HookSender } from './hooks.ts'
import { Keys } from './keys.ts'
import { ledgerViewRoute } from './ledger-view.ts'
import { peopleRoutes } from './people.ts'
import { ticketRoutes } from './tickets.ts'
import { Tray } from './tray.ts'

const given = options({
  webhook: '',
  autopilot: -1,
  decline: 0,
  never: 0,
  'key-retention': 86_400_000,
  'retry-base': 500,
  'retry-max': 60_000,
})
const secrets = (process.env['SANDBOX_AP_WEBHOOK_SECRET'] ?? '').split(/\s+/).filter((secret) => secret !== '')
if (given.webhook !== '' && secrets.length === 0)
  leave('With --webhook the environment variable SANDBOX_AP_WEBHOOK_SECRET must hold whsec_<base64>.')

const tempo = {
  latencyMs: given.latency,
  autopilotMs: given.autopilot,
  keyRetentionMs: given['key-retention'],
  retryBaseMs: given['retry-base'],
  retryMaxMs: given['retry-max'],
}
const now = (): string => new Date().toISOString()
const tray = new Tray()
/** What follows a change once all parts exist; nothing follows while the old book is read. */
let follow: (what: string, key: string) => void = () => {
  /* not yet */
}
const book = await Book.open(given.data, (line) => {
  tray.apply(line)
  for (const fact of line.facts) follow(fact.what, fact.key)
})
if (tray.tag === '') book.commit('begin', [{ what: 'BORN', verb: 'SET', key: 'books', row: { tag: Date.now().toString(36) } }])

const keys = new Keys(tray, tempo, now)
const served = await serve(
  {
    system: 'ap',
    book,
    tempo,
    seed: given.seed,
    token: process.env['SANDBOX_AP_TOKEN'],
    extraFaults: ['webhook.send'],
    wording: {
      refuse: (status, text) =>
        refusal(status, ({ 400: 'MALFORMED', 401: 'NO_ACCESS', 404: 'NO_SUCH_ADDRESS', 413: 'TOO_LARGE' } as const)[status], text).body,
    },
    enter: (op: string, call: Call): Outcome | (() => void) =>
      (['ticket.open', 'ticket.badge'].includes(op) ? keys.enter(call) : undefined) ??
      ((): void => {
        /* no key */
      }),
    routes: [...peopleRoutes(tray), ...ticketRoutes(tray, keys, now), ledgerViewRoute(tray), ...hookRoutes(), ...checkRoutes()],
  },
  given.port,
)

const sender = new HookSender({ tray, book, faults: () => served.faults, secrets, tempo, seed: given.seed })
const autopilot = new Autopilot({ tray, book, tempo, seed: given.seed, declineShare: given.decline, neverShare: given.never, now })
const checker = new Checker({ tray, book, key: process.env['SANDBOX_AP_CHECK_KEY'] ?? '', now })
follow = (what, key) => {
  if (what === 'TICKET') autopilot.wake(key)
  if (what === 'PERSON' || what === 'RULES') autopilot.wakeAll()
  if (what === 'TICKET') checker.wake(key)
  if (what === 'CHECK_URL') checker.wakeAll()
  if (what === 'HOOK') sender.wake(key)
  if (what === 'HOOK_URL') sender.wakeAll()
}
if (given.webhook !== '' && tray.hookUrl !== given.webhook)
  book.commit('hook', [{ what: 'HOOK_URL', verb: 'SET', key: 'hook', row: { url: given.webhook } }])
const checkUrl = process.env['SANDBOX_AP_CHECK_URL'] ?? ''
if (checkUrl !== '' && tray.checkUrl !== checkUrl)
  book.commit('check', [{ what: 'CHECK_URL', verb: 'SET', key: 'check', row: { url: checkUrl } }])
autopilot.wakeAll()
sender.wakeAll()
checker.wakeAll()

function hookRoutes(): Route[] {
  return [
    {
      method: 'GET',
      path: '/deliveries',
      op: 'deliveries',
      control: true,
      run: () => ({ status: 200, body: { waiting: tray.waiting.size, delivered: tray.hooksDelivered } }),
    },
    { method: 'GET', path: '/hook', op: 'hook', control: true, run: () => ({ status: 200, body: { url: tray.hookUrl } }) },
    {
      method: 'PUT',
      path: '/hook',
      op: 'hook',
      control: true,
      run: ({ body }) => {
        const url = isObject(body) ? body['url'] : undefined
        if (url !== null && (typeof url !== 'string' || !URL.canParse(url)))
          return refusal(400, 'MALFORMED', 'url must be an address or null.')
        if (url !== null && secrets.length === 0) return refusal(422, 'NO_SECRET', 'There is no webhook secret in the environment.')
        return { status: 200, body: { url }, facts: [{ what: 'HOOK_URL', verb: 'SET', key: 'hook', row: { url } }] }
      },
    },
  ]
}

function checkRoutes(): Route[] {
  return [
    {
      method: 'GET',
      path: '/tickets/{no}/check',
      op: 'ticket.check',
      run: ({ params }) => {
        const check = tray.checks.get(params['no'] ?? '')
        return check ? { status: 200, body: check } : refusal(404, 'NO_CHECK', `Nothing was checked on ${params['no'] ?? ''}.`)
      },
    },
    {
      method: 'PUT',
      path: '/check',
      op: 'check',
      control: true,
      run: ({ body }) => {
        const url = isObject(body) ? body['url'] : undefined
        if (url !== null && (typeof url !== 'string' || !URL.canParse(url)))
          return refusal(400, 'MALFORMED', 'url must be an address or null.')
        return { status: 200, body: { url }, facts: [{ what: 'CHECK_URL', verb: 'SET', key: 'check', row: { url } }] }
      },
    },
  ]
}

endInOrder({
  served,
  book,
  stdinEof: given['stdin-eof'],
  stop: () => {
    autopilot.stop()
    sender.stop()
    checker.stop()
  },
})
announce('ap', served.port)
