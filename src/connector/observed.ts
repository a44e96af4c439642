/** What a connector observed, as an arrival in the name of its system. */
import type { Arrival } from '../domain/object.ts'
import type { Connector, Observation } from './contract.ts'

/** What a system said, as a fact of its role. */
export function observed(tenant: string, connector: Pick<Connector, 'system' | 'role'>, observation: Observation): Arrival {
  const { reference, ...fact } = observation
  return {
    ...fact,
    tenant,
    source: { system: connector.system, role: connector.role, ...(reference === undefined ? {} : { reference }) },
    actor: `system:${connector.system}`,
  }
}
