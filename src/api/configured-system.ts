import { Fault } from '../lib/fault.ts'
import type { ApiContext, ConfiguredSystem } from './context.ts'

/** A configured system by our name of it; `not-found` names those that there are. */
export function systemIn({ systems }: Pick<ApiContext, 'systems'>, name: string): ConfiguredSystem {
  const found = systems.find((system) => system.name === name)
  if (!found) throw new Fault('not-found', `There is no system ${name}; there are ${systems.map((system) => system.name).join(', ')}.`)
  return found
}
