import type { Call, Outcome } from '../plumbing/server.ts'
import type { Problem, Read } from '../plumbing/shape.ts'

export function refusal(status: number, error: string, detail: string): Outcome {
  return { status, body: { error, detail } }
}

/** The body in the wanted shape, or the refusal that names what is not. */
export function bodyOf<T>(call: Call, read: Read<T>): { value: T; refused?: undefined } | { refused: Outcome } {
  const problems: Problem[] = []
  const value = read(call.body, '', problems)
  return problems.length === 0
    ? { value }
    : { refused: refusal(400, 'MALFORMED', `${problems.map(({ field, text }) => `${field} ${text}`).join('; ')}.`) }
}
