import { num, sum } from '../plumbing/amounts.ts'
import { count, type Call, type Outcome, type Route } from '../plumbing/server.ts'
import { isObject, list, record, text, whole } from '../plumbing/shape.ts'
import { bodyOf, refusal } from './answers.ts'
import { change, termsOf } from './events.ts'
import type { Keys } from './keys.ts'
import { covers, hindrance, stepsFor } from './people.ts'
import { badgeBody, codingLine, openBody, openFields, type CodingLine, type Opened, type Person, type Stage, type Ticket } from './rows.ts'
import type { Tray } from './tray.ts'

const byBody = record({ by: text(60) })
const reasonBody = record({ by: text(60), reason: text(500) })
const signBody = record({ by: text(60), step: whole(1, 10) })
const codeBody = record({ by: text(60), lines: list(codingLine) })

/** What a person, or another system, may do with tickets. */
export function ticketRoutes(tray: Tray, keys: Keys, now: () => string): Route[] {
  const on =
    (act: (call: Call, ticket: Ticket) => Outcome) =>
    (call: Call): Outcome => {
      const ticket = tray.tickets.get(call.params['no'] ?? '')
      return ticket ? act(call, ticket) : refusal(404, 'NO_TICKET', `There is no ticket ${call.params['no'] ?? ''}.`)
    }
  const post = (name: string, op: string, act: (call: Call, ticket: Ticket) => Outcome): Route => ({
    method: 'POST',
    path: `/tickets/{no}/${name}`,
    op,
    run: on(act),
  })
  return [
    { method: 'POST', path: '/tickets', op: 'ticket.open', run: (call) => keys.once(call, () => open(tray, call, now())) },
    { method: 'GET', path: '/tickets', op: 'ticket.list', run: (call) => sweep(tray, call) },
    { method: 'GET', path: '/tickets/{no}', op: 'ticket.read', run: on((_call, ticket) => ({ status: 200, body: ticket })) },
    post('pick', 'ticket.pick', (call, ticket) =>
      acting(tray, call, byBody, ticket, ['INBOX'], ({ person }) => pick(tray, ticket, person, now())),
    ),
    post('coding', 'ticket.code', (call, ticket) =>
      acting(tray, call, codeBody, ticket, ['INBOX', 'CODING'], ({ value, person }) => code(tray, ticket, person, value.lines, now())),
    ),
    post('sign', 'ticket.sign', (call, ticket) =>
      acting(tray, call, signBody, ticket, ['SIGNOFF'], ({ value, person }) => sign(tray, ticket, person, value.step, now())),
    ),
    post('decline', 'ticket.decline', (call, ticket) =>
      acting(tray, call, reasonBody, ticket, ['CODING', 'SIGNOFF'], ({ value, person }) =>
        decline(tray, ticket, person, value.reason, now()),
      ),
    ),
    post('recall', 'ticket.recall', (call, ticket) =>
      acting(tray, call, reasonBody, ticket, ['INBOX', 'CODING', 'SIGNOFF', 'GREENLIT'], ({ value, person }) =>
        recall(tray, ticket, person, value.reason, now()),
      ),
    ),
    post('amend', 'ticket.amend', (call, ticket) => amend(tray, call, ticket, now())),
    post('badge', 'ticket.badge', (call, ticket) => keys.required(call) ?? keys.once(call, () => badge(tray, call, ticket, now()))),
  ]
}

function open(tray: Tray, call: Call, at: string): Outcome {
  const read = bodyOf(call, openBody)
  if (read.refused) return read.refused
  const wrong = problemOf(tray, read.value)
  if (wrong) return wrong
  const { ticket, facts } = change(
    tray,
    'OPENED',
    {
      ...read.value,
      payTotal: read.value.payTotal ?? read.value.grossTotal,
      ticketNo: `T-${String(tray.tickets.size + 1).padStart(6, '0')}`,
      stage: 'INBOX',
      rev: 1,
      openedAt: at,
      pickedBy: null,
      coding: null,
      signers: [],
      badge: null,
      closedBy: null,
      closedReason: null,
      amendments: [],
    },
    at,
  )
  return { status: 201, body: brief(ticket), facts }
}

