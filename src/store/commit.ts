/**
 * The one commit: the only writer of events, objects, cells and effects. A batch of one tenant runs through set-based statements,
 * one for each kind of row, in one READ COMMITTED transaction and always in this order:
 *
 *   identity → bindings → objects by id (locked) → decide (pure) → objects, lists, ledger, interest, news → cells, effects → head and log → COMMIT
 *
 * Everything that waits for another transaction waits in an order: keys sorted, the head last. What others moved meanwhile shows
 * as SQLSTATE 40001, 40P01 or TO001, as Stale, or as a COMMIT without an answer; then the same batch runs again from the first
 * statement, which identity makes harmless. Statements that need no answer of each other are sent together.
 */
import { decide, Stale, type Decided, type Load, type Loaded } from '../domain/decide.ts'
import type { Event } from '../domain/event.ts'
import type { Law } from '../domain/object.ts'
import { assert } from '../lib/assert.ts'
import { Fault } from '../lib/fault.ts'
import { mark } from '../lib/mark.ts'
import { instantOf, type Clock, type Instant } from '../lib/time.ts'
import { awaitNames, bindNames, boundNames } from './alias.ts'
import { closeAttempts } from './attempt.ts'
import { together } from './bind.ts'
import { writingCells } from './cell.ts'
import { begin, commit, type ClientBase, type PoolClient } from './database.ts'
import { effectNews, effectsToLock, planEffects, type EffectPlan } from './effect-plan.ts'
import { lockEffects, writingEffects } from './effect.ts'
import { appending, readEvents, readHead, type EventLink, type Head, type LogRow } from './event.ts'
import { claimIdentities, readFingerprints } from './identity.ts'
import { changingInterest, leavingNews } from './interest.ts'
import { RefusedItems, repeatOf, type Committed, type FactItem, type Item, type NudgeItem, type Receipt } from './item.ts'
import type { KnownStates } from './known-states.ts'
import { writingListRows } from './list-row.ts'
import { writingEntries } from './ledger-entry.ts'
import { decisionRow, eventOf, factRow, linksOf } from './log-rows.ts'
import { holdVersions, readObjects, writingObjects, type StoredObject } from './object.ts'
import { closingOf, effectOutcome, isLate, outcomeOf, type OutcomeData } from './outcomes.ts'
import { Resolver, type Resolved } from './resolve.ts'
import { namesIn, parkedUnder, parking, unparking, type Parked } from './unbound.ts'
import { entryRows, listRows, objectRows, waitsOf } from './written-rows.ts'

/** By what a process judges and writes. `cfg` is the hash of its whole configuration (64 hex digits), `config` that configuration's number. */
export interface Settings {
  readonly law: Law
  readonly cfg: string
  readonly config: number
  readonly clock: Clock
  /** The database was set back, and people have let it go on: other systems name objects that this log does not know (any more). */
  readonly lost?: boolean
}

/** A name that was waited for is bound, or what was read has moved: run again. */
const moved = (what: string): Stale => new Stale(`${what} moved while it was looked at`)

/**
 * Runs one batch once, on a connection of its own. Throws what the database or the law throws; the caller rolls back.
 * Errors of the law come out as the fault `internal`, so that they can be told from broken promises of this code.
 */
export async function runBatch(
  client: PoolClient,
  settings: Settings,
  known: KnownStates,
  tenant: string,
  items: readonly Item[],
): Promise<Committed> {
  return new Commit(client, settings, known, tenant, items).run()
}

