/**
 * What must hold of every run, whatever went wrong in it, judged by what the systems really did. Each has the number under which
 * the rig's page (docs/spec/rehearsal.md) explains it. Nothing here knows how the hub works.
 */
import type { Arrived, Done, Past, Queued, Shown } from './past.ts'

export interface Violation {
  readonly invariant: string
  readonly says: string
  readonly at: number
}

type Invariant = (past: Past) => Violation[]

const HOUR_MS = 3_600_000
/** Clocks of the hub's machines may be this far apart, and a call under way takes its time. */
const SLACK_MS = 15_000
/** The most patient lane gives up after 20 definite failures, and a person may ask for it again. */
const POISON = 40
/** What one process asks of a system from which nothing comes: five calls until it knows, and those that were under way then. */
const IN_VAIN = 8
/** Of all processes together: pauses double from 2 s to 60 s, and clocks are apart. */
const PROBES = { calls: 40, perMs: 300_000 }
/** A system that has booked what it refused in words may be asked again by a person who has not heard of it yet. */
const HEARD_MS = HOUR_MS

export const INVARIANTS: { readonly [name: string]: Invariant } = {
  D1: (past) =>
    [...perKey(past.done)].flatMap(([key, deeds]) => {
      if (
        deeds.length < 2 ||
        classOf(past, deeds[0]!) === 'K4' ||
        !deeds.every((deed) => deed.inTime || classOf(past, deed) === 'K2') ||
        excused(past, key, deeds)
      )
        return []
      return [
        {
          invariant: 'D1',
          at: deeds[1]!.at,
          says: `${deeds[0]!.command} was carried out ${deeds.length} times under one key (${classOf(past, deeds[0]!)}): ${numbers(deeds)}`,
        },
      ]
    }),

  D2: (past) =>
    [...perKey(past.done.filter((deed) => !isUndone(past, deed)))].flatMap(([key, deeds]) => {
      if (deeds.length < 2 || deeds.every((deed) => deed.inTime) || excused(past, deeds[0]!.key, deeds)) return []
      const row = past.queued.find((queued) => queued.key === key)
      return row && (row.state === 'held' || row.cases.length > 0)
        ? []
        : [{ invariant: 'D2', at: deeds[1]!.at, says: `${numbers(deeds)} are one too many, and nobody is told` }]
    }),

  D3: (past) =>
    [...perKey(past.arrived.filter(({ answer }) => answer === 'taken' || answer === 'lying-refusal'))].flatMap(([key, sends]) => {
      if (classOf(past, sends[0]!) !== 'K4') return []
      const allowed =
        1 +
        past.said.filter((said) => said.key === key && said.word === 'not-applied').length +
        sends.filter(({ answer }) => answer === 'lying-refusal').length
      return sends.length <= allowed
        ? []
        : [
            {
              invariant: 'D3',
              at: sends[allowed]!.at,
              says: `${sends[0]!.command} was sent ${sends.length} times to a system that cannot tell one from the other`,
            },
          ]
    }),

  D4: (past) =>
    past.shown.flatMap((view) => {
      const real = past.done.filter((deed) => deed.command === 'invoice.post' && deed.reference === view.invoice && deed.at <= view.at)
      const invented = view.postings.filter((number) => !real.some((deed) => deed.number === number))
      if (invented.length > 0) return [falsely(view, `shows posting ${invented.join()}, which is not in the ERP`)]
      if (isBooked(view) && view.postings.length === 0 && view.state === 'posted') return [falsely(view, 'shows posted, without a posting')]
      if (view.state === 'posted' && !real.some((deed) => deed.amount === view.amount))
        return [falsely(view, `shows ${view.amount} posted; the ERP has ${real.map((deed) => deed.amount).join()}`)]
      const claimed =
        view.told.includes('erp|posting posted') &&
        !past.done.some((deed) => deed.command === 'invoice.post' && deed.reference === view.invoice)
      return claimed ? [falsely(view, 'says that the ERP took the posting; the ERP never had it')] : []
    }),

  D5: (past) => {
    const last = lastShown(past)
    const unseen = past.done
      .filter((deed) => deed.command === 'invoice.post' && !isUndone(past, deed))
      .flatMap((deed) => {
        const view = last.get(deed.reference)
        if (view && (view.exceptions.length > 0 || (isBooked(view) && view.postings.includes(deed.number)))) return []
        return [
          {
            invariant: 'D5',
            at: past.endedAt,
            says: `the ERP has ${deed.number}; the hub shows ${view?.state ?? 'nothing'} and asks nobody`,
          },
        ]
      })
    const misjudged = past.queued.filter(
      (row) =>
        row.command === 'invoice.post' &&
        (row.state === 'refused' || row.state === 'dead' || row.state === 'superseded') &&
        past.done.some((deed) => deed.key === row.key),
    )
    return [
      ...unseen,
      ...misjudged.map((row) => ({ invariant: 'D5', at: past.endedAt, says: `the ERP carried out what the queue calls ${row.state}` })),
    ]
  },

  D6: (past) => [
    ...past.arrived
      .filter(({ recorded }) => !recorded)
      .map((call) => ({ invariant: 'D6', at: call.at, says: `${call.command} #${call.attempt} was sent without an open try on record` })),
    ...[...Map.groupBy(past.arrived, ({ key, attempt }) => `${key} ${attempt}`).values()]
      .filter((calls) => calls.length > 1)
      .map((calls) => ({
        invariant: 'D6',
        at: calls[1]!.at,
        says: `try ${calls[0]!.attempt} of ${calls[0]!.command} was sent ${calls.length} times`,
      })),
  ],

  D7: (past) =>
    past.stopped.flatMap(({ at, invoice }) =>
      past.arrived
        .filter(
          (call) =>
            call.begun === call.attempt && call.command === 'invoice.post' && call.reference === invoice && call.openedAt > at + SLACK_MS,
        )
        .map((call) => ({ invariant: 'D7', at: call.at, says: 'posting was begun after the invoice had been refused' })),
    ),

  D8: (past) =>
    [...perKey(past.arrived)].flatMap(([, calls]) =>
      calls.flatMap((call, n) => {
        const other = calls.slice(0, n).find((before) => before.begun === call.begun && before.content !== call.content)
        return other ? [{ invariant: 'D8', at: call.at, says: `${call.command} was repeated under its key with other content` }] : []
      }),
    ),

  E1: (past) =>
    [...lastShown(past).values()].flatMap((view) => {
      if (view.exceptions.length > 0 || past.stopped.some(({ invoice }) => invoice === view.invoice)) return []
      const rows = past.queued.filter((row) => row.invoice === view.invoice)
      const standing = past.approved.some((yes) => yes.reference === view.invoice && yes.withdrawnAt === null && yes.amount === view.amount)
      const reversed = past.done.some((deed) => deed.reference === view.invoice && isUndone(past, deed))
      if (view.state === 'received') return [{ invariant: 'E1', at: past.endedAt, says: 'an invoice came in and nothing became of it' }]
      if (standing && !isBooked(view) && !reversed)
        return [
          {
            invariant: 'E1',
            at: past.endedAt,
            says: `approved and not posted, and nobody is asked (${rows.map((row) => `${row.command} ${row.state}`).join()})`,
          },
        ]
      if (!past.approved.some((yes) => yes.reference === view.invoice) && !isBooked(view))
        return [
          {
            invariant: 'E1',
            at: past.endedAt,
            says: `never came before an approver (${rows.map((row) => `${row.command} ${row.state}`).join()})`,
          },
        ]
      return unheld(past, view)
    }),

  E2: (past) => past.unheard.map((id) => ({ invariant: 'E2', at: past.endedAt, says: `${id} was said and never taken in` })),

  E3: (past) =>
    past.queued.flatMap((row): Violation[] => {
      const moving = row.state === 'waiting' || row.state === 'open' || row.state === 'unknown'
      if (moving && (row.dueAt === null || row.dueAt < past.endedAt - SLACK_MS))
        return [stranded(past, row, row.dueAt === null ? 'will never be due' : 'is due and nothing happens')]
      if (moving && past.endedAt - past.healedAt > 12 * HOUR_MS && row.dueAt !== null && row.dueAt > past.endedAt + 12 * HOUR_MS)
        return [stranded(past, row, 'is put off for days')]
      return (row.state === 'held' || row.state === 'refused' || row.state === 'dead') && row.cases.length === 0
        ? [stranded(past, row, 'and nobody is asked')]
        : []
    }),

  E5: (past) =>
    [...perKey(past.arrived.filter(({ answer }) => answer === 'locked'))].flatMap(([key, calls]) => {
      const row = past.queued.find((queued) => queued.key === key)
      const told =
        row === undefined ||
        row.cases.length > 0 ||
        past.shown.some((view) => view.invoice === row.invoice && view.exceptions.includes('dead-letter'))
      return calls.length > POISON && !told
        ? [{ invariant: 'E5', at: calls[POISON]!.at, says: `${calls[0]!.command} failed ${calls.length} times, and nobody was told` }]
        : []
    }),

  C3: (past) =>
    past.refolded.map(({ was, became }) => ({
      invariant: 'C3',
      at: past.endedAt,
      says: `the same facts in another order: ${became} instead of ${was}`,
    })),

  C6: (past) =>
    past.late.map(({ at }) => ({ invariant: 'C6', at, says: 'a word about a try that had been settled otherwise changed the invoice' })),

  F1: (past) =>
    past.shown
      .filter((view) => view.state === 'paid')
      .flatMap((view) => {
        const booked = past.bank.filter((line) => line.kind === 'booked' && line.at <= view.at && line.invoices.includes(view.invoice))
        // One payment of that sum; or several that are it together, where it was posted in doubt and twice.
        const enough = booked.some(({ amount }) => amount === view.amount) || cents(booked) === cents([view])
        return enough ? [] : [{ invariant: 'F1', at: view.at, says: `shows ${view.amount} paid; the bank has booked no such payment` }]
      }),

  F2: (past) => [...bookedTwice(past), ...overpaid(past)],

  F3: (past) =>
    [...lastShown(past).values()].flatMap((view) => {
      const lines = past.bank.filter((line) => line.invoices.includes(view.invoice))
      const open = lines.filter((line) => line.kind === 'booked').length - lines.filter((line) => line.kind === 'returned').length
      if (view.state === 'paid' && open <= 0)
        return [{ invariant: 'F3', at: past.endedAt, says: 'the payment came back, and it still shows paid' }]
      const settled = open > 0 && view.state !== 'paid' && view.exceptions.length === 0
      return settled
        ? [{ invariant: 'F3', at: past.endedAt, says: `the bank has booked the payment; the hub shows ${view.state} and asks nobody` }]
        : []
    }),

  // In these companies every file, invoice and booking adds up; a file is held back only for a payment that must not be made.
  F5: (past) =>
    past.causes
      .filter(
        (cause) =>
          cause === 'arithmetic' ||
          cause === 'amount-differs' ||
          (cause === 'payment-file-differs' && !past.causes.includes('payment-stopped')),
      )
      .map((cause) => ({ invariant: 'F5', at: past.endedAt, says: `${cause}: amounts that agree to the cent are called different` })),

  G1: (past) =>
    past.done
      .filter((deed) => deed.command === 'invoice.post')
      .flatMap((deed) => {
        const said = past.approved.some((yes) => yes.reference === deed.reference && yes.amount === deed.amount && yes.at <= deed.at)
        return said ? [] : [{ invariant: 'G1', at: deed.at, says: `${deed.number} books ${deed.amount}, to which nobody said yes` }]
      }),

  G2: (past) =>
    past.done
      .filter((deed) => deed.command === 'invoice.post')
      .flatMap((deed) => {
        const yes = past.approved.filter(
          ({ reference, amount, at }) => reference === deed.reference && amount === deed.amount && at <= deed.at,
        )
        return yes.length > 0 && yes.every(({ own }) => own)
          ? [{ invariant: 'G2', at: deed.at, says: `${deed.number} books what only the person who had entered it said yes to` }]
          : []
      }),

  J3: (past) => [
    ...past.calls.flatMap((call) => {
      const asked = past.asked.find(
        ({ system, process, at, until }) => system === call.system && process === call.process && call.begunAt > at && call.begunAt < until,
      )
      return asked && call.kind !== 'probe'
        ? [
            {
              invariant: 'J3',
              at: call.at,
              says: `${call.system} was called (${call.kind}) ${Math.ceil((asked.until - call.begunAt) / 1_000)} s before the time it had asked for`,
            },
          ]
        : []
    }),
    ...past.calls.flatMap((call) => {
      const closed = past.closed.find(
        ({ system, from, to }) => system === call.system && call.begunAt > from + SLACK_MS && call.begunAt < to - SLACK_MS,
      )
      return closed
        ? [
            {
              invariant: 'J3',
              at: call.at,
              says: `${call.system} was called (${call.kind}) ${Math.ceil((call.begunAt - closed.from) / 1_000)} s after it was ${closed.why}`,
            },
          ]
        : []
    }),
    ...[
      ...Map.groupBy(
        past.calls.filter(({ kind }) => kind !== 'probe'),
        ({ system, process }) => `${system} ${process}`,
      ),
    ].flatMap(([who, calls]) =>
      calls.flatMap((call, n) => {
        const within = calls[n + past.rate.calls]
        return within && within.at - call.at < past.rate.perMs
          ? [{ invariant: 'J3', at: within.at, says: `${who}: more than ${past.rate.calls} calls in ${past.rate.perMs} ms` }]
          : []
      }),
    ),
    ...past.away.flatMap(({ system, from, to }) => {
      const inVain = past.calls.filter((call) => call.system === system && call.at >= from && call.at < to)
      const tried = Map.groupBy(
        inVain.filter(({ kind }) => kind !== 'probe'),
        ({ process }) => process,
      )
      const probes = inVain.filter(({ kind }) => kind === 'probe')
      return [
        ...[...tried].flatMap(([process, calls]) => pestered(calls, IN_VAIN, Infinity, `${process} called ${system}`)),
        ...pestered(probes, PROBES.calls, PROBES.perMs, `${system} was probed`),
      ]
    }),
  ],
}

