import type { Fact } from '../plumbing/book.ts'
import type { Call, Outcome, Route } from '../plumbing/server.ts'
import { list, optional, record, text, whole } from '../plumbing/shape.ts'
import { bodyOf, refusal, unknown } from './answers.ts'
import type { Shelves } from './shelves.ts'

const setup = record({
  vaults: list(record({ vaultId: text(60), title: text(), leastDays: optional(whole(0, 36_500), 0) })),
})

export function vaultRoutes(shelves: Shelves): Route[] {
  return [
    { method: 'PUT', path: '/setup', op: 'setup', control: true, run: (call) => load(shelves, call) },
    {
      method: 'GET',
      path: '/vaults/{vaultId}',
      op: 'vault.read',
      run: ({ params: { vaultId = '' } }) => {
        const vault = shelves.vaults.get(vaultId)
        return vault ? { status: 200, body: { ...vault, deposits: shelves.depositsOf(vaultId) } } : unknown(`vault ${vaultId}`)
      },
    },
  ]
}

function load(shelves: Shelves, call: Call): Outcome {
  const body = bodyOf(call, setup)
  if (body.refused) return body.refused
  const facts: Fact[] = []
  for (const vault of body.value.vaults) {
    const held = shelves.vaults.get(vault.vaultId)
    if (held && vault.leastDays < held.leastDays) {
      return refusal(422, 'AX-30', `Vault ${vault.vaultId} keeps everything for ${held.leastDays} days at least; that is not lowered.`)
    }
    if (JSON.stringify(held) === JSON.stringify(vault)) continue
    facts.push({ what: 'VAULT', verb: held ? 'CHANGED' : 'CREATED', key: vault.vaultId, row: vault })
  }
  return { status: 200, body: { loaded: { vaults: facts.length } }, facts }
}
