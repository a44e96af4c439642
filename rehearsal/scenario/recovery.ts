import type { OwnPromise } from './scenario.ts'

const RECOVERED_MS = 60_000

/** Of every scenario. That it never came to rest is what `atRest` says. */
export const recovers: OwnPromise = {
  means: `Within ${RECOVERED_MS / 1_000} s of its end everything was at rest again.`,
  check:
    () =>
    ({ restedMs, stretch }) =>
      restedMs === null || restedMs <= RECOVERED_MS * stretch
        ? []
        : [{ invariant: 'E1', about: 'rest', says: `it was at rest ${(restedMs / 1_000).toFixed(1)} s after the end` }],
}
