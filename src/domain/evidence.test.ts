/** Evidence on its way to the archive: wanted at the end of the road, step by step, stale after a later fact, and wanted anew. */
import { beforeEach, describe, expect, it } from 'vitest'
import {
  accepted,
  completed,
  entry,
  fact,
  granted,
  invoiceDocument,
  masterData,
  paymentRun,
  posted,
  received,
  reversed,
} from '../../test/facts.ts'
import { sha256, World } from '../../test/world.ts'
import { axesOf } from './axes.ts'
import type { InvoiceState } from './invoice-state.ts'
import { lawOf } from './law.ts'
import type { WantedEffect } from './object.ts'
import { DEFAULT_POLICY, type Policy } from './policy.ts'

const DOCUMENT = 'd'.repeat(64)
const PACK = 'a'.repeat(64)
const policyWith = (evidence: Partial<Policy['evidence']> = {}): Policy => ({
  ...DEFAULT_POLICY,
  systems: { ...DEFAULT_POLICY.systems, archive: 'vault' },
  evidence: { ...DEFAULT_POLICY.evidence, ...evidence },
})
const day = (n: number): string => `2026-01-${String(n).padStart(2, '0')}T08:00:00.000Z`

class Company extends World {
  readonly id: string
  private n = 0
  constructor(policy: Policy) {
    super(lawOf(policy, sha256), day(29))
    for (const one of [...masterData(undefined, day(29)), received(invoiceDocument(), 'doc', day(11), DOCUMENT)]) this.submit(one)
    this.id = [...this.records.keys()].find((key) => key.startsWith('inv_'))!
  }
  get state(): InvoiceState {
    return this.records.get(this.id)!.state as unknown as InvoiceState
  }
  get ours(): { names: string[] } {
    return { names: [this.id] }
  }
  /** The commands that wait for the archive. */
  get steps(): WantedEffect[] {
    return [...this.wanted.values()].filter(({ target, subject }) => target === 'vault' && subject === this.id)
  }
  approve(): void {
    for (const one of [granted(this.ours, day(13)), completed(this.ours, day(14))]) this.submit(one)
  }
  post(): void {
    this.submit(posted(this.ours, '5100', day(16)))
  }
  pay(): void {
    for (const one of [...paymentRun('5100', 'M1', 'E1', day(20)), accepted('M1', day(21)), entry('1', day(22), 'E1')]) this.submit(one)
  }
  hold(): void {
    this.submit(fact('hold.placed', 'erp', `hold ${++this.n}`, day(26), [this.ours], { hold: 'H1', kind: 'payment', reason: 'ask' }))
  }

  /** What delivery reports of a command that was carried out. */
  done({ target, command, object, occurrence }: WantedEffect, subject = this.id, more: { input?: string; says?: string } = {}): void {
    this.submit({
      ...fact('evidence.prepared', 'hub', `done ${command} ${object} ${occurrence}`, day(27), [{ names: [subject] }], {
        wanted: '',
        document: '',
        covers: 0,
      }),
      type: more.input === 'refused' ? 'effect.refused' : 'effect.done',
      data: {
        effect: 'k',
        target,
        command,
        object,
        occurrence,
        contentHash: 'h',
        attempt: 1,
        input: 'done',
        receipt: { reference: 'D-1' },
        ...more,
      },
    })
  }
  prepare(document = PACK): void {
    const { wanted } = this.state.evidence
    this.submit(
      fact('evidence.prepared', 'hub', `pack ${wanted!.covers}`, day(27), [this.ours], {
        wanted: wanted!.event,
        document,
        covers: wanted!.covers,
      }),
    )
  }
  archive(step: WantedEffect): void {
    const { document, until, covers } = step.content as { document: string; until: string; covers: number }
    this.submit(
      fact('evidence.archived', 'archive', `archived ${covers}`, day(28), [this.ours], { archive: 'vault', document, until, covers }),
    )
  }
  /** All steps to the archive's own word. */
  keep(): void {
    this.prepare()
    for (let step = this.steps[0]; step; step = this.steps[0]) {
      if (step.command === 'lookup.evidence') this.archive(step)
      else this.done(step)
    }
  }
}

