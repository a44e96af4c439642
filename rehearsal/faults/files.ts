/** What happens to the files between hub and bank that only people can see to the end: torn, or taken away before anybody knows that they were there. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { factsOf, text } from '../checks/evidence.ts'
import type { World } from '../world/world.ts'
import { becomes, lurking, type Begin, type Ongoing } from './case.ts'

/** How long people wait for what they are to be asked, once it has happened. */
const ASKED_MS = 20_000

/** What has `begun` is seen to its end: it is met when people were asked and have done what is to be done. */
function seenToItsEnd(begun: () => boolean, attempt: () => Promise<boolean>, heal: (met: boolean) => unknown): Ongoing {
  const ongoing = lurking(attempt)
  return {
    ...ongoing,
    end: async () => {
      const met = (await ongoing.end()) > 0 || (begun() && (await becomes(attempt, ASKED_MS)))
      await heal(met)
      return met ? 1 : 0
    },
  }
}

interface Case {
  readonly id: string
  readonly version: number
  readonly says: string
  readonly about: string
}

async function openCases(world: World, cause: string): Promise<readonly Case[]> {
  // People do not wait for a hub that nobody starts.
  for (const hub of world.hubs) await world.bringUp(hub)
  const page = await world.ask<{ readonly exceptions: readonly Case[] }>(`/v1/exceptions?open=true&cause=${cause}&limit=200`)
  return page?.exceptions ?? []
}

/** Two people, who looked at the case as it is. */
const answered = (world: World, { id, version }: Case, action: string): Promise<boolean> =>
  world.tell(`/v1/exceptions/${id}/answers`, {
    action,
    person: 'ada.first',
    second: 'ben.second',
    reason: 'We looked at the bank.',
    version,
  })

interface Sweeps {
  readonly running: object | null
  readonly last: { readonly endedAt: string; readonly trouble?: string | null } | null
}

/** Asks for all that the bank has put there, until that was read since. */
function swept(world: World): () => Promise<boolean> {
  const path = '/v1/systems/bank/sweeps'
  let before: string | undefined
  return async () => {
    const sweeps = await world.ask<Sweeps>(path)
    if (!sweeps) return false
    before ??= sweeps.last?.endedAt ?? ''
    if (sweeps.last && sweeps.last.endedAt > before && !sweeps.last.trouble) return true
    if (!sweeps.running) await world.tell(path, { full: true })
    return false
  }
}

/**
 * A file of the bank arrives torn. Its people are asked about it, and see to it that the rest comes, or, where it is torn for ever, that
 * the bank sends it anew; what was torn is then known to be no more than that.
 */
export const tear =
  (kind: 'camt053' | 'pain002', then: 'completed' | 'sent anew'): Begin =>
  async ({ world }) => {
    const { back } = world.company.files
    let torn: string | undefined
    let mended: (() => Promise<boolean>) | undefined
    back.set(
      'half',
      (name) => name.startsWith(kind),
      (name) => {
        torn = name
        world.history.did('torn', name)
      },
    )
    const mend = (name: string): (() => Promise<boolean>) => {
      world.history.did('mended', name)
      if (then === 'completed') back.complete(name)
      else back.again(name)
      return then === 'completed' ? swept(world) : () => Promise.resolve(true)
    }
    return seenToItsEnd(
      () => torn !== undefined,
      async () => {
        const name = torn
        if (name === undefined) return false
        const asked = (await openCases(world, 'unreadable-bank-file')).find(({ says }) => says.startsWith(`${name}:`))
        if (asked) mended ??= mend(name)
        return asked !== undefined && mended !== undefined && (await mended()) && answered(world, asked, 'explained')
      },
      async (met) => {
        if (torn === undefined) back.heal()
        // Nobody was asked, so nobody has read it: whole it is nobody's case.
        else if (!met && !mended) await becomes(mend(torn), ASKED_MS)
      },
    )
  }

/**
 * The bank's way of fetching takes a payment file away in the moment that it is there, and the hubs die of something else: whether it
 * was there nobody can look up. People look into the bank's books, and say whether it took the file; its reports come when they have.
 */
export const takeAway =
  (how: 'fetched' | 'lost'): Begin =>
  async ({ world, excuse }) => {
    const { out, back } = world.company.files
    let taken: { readonly name: string; readonly bytes: Buffer } | undefined
    out.set(
      how,
      () => true,
      (name, bytes) => {
        for (const hub of world.hubs) hub.process?.kill('SIGKILL')
        back.set('held')
        taken = { name, bytes }
        world.history.did(how, name)
        for (const bill of billsIn(world, bytes.toString())) excuse(bill)
      },
    )
    let denied = false
    return seenToItsEnd(
      () => taken !== undefined,
      async () => {
        if (!taken) return false
        const { name, bytes } = taken
        const [, messageId = ''] = MESSAGE_ID.exec(bytes.toString()) ?? []
        const file = `public|payment-file|${messageId}`
        for (const one of await openCases(world, 'outcome-unknown')) {
          const object = await world.ask<{ readonly names: readonly string[] }>(`/v1/objects/${one.about}`)
          if (!object?.names.includes(file)) continue
          const happened = factsOf(world.books().bank, 'FILE', 'TAKEN').some(({ key }) => key === name)
          // It lies in its door, and nobody there has looked yet.
          if (!happened && existsSync(join(out.to, name))) return false
          if (!happened && !denied) world.history.did('did not happen', name)
          denied ||= !happened
          return answered(world, one, happened ? 'it-happened' : 'it-did-not')
        }
        return false
      },
      (met) => {
        // It was on record by then, and nobody asks: who lost it finds it again.
        if (taken && !met && how === 'lost') out.give(taken.name, taken.bytes)
        if (taken) back.heal()
        else out.heal()
      },
    )
  }

const MESSAGE_ID = /<MsgId>([^<]*)/u

/** The bills that a payment file pays, by the ERP's books. */
function billsIn(world: World, file: string): readonly string[] {
  const { erp } = world.books()
  const documents = new Set(
    factsOf(erp, 'PAYMENT', 'INSTRUCTED')
      .filter(({ row }) => file.includes(`<EndToEndId>${text(row, 'endToEndId')}<`))
      .flatMap(({ row }) => (row['items'] as readonly { readonly docNo: string }[]).map(({ docNo }) => docNo)),
  )
  return factsOf(erp, 'DOCUMENT', 'BOOKED')
    .filter(({ key }) => documents.has(key))
    .map(({ row }) => text(row, 'vendorDocNo'))
}
