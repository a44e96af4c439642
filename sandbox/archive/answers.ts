import type { Call, Outcome } from '../plumbing/server.ts'
import type { Problem, Read } from '../plumbing/shape.ts'
import type { Card } from './shelves.ts'

/** The archive's no: a code, a sentence, and the card of what stands in the way. */
export function refusal(status: number, code: string, sentence: string, card?: Card): Outcome {
  return { status, body: { code, sentence, ...(card ? { card } : {}) } }
}

export const malformed = (sentence: string): Outcome => refusal(400, 'AX-10', sentence)
export const unknown = (what: string): Outcome => refusal(404, 'AX-40', `There is no ${what}.`)
export const shredded = (card: Card): Outcome =>
  refusal(410, 'AX-43', `What ${card.label} held was shredded at ${card.shreddedAt ?? ''}.`, card)

/** The body in the wanted shape, or the refusal that says what is wrong with it. */
export function bodyOf<T>(call: Call, read: Read<T>): { value: T; refused?: undefined } | { refused: Outcome } {
  const problems: Problem[] = []
  const value = read(call.body, '', problems)
  return problems.length === 0 ? { value } : { refused: malformed(problems.map(({ field, text }) => `${field} ${text}.`).join(' ')) }
}
