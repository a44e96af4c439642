/** Promises about what a system tells: pages, statuses, notices. */
import { type HeldThing, meaningOf, type Observation } from '../contract.ts'
import type { Reply } from '../request.ts'
import { Try } from './try.ts'

const MANY = 37

export async function pagingPromise(attempt: Try): Promise<boolean> {
  const { happens } = attempt.subject
  if (!happens || attempt.connector.feeds.length === 0) return false
  const start = await attempt.sweep(null)
  const marks = await happens(MANY)
  const news = await attempt.sweep(start.cursor)
  const texts = news.observations.map((observation) => JSON.stringify(observation))
  for (const mark of marks)
    attempt.must(
      texts.some((text) => text.includes(mark)),
      `${mark} happened and was not told`,
    )
  const ids = news.observations.map((observation) => observation.eventId)
  attempt.must(new Set(ids).size === ids.length, 'one round tells a fact twice under one id')
  // Pages are repeatable: from the same cursor the same facts, with the same ids and content.
  const again = await attempt.sweep(start.cursor)
  attempt.must(sameFacts(news.observations, again.observations), 'the same cursor gives other facts the second time')
  const whole = await attempt.sweep(null)
  const known = new Set(whole.observations.map((observation) => observation.eventId))
  for (const id of ids) attempt.must(known.has(id), `${id} is not told any more when all is read from the beginning`)
  const after = await attempt.sweep(news.cursor)
  attempt.must(after.observations.length === 0 && after.cursor === news.cursor, 'without news it tells news')
  return true
}

function sameFacts(first: readonly Observation[], second: readonly Observation[]): boolean {
  const texts = (all: readonly Observation[]): string[] => all.map((observation) => JSON.stringify(observation)).toSorted()
  return JSON.stringify(texts(first)) === JSON.stringify(texts(second))
}

const INVENTED = 'ZZ-INVENTED'

export async function statusesPromise(attempt: Try): Promise<boolean> {
  const { shows } = attempt.subject
  if (!shows || attempt.connector.statuses.length === 0) return false
  for (const table of attempt.connector.statuses) {
    attempt.must(meaningOf(table, 'constructor') === null, `${table.name}: a word that every record has is mapped`)
    for (const word of [...Object.keys(table.words), INVENTED]) {
      const { cursor } = await attempt.sweep(null)
      const mark = await shows(table.name, word)
      const { observations } = await attempt.sweep(cursor)
      const told = observations.filter(
        (observation) =>
          JSON.stringify(observation).includes(mark) && observation.type === 'status.reported' && observation.data['word'] === word,
      )
      const claims = told.map((observation) => observation.data['claims'])
      if (word === INVENTED) {
        attempt.must(told.length > 0, `${table.name}: an invented word is not reported`)
        attempt.must(
          claims.every((claim) => claim === undefined),
          `${table.name}: an invented word is taken for ${JSON.stringify(claims)}`,
        )
      } else attempt.must(claims.includes(table.words[word]), `${table.name}: ${word} is not told as ${table.words[word]}`)
    }
  }
  return true
}

