import { count, type Call, type Outcome, type Route } from '../plumbing/server.ts'
import { note, oneOf, optional, record, text } from '../plumbing/shape.ts'
import { absent, bodyOf, one, refusal } from './answers.ts'
import type { Desk } from './desk.ts'
import { SHOWN, type Note } from './rows.ts'

const noteBody = record({
  noteRef: text(80),
  claimRef: text(80),
  unitCode: text(20),
  purchaseNo: text(120),
  shows: oneOf(...SHOWN),
  words: optional(note(200), ''),
  by: text(60),
})

/** Notes on claims, and the journal. */
export function noteRoutes(desk: Desk, now: () => string): Route[] {
  return [
    { method: 'POST', path: '/notes', op: 'note.put', run: (call) => putNote(desk, call, now()) },
    {
      method: 'GET',
      path: '/notes/{noteRef}',
      op: 'note.read',
      run: ({ params }) => one('note', params['noteRef'] ?? '', desk.notes.get(params['noteRef'] ?? '')),
    },
    {
      method: 'GET',
      path: '/claims/{claimRef}',
      op: 'note.read',
      run: ({ params }) => {
        const claimRef = params['claimRef'] ?? ''
        const notes = desk.notesByClaim.get(claimRef)
        return notes ? { status: 200, body: { claimRef, shows: notes.at(-1)?.shows, notes } } : absent('claim', claimRef)
      },
    },
    { method: 'GET', path: '/journal', op: 'journal', run: (call) => journal(desk, call) },
  ]
}

function putNote(desk: Desk, call: Call, notedAt: string): Outcome {
  const body = bodyOf(call, noteBody)
  if (body.refused) return body.refused
  const { noteRef, unitCode, purchaseNo } = body.value
  const held = desk.notes.get(noteRef)
  if (held) return { status: 409, body: { reasons: [{ code: 'NO-31', at: 'noteRef', says: `There is a note ${noteRef} already.` }], held } }
  if (!desk.latest(unitCode, purchaseNo)) {
    return refusal(422, { code: 'PU-11', at: 'purchaseNo', says: `There is no purchase ${purchaseNo} of unit ${unitCode}.` })
  }
  const row: Note = { ...body.value, notedAt }
  return { status: 201, body: row, facts: [{ what: 'NOTE', verb: 'NOTED', key: noteRef, row }] }
}

function journal(desk: Desk, call: Call): Outcome {
  const from = count(call.query, 'from', 0)
  const max = Math.min(Math.max(count(call.query, 'max', 100), 1), 500)
  const entries = desk.journal.slice(from, from + max)
  const upTo = from + entries.length
  return { status: 200, body: { entries, upTo, end: upTo >= desk.journal.length } }
}
