import { isObject } from './shape.ts'

/** Timings that may change while a system runs, in ms, by their names on the wire. */
export type Tempo<K extends string> = Record<K, number>

/** Sets the timings in `wanted`, all or none; says what is wrong with it, or undefined. */
export function setTempo<K extends string>(tempo: Tempo<K>, wanted: unknown): string | undefined {
  if (!isObject(wanted)) return 'must be an object'
  for (const [name, value] of Object.entries(wanted)) {
    if (!Object.hasOwn(tempo, name)) return `${name} is none of ${Object.keys(tempo).join(', ')}`
    if (typeof value !== 'number' || !Number.isFinite(value)) return `${name} must be a number`
  }
  Object.assign(tempo, wanted)
  return undefined
}