/** Makes an error of the law one that can be contained. */
function lawful<T>(what: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof Fault || error instanceof Stale) throw error
    throw new Fault('internal', `${what}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}

/** One run of one batch. */
class Commit {
  private readonly client: ClientBase
  private readonly settings: Settings
  private readonly known: KnownStates
  private readonly tenant: string
  private readonly items: readonly Item[]
  private readonly receipts = new Map<Item, Receipt>()
  /** The first item of each id; later ones with the same id are its twins. */
  private readonly firsts = new Map<string, FactItem>()
  private readonly stored = new Map<string, StoredObject>()
  private readonly bound = new Map<string, string>()
  private resolver = new Resolver(new Map())
  /** Names that were waited for and are bound by this batch. */
  private awaited: readonly string[] = []
  private taken: { readonly parked: Parked; readonly event: Event }[] = []
  private late = new Set<FactItem>()
  private outcomes: OutcomeData[] = []
  private now: Instant = ''
  private head = 0

  constructor(client: ClientBase, settings: Settings, known: KnownStates, tenant: string, items: readonly Item[]) {
    this.client = client
    this.settings = settings
    this.known = known
    this.tenant = tenant
    this.items = items
  }

  async run(): Promise<Committed> {
    mark('commit-before-begin')
    const fresh = await this.identify()
    const { resolved, parked } = this.resolveFacts(fresh)
    await this.bindAndLock(resolved)
    const waiting = this.awaited.length > 0 ? await this.takeParked() : []
    const facts = resolved
      .map(({ fact, objects }) => eventOf(fact, objects, this.now))
      .map((event) => (this.late.size === 0 ? event : this.asLate(event)))
    const decided = await this.decide([...facts, ...waiting])
    return this.write(resolved, parked, facts, decided)
  }

  // ------------------------------------------------------------------------------------------------ identity

  /** Opens the transaction, claims identities, and reads the head and what names are bound to. Gives the facts that are new. */
  private async identify(): Promise<FactItem[]> {
    const { client, tenant, firsts } = this
    for (const item of this.items) if (item.kind === 'fact' && !firsts.has(item.id)) firsts.set(item.id, item)
    const identities = [...firsts.values()].map((item) => ({
      id: item.id,
      source: item.source.system,
      eventId: item.eventId,
      fingerprint: item.fingerprint,
    }))
    const names = new Set([...firsts.values()].flatMap((item) => namesIn(item.refs)))
    const [, head, claimed, bound] = await together(client, () =>
      Promise.all([
        begin(client, tenant),
        readHead(client, tenant),
        identities.length === 0 ? new Set<string>() : claimIdentities(client, tenant, identities),
        boundNames(client, tenant, [...names]),
      ]),
    )
    this.checkHead(head)
    this.know(bound)
    const repeats = identities.flatMap(({ id }) => (claimed.has(id) ? [] : [id]))
    const known = await readFingerprints(client, tenant, repeats)
    for (const id of repeats) {
      const item = firsts.get(id)!
      this.receipts.set(item, repeatOf(item, known.get(id)))
    }
    return [...firsts.values()].filter((item) => claimed.has(item.id))
  }

  private checkHead(head: Head | undefined): asserts head is Head {
    const { law, config, clock } = this.settings
    if (!head) throw new Fault('request-not-valid', `There is no tenant ${this.tenant}.`)
    if (head.law > law.version || head.config > config) {
      throw new Fault('hub-outdated', `Law ${law.version} and configuration ${config} here, ${head.law} and ${head.config} in the log.`, {
        retryAfterMs: 1_000,
      })
    }
    // No event is recorded before its predecessor, whatever the clocks of several machines say.
    const now = instantOf(clock())
    this.now = now > head.recordedAt ? now : head.recordedAt
    this.head = head.nextIndex
  }

  private know(bound: ReadonlyMap<string, string>): void {
    for (const [name, id] of bound) this.bound.set(name, id)
  }

  // ------------------------------------------------------------------------------------------------ bindings and objects

  private resolveFacts(fresh: readonly FactItem[]): { resolved: Resolved<FactItem>[]; parked: { fact: FactItem; names: string[] }[] } {
    this.resolver = new Resolver(this.bound, this.settings.lost)
    const { resolved, missing, refused } = this.resolver.resolve(fresh)
    // An identity that was claimed for nothing: the whole batch without it, since its row would stand for an event that is not there.
    if (refused.length > 0) throw new RefusedItems(refused.map(({ fact, fault }) => [fact, fault] as const))
    for (const { fact } of resolved) this.receipts.set(fact, { eventId: fact.id, outcome: 'new' })
    for (const { fact } of missing) this.receipts.set(fact, { eventId: fact.id, outcome: 'parked' })
    this.know(this.resolver.bindings)
    return { resolved, parked: missing }
  }

  /** Binds names, locks the objects that facts and nudges are about, and closes the attempts whose outcomes came. */
  private async bindAndLock(resolved: readonly Resolved<FactItem>[]): Promise<void> {
    const { client, tenant, resolver } = this
    const nudged = this.items.flatMap((item) => (item.kind === 'nudge' ? [item.object] : []))
    const existing = new Set([...resolved.flatMap(({ objects }) => objects), ...nudged].filter((id) => !resolver.created.has(id)))
    const reports = resolved.flatMap(({ fact }) => {
      const outcome = outcomeOf(fact)
      return outcome ? [{ fact, outcome }] : []
    })
    const guarded = reports.flatMap(({ fact, outcome }) => (fact.guard ? [{ fact, outcome, guard: fact.guard }] : []))
    const unguarded = reports.filter(({ fact }) => !fact.guard)
    const [names, objects, closed, rows] = await together(client, () =>
      Promise.all([
        bindNames(client, tenant, resolver.bindings),
        readObjects(client, tenant, existing, true, this.known),
        closeAttempts(
          client,
          tenant,
          guarded.map(({ guard, outcome }) => closingOf(guard, outcome)),
          this.now,
        ),
        lockEffects(
          client,
          tenant,
          unguarded.map(({ outcome }) => outcome.effect),
        ),
      ]),
    )
    if (names === undefined) throw moved('a free name')
    this.awaited = names
    for (const [id, object] of objects) this.stored.set(id, object)
    // Taken out of the set: of two outcomes of one attempt in a batch only the first has closed it.
    for (const { fact, outcome, guard } of guarded) this.count(fact, outcome, !closed.delete(`${guard.effect} ${guard.attempt}`))
    for (const { fact, outcome } of unguarded) this.count(fact, outcome, isLate(outcome, rows.get(outcome.effect)))
    // A guard on anything but an outcome guards nothing: it cannot close an attempt.
    assert(
      resolved.every(({ fact }) => !fact.guard || outcomeOf(fact)),
      'a guard stands on an outcome',
    )
  }

  private count(fact: FactItem, outcome: OutcomeData, late: boolean): void {
    if (late) this.late.add(fact)
    else this.outcomes.push(outcome)
  }

  /** Takes the facts that waited for names bound here, and those that these bind names for in turn. */
  private async takeParked(): Promise<Event[]> {
    const { client, tenant, resolver } = this
    let names = this.awaited
    while (names.length > 0) {
      const parked = (await parkedUnder(client, tenant, names)).filter((fact) =>
        this.taken.every(({ parked: other }) => other.index !== fact.index),
      )
      if (parked.length === 0) break
      const unknown = [...new Set(parked.flatMap((fact) => namesIn(fact.refs)))].filter((name) => !this.bound.has(name))
      const [events, bound] = await Promise.all([
        readEvents(
          client,
          tenant,
          parked.map((fact) => fact.index),
        ),
        boundNames(client, tenant, unknown),
      ])
      const byIndex = new Map(events.map((event) => [event.index, event]))
      this.know(bound)
      resolver.know(bound)
      const before = new Set(resolver.bindings.keys())
      const { resolved } = resolver.resolve(parked.map((fact) => ({ id: byIndex.get(fact.index)!.id, refs: fact.refs, parked: fact })))
      for (const { fact, objects } of resolved)
        this.taken.push({ parked: fact.parked, event: { ...byIndex.get(fact.parked.index)!, objects } })
      const more = new Map([...resolver.bindings].filter(([name]) => !before.has(name)))
      this.know(more)
      const [awaited, objects] = await Promise.all([
        bindNames(client, tenant, more),
        readObjects(
          client,
          tenant,
          resolved.flatMap((one) => one.objects).filter((id) => !resolver.created.has(id) && !this.stored.has(id)),
          true,
          this.known,
        ),
      ])
      if (awaited === undefined) throw moved('a free name')
      for (const [id, object] of objects) this.stored.set(id, object)
      this.awaited = [...this.awaited, ...awaited]
      names = awaited
    }
    this.taken.sort((a, b) => a.parked.index - b.parked.index)
    return this.taken.map(({ event }) => event)
  }

  private asLate(event: Event): Event {
    const item = this.firsts.get(event.id)
    return item && this.late.has(item) ? { ...event, type: 'effect.replied-late' } : event
  }

  // ------------------------------------------------------------------------------------------------ deciding

  private async decide(facts: readonly Event[]): Promise<Decided> {
    const nudged = this.items.filter((item): item is NudgeItem => item.kind === 'nudge').map((item) => item.object)
    const batch = { facts, nudged: [...new Set(nudged)], asOf: this.now }
    const deciding = decide(this.settings.law, batch, { bound: this.bound, records: this.stored })
    let step = lawful('deciding', () => deciding.next())
    while (!step.done) {
      const loaded = await this.load(step.value)
      step = lawful('deciding', () => deciding.next(loaded))
    }
    return step.value
  }

  /** Objects that the law looks at, found by name; locked when it may decide about them. */
  private async load({ names, write }: Load): Promise<Loaded> {
    const unknown = names.filter((name) => !this.bound.has(name) && name.includes('|'))
    this.know(await boundNames(this.client, this.tenant, unknown))
    const bound = new Map(
      names.flatMap((name) => {
        const id = this.bound.get(name)
        return id === undefined ? [] : [[name, id] as const]
      }),
    )
    const ids = names.map((name) => bound.get(name) ?? name).filter((id) => !id.includes('|') && !this.resolver.created.has(id))
    const records = await readObjects(this.client, this.tenant, ids, write, this.known)
    for (const [id, object] of records) if (write || !this.stored.has(id)) this.stored.set(id, object)
    return { bound, records }
  }

  // ------------------------------------------------------------------------------------------------ writing

  private async write(
    resolved: readonly Resolved<FactItem>[],
    parked: readonly { fact: FactItem; names: string[] }[],
    facts: readonly Event[],
    decided: Decided,
  ): Promise<Committed> {
    const { client, tenant, now, settings } = this
    const effects = effectNews(
      tenant,
      this.outcomes.map((outcome) => effectOutcome(outcome, now)),
      decided,
      now,
    )
    const toLock = effectsToLock(effects, (object) => this.resolver.created.has(object))
    const before = { stored: this.stored, bound: this.bound, bindings: this.resolver.bindings, created: this.resolver.created }
    const waits = waitsOf(decided, before)
    const waitedNames = [...waits.names, ...parked.flatMap(({ names }) => names)]
    // Sent before the rows are built, so that the server works meanwhile.
    const answers = together(client, () =>
      Promise.all([
        lockEffects(client, tenant, toLock.keys, toLock.subjects, toLock.money),
        holdVersions(client, tenant, waits.ids),
        awaitNames(client, tenant, waitedNames),
      ]),
    )
    answers.catch(() => {})
    const objects = objectRows(decided, before, waits.of, now)
    for (const { id, text, state } of [...objects.created, ...objects.changed]) this.known.keep(id, text, state)
    const lists = lawful('listing', () => listRows(settings.law, decided))
    const entries = lawful('booking', () => entryRows(settings.law, decided))
    const context = { tenant, cfg: settings.cfg, recordedAt: now }
    const rows: LogRow[] = [
      ...resolved.map(({ fact }, at) => factRow(context, fact, facts[at]!.type, facts[at]!.objects)),
      ...decided.events.slice(facts.length + this.taken.length).map((event) => decisionRow(context, event)),
      ...parked.map(({ fact }) => factRow(context, fact, fact.type, [])),
    ]
    const links: EventLink[] = [
      ...linksOf(rows),
      ...this.taken.flatMap(({ parked: { index }, event }) =>
        event.objects.map((object) => ({ object, place: 0, index, appliedPlace: resolved.length - 1, bound: event.objects })),
      ),
    ]
    const [locked, versions, stillFree] = await answers
    if (!stillFree) throw moved('a free name')
    for (const [id, version] of versions) if ((this.stored.get(id)?.version ?? version) !== version) throw moved(id)
    const plan = planEffects(locked, effects, now)
    const changedIds = decided.changed.flatMap(({ before, after }) => (before && before.version !== after.version ? [after.id] : []))

    // All that can fail on our side is done before the first of these is sent: the COMMIT goes out with them.
    const news = leavingNews(tenant, [...changedIds, ...this.awaited])
    const statements = [
      ...writingObjects(tenant, objects.created, objects.changed),
      ...writingListRows(tenant, lists.rows, lists.gone, now),
      ...writingEntries(tenant, entries),
      ...changingInterest(tenant, waits.added, waits.removed),
      ...news,
      ...writingCells(tenant, decided.cells, now),
      ...writingEffects(tenant, plan.inserted, plan.changed),
      ...unparking(
        tenant,
        this.taken.map((one) => one.parked),
      ),
      ...appending(tenant, rows, links, { recordedAt: now, cfg: settings.cfg, law: settings.law.version, config: settings.config }),
      ...parking(
        tenant,
        parked.map(({ fact, names }, at) => ({ fromEnd: parked.length - at, refs: fact.refs, missing: names })),
        now,
      ),
    ]
    mark('commit-before-commit')
    const answered = together(client, () =>
      Promise.all([Promise.all(statements.map((statement) => client.query(statement))), commit(client)]),
    )
    mark('commit-sent')
    const [results] = await answered
    mark('commit-after')
    const left = news[0] ? results[statements.indexOf(news[0])] : undefined
    return this.committed(plan, (left?.rowCount ?? 0) > 0, rows.length)
  }

  private committed(plan: EffectPlan, news: boolean, events: number): Committed {
    const receipts = this.items.map((item): Receipt | undefined => {
      if (item.kind === 'nudge') return undefined
      const first = this.firsts.get(item.id)!
      const receipt = this.receipts.get(first)
      assert(receipt, 'every fact has a receipt')
      return first === item ? receipt : repeatOf(item, first.fingerprint, receipt)
    })
    return { receipts, targets: plan.targets, news, events, head: this.head }
  }
}
