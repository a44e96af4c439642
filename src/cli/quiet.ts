/** When a run with `--once` is over: nothing happens any more, for as long as it takes to be sure of that. */
import { leftOf, type Fed } from './feed.ts'
import type { Summary } from './picture.ts'
import { behindOf } from './ties-out.ts'

/** How long nothing must happen, by what could still come; the first row that fits counts. */
const QUIET_MS: readonly { readonly ms: number; readonly while: (summary: Summary) => boolean }[] = [
  { ms: 15_000, while: (summary) => behindOf(summary) > 0 },
  // The root that is told at the end is to be that of the whole log.
  { ms: 10_000, while: ({ log }) => log.sealed < log.size },
  { ms: 6_000, while: ({ moving }) => moving > 0 },
  { ms: 1_500, while: () => true },
]

/** Tells at each look whether it is over by now. A run that had nothing to do is over like any other. */
export function quietClock(): (summary: Summary, fed: Fed, now: number) => boolean {
  let since = 0
  let size = -1
  return (summary, fed, now) => {
    if (leftOf(fed) > 0 || summary.busy > 0 || summary.log.size !== size) since = now
    size = summary.log.size
    return now - since >= QUIET_MS.find((row) => row.while(summary))!.ms
  }
}
