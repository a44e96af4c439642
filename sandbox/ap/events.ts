import type { Fact } from '../plumbing/book.ts'
import type { Hook, Ticket } from './rows.ts'
import type { Tray } from './tray.ts'

export type EventType =
  | 'ticket.coded'
  | 'ticket.signoff_requested'
  | 'ticket.signed'
  | 'ticket.greenlit'
  | 'ticket.declined'
  | 'ticket.recalled'
  | 'ticket.amended'
export interface Happening {
  readonly type: EventType
  readonly data: Readonly<Record<string, unknown>>
}

/** The change of a ticket as facts of the book: the ticket as it is now, and a webhook for each thing that happened. */
export function change(
  tray: Tray,
  verb: string,
  ticket: Omit<Ticket, 'mark' | 'changedAt'>,
  at: string,
  ...happened: readonly Happening[]
): { ticket: Ticket; facts: Fact[] } {
  const row: Ticket = { ...ticket, mark: tray.mark + 1, changedAt: at }
  const hooks = happened.map(({ type, data }, nth): Hook => ({
    hookId: `msg_${tray.tag}_${tray.hooksQueued + 1 + nth}`,
    type,
    body: JSON.stringify({
      type,
      timestamp: at,
      data: { ticketNo: row.ticketNo, corrRef: row.corrRef, mark: row.mark, stage: row.stage, ...data },
    }),
  }))
  return {
    ticket: row,
    facts: [
      { what: 'TICKET', verb, key: row.ticketNo, row },
      ...hooks.map((hook): Fact => ({ what: 'HOOK', verb: 'QUEUED', key: hook.hookId, row: hook })),
    ],
  }
}

/** What is to be paid to whom and how it is coded, as held at this moment. */
export function termsOf(ticket: Omit<Ticket, 'mark' | 'changedAt'>): unknown {
  const {
    creditor,
    remitTo,
    legalUnit,
    billKind,
    billNo,
    billedOn,
    dueOn,
    ccy,
    netTotal,
    taxTotal,
    grossTotal,
    payTotal,
    poRefs,
    coding,
    rev,
  } = ticket
  return {
    creditor,
    remitTo,
    legalUnit,
    billKind,
    billNo,
    billedOn,
    dueOn,
    ccy,
    netTotal,
    taxTotal,
    grossTotal,
    payTotal,
    poRefs,
    coding: coding?.lines ?? [],
    rev,
  }
}