/** Payments that left the account more than once. What the bank took in after the time that it had promised is D2's. */
function bookedTwice(past: Past): Violation[] {
  const booked = past.bank.filter(({ kind }) => kind === 'booked')
  return [...Map.groupBy(booked, ({ message, endToEnd }) => `${message} ${endToEnd}`)].flatMap(([payment, lines]) => {
    const late = past.done.some(
      (deed) =>
        deed.command === 'payment.transmit' && deed.reference === lines[0]!.message && (!deed.inTime || excused(past, deed.key, [deed])),
    )
    return lines.length > 1 && !late
      ? [{ invariant: 'F2', at: lines[1]!.at, says: `payment ${payment} left the account ${lines.length} times` }]
      : []
  })
}

/** Invoices for which more had left the account than anybody ever approved, by whatever payments; each counts once, less what came back. */
function overpaid({ bank, approved }: Past): Violation[] {
  const once = new Map(bank.map((line) => [`${line.kind} ${line.message} ${line.endToEnd}`, line]))
  return [...Map.groupBy(once.values(), ({ invoices }) => invoices.join())].flatMap(([invoice, lines]) => {
    const most = Math.max(0, ...approved.filter(({ reference }) => reference === invoice).map((yes) => cents([yes])))
    const out = lines.map((_line, n) =>
      lines.slice(0, n + 1).reduce((sum, line) => sum + (line.kind === 'booked' ? 1 : -1) * cents([line]), 0),
    )
    const at = out.findIndex((sum) => sum > most)
    return at === -1
      ? []
      : [{ invariant: 'F2', at: lines[at]!.at, says: `${out[at]} cents left the account for an invoice of which ${most} were approved` }]
  })
}