export async function noticesPromise(attempt: Try): Promise<boolean> {
  await Promise.resolve()
  const { notices } = attempt.connector
  const make = attempt.subject.notice
  if (!notices || !make) return false
  const now = Date.now()
  const secret = 'c2VjcmV0LW9mLXRoZS1raXQ='
  const verify = (raw: Uint8Array, headers: Readonly<Record<string, string>>, secrets: readonly string[], at = now): boolean => {
    const said = notices.verify(raw, headers, secrets, at)
    attempt.outputs.push(said)
    return said === 'ok'
  }
  const good = make(1, now, secret)
  const other = make(2, now, secret)
  attempt.must(verify(good.raw, good.headers, [secret]), 'a good notice is refused')
  attempt.must(verify(good.raw, good.headers, ['b3RoZXI=', secret]), 'a notice signed with the former secret is refused')
  attempt.must(!verify(good.raw, good.headers, ['b3RoZXI=']), "a notice signed with another's secret is taken")
  attempt.must(!verify(good.raw, good.headers, []), 'a notice is taken without any secret')
  attempt.must(!verify(good.raw, {}, [secret]), 'a notice without a signature is taken')
  attempt.must(!verify(other.raw, good.headers, [secret]), 'another body is taken under the same signature')
  attempt.must(!verify(Uint8Array.of(...good.raw, 0x20), good.headers, [secret]), 'a body with one byte more is taken')
  for (const [says, apart] of [
    ['old', -301_000],
    ['future', 301_000],
    ['a year old', -31_536_000_000],
  ] as const) {
    const stale = make(1, now + apart, secret)
    attempt.must(!verify(stale.raw, stale.headers, [secret]), `a notice with an ${says} time is taken`)
  }
  for (const name of Object.keys(good.headers)) {
    const { [name]: _gone, ...rest } = good.headers
    attempt.must(!verify(good.raw, rest, [secret]), `a notice without its header ${name} is taken`)
  }
  const [first, again] = [notices.readNotice(good.raw), notices.readNotice(good.raw)]
  if ('trouble' in first || 'trouble' in again) attempt.break('a good notice cannot be read')
  else attempt.must(sameFacts(first.observations, again.observations), 'a replayed notice tells something else')
  await inBothOrders(attempt, good.raw, other.raw)
  for (const junk of ['', '{', '[]', 'null', '"x"', '{"a":1}']) {
    try {
      notices.readNotice(new TextEncoder().encode(junk))
    } catch {
      attempt.break(`it breaks over the notice ${JSON.stringify(junk)}`)
    }
  }
  return true
}

/** One overtakes another: whichever comes first, they tell the same. Each order meets a connector of its own, as after a start. */
async function inBothOrders(attempt: Try, earlier: Uint8Array, later: Uint8Array): Promise<void> {
  const told = async (notices: readonly Uint8Array[]): Promise<Observation[]> => {
    const anew = new Try(attempt.subject)
    const read = notices.map((raw) => anew.connector.notices?.readNotice(raw))
    await anew.end()
    return read.flatMap((one) => (one && 'observations' in one ? one.observations : []))
  }
  const facts = await told([earlier, later])
  attempt.must(new Set(facts.map(({ eventId }) => eventId)).size > 1, 'two notices do not tell two facts')
  attempt.must(sameFacts(facts, await told([later, earlier])), 'two notices tell something else when the later one comes first')
}

/** What somebody between us and the system answers, half an answer, and one of no shape. */
const UNREADABLE: readonly (readonly [number, string])[] = [
  [200, '<html>welcome</html>'],
  [200, '{"rows":['],
  [200, '{}'],
  [200, ''],
  [404, '<html>not here</html>'],
  [404, '{}'],
  [500, '{}'],
]
const NOBODY = 'nobody-has-this'

export async function holdingsPromise(attempt: Try): Promise<boolean> {
  const { holdings = [] } = attempt.connector
  for (const { facets, list, one } of holdings) {
    const named = facets.join(', ')
    for (const [status, text] of UNREADABLE) {
      const reply: Reply = { transport: 'http', status, headers: {}, body: new TextEncoder().encode(text) }
      attempt.must('trouble' in one.read(reply, NOBODY), `${named}: HTTP ${status} with “${text}” is taken for nothing being there`)
      attempt.must(!list || 'trouble' in list.readPage(reply, null), `${named}: HTTP ${status} with “${text}” is taken for a page`)
    }
    const answer = await attempt.reply(one.ask(NOBODY))
    attempt.must(
      'trouble' in one.read(attempt.asPage(answer), NOBODY),
      `${named}: an answer that says it is text/html is taken for nothing being there`,
    )
    const none = one.read(answer, NOBODY)
    attempt.must(!('trouble' in none) && none.length === 0, `${named}: of what is not there it is not said that it is not there`)
    if (!list) continue
    const page = list.readPage(await attempt.reply(list.ask(null)), null)
    if ('trouble' in page) throw new Error(page.trouble)
    for (const held of page.held.slice(0, 3)) {
      const asked = one.read(await attempt.reply(one.ask(held.key)), held.key)
      attempt.must(
        !('trouble' in asked) && asked.some((thing) => isSame(thing, held)),
        `${named}: ${held.key} shows something else when it is asked for by itself`,
      )
    }
  }
  return holdings.length > 0
}

const isSame = (one: HeldThing, other: HeldThing): boolean =>
  JSON.stringify([one.names, one.key, one.shows]) === JSON.stringify([other.names, other.key, other.shows])
