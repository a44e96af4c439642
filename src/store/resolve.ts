/** Which objects facts are about: pure, over the names that are bound already. */
import { KINDS } from '../domain/event.ts'
import { Fault } from '../lib/fault.ts'
import { derivedId } from '../lib/ids.ts'
import { isCanonicalId } from './alias.ts'
import { sha256 } from './sha256.ts'
import type { IdentifiedRef, Refs } from './unbound.ts'

/** A fact to be resolved: a new one, or one that had been parked. */
export interface Unresolved {
  readonly id: string
  readonly refs: Refs
}

export type Resolved<F extends Unresolved> = { readonly fact: F; readonly objects: readonly string[] }

/**
 * Resolves facts against `bound` and against each other: what one creates, another may name. Facts that can be resolved come
 * out in an order in which each finds what it names; the others say which names they miss. New bindings and created ids
 * collect in here from call to call.
 */
export class Resolver {
  /** Names bound by what was resolved here. */
  readonly bindings = new Map<string, string>()
  /** Objects that came to be here. */
  readonly created = new Set<string>()
  private readonly bound: Map<string, string>
  private readonly lost: boolean

  /** `lost`: ids may stand for what the log has lost. They are waited for as names are, and bound to what is created under them. */
  constructor(bound: ReadonlyMap<string, string>, lost = false) {
    this.bound = new Map(bound)
    this.lost = lost
  }

  /** More names that are bound already. */
  know(bound: ReadonlyMap<string, string>): void {
    for (const [name, object] of bound) this.bound.set(name, object)
  }

  resolve<F extends Unresolved>(
    facts: readonly F[],
  ): { resolved: Resolved<F>[]; missing: { fact: F; names: string[] }[]; refused: { fact: F; fault: Fault }[] } {
    const resolved: Resolved<F>[] = []
    const refused: { fact: F; fault: Fault }[] = []
    let open = facts
    for (let before = -1; open.length > 0 && before !== this.bindings.size;) {
      before = this.bindings.size
      const later: F[] = []
      for (const fact of open) {
        const objects = this.objectsOf(fact)
        if (objects) resolved.push({ fact, objects })
        else later.push(fact)
      }
      open = later
    }
    const missing: { fact: F; names: string[] }[] = []
    for (const fact of open) {
      const names = fact.refs.about.flatMap((ref) => (ref.create === undefined && this.find(ref) === undefined ? ref.names : []))
      // Ids are ours: one that is unknown now will never be bound to anything, unless the log has lost it.
      const nobody = fact.refs.about.find(
        (ref) => ref.create === undefined && ref.names.every((name) => isCanonicalId(name) && !this.bound.has(name)),
      )
      if (nobody && !this.lost) refused.push({ fact, fault: new Fault('not-found', `There is no object ${nobody.names.join(', ')}.`) })
      else missing.push({ fact, names: [...new Set(names.filter((name) => this.lost || !isCanonicalId(name)))] })
    }
    return { resolved, missing, refused }
  }

  /** The objects of a fact, binding its free names and creating what it creates; undefined, and nothing done, when a name is missing. */
  private objectsOf(fact: Unresolved): string[] | undefined {
    // A later ref may name what an earlier one of the same fact creates.
    const fresh = new Map<string, string>()
    const created: string[] = []
    const objects = new Set<string>()
    const look = (ref: IdentifiedRef): string | undefined => this.find(ref, fresh)
    const take = (ref: IdentifiedRef, ordinal: number): string | undefined => {
      let id = look(ref)
      if (id === undefined) {
        if (ref.create === undefined) return undefined
        // What was parked before the door gave ids has none.
        id = ref.id ?? derivedId(sha256, KINDS[ref.create], fact.id, String(ordinal))
        created.push(id)
      }
      for (const name of [...ref.names, ...(ref.offers ?? [])])
        if (!isCanonicalId(name) && !this.bound.has(name) && !fresh.has(name)) fresh.set(name, id)
      objects.add(id)
      return id
    }
    const { about, ensures = [] } = fact.refs
    for (const [ordinal, ref] of about.entries()) if (take(ref, ordinal) === undefined) return undefined
    for (const [ordinal, ref] of ensures.entries())
      if (look(ref) === undefined && ref.create !== undefined) take(ref, about.length + ordinal)
    for (const [name, id] of fresh) {
      this.bound.set(name, id)
      this.bindings.set(name, id)
    }
    for (const id of created) {
      this.bound.set(id, id)
      if (this.lost) this.bindings.set(id, id)
      this.created.add(id)
    }
    return [...objects]
  }

  /** What the first of its names is bound to that is bound at all. */
  private find(ref: IdentifiedRef, fresh?: ReadonlyMap<string, string>): string | undefined {
    for (const name of ref.names) {
      const id = fresh?.get(name) ?? this.bound.get(name)
      if (id !== undefined) return id
    }
    return ref.id === undefined ? undefined : this.bound.get(ref.id)
  }
}
