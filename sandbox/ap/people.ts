import { isDeepStrictEqual } from 'node:util'
import { num } from '../plumbing/amounts.ts'
import type { Fact } from '../plumbing/book.ts'
import type { Call, Outcome, Route } from '../plumbing/server.ts'
import { flag, list, optional, record, text } from '../plumbing/shape.ts'
import { bodyOf } from './answers.ts'
import { glAccount, legalUnit, person, signRule, type Duty, type Person, type Ticket } from './rows.ts'
import type { Tray } from './tray.ts'

const setup = record({
  legalUnits: optional(list(legalUnit), []),
  people: optional(list(person), []),
  signRules: optional(list(signRule, 100), null),
  glAccounts: optional(list(glAccount), null),
  kostls: optional(list(text(40)), null),
  selfSign: optional(flag, null),
})

/** Who works here, for whom, and by which rules. */
export function peopleRoutes(tray: Tray): Route[] {
  return [
    { method: 'PUT', path: '/setup', op: 'setup', control: true, maxBytes: 64 * 1024 * 1024, run: (call) => load(tray, call) },
    {
      method: 'GET',
      path: '/people',
      op: 'people.read',
      run: () => ({ status: 200, body: { people: [...tray.people.values()], signRules: tray.signRules } }),
    },
    {
      method: 'GET',
      path: '/legal-units',
      op: 'unit.read',
      run: ({ query }) => {
        const vatReg = query.get('vatReg')
        return {
          status: 200,
          body: { legalUnits: [...tray.units.values()].filter((row) => vatReg === null || folded(row.vatReg) === folded(vatReg)) },
        }
      },
    },
  ]
}

function folded(vatReg: string): string {
  return vatReg.replaceAll(/\s/g, '').toUpperCase()
}

function load(tray: Tray, call: Call): Outcome {
  const read = bodyOf(call, setup)
  if (read.refused) return { ...read.refused, status: 422 }
  const { legalUnits, people, signRules, glAccounts, kostls, selfSign } = read.value
  const facts = [
    ...legalUnits.map((row) => changed('UNIT', row.legalUnit, row, tray.units.get(row.legalUnit))),
    ...people.map((row) => changed('PERSON', row.handle, row, tray.people.get(row.handle))),
    signRules && changed('RULES', 'all', { signRules }, { signRules: tray.signRules }),
    glAccounts && changed('ACCOUNTS', 'all', { glAccounts }, { glAccounts: tray.glAccounts }),
    kostls && changed('CENTRES', 'all', { kostls }, { kostls: tray.kostls }),
    selfSign !== null && changed('SELF_SIGN', 'all', { selfSign }, { selfSign: tray.selfSign }),
  ].filter((fact): fact is Fact => !!fact)
  return { status: 200, body: { loaded: facts.length }, facts }
}

function changed(what: string, key: string, row: unknown, held: unknown): Fact | undefined {
  return isDeepStrictEqual(row, held) ? undefined : { what, verb: 'SET', key, row }
}

/** The duties that must sign, in order; undefined when no rule covers the amount. */
export function stepsFor(tray: Tray, ticket: Ticket): readonly Duty[] | undefined {
  const named = tray.signRules.some((rule) => rule.ccy === ticket.ccy)
  return tray.signRules.find((rule) => rule.ccy === (named ? ticket.ccy : '*') && (rule.upTo === null || num(rule.upTo) >= grossOf(ticket)))
    ?.steps
}

/** Why this person may not sign the step that is next; undefined when he may. */
export function hindrance(tray: Tray, ticket: Ticket, by: Person): [error: string, detail: string] | undefined {
  const next = ticket.signers.find((signer) => signer.verdict === 'WAITING')
  if (!next || !by.active || !by.duties.includes(next.duty) || !covers(by, ticket)) {
    return ['NOT_YOUR_STEP', `${by.handle} cannot sign step ${next?.step ?? 0} of ${ticket.ticketNo}.`]
  }
  if (!tray.selfSign && (ticket.coding?.by === by.handle || ticket.signers.some((signer) => signer.by === by.handle))) {
    return ['SELF_SIGN', `${by.handle} has coded or signed ${ticket.ticketNo} already.`]
  }
  const last = next.step === ticket.signers.length
  return last && ceilingOf(by, ticket.ccy) < grossOf(ticket)
    ? ['CEILING', `The ceiling of ${by.handle} is below ${ticket.grossTotal} ${ticket.ccy}.`]
    : undefined
}

export function covers(by: Person, ticket: Ticket): boolean {
  return by.units.includes('*') || by.units.includes(ticket.legalUnit)
}

function ceilingOf(by: Person, ccy: string): bigint {
  const held = by.ceilings.find((one) => one.ccy === ccy) ?? by.ceilings.find((one) => one.ccy === '*')
  return held ? num(held.upTo) : -1n
}

function grossOf(ticket: Ticket): bigint {
  const gross = num(ticket.grossTotal)
  return gross < 0n ? -gross : gross
}