function problemOf(tray: Tray, held: Opened): Outcome | undefined {
  if (!tray.units.has(held.legalUnit)) return refusal(422, 'UNIT_UNKNOWN', `There is no legal unit ${held.legalUnit}.`)
  if (sum([held.netTotal, held.taxTotal]) === num(held.grossTotal)) return undefined
  return refusal(422, 'TOTALS', `${held.netTotal} and ${held.taxTotal} do not make ${held.grossTotal}.`)
}

function brief({ ticketNo, stage, mark }: Ticket): unknown {
  return { ticketNo, stage, mark }
}

/** What changed since a mark: each ticket once, at its last change. */
function sweep(tray: Tray, { query }: Call): Outcome {
  const limit = Math.min(Math.max(count(query, 'limit', 100), 1), 1000)
  const [corrRef, stage] = [query.get('corrRef'), query.get('stage')]
  const found: Ticket[] = []
  let mark = Math.min(count(query, 'after', 0), tray.mark)
  for (; mark < tray.mark && found.length < limit; mark += 1) {
    const ticket = tray.tickets.get(tray.log[mark] ?? '')
    if (ticket?.mark !== mark + 1) continue
    if ((corrRef === null || ticket.corrRef === corrRef) && (stage === null || ticket.stage === stage)) found.push(ticket)
  }
  return { status: 200, body: { tickets: found, mark, more: mark < tray.mark } }
}

/** Reads the body, finds the person and checks the stage, as every act of a person needs. */
function acting<T extends { by: string }>(
  tray: Tray,
  call: Call,
  shape: Parameters<typeof bodyOf<T>>[1],
  ticket: Ticket,
  stages: readonly Stage[],
  act: (given: { value: T; person: Person }) => Outcome,
): Outcome {
  const read = bodyOf(call, shape)
  if (read.refused) return read.refused
  const person = tray.people.get(read.value.by)
  if (!person?.active) return refusal(404, 'NO_PERSON', `There is nobody called ${read.value.by}.`)
  if (!stages.includes(ticket.stage)) return refusal(409, 'WRONG_STAGE', `${ticket.ticketNo} is in ${ticket.stage}.`)
  return act({ value: read.value, person })
}

export function pick(tray: Tray, ticket: Ticket, by: Person, at: string): Outcome {
  if (!by.duties.includes('CODER') || !covers(by, ticket))
    return refusal(422, 'NOT_A_CODER', `${by.handle} does not code for ${ticket.legalUnit}.`)
  const done = change(tray, 'PICKED', { ...ticket, stage: 'CODING', pickedBy: by.handle }, at)
  return { status: 200, body: brief(done.ticket), facts: done.facts }
}

export function code(tray: Tray, ticket: Ticket, by: Person, lines: readonly CodingLine[], at: string): Outcome {
  if (!by.duties.includes('CODER') || !covers(by, ticket))
    return refusal(422, 'NOT_A_CODER', `${by.handle} does not code for ${ticket.legalUnit}.`)
  if (sum(lines.map((line) => line.amount)) !== num(ticket.netTotal))
    return refusal(422, 'CODING_SUM', `The lines do not add up to ${ticket.netTotal}.`)
  const steps = stepsFor(tray, ticket)
  if (!steps) return refusal(422, 'NO_RULE', `No sign rule covers ${ticket.grossTotal} ${ticket.ccy}.`)
  const signers = steps.map((duty, nth) => ({ step: nth + 1, duty, by: null, fullName: null, verdict: 'WAITING' as const, at: null }))
  const coded = { ...ticket, stage: 'SIGNOFF' as const, coding: { by: by.handle, at, lines }, signers }
  const done = change(
    tray,
    'CODED',
    coded,
    at,
    { type: 'ticket.coded', data: { by: who(by), codedAt: at, terms: termsOf(coded) } },
    { type: 'ticket.signoff_requested', data: { signers } },
  )
  return { status: 200, body: brief(done.ticket), facts: done.facts }
}

