/** The systems that a configuration names, each opened by the connector of its kind. Here the kinds are listed. */
import { sentence, type Config, type Problem } from './config/config.ts'
import { nearest } from './config/nearest.ts'
import { secretProblem } from './config/secret.ts'
import type { Connector, ConnectorKind } from './connector/contract.ts'
import { makeFolders } from './connector/transport/folder.ts'
import { ap } from './connectors/ap/connector.ts'
import { archive } from './connectors/archive/connector.ts'
import { bank } from './connectors/bank/connector.ts'
import { erp } from './connectors/erp/connector.ts'
import { procurement } from './connectors/procurement/connector.ts'
import { Fault } from './lib/fault.ts'
import { sha256 } from './store/sha256.ts'

/** The connectors there are, by the kind that a configuration names. */
const KINDS: { readonly [kind: string]: ConnectorKind<never> } = Object.fromEntries(
  [erp, ap, procurement, bank, archive].map((kind) => [kind.name, kind as unknown as ConnectorKind<never>]),
)
export const KIND_NAMES: readonly string[] = Object.keys(KINDS)

/** Everything that the connectors find wrong with what the configuration says of their systems. */
export function systemProblems(config: Config): Problem[] {
  return Object.entries(config.systems).flatMap(([name, system]): Problem[] => {
    const kind = KINDS[system.kind]
    if (!kind)
      return [{ path: ['systems', name, 'kind'], says: `there is no connector ${system.kind}${nearest(system.kind, Object.keys(KINDS))}` }]
    const read = kind.readConfig(system.config)
    return 'problems' in read ? read.problems.map((problem) => inConfig(name, problem)) : []
  })
}

/** A connector says `rate.calls: is …`, or a sentence about the whole. */
function inConfig(name: string, problem: string): Problem {
  const [, key = '', says = problem] = /^([\w.]+): (.*)$/su.exec(problem) ?? []
  return { path: ['systems', name, 'config', ...(key === '' ? [] : key.split('.'))], says }
}

/** Secrets that the configuration names and that are not there. */
export function missingSecrets(config: Config): Problem[] {
  return connectorsOf(config).flatMap(({ system, places: { http }, notices }) => {
    const named = [...(http && 'secret' in http.auth ? [http.auth.secret] : []), ...(notices?.secrets ?? [])]
    return named.flatMap((reference) => {
      const says = secretProblem(reference)
      return says === undefined
        ? []
        : [{ path: ['systems', system, 'config', ...placeOf(config.systems[system]?.config, reference)], says }]
    })
  })
}

/** Where a text stands in a value; nowhere: an empty path. */
function placeOf(value: unknown, text: string): string[] {
  if (typeof value !== 'object' || value === null) return []
  for (const [key, member] of Object.entries(value)) {
    if (member === text) return [key]
    const inside = placeOf(member, text)
    if (inside.length > 0) return [key, ...inside]
  }
  return []
}

/** The configured systems, silent. All that is wrong with them is one fault. */
function connectorsOf(config: Config): Connector[] {
  const problems = systemProblems(config)
  if (problems.length > 0) throw new Fault('config-not-valid', problems.map(sentence).join(' '))
  return Object.entries(config.systems).flatMap(([name, system]) => {
    const kind = KINDS[system.kind]
    const read = kind?.readConfig(system.config)
    return kind && read && 'config' in read ? [kind.open(read.config, name, { sha256 })] : []
  })
}

/** Opens every configured system. Nothing goes out yet. Throws the fault `config-not-valid` with all that is wrong with them. */
export async function openSystems(config: Config): Promise<Connector[]> {
  const connectors = connectorsOf(config)
  await Promise.all(connectors.flatMap((connector) => (connector.places.folder ? [makeFolders(connector.places.folder)] : [])))
  return connectors
}
