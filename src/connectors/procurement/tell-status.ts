/**
 * `POST /notes`: says how far an invoice has come against its purchase. The note's reference is ours and unique there (K2): the same
 * call again is answered with the note that is held, so that "exists and equal" and "exists and differs" are told apart.
 */
import { z } from 'zod'
import type { Command, Content, Found, Reading } from '../../connector/contract.ts'
import { contentAs, getJson, pathOf, sendJson, shaped } from '../../connector/json.ts'
import type { Reply } from '../../connector/request.ts'
import type { Setting } from './config.ts'
import { SHOWS_OF, type Word } from './map.ts'
import { answerIn, NO_EFFECT, nothing, refusalOf } from './replies.ts'
import { Note } from './wire.ts'

const WORDS = Object.keys(SHOWS_OF) as [Word, ...Word[]]
const Told = z.object({ reference: z.string(), word: z.enum(WORDS), order: z.string(), entity: z.string(), number: z.string().default('') })
/** "`noteRef`, `claimRef` ≤ 80 characters" */
const REF_LENGTH = 80
const noteRef = (key: string): string => key.slice(-REF_LENGTH)

export function tellStatus({ config }: Setting): Command {
  return {
    // The reference is looked at before anything else there: whoever is refused for another reason has no note.
    class: 'K2',
    timeoutMs: config.callTimeoutMs,
    noEffect: NO_EFFECT,
    refusalCoversEarlier: true,
    write: ({ content }, key) => {
      const { reference, word, order, entity, number } = contentAs(content, Told)
      return sendJson('POST', '/notes', {
        noteRef: noteRef(key),
        claimRef: reference,
        unitCode: entity,
        purchaseNo: order.trim(),
        shows: SHOWS_OF[word],
        words: number.slice(0, 200),
        by: config.user,
      })
    },
    read: (reply, call): Reading => {
      const refused = refusalOf(reply)
      const held = refused?.code === 'NO-31' ? shaped(refused.held, Note) : undefined
      if (refused && held) {
        if ('trouble' in held) return nothing({ kind: 'unclear', says: `${refused.says} It does not say which.` })
        return nothing(
          isOurs(held.value, call.input.content, call.key)
            ? { kind: 'done', receipt: { reference: held.value.noteRef } }
            : {
                kind: 'other',
                says: `${refused.says} It shows ${held.value.shows} for ${held.value.claimRef}.`,
                reference: held.value.noteRef,
              },
        )
      }
      const read = answerIn(reply, Note)
      if ('outcome' in read) return nothing(read.outcome)
      return nothing(
        isOurs(read.value, call.input.content, call.key)
          ? { kind: 'done', receipt: { reference: read.value.noteRef } }
          : { kind: 'unclear', says: `It answers for note ${read.value.noteRef}, showing ${read.value.shows}.` },
      )
    },
    find: {
      settleMs: config.settleMs,
      gapMs: config.gapMs,
      request: (key) => getJson(pathOf('notes', noteRef(key))),
      read: (reply, call) => found(reply, call.input.content, call.key),
    },
  }
}

function isOurs(note: Note, content: Content, key: string): boolean {
  const { reference, word, order, entity } = contentAs(content, Told)
  return (
    note.noteRef === noteRef(key) &&
    note.claimRef === reference &&
    note.unitCode === entity &&
    note.purchaseNo === order.trim() &&
    note.shows === SHOWS_OF[word]
  )
}

function found(reply: Reply, content: Content, key: string): Found {
  if (refusalOf(reply)?.code === 'PX-04') return { kind: 'absent' }
  const read = answerIn(reply, Note)
  if ('outcome' in read) return { kind: 'unclear', says: 'says' in read.outcome ? read.outcome.says : 'no note' }
  if (read.value.noteRef !== noteRef(key)) return { kind: 'unclear', says: `It answers for note ${read.value.noteRef}.` }
  return { kind: 'one', equal: isOurs(read.value, content, key), receipt: { reference: read.value.noteRef }, observations: [] }
}
