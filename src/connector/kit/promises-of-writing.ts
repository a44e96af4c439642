/** Promises about commands: once, refused in their words, classified right, money exact. */
import { COMMANDS } from '../../domain/object.ts'
import type { Command } from '../contract.ts'
import { requestBytes } from '../request.ts'
import { verdictOf } from '../verdict.ts'
import type { CommandCase } from './conformance.ts'
import { eventually, freshKey, type Try } from './try.ts'

const LATE_MS = 400

/** True when there was something to try. */
export async function oncePromise(attempt: Try): Promise<boolean> {
  for (const [name, command, one] of attempt.cases) {
    const content = one.accepts(1)
    const [first, second] = [freshKey(), freshKey()]
    const bytes = (key: string): string => Buffer.from(requestBytes(command.write(attempt.inputOf(content), key))).toString('base64')
    attempt.must(bytes(first) === bytes(first), `${name}: the same input and key give other bytes`)
    if (COMMANDS[name].manner === 'read') continue
    attempt.must(bytes(first) !== bytes(second), `${name}: the key is not in the request`)
    await lost(attempt, name, command, one)
    await landsLate(attempt, name, command, one)
    if (command.find)
      attempt.must((await attempt.look(command, content, freshKey()))?.kind === 'absent', `${name}: what was never sent is not absent`)
  }
  return attempt.cases.length > 0
}

/** Carried out, reply lost. */
async function lost(attempt: Try, name: string, command: Command, one: CommandCase): Promise<void> {
  const key = freshKey()
  const content = one.accepts(2)
  await one.fate({ effect: 'done', reply: 'lost' })
  const verdict = await attempt.call(command, content, key)
  attempt.must(verdict.state === 'unknown', `${name}: a lost reply was taken for ${verdict.state}`)
  await settle(attempt, name, command, one, content, key, 'reply lost')
}

/** The first call lands after it was given up, and after the first look. */
async function landsLate(attempt: Try, name: string, command: Command, one: CommandCase): Promise<void> {
  const key = freshKey()
  const content = one.accepts(3)
  await one.fate({ effect: 'late', lateMs: LATE_MS, reply: 'lost' })
  const called = performance.now()
  await attempt.call(command, content, key)
  if (command.class === 'K3') {
    const early = await attempt.look(command, content, key)
    // On a busy machine the look may come after it has landed.
    const landed = performance.now() - called > LATE_MS
    attempt.must(landed || ['absent', 'undecided', 'unclear'].includes(early?.kind ?? ''), `${name}: what had not landed yet was seen`)
    attempt.must(command.find.settleMs >= LATE_MS, `${name}: it settles in ${command.find.settleMs} ms, which no real system promises`)
  }
  await settle(attempt, name, command, one, content, key, 'landed late')
}

/** As the engine goes on after an unknown outcome; then the target's own books are asked. */
async function settle(
  attempt: Try,
  name: string,
  command: Command,
  one: CommandCase,
  content: ReturnType<CommandCase['accepts']>,
  key: string,
  case_: string,
): Promise<void> {
  const proved = await eventually(5_000, async () => {
    if (command.class === 'K1' || command.class === 'K2') {
      const { state } = await attempt.call(command, content, key)
      return state === 'unknown' || state === 'no-effect' ? undefined : state === 'done'
    }
    if (command.class === 'K4') return true
    const found = await attempt.look(command, content, key)
    return found?.kind === 'one' ? found.equal : found?.kind === 'several' ? false : undefined
  })
  attempt.must(proved === true, `${name}, ${case_}: it could not be found out that it was carried out`)
  const effects = await eventually(2_000, async () => {
    const truth = await one.truth(key, content)
    return truth.length > 0 ? truth : undefined
  })
  attempt.must(effects?.length === 1, `${name}, ${case_}: the target holds it ${effects?.length ?? 0} times`)
}

export async function refusalPromise(attempt: Try): Promise<boolean> {
  const refusing = attempt.cases.filter(([, , one]) => one.refuses)
  for (const [name, command, one] of refusing) {
    const { content, words } = one.refuses!
    const key = freshKey()
    const verdict = await attempt.call(command, content(1), key)
    attempt.must(verdict.state === 'refused', `${name}: a refusal was taken for ${verdict.state}`)
    attempt.must(
      verdict.says.includes(words),
      `${name}: the refusal says ${JSON.stringify(verdict.says.slice(0, 100))} and not ${JSON.stringify(words)}`,
    )
    attempt.must((await one.truth(key, content(1))).length === 0, `${name}: what was refused is there`)
  }
  return refusing.length > 0
}

/** Replies after which nobody can know, whatever a connector makes of them. */
const UNKNOWABLE = [
  { effect: 'none', reply: 'html' },
  { effect: 'done', reply: 'cut' },
  { effect: 'done', reply: 'never' },
  { effect: 'none', reply: 'never' },
  { effect: 'none', reply: 'lost' },
  { effect: 'none', reply: 'status', status: 500 },
  { effect: 'done', reply: 'status', status: 502 },
  { effect: 'done', reply: 'status', status: 504 },
] as const
/** Statuses that a connector may list as without effect; of any other it cannot be known before the body is read. */
const MAY_BE_LISTED = new Set([400, 401, 402, 403, 404, 405, 406, 408, 413, 415, 421, 425, 426, 428, 429, 431, 503])
const WITH_JUNK = [400, 401, 403, 404, 409, 418, 422, 429, 503]

