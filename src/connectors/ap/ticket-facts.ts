/**
 * Tickets as facts: word for word the same, whether a notice told us of one step or the sweep reads the whole ticket. The two
 * know different things, and nothing is claimed that only one could know:
 *
 * - A notice of a signature carries the terms as held at that moment. The ticket carries today's; they are the same as long as
 *   it was never amended, or when the signature is the last thing that happened to it. Else the sweep says nothing of that
 *   signature: nobody is said to have approved what he may not have seen.
 * - Only the ticket says who coded it and who ever amended it, so the completion comes from the sweep alone. Whoever amended one
 *   of our terms is named with it; which of these terms make an enterer is for the domain.
 */
import { meaningOf, type Observation } from '../../connector/contract.ts'
import { personName } from '../../domain/names.ts'
import { aliasOf, type Ref } from '../../domain/object.ts'
import type { Amended } from '../../domain/terms.ts'
import { instantOf, msOf, type Instant } from '../../lib/time.ts'
import type { Setting } from './config.ts'
import { BADGE_OF, BADGES, MAP_VERSION, STAGES, TERMS_IN, VERDICTS } from './map.ts'
import { termsOf } from './terms.ts'
import type { HeldTerms, Ticket } from './wire.ts'

/** The company's directory: ERP and AP tool know a person by the same login. */
const person = (handle: string): string => personName('directory', handle)

/** `rev` of a ticket that was never amended. The documentation says only that it rises; the live test holds it to this. */
export const FIRST_REV = 1

export interface About {
  readonly ticketNo: string
  readonly corrRef?: string | null | undefined
}

/** A ticket that the hub did not open is not one of its invoices and none of its business. */
export const isOurs = ({ corrRef }: About): boolean => corrRef?.startsWith('inv_') === true

/** A restored tool gives its numbers anew: to another invoice, or to the same one at another instant. */
function common(
  { system }: Setting,
  { ticketNo, corrRef }: About,
  what: string,
  at: Instant,
): Pick<Observation, 'eventId' | 'occurredAt' | 'about' | 'reference' | 'correlation'> {
  const about: Ref = { names: [corrRef ?? '', aliasOf(system, 'ticket', ticketNo)] }
  const eventId = `ticket|${ticketNo}|${corrRef}|${what}|${at}`
  return { eventId, occurredAt: at, about: [about], reference: ticketNo, correlation: corrRef ?? '' }
}

export function signed(setting: Setting, about: About, step: number, handle: string, at: Instant, held: HeldTerms): Observation {
  return {
    ...common(setting, about, `signed|${step}`, at),
    type: 'approval.granted',
    data: { ticket: about.ticketNo, step: String(step), person: person(handle), terms: termsOf(setting, held) },
  }
}

export function coded(setting: Setting, about: About, at: Instant): Observation {
  return { ...common(setting, about, 'coded', at), type: 'approval.requested', data: { ticket: about.ticketNo, step: 'sign-off' } }
}

/** `refused`: a step's no, which is no rejection of the invoice. */
export function closed(
  setting: Setting,
  about: About,
  how: 'refused' | 'withdrawn',
  handle: string,
  reason: string,
  at: Instant,
): Observation {
  const data = { ticket: about.ticketNo, person: person(handle), reason }
  return how === 'refused'
    ? { ...common(setting, about, 'declined', at), type: 'approval.refused', data: { ...data, step: 'sign-off' } }
    : { ...common(setting, about, 'recalled', at), type: 'approval.withdrawn', data }
}

export function openedFacts(setting: Setting, ticket: Ticket): Observation[] {
  return [{ ...common(setting, ticket, 'opened', ticket.openedAt), type: 'approval.requested', data: { ticket: ticket.ticketNo } }]
}

/** All that a ticket as read says. */
export function ticketFacts(setting: Setting, ticket: Ticket): Observation[] {
  if (!isOurs(ticket)) return []
  const held: HeldTerms = { ...ticket, coding: ticket.coding?.lines }
  const grants = ticket.signers.flatMap(({ step, by, verdict, at }) =>
    meaningOf(VERDICTS, verdict) === 'granted' && by !== null && at !== null ? [{ step, by, at }] : [],
  )
  const seen = grants.filter(({ at }) => ticket.rev === FIRST_REV || at >= ticket.changedAt)
  return [
    ...openedFacts(setting, ticket),
    ...(ticket.coding ? [coded(setting, ticket, ticket.coding.at)] : []),
    ...seen.map(({ step, by, at }) => signed(setting, ticket, step, by, at, held)),
    ...ending(
      setting,
      ticket,
      held,
      grants.map(({ at }) => at),
    ),
    ...badgeFacts(setting, ticket),
    ...strangeWords(setting, ticket),
  ]
}