let company: Company
beforeEach(() => {
  company = new Company(policyWith())
  company.approve()
  company.post()
})

describe('evidence of an invoice', () => {
  it('is not wanted before the end of the road, and nothing of it without an archive', () => {
    expect([company.state.headline, company.state.evidence.wanted, company.steps]).toEqual(['posted', null, []])
    const without = new Company(DEFAULT_POLICY)
    without.approve()
    without.post()
    without.pay()
    expect([without.state.headline, without.state.evidence.wanted]).toEqual(['paid', null])
  })

  it('goes there one step at a time: its document, the pack once it is made, and then it is read back', () => {
    company.pay()
    const { wanted } = company.state.evidence
    expect(wanted).toMatchObject({ covers: company.state.facts, until: '2036-12-31' })
    expect(company.steps).toMatchObject([
      { command: 'document.store', occurrence: '2036-12-31', content: { name: `document.${DOCUMENT}`, document: DOCUMENT } },
    ])
    company.done(company.steps[0]!)
    expect(company.steps).toEqual([])
    company.prepare()
    const name = `pack.${company.id}.${wanted!.covers}.${PACK.slice(0, 12)}.json`
    expect(company.steps).toMatchObject([{ command: 'evidence.store', content: { name, document: PACK, until: '2036-12-31' } }])
    company.done(company.steps[0]!)
    expect(company.steps).toMatchObject([{ command: 'lookup.evidence', content: { name, document: PACK } }])
    expect([company.state.headline, axesOf(company.state).archive]).toEqual(['paid', 'none'])
    company.archive(company.steps[0]!)
    expect([company.state.headline, axesOf(company.state).archive, company.steps]).toEqual(['archived', 'current', []])
  })

  it('a pack of earlier facts than those wanted is not sent', () => {
    company.pay()
    company.done(company.steps[0]!)
    const early = company.state.evidence.wanted!
    company.hold()
    company.submit(
      fact('evidence.prepared', 'hub', 'late pack', day(27), [company.ours], { wanted: early.event, document: PACK, covers: early.covers }),
    )
    expect(company.steps).toEqual([])
    company.prepare()
    expect(company.steps).toMatchObject([{ command: 'evidence.store', content: { covers: early.covers + 1 } }])
  })

  it('is stale after a later fact and wanted anew as another object; what the hub itself does then makes nothing stale', () => {
    company.pay()
    company.keep()
    expect(company.state.headline).toBe('archived')
    const first = company.state.archived!
    const { length } = company.log
    company.pass(day(30))
    expect(company.log).toHaveLength(length)
    company.hold()
    expect([company.state.headline, axesOf(company.state).archive, company.state.evidence.wanted!.covers]).toEqual([
      'paid',
      'stale',
      first.covers + 1,
    ])
    company.keep()
    expect([company.state.headline, axesOf(company.state).archive, company.state.archived!.covers]).toEqual([
      'archived',
      'current',
      first.covers + 1,
    ])
    expect(company.log.filter(({ type }) => type === 'evidence.wanted')).toHaveLength(2)
    expect(company.log.filter(({ type, data }) => type === 'effect.done' && data['command'] === 'document.store')).toHaveLength(1)
  })

  it('its day is lengthened with a later pack and never shortened by a shorter policy', () => {
    company.pay()
    company.keep()
    company.now = '2027-03-01T08:00:00.000Z'
    company.hold()
    expect(company.state.evidence.wanted!.until).toBe('2037-12-31')
    expect(company.steps).toMatchObject([{ command: 'document.store', occurrence: '2037-12-31' }])
    const shorter = new Company(policyWith())
    shorter.approve()
    shorter.post()
    shorter.pay()
    const sooner = lawOf(policyWith({ entityYears: { 1000: 2 } }), sha256).judge(
      { ...shorter.records.get(shorter.id)!, state: held(shorter.state) },
      () => undefined,
      day(30),
    )
    expect(sooner.decisions.find(({ type }) => type === 'evidence.wanted')?.data).toMatchObject({ until: '2036-12-31' })
  })

  it('by policy also once it is posted, for as many years as its company says', () => {
    const early = new Company(policyWith({ after: ['posted', 'paid', 'rejected'], entityYears: { 1000: 6 } }))
    early.approve()
    expect(early.state.evidence.wanted).toBeNull()
    early.post()
    expect([early.state.headline, early.state.evidence.wanted?.until]).toEqual(['posted', '2032-12-31'])
  })

  it('of one that was rejected too', () => {
    const refused = new Company(policyWith())
    refused.submit(fact('invoice.rejected', 'ap', 'no', day(12), [refused.ours], { reason: 'not ours' }))
    refused.keep()
    expect([refused.state.headline, axesOf(refused.state).archive]).toEqual(['archived', 'current'])
  })

  it('has the bank files beside it: each is stored by the file or statement that it is, once, from the year it is of', () => {
    const files = (): WantedEffect[] =>
      [...company.wanted.values()].filter(({ target, subject }) => target === 'vault' && subject !== company.id)
    const statement = (id: string, at: string): void =>
      company.submit(
        fact('statement.received', 'bank', `statement ${id}`, at, [{ names: [`bank|statement|${id}`], create: 'statement' }], {
          account: 'DE00',
          statement: id,
          currency: 'EUR',
          document: 'c'.repeat(64),
          opening: '1.00',
          closing: '0.00',
          entries: 1,
          findings: [],
        }),
      )
    company.pay()
    statement('S1', day(22))
    expect(files().map(({ command, object, occurrence, content }) => [command, object.slice(0, 4), occurrence, content['name']])).toEqual([
      ['document.store', 'bat_', '2036-12-31', `document.${'f'.repeat(64)}`],
      ['document.store', 'bat_', '2036-12-31', `document.${'b'.repeat(64)}`],
      ['document.store', 'sta_', '2036-12-31', `document.${'c'.repeat(64)}`],
    ])
    const cells = (kind: string): unknown[] => {
      const record = [...company.records.values()].find((one) => one.kind === kind)!
      return lawOf(policyWith(), sha256)
        .expect(record)
        .cells.filter(({ facet }) => facet === 'document')
        .map(({ expected, told }) => [expected, told])
    }
    for (const kind of ['payment-batch', 'statement']) expect(cells(kind)).toEqual([['stored', null]])
    for (const step of files()) company.done(step, step.subject)
    expect(files()).toEqual([])
    for (const kind of ['payment-batch', 'statement']) expect(cells(kind)).toEqual([['stored', 'stored']])
    // The same statement comes once more: it lies there already.
    company.submit({
      ...fact(
        'statement.received',
        'bank',
        'again',
        day(23),
        [{ names: ['bank|statement|S1'] }],
        company.log.findLast(({ type }) => type === 'statement.received')!.data as never,
      ),
    })
    expect(files()).toEqual([])
    expect(company.state.evidence.wanted).not.toBeNull()
  })

  it('a bank file that the archive refuses is a case of its own, on the file; nothing of the invoice waits for it', () => {
    company.pay()
    const [file] = [...company.wanted.values()].filter(({ target, object }) => target === 'vault' && object.startsWith('bat_'))
    company.done(file!, file!.subject, { input: 'refused', says: 'AX-41' })
    expect(company.log.findLast(({ type }) => type === 'exception.raised')).toMatchObject({
      data: { cause: 'refused-by-target', says: expect.stringContaining('AX-41') as string },
    })
    company.keep()
    expect(company.state.headline).toBe('archived')
  })

  it('is told to nobody: for the AP tool an archived invoice is what it was', () => {
    const toldAp = (one: Company): (readonly [string, unknown])[] =>
      [...one.wanted.values()]
        .filter(({ command, target }) => command === 'invoice.status' && target === 'ap')
        .map(({ occurrence, content }) => [occurrence, content['word']] as const)
    company.pay()
    const before = toldAp(company)
    expect(before).toMatchObject([[expect.stringContaining('paid#'), 'paid']])
    company.keep()
    company.hold()
    company.keep()
    expect(toldAp(company)).toEqual(before)
    const refused = new Company(policyWith())
    refused.submit(fact('approval.requested', 'ap', 'ticket', day(11), [refused.ours], { ticket: 'T1' }))
    refused.submit(fact('invoice.rejected', 'ap', 'no', day(12), [refused.ours], { reason: 'not ours' }))
    refused.keep()
    expect([refused.state.headline, toldAp(refused).map(([, word]) => word)]).toEqual(['archived', ['rejected']])
  })

  it("without the archive's own authority says nothing", () => {
    company.pay()
    company.submit(
      fact('evidence.archived', 'ap', 'claim', day(28), [company.ours], {
        archive: 'vault',
        document: PACK,
        until: '2036-12-31',
        covers: 99,
      }),
    )
    expect([company.state.headline, company.state.archived, company.state.claims]).toEqual(['paid', null, 1])
  })
})