export async function classifiedPromise(attempt: Try): Promise<boolean> {
  allTried(attempt)
  for (const [name, command, one] of attempt.cases) {
    for (const { status } of command.noEffect)
      attempt.must(MAY_BE_LISTED.has(status), `${name}: lists HTTP ${status} as without effect, after which it may have happened`)
    if (attempt.connector.places.http) await classifiedOverHttp(attempt, name, command, one)
  }
  return attempt.cases.length > 0
}

/** What is declared has a case, or a reason why it has none; nothing else has either. */
function allTried(attempt: Try): void {
  const { commands, untried = {} } = attempt.subject
  const declared = attempt.connector.commands
  for (const name of Object.keys(declared)) {
    attempt.must(name in commands || name in untried, `${name}: is declared, and the kit was given neither a case for it nor a reason`)
    attempt.must(!(name in commands && name in untried), `${name}: has a case, and a reason why it has none`)
  }
  for (const name of Object.keys({ ...commands, ...untried }))
    attempt.must(name in declared, `${name}: the kit was told of it, and it is not declared`)
}

/** What a success may not be read from: no id, an error, half an answer, no answer at all, a page for people. */
const JUNK = [
  '{}',
  '[]',
  'null',
  '"ok"',
  '{"id":""}',
  '{"id":null}',
  '{"error":{"code":"E-1","message":"nothing was done"}}',
  '{"success":false}',
  '{"id": "51',
  '<html><body>Welcome</body></html>',
  '\u0000',
]

/** A 2xx with one of these in it proves nothing, whatever the status. */
function classifiedJunk(attempt: Try, name: string, command: Command, one: CommandCase): void {
  const [content, key] = [one.accepts(12), freshKey()]
  for (const status of [200, 201, 202]) {
    for (const text of JUNK) {
      const reply = {
        transport: 'http',
        status,
        headers: { 'content-type': 'application/json' },
        body: new TextEncoder().encode(text),
      } as const
      const { state } = verdictOf(command, { kind: 'answered', reply }, attempt.callOf(content, key), Date.now())
      attempt.must(
        ['unknown', 'other', 'refused'].includes(state),
        `${name}: HTTP ${status} with ${text.slice(0, 40)} was taken for ${state}`,
      )
    }
  }
}

/** The best of answers is not the system's own when it says that it is something else. */
async function classifiedPage(attempt: Try, name: string, command: Command, one: CommandCase): Promise<void> {
  const [content, key] = [one.accepts(13), freshKey()]
  const reply = await attempt.reply(command.write(attempt.inputOf(content), key))
  // An answer without a body has no type that could be wrong.
  if (reply.transport !== 'http' || reply.body.length === 0) return
  const { state } = verdictOf(command, { kind: 'answered', reply: attempt.asPage(reply) }, attempt.callOf(content, key), Date.now())
  attempt.must(state === 'unknown', `${name}: an answer that says it is text/html was taken for ${state}`)
}

async function classifiedOverHttp(attempt: Try, name: string, command: Command, one: CommandCase): Promise<void> {
  classifiedJunk(attempt, name, command, one)
  await classifiedPage(attempt, name, command, one)
  for (const fate of UNKNOWABLE) {
    await one.fate(fate)
    const patience = fate.reply === 'never' ? attempt.patienceMs : undefined
    const { state } = await attempt.call(command, one.accepts(10), freshKey(), patience)
    attempt.must(state === 'unknown', `${name}: ${JSON.stringify(fate)} was taken for ${state}`)
  }
  for (const status of WITH_JUNK) {
    await one.fate({ effect: 'none', reply: 'status', status, retryAfter: '7' })
    const verdict = await attempt.call(command, one.accepts(11), freshKey())
    const listed = command.noEffect.find((row) => row.status === status)
    attempt.must(
      verdict.state === (listed ? 'no-effect' : 'unknown'),
      `${name}: HTTP ${status} with a page for people was taken for ${verdict.state}`,
    )
    if (listed) attempt.must(verdict.retryAfterMs === 7_000, `${name}: Retry-After of HTTP ${status} was not heard`)
  }
}

/** Beyond what a float holds, with trailing zeros, small, and plain. */
export const AMOUNTS = ['9007199254740993.01', '0.10', '119.00', '1234567.89']

export async function moneyPromise(attempt: Try): Promise<boolean> {
  let applies = false
  for (const [name, command, one] of attempt.cases) {
    for (const [n, amount] of AMOUNTS.entries()) {
      const content = one.accepts(20 + n, amount)
      const key = freshKey()
      if (!JSON.stringify(content).includes(amount)) continue
      applies = true
      const { state } = await attempt.call(command, content, key)
      if (state !== 'done') {
        attempt.break(`${name}: ${amount} was answered with ${state}`)
        continue
      }
      const [there] = await one.truth(key, content)
      attempt.must(there?.amount !== undefined && plain(there.amount) === plain(amount), `${name}: ${amount} became ${there?.amount}`)
    }
  }
  const { tells } = attempt.subject
  if (tells && attempt.connector.feeds.length > 0) {
    applies = true
    for (const amount of AMOUNTS) {
      const { cursor } = await attempt.sweep(null)
      const mark = await tells(amount)
      const { observations } = await attempt.sweep(cursor)
      const told = observations.map((observation) => JSON.stringify(observation)).filter((text) => text.includes(mark))
      attempt.must(
        told.some((text) => [...text.matchAll(/"(\d+(?:\.\d+)?)"/gu)].some((match) => plain(match[1] ?? '') === plain(amount))),
        `the feed: ${amount} is not told exactly`,
      )
    }
  }
  return applies
}

/** A decimal without zeros that say nothing. */
function plain(amount: string): string {
  return amount.includes('.') ? amount.replace(/\.?0+$/u, '') : amount
}
