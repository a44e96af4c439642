/** What each type of event says, in plain words: one table, without which a new type does not compile. */
import type { EventType } from '../domain/event.ts'
import { CAUSES, type Cause } from '../domain/exception-causes.ts'
import type { Json } from '../lib/canonical-json.ts'
import { minuteOf } from '../lib/time.ts'

export type EventDetails = { readonly [key: string]: Json | undefined }
type Words = (data: EventDetails) => string

export const EVENT_WORDS: { readonly [type in EventType]: Words } = {
  'invoice.received': (data) => `received: ${invoice(data)}${by(data, 'channel')}`,
  'invoice.corrected': (data) => `corrected: ${invoice(data)}${by(data, 'channel')}`,
  'invoice.withdrawn': (data) => `withdrawn by the supplier${because(data)}`,
  'invoice.rejected': (data) => `rejected${because(data)}`,
  'invoice.reinstated': (data) => `taken up again${because(data)}`,
  'invoice.taken-over': (data) =>
    `taken over as of ${text(data, 'on')}: ${text(data, 'postingNo')}, invoice ${text(data, 'number')}, from file ${short(data, 'file')}`,
  'document.attached': (data) => `another document of it: ${text(data, 'rendition')}, ${short(data, 'document')}`,

  'approval.requested': (data) => `approval asked for, ticket ${text(data, 'ticket')}`,
  'approval.granted': (data) => `${person(data, 'person')} said yes at step ${text(data, 'step')}: ${amount(part(data, 'terms'), 'gross')}`,
  'approval.completed': (data) => `approval completed: ${amount(part(data, 'terms'), 'gross')}${entered(data)}${amended(data)}`,
  'approval.refused': (data) => `${person(data, 'person')} said no${because(data)}`,
  'approval.withdrawn': (data) => `${person(data, 'person')} took the yes back${because(data)}`,
  'authority.granted': (data) =>
    `${text(data, 'name')} may approve up to ${amount(data, 'limit')} from ${text(data, 'from')}${optional(data, 'to', ' to ')}`,
  'authority.revoked': (data) => `may no longer approve from ${text(data, 'on')}`,

  'posting.parked': (data) => `parked in the ERP as ${text(data, 'postingNo')}`,
  'posting.confirmed': (data) => `booked as ${text(data, 'postingNo')}: ${amount(data, 'amount')} on ${text(data, 'postedOn')}`,
  'posting.reversed': (data) =>
    `booking ${text(data, 'postingNo')} reversed by ${text(data, 'reversalNo')} on ${text(data, 'reversedOn')}${because(data)}`,

  'payment.instructed': (data) =>
    `payment ${text(data, 'endToEndId')} over ${amount(data, 'amount')} put into file ${text(data, 'messageId')}, ` +
    `to account ${ending(data, 'account')}`,
  'payment.released': (data) => `payment file ${text(data, 'messageId')} released by ${people(data, 'releasedBy')}`,
  'payment.accepted': (data) => `bank accepts payment file ${text(data, 'messageId')} (${text(data, 'code')}); nothing is paid by that`,
  'payment.rejected': (data) =>
    `bank rejects ${text(data, 'endToEndId', `payment file ${text(data, 'messageId')}`)} (${text(data, 'code')})${because(data)}`,
  'payment.cancelled': (data) => `payment ${text(data, 'endToEndId', `file ${text(data, 'messageId')}`)} cancelled${because(data)}`,
  'statement.received': (data) =>
    `statement ${text(data, 'statement')} of account ${ending(data, 'account')}: ` +
    `${text(data, 'opening')} to ${amount(data, 'closing')}, ${text(data, 'entries')} entries`,
  'statement.entry-announced': (data) => `bank announces ${entry(data)}`,
  'statement.entry-booked': (data) => `bank booked ${entry(data)}`,
  'clearing.recorded': (data) =>
    `cleared in the ERP by ${text(data, 'postingNo')}: ${amount(data, 'amount')} as ${text(data, 'kind')}${because(data)}`,

  'revaluation.recorded': (data) =>
    `booking ${text(data, 'postingNo')} revalued by ${amount(data, 'amount')} on ${text(data, 'bookedOn')} (${text(data, 'revaluation')})`,

  'order.issued': (data) => `order ${text(data, 'number')} issued, ${count(data, 'lines')} lines`,
  'order.changed': (data) => `order ${text(data, 'number')} changed, ${count(data, 'lines')} lines`,
  'order.closed': (data) => `order ${text(data, 'number')} closed`,
  'receipt.recorded': (data) => `receipt ${text(data, 'receipt')} for order ${text(data, 'number')}, ${count(data, 'lines')} lines`,
  'receipt.reversed': (data) => `receipt ${text(data, 'receipt')} for order ${text(data, 'number')} reversed${because(data)}`,
  'supplier.activated': (data) => `supplier ${text(data, 'supplier')} activated`,
  'supplier.blocked': (data) => `supplier ${text(data, 'supplier')} blocked${because(data)}`,
  'reference.read': (data) => `answers about ${text(data, 'asked')}: ${data['found'] === true ? found(data) : 'there is none'}`,
  'reference.asked': (data) => `somebody asks about ${text(data, 'what')}`,
  'period.opened': (data) => `period ${text(data, 'month')} of company ${text(data, 'entity')} opened`,
  'period.closed': (data) => `period ${text(data, 'month')} of company ${text(data, 'entity')} closed`,

  'document.received': (data) =>
    `document ${text(data, 'fileName', short(data, 'document'))} could not be read: ${text(part(data, 'refused'), 'says')}`,
  'file.completed': (data) => `payment file ${text(data, 'messageId')} read: ${text(data, 'count')} payments, ${text(data, 'sum')}`,
  'evidence.prepared': (data) => `evidence pack ready, covers ${text(data, 'covers')} facts`,
  'evidence.archived': (data) => `evidence archived in ${text(data, 'archive')} until ${text(data, 'until')}`,
  'status.reported': (data) =>
    `${text(data, 'system')} shows ${text(data, 'facet')} as ${text(data, 'word')}${optional(data, 'claims', ', which means ')}`,
  'hold.placed': (data) => `held (${text(data, 'kind')})${because(data)}`,
  'hold.released': (data) => `hold released${because(data)}`,
  'cut-over.recorded': (data) =>
    `cut-over of company ${text(data, 'entity')} as of ${text(data, 'on')}: ${text(data, 'items')} open items equal to the balance, ` +
    `signed by a second person, ${person(data, 'second')}, file ${short(data, 'document')}`,
  'tie-out.recorded': (data) =>
    `tie-out of company ${text(data, 'entity')} as of ${text(data, 'to')}: ` +
    `${data['ties'] === true ? 'it ties out' : `${text(data, 'differences')} differences`}, ${short(data, 'document')}`,
  'exception.assigned': (data) => `case given to ${text(data, 'owner')}`,
  'exception.answered': (data) => `answered: ${text(data, 'action')}${otherPerson(data)}${because(data)}`,
  'exception.said': (data) =>
    `said: ${text(data, 'action')}${because(data)}; it waits for another person${data['instead'] === undefined ? '' : ', in place of the word before'}`,
  'exception.unsaid': (data) => `taken back what was said${because(data)}`,
  'sweep.completed': (data) =>
    `all that it holds was asked for: ${text(data, 'listed')} listed, ${text(data, 'reported')} otherwise than before, ${text(data, 'missing')} gone, ${text(data, 'unknown')} unknown here, ${text(data, 'unconfirmed')} not confirmed`,
  'log.set-back': (data) =>
    `the database was set back: events from index ${text(data, 'first')} on are lost, of ${text(data, 'known')} at least${because(data)}`,
  'system.paused': (data) => `system paused${because(data)}`,
  'system.resumed': (data) => `system goes on${because(data)}`,

  'invoice.validated': (data) => `validated: ${controls(data)}`,
  'invoice.validation-failed': (data) => `validation failed: ${controls(data)}`,
  'invoice.matched': (data) => `matched with the order: ${controls(data)}`,
  'invoice.mismatched': (data) => `does not match the order: ${controls(data)}`,
  'invoice.match-released': () => 'gives back what it took of the order',
  'invoice.linked': (data) =>
    data['relation'] === 'corrects'
      ? `invoice ${text(data, 'number')} corrects ${text(data, 'earlierNumber')}, which stands for itself no more`
      : `invoice ${text(data, 'number')} names ${text(data, 'earlierNumber')}`,
  'reference.wanted': (data) => `asks about ${text(data, 'what')}`,
  'approval.waived': (data) => `approval waived: ${controls(data)}`,
  'rule.evaluated': (data) => `${text(data, 'gate')}${data['pass'] === true ? '' : ' failed'}: ${controls(data)}`,
  'invoice.state-moved': (data) =>
    `now ${text(data, 'to', 'without a state')}${missing(data)}${data['from'] ? ` (was ${text(data, 'from')})` : ''}`,
  'posting.held': (data) => `not posted: period ${text(data, 'period')} was closed before ${text(data, 'day')} could be posted on`,
  'posting.freed': (data) => `period ${text(data, 'period')} is open: it is posted on ${text(data, 'day')}`,
  'posting.postponed': (data) =>
    `posted on ${text(part(data, 'accrual'), 'on')} instead of ${text(part(data, 'accrual'), 'was')}, whose period is closed; on the accrual list`,
  'reversal.held': (data) => `not reversed: period ${text(data, 'period')} was closed before ${text(data, 'day')} could be booked on`,
  'reversal.freed': (data) => `period ${text(data, 'period')} is open: it is reversed on ${text(data, 'day')}`,
  'reversal.postponed': (data) => `reversed on ${text(data, 'on')} instead of ${text(data, 'day')}, whose period is closed`,
  'accrual.dropped': (data) => `taken off the accrual list: ${text(data, 'reason')}`,
  'accrual.booked': (data) => `accrual booked in the ERP as ${text(data, 'document')}`,
  'evidence.wanted': (data) => `evidence to be archived until ${text(data, 'until')}, covers ${text(data, 'covers')} facts`,
  'payment.moved': (data) => `payment is ${text(data, 'progress')}`,
  'statement.entry-matched': (data) => `the bank entry belongs to it: ${text(data, 'says', text(data, 'amount'))}`,
  'settlement.allocated': (data) => `${text(data, 'amount')} settled by ${text(data, 'kind')}`,
  'settlement.unallocated': () => 'the settlement is taken back',
  'exception.raised': (data) => `case for ${text(data, 'owner')}: ${causeTitle(data)}. ${text(data, 'says')}`,
  'exception.restated': (data) => `case says now: ${text(data, 'says')}`,
  'exception.escalated': (data) =>
    `its deadline has passed: from ${text(data, 'from')} to ${text(data, 'to')}, due ${minuteOf(text(data, 'dueAt'))}`,
  'exception.resolved': (data) => `case closed: ${causeTitle(data)}${says(data)}`,
  'divergence.opened': (data) =>
    `${text(data, 'kind', 'divergence')}: ${text(data, 'says', `${cell(data)} shows ${text(data, 'reported')} and should show ${text(data, 'expected')}`)}`,
  'divergence.closed': (data) => `${cell(data)} shows what it should again`,
  'intake.quarantined': (data) => `set aside for a person${because(data)}`,
  'breaker.opened': (data) =>
    `not called any more: it ${data['cause'] === 'credential' ? 'does not let the hub in' : 'does not answer as it should'}${says(data)}`,
  'breaker.closed': () => 'called again: it answers',
  'effect.done': (data) => `${command(data)} carried out${receipt(data)}`,
  'effect.refused': (data) => `${command(data)} refused: ${text(data, 'says', 'no words')}`,
  'effect.unknown': (data) => `${command(data)}: nobody knows yet whether it was carried out${says(data)}`,
  'effect.resolved': (data) => `${command(data)}: ${RESOLVED[text(data, 'input')] ?? text(data, 'input')}${receipt(data)}${says(data)}`,
  'effect.replied-late': (data) => `${command(data)}: a late reply to try ${text(data, 'attempt')}, which counts for nothing`,
}

