/** The answer of a parser or verifier that says no, in a plain sentence without a full stop; a value and never thrown. */
export type Refused = { readonly refused: string }

export function isRefused(answer: unknown): answer is Refused {
  return typeof answer === 'object' && answer !== null && 'refused' in answer
}
