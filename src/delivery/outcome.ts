/** What the end of a try means for its effect. */
import type { EffectInput } from '../domain/effect.ts'
import type { Command } from '../connector/contract.ts'
import type { Verdict } from '../connector/verdict.ts'

/**
 * What the try means for its effect. `doubt`: an earlier try may have acted and nobody knows yet; then a try that did nothing
 * proves nothing about the effect, and a refusal only where the connector says that it covers the earlier calls.
 */
export function inputOf(
  verdict: Verdict,
  doubt: boolean,
  command: Pick<Command, 'refusalCoversEarlier'>,
  limit: { readonly failures: number; readonly deadAfter: number },
): EffectInput {
  switch (verdict.state) {
    case 'done':
      return 'done'
    case 'other':
      return 'found-other'
    case 'unknown':
      return 'unclear'
    case 'refused':
      return doubt && command.refusalCoversEarlier !== true ? 'unclear' : 'refused'
    case 'not-sent':
      return doubt ? 'unclear' : 'not-sent'
    case 'no-effect': {
      if (doubt) return 'unclear'
      return verdict.about === 'effect' && limit.failures + 1 >= limit.deadAfter ? 'exhausted' : 'no-effect'
    }
  }
}

/**
 * Whether the effect is to be looked at again at once after this end of a try: to settle the doubt; or, done after an earlier try
 * was in doubt, because both may have acted (`laterLook` in resolve.ts says when).
 */
export function looksNext(input: EffectInput, earlierDoubt: boolean): boolean {
  return input === 'unclear' || (input === 'done' && earlierDoubt)
}