/** More than so many calls of a row within so many ms at a system that is away. */
function pestered(calls: Past['calls'], most: number, perMs: number, what: string): Violation[] {
  const over = calls.find((call, n) => n >= most && call.at - calls[n - most]!.at < perMs)
  return over ? [{ invariant: 'J3', at: over.at, says: `${what} more than ${most} times while it was away` }] : []
}

/** Everything that a run broke, the earliest first. */
export function judge(past: Past): Violation[] {
  return Object.values(INVARIANTS)
    .flatMap((holds) => holds(past))
    .sort((a, b) => a.at - b.at)
}

/** What was approved, posted and taken back again must be blocked from payment, or somebody has to see to it. */
function unheld(past: Past, view: Shown): Violation[] {
  const own = past.approved.filter((yes) => yes.reference === view.invoice)
  if (view.state !== 'posted' || own.length === 0 || own.some((yes) => yes.withdrawnAt === null)) return []
  const free = view.postings.filter((number) => !past.blocked.includes(number))
  return free.length > 0 ? [{ invariant: 'E1', at: past.endedAt, says: `the approval was taken back, and ${free.join()} may be paid` }] : []
}

function perKey<T extends { readonly key: string }>(things: readonly T[]): Map<string, T[]> {
  return Map.groupBy(things, ({ key }) => key)
}