/** How an unknown outcome was cleared up, by the input of `effect.resolved`. */
const RESOLVED: { readonly [input: string]: string } = {
  found: 'found there, it was carried out',
  'found-other': 'something else was found under our reference',
  absent: 'looked for and not there, it was not carried out',
  'needs-person': 'only a person can tell',
  'no-effect': 'the call did nothing, and what it said was not wanted any more',
  'not-sent': 'it was not sent, and what it would have said was not wanted any more',
  'said-applied': 'a person says it was carried out',
  'said-not-applied': 'a person says it was not carried out',
  replay: 'a person asks for it again',
}

/** What the event says; an erased one can say only what kind it was. */
export function wordsOf(type: EventType, data: EventDetails, erased = false): string {
  return erased ? `${type.replace('.', ' ')} (its contents were erased)` : EVENT_WORDS[type](data)
}

/** A command by what it tells or asks, where its occurrence says that: `invoice.status (paid) to ap`. */
export function commandWords(command: string, occurrence: string, target: string): string {
  const about = /^([^#]+)#/u.exec(occurrence)?.[1]
  return `${command}${about === undefined ? '' : ` (${about})`} to ${target}`
}

// ------------------------------------------------------------------------------------------------ parts of sentences

const LIMIT_WORDS = 200

function text(data: EventDetails, key: string, otherwise = '?'): string {
  const value = data[key]
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value !== '' ? clipped(value) : otherwise
}

function clipped(value: string): string {
  return value.length <= LIMIT_WORDS ? value : `${value.slice(0, LIMIT_WORDS).toWellFormed()}…`
}

function part(data: EventDetails, key: string): EventDetails {
  const value = data[key]
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as EventDetails) : {}
}

function rows(data: EventDetails, key: string): readonly Json[] {
  const value = data[key]
  return Array.isArray(value) ? (value as readonly Json[]) : []
}

const texts = (data: EventDetails, key: string): string[] => rows(data, key).filter((item) => typeof item === 'string')
const optional = (data: EventDetails, key: string, before: string): string => (data[key] === undefined ? '' : `${before}${text(data, key)}`)
const because = (data: EventDetails): string => optional(data, 'reason', ': ')
const says = (data: EventDetails): string => (data['says'] ? ` (${text(data, 'says')})` : '')
const by = (data: EventDetails, key: string): string => optional(data, key, ', by ')
const amount = (data: EventDetails, key: string): string => `${text(data, key)} ${text(data, 'currency', '')}`.trim()
/** Of an account number the end, as much as tells two apart. */
const ending = (data: EventDetails, key: string): string => `…${text(data, key).slice(-4)}`
const short = (data: EventDetails, key: string): string => text(data, key).slice(0, 12)
const count = (data: EventDetails, key: string): string => String(rows(data, key).length)
/** An alias is known to people by its last part (of a person: without the directory), a pseudonym by what stands after `person:`. */
const known = (name: string): string =>
  name
    .replace(/^[^|]*\|person\|\S+ /u, '')
    .replace(/^.*\|/u, '')
    .replace(/^person:/u, '')
const person = (data: EventDetails, key: string): string => known(text(data, key, 'somebody'))
const people = (data: EventDetails, key: string): string => texts(data, key).map(known).join(' and ') || 'nobody'
const amended = (data: EventDetails): string =>
  rows(data, 'amended')
    .map((item) => item as EventDetails)
    .map((item) => `, amended by ${person(item, 'person')} (${texts(item, 'terms').join(', ')})`)
    .join('')
const entered = (data: EventDetails): string => (rows(data, 'enterers').length > 0 ? `, entered by ${people(data, 'enterers')}` : '')

function invoice(data: EventDetails): string {
  const content = part(data, 'content')
  const kind = content['kind'] === 'credit-note' ? 'credit note' : 'invoice'
  const payable = `${text(part(content, 'totals'), 'payable')} ${text(content, 'currency', '')}`.trim()
  return `${kind} ${text(content, 'number')} of ${text(part(content, 'supplier'), 'name')} over ${payable}`
}

function entry(data: EventDetails): string {
  const returned = data['returns'] === undefined ? '' : `, given back (${text(part(data, 'returns'), 'code')})`
  const back = data['reversal'] === true ? ', a reversal' : returned
  const what = text(data, 'direction') === 'credit' ? 'a receipt' : 'a payment'
  return `${what} of ${amount(data, 'amount')}${optional(data, 'bookedOn', ' on ')}${optional(data, 'endToEndId', ', ')}${back}`
}

function found(data: EventDetails): string {
  for (const key of ['supplier', 'entity', 'order', 'taxCode']) {
    const what = part(data, key)
    if (Object.keys(what).length > 0) {
      return `${text(what, 'number', text(what, 'code'))}${optional(what, 'name', ' ')}${what['blocked'] === true ? ', blocked' : ''}`
    }
  }
  const period = part(data, 'period')
  return period['open'] === undefined ? 'known' : period['open'] === true ? 'open' : 'closed'
}

function controls(data: EventDetails): string {
  const list = rows(data, 'controls') as readonly EventDetails[]
  const failed = list.filter((control) => control['verdict'] === 'fail')
  if (failed.length > 0) return failed.map((control) => text(control, 'id')).join(', ')
  const judged = list.filter((control) => control['verdict'] !== 'not-applicable')
  return `${judged.length} ${judged.length === 1 ? 'control' : 'controls'} passed`
}

function causeTitle(data: EventDetails): string {
  const cause = text(data, 'cause')
  return Object.hasOwn(CAUSES, cause) ? CAUSES[cause as Cause].title : cause
}

/** The other of two persons: who said the same before, when and by which means; or whom the one request named. */
function otherPerson(data: EventDetails): string {
  const first = part(data, 'first')
  if (data['first'] !== undefined)
    return `, as ${person(first, 'person')} said at ${minuteOf(text(first, 'at'))} by ${text(first, 'through')} (${text(first, 'reason')})`
  return data['second'] === undefined ? '' : `, with ${person(data, 'second')}`
}

const missing = (data: EventDetails): string =>
  texts(data, 'breaches')
    .map((state) => `, not ${state}`)
    .join('')
const cell = (data: EventDetails): string => text(data, 'cell').replace('|', ' ')
const command = (data: EventDetails): string => commandWords(text(data, 'command'), text(data, 'occurrence', ''), text(data, 'target'))
const receipt = (data: EventDetails): string =>
  part(data, 'receipt')['reference'] === undefined ? '' : ` as ${text(part(data, 'receipt'), 'reference')}`