describe('a pack that the archive no longer shows', () => {
  it('is a case after its grace; the headline stays, nothing is stored again, and it ends with the pack that is there again', () => {
    company.pay()
    company.keep()
    const shows = (word: string, at: string): void =>
      company.submit(
        fact('status.reported', 'archive', `sweep ${at}`, at, [company.ours], {
          system: 'vault',
          facet: 'evidence',
          word,
          ...(word === 'absent' ? {} : { claims: word }),
        }),
      )
    const covers = String(company.state.archived!.covers)
    shows('absent', day(29))
    company.pass('2026-02-15T08:00:00.000Z')
    expect(company.log.filter(({ type }) => type === 'divergence.opened').map(({ data }) => data)).toMatchObject([
      { cell: 'vault|evidence', kind: 'missing', expected: covers, reported: 'absent' },
    ])
    expect([company.state.headline, company.steps, company.state.exceptions]).toMatchObject([
      'archived',
      [],
      { divergence: { open: true } },
    ])
    shows(covers, '2026-02-16T08:00:00.000Z')
    expect([company.state.headline, company.state.exceptions]).toMatchObject(['archived', { divergence: { open: false } }])
  })
})

describe('the approval', () => {
  const asked = (): WantedEffect[] =>
    [...company.wanted.values()].filter(({ command }) => command === 'approval-evidence.attach' || command === 'lookup.attachment')
  const shown = (word: string): void =>
    company.submit(
      fact('status.reported', 'erp', `shows ${word}`, day(27), [company.ours], { system: 'erp', facet: 'attachment', word, claims: word }),
    )

  it('is attached to the posting that rests on it once it is confirmed, asked for, and not attached again', () => {
    expect(asked()).toMatchObject([
      {
        command: 'approval-evidence.attach',
        target: 'erp',
        occurrence: '5100#approval',
        content: { posting: '5100', terms: company.state.granted!.hash },
      },
    ])
    const { facts } = company.state
    company.done(asked()[0]!)
    expect(asked()).toMatchObject([{ command: 'lookup.attachment', content: { posting: '5100' } }])
    shown('5100')
    expect([asked(), company.state.facts]).toEqual([[], facts])
    company.hold()
    expect(asked()).toEqual([])
  })

  it('belongs to one posting: after a reversal the next one gets its own, as another occurrence', () => {
    company.done(asked()[0]!)
    shown('5100')
    company.submit(reversed(company.ours, '5100', day(17)))
    expect(asked()).toEqual([])
    company.submit(posted(company.ours, '5200', day(18)))
    expect(asked()).toMatchObject([{ command: 'approval-evidence.attach', occurrence: '5200#approval' }])
  })

  it('is not attached before the posting is read back, to one that nobody approved, nor where policy says so', () => {
    const early = new Company(policyWith())
    early.approve()
    early.submit({ ...posted(early.ours, '5100', day(16)), readBack: false })
    const observed = new Company(policyWith())
    observed.post()
    const silent = new Company(policyWith({ attach: false }))
    silent.approve()
    silent.post()
    for (const one of [early, observed, silent])
      expect([...one.wanted.values()].filter(({ command }) => command === 'approval-evidence.attach')).toEqual([])
  })
})

/** One fact more than evidence was wanted of. */
const held = (state: InvoiceState): never => ({ ...state, facts: state.facts + 1 }) as never