export function sign(tray: Tray, ticket: Ticket, by: Person, step: number, at: string): Outcome {
  const next = ticket.signers.find((signer) => signer.verdict === 'WAITING')
  if (next?.step !== step) return refusal(422, 'NOT_YOUR_STEP', `Step ${step} of ${ticket.ticketNo} is not the next one.`)
  const why = hindrance(tray, ticket, by)
  if (why) return refusal(422, ...why)
  const signers = ticket.signers.map((signer) =>
    signer === next ? { ...signer, by: by.handle, fullName: by.fullName, verdict: 'SIGNED' as const, at } : signer,
  )
  const last = step === signers.length
  const signed = { ...ticket, stage: last ? ('GREENLIT' as const) : ticket.stage, signers }
  const terms = termsOf(signed)
  const done = change(
    tray,
    last ? 'GREENLIT' : 'SIGNED',
    signed,
    at,
    { type: 'ticket.signed', data: { step, of: signers.length, by: who(by), signedAt: at, terms } },
    ...(last ? [{ type: 'ticket.greenlit' as const, data: { greenlitAt: at, terms, signers } }] : []),
  )
  return { status: 200, body: brief(done.ticket), facts: done.facts }
}

export function decline(tray: Tray, ticket: Ticket, by: Person, reason: string, at: string): Outcome {
  const next = ticket.signers.find((signer) => signer.verdict === 'WAITING')
  const signers = ticket.signers.map((signer) =>
    signer === next ? { ...signer, by: by.handle, fullName: by.fullName, verdict: 'DECLINED' as const, at } : signer,
  )
  return close(tray, { ...ticket, signers }, 'DECLINED', by, reason, at)
}

function recall(tray: Tray, ticket: Ticket, by: Person, reason: string, at: string): Outcome {
  return close(tray, ticket, 'RECALLED', by, reason, at)
}

function close(tray: Tray, ticket: Ticket, stage: 'DECLINED' | 'RECALLED', by: Person, reason: string, at: string): Outcome {
  const type = stage === 'DECLINED' ? 'ticket.declined' : 'ticket.recalled'
  const done = change(tray, stage, { ...ticket, stage, closedBy: by.handle, closedReason: reason }, at, {
    type,
    data: { by: who(by), at, reason },
  })
  return { status: 200, body: brief(done.ticket), facts: done.facts }
}

/** A person changes what is held. This tool leaves signatures alone, as many do: whoever relies on them must compare the terms. */
function amend(tray: Tray, call: Call, ticket: Ticket, at: string): Outcome {
  const { by, changes, ...rest } = isObject(call.body) ? call.body : {}
  const person = tray.people.get(typeof by === 'string' ? by : '')
  if (!isObject(changes) || Object.keys(rest).length > 0 || Object.hasOwn(changes, 'corrRef'))
    return refusal(400, 'MALFORMED', 'The body is {"by","changes":{…}}; corrRef cannot change.')
  if (!person) return refusal(404, 'NO_PERSON', `There is nobody called ${String(by)}.`)
  if (ticket.stage === 'DECLINED' || ticket.stage === 'RECALLED')
    return refusal(409, 'WRONG_STAGE', `${ticket.ticketNo} is in ${ticket.stage}.`)
  const held = Object.fromEntries(Object.keys(openFields).map((name) => [name, ticket[name as keyof Opened]]))
  const read = bodyOf({ ...call, body: { ...held, ...changes } }, openBody)
  if (read.refused) return read.refused
  const wrong = problemOf(tray, read.value)
  if (wrong) return wrong
  const changed = Object.keys(changes)
  const amended = {
    ...ticket,
    ...read.value,
    rev: ticket.rev + 1,
    amendments: [...ticket.amendments, { by: person.handle, at, changed }],
  }
  const done = change(tray, 'AMENDED', amended, at, {
    type: 'ticket.amended',
    data: { by: who(person), at, changed, terms: termsOf(amended) },
  })
  return { status: 200, body: brief(done.ticket), facts: done.facts }
}

function badge(tray: Tray, call: Call, ticket: Ticket, at: string): Outcome {
  const read = bodyOf(call, badgeBody)
  if (read.refused) return read.refused
  const done = change(tray, 'BADGED', { ...ticket, badge: { ...read.value, on: read.value.on ?? at.slice(0, 10), at } }, at)
  return { status: 200, body: { ticketNo: ticket.ticketNo, badge: read.value.badge, mark: done.ticket.mark }, facts: done.facts }
}

function who(by: Person): unknown {
  return { handle: by.handle, fullName: by.fullName }
}
