import { createHash } from 'node:crypto'

/** A number from 0 up to but not 1 that follows from its arguments alone: the same seed and thing, the same fate, whatever comes first. */
export function draw(seed: number, ...about: readonly (string | number)[]): number {
  return (
    createHash('sha256')
      .update(JSON.stringify([seed, ...about]))
      .digest()
      .readUIntBE(0, 6) /
    2 ** 48
  )
}

/** One of `choices`, by {@link draw}; undefined only when there are none. */
export function pick<T>(choices: readonly T[], seed: number, ...about: readonly (string | number)[]): T | undefined {
  return choices[Math.floor(draw(seed, ...about) * choices.length)]
}