function ending(setting: Setting, ticket: Ticket, held: HeldTerms, grantedAt: readonly Instant[]): Observation[] {
  const stage = meaningOf(STAGES, ticket.stage)
  if (stage === 'completed') return [completed(setting, ticket, held, grantedAt)]
  if (stage !== 'refused' && stage !== 'withdrawn') return []
  const declined = ticket.signers.find(({ verdict, at }) => meaningOf(VERDICTS, verdict) === 'refused' && at !== null)?.at
  const earliest = [ticket.openedAt, ticket.coding?.at ?? '', ...grantedAt].sort().at(-1) ?? ticket.openedAt
  // The earliest that it can be, where nobody says when it was. After a badge the ticket's last change is the badge's; once amended it may be an amendment's.
  const other = ticket.rev > FIRST_REV || (ticket.badge !== null && ticket.badge.at >= ticket.changedAt)
  const known = (stage === 'refused' ? declined : null) ?? (other ? null : ticket.changedAt)
  return [closed(setting, ticket, stage, ticket.closedBy ?? '', ticket.closedReason ?? '', known ?? earliest)]
}

/**
 * Once per revision: this tool keeps its signatures when a ticket is amended, so a greenlit ticket with other terms is news. It
 * does not say when it was amended; a millisecond per revision keeps the order of completions.
 */
function completed(setting: Setting, ticket: Ticket, held: HeldTerms, grantedAt: readonly Instant[]): Observation {
  const at = [...grantedAt].sort().at(-1) ?? ticket.coding?.at ?? ticket.openedAt
  const amended = amendedIn(ticket)
  return {
    ...common(setting, ticket, `greenlit|${ticket.rev}`, instantOf(msOf(at) + Math.max(0, ticket.rev - FIRST_REV))),
    type: 'approval.completed',
    data: {
      ticket: ticket.ticketNo,
      terms: termsOf(setting, held),
      enterers: ticket.coding ? [person(ticket.coding.by)] : [],
      ...(amended.length === 0 ? {} : { amended }),
    },
  }
}

/** Who changed which of our terms there; other fields of a ticket hold none. */
function amendedIn({ amendments }: Ticket): Amended[] {
  const changes = amendments.flatMap(({ by, changed }) =>
    changed.flatMap((field) => (isTermField(field) ? TERMS_IN[field] : [])).map((term) => ({ who: person(by), term })),
  )
  return [...Map.groupBy(changes, ({ who }) => who)].map(([who, theirs]) => ({
    person: who,
    terms: [...new Set(theirs.map(({ term }) => term))].sort(),
  }))
}
const isTermField = (field: string): field is keyof typeof TERMS_IN => Object.hasOwn(TERMS_IN, field)

/** What a badge shows: where several of our words share it, the one that was told stands beside it. */
export function badgeWord({ badge, refs }: NonNullable<Ticket['badge']>): { readonly word: string; readonly claims: string | null } {
  const told = refs?.['word']
  const ours = typeof told === 'string' && Object.hasOwn(BADGE_OF, told) && BADGE_OF[told as keyof typeof BADGE_OF] === badge
  return { word: badge, claims: ours ? told : meaningOf(BADGES, badge) }
}

function badgeFacts(setting: Setting, ticket: Ticket): Observation[] {
  const { badge } = ticket
  if (!badge) return []
  const { word, claims } = badgeWord(badge)
  return [
    {
      ...common(setting, ticket, `badge|${MAP_VERSION}`, badge.at),
      type: 'status.reported',
      data: { system: setting.system, facet: 'status', word, ...(claims === null ? {} : { claims }) },
    },
  ]
}

/** A stage or verdict that is in no table: reported as it stands. */
function strangeWords(setting: Setting, ticket: Ticket): Observation[] {
  const words = [
    ...(meaningOf(STAGES, ticket.stage) === null ? [ticket.stage] : []),
    ...ticket.signers.flatMap(({ verdict }) => (meaningOf(VERDICTS, verdict) === null ? [verdict] : [])),
  ]
  return [...new Set(words)].map((word) => ({
    ...common(setting, ticket, `word|${MAP_VERSION}|${word}`, ticket.changedAt),
    type: 'status.reported',
    data: { system: setting.system, facet: 'approval', word },
  }))
}