function classOf(past: Past, { system, command }: { readonly system: string; readonly command: string }): string {
  return past.offers.find((offer) => offer.system === system && offer.command === command)?.class ?? 'K2'
}

/** A system that said no and did it all the same: whoever asks again before the truth is heard cannot know. */
function excused(past: Past, key: string, deeds: readonly Done[]): boolean {
  return (
    deeds.every((deed) => deed.at <= past.healedAt + HEARD_MS) &&
    past.arrived.some((call: Arrived) => call.key === key && call.answer === 'lying-refusal')
  )
}

const cents = (of: readonly { readonly amount: string }[]): number =>
  of.reduce((sum, { amount }) => sum + Math.round(Number(amount) * 100), 0)
const isUndone = (past: Past, deed: Done): boolean =>
  past.undone.some(({ system, number }) => system === deed.system && number === deed.number)
const isBooked = (view: Shown): boolean => view.state === 'posted' || view.state === 'paid'
const lastShown = (past: Past): Map<string, Shown> => new Map(past.shown.map((view) => [view.invoice, view]))
const numbers = (deeds: readonly Done[]): string => deeds.map(({ number }) => number).join(', ')
const falsely = (view: Shown, says: string): Violation => ({ invariant: 'D4', at: view.at, says })
const stranded = (past: Past, row: Queued, says: string): Violation => ({
  invariant: 'E3',
  at: past.endedAt,
  says: `${row.command}@${row.system} ${row.state} ${says}`,
})
