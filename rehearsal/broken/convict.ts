/** Runs seeds until one is convicted, and says by what: the part of the check that runs inside a broken copy. Prints one line of JSON. */
import { simulate } from '../simulation/simulate.ts'

const [from, limit] = process.argv.slice(2).map(Number)

/** The first seed that breaks something; an assertion that stops the run is a conviction too. */
function convict(): { readonly seeds: number; readonly by: string; readonly says: string } | null {
  for (let n = 1; n <= limit!; n++) {
    try {
      const [first] = simulate(from! + n).violations
      if (first) return { seeds: n, by: first.invariant, says: first.says }
    } catch (error) {
      return { seeds: n, by: 'stopped', says: (error as Error).message.slice(0, 120) }
    }
  }
  return null
}

console.log(JSON.stringify(convict()))
