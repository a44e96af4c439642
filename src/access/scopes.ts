/** What a key may be for: one scope per capability of the API. */
export const SCOPES = {
  'facts.send': 'Send facts, as any configured system; `facts.send/<system>` as that one only.',
  'documents.send': 'Send documents.',
  'documents.read': 'Read documents.',
  'objects.read': 'Read objects, lists and traces.',
  'cases.read': 'Read cases.',
  'cases.answer': 'Answer cases and give them to other teams.',
  'validations.ask': 'Ask the ERP.',
  'cut-overs.sign': 'Take over open items at cut-over.',
  'tie-outs.make': 'Compare the sub-ledger with those of the other systems.',
  'tie-outs.read': 'Read which tie-outs were made.',
  'operation.read': 'Read what operation needs: systems and their queues, the summary, metrics.',
  'operation.steer': 'Pause systems, let them go on, and send commands again.',
} as const
export type Scope = keyof typeof SCOPES

/** Who calls, as the key says. */
export interface Caller {
  /** The key's name. */
  readonly name: string
  readonly scopes: readonly string[]
}

/** The key that the hub is given at its start: everything is allowed to it, so that others can be made. */
export const FIRST: Caller = { name: 'first', scopes: Object.keys(SCOPES) }

/** A scope as a key may have it: of the table, or for one system where that has a meaning. */
export const isScope = (text: string): boolean => Object.hasOwn(SCOPES, text) || /^facts\.send\/[a-z][a-z0-9-]{0,39}$/.test(text)

/** Whether the key has the scope, if only for some systems. */
export const holds = ({ scopes }: Caller, scope: Scope): boolean => scopes.some((one) => one === scope || one.startsWith(`${scope}/`))

/** Whether the key may speak as this system. */
export const speaksAs = ({ scopes }: Caller, system: string): boolean =>
  scopes.includes('facts.send') || scopes.includes(`facts.send/${system}`)

/** An actor with the key that it came through, so that the trace says so; the first key goes without saying. */
export const through = (actor: string, { name }: Caller): string => (name === FIRST.name ? actor : `${actor} through ${name}`)
