/** Random ledgers, in any order: without a planted difference they tie out; each planted one is found and named, and the sums are proved. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { EntryKind } from './sub-ledger.ts'
import {
  differing,
  NOTHING,
  shownAmount,
  tieOut,
  type AccountLines,
  type ApClaim,
  type Asked,
  type Booked,
  type OurItem,
  type Reason,
  type Statement,
  type TieOut,
} from './tie-out.ts'

const FROM = '2026-11-01'
const TO = '2026-11-30'
const KINDS: readonly EntryKind[] = ['posted', 'reversed', 'settled', 'revalued']

interface Life {
  readonly document: string
  readonly account: string
  readonly currency: string
  readonly entries: readonly Booked[]
}

const text = (cents: number): string =>
  `${cents < 0 ? '-' : ''}${Math.floor(Math.abs(cents) / 100)}.${String(Math.abs(cents) % 100).padStart(2, '0')}`
const cents = (amount: string): number => Math.round(Number(amount) * 100)
const total = (entries: readonly Booked[]): number => entries.reduce((sum, entry) => sum + cents(entry.amount), 0)
const day = fc.integer({ min: 0, max: 99 }).map((n) => new Date(Date.UTC(2026, 8, 1) + n * 86_400_000).toISOString().slice(0, 10))

/** A document posted before December, perhaps settled in parts, reversed, revalued. */
const life = (n: number): fc.Arbitrary<Life> =>
  fc
    .record({
      account: fc.constantFrom('160000', '165000'),
      currency: fc.constantFrom('EUR', 'USD'),
      amount: fc.integer({ min: -500_000, max: 900_000 }).filter((amount) => amount !== 0),
      postedOn: day,
      fate: fc.constantFrom('open', 'part', 'whole', 'reversed'),
      fateOn: day,
      revaluedOn: fc.option(day),
    })
    .map(({ account, currency, amount, postedOn, fate, fateOn, revaluedOn }) => {
      const document = `51${String(n).padStart(4, '0')}`
      const entry = (kind: EntryKind, bookedOn: string, value: number, own = currency): Booked => ({
        document,
        account,
        currency: own,
        kind,
        bookedOn,
        amount: text(value),
      })
      return {
        document,
        account,
        currency,
        entries: [
          entry('posted', postedOn, amount),
          ...(fate === 'part'
            ? [entry('settled', fateOn, -Math.trunc(amount / 3))]
            : fate === 'whole'
              ? [entry('settled', fateOn, -amount)]
              : fate === 'reversed'
                ? [entry('reversed', fateOn, -amount)]
                : []),
          ...(revaluedOn !== null && currency === 'USD' ? [entry('revalued', revaluedOn, 7, 'EUR')] : []),
        ],
      }
    })
const ledger = fc.integer({ min: 1, max: 12 }).chain((size) => fc.tuple(...Array.from({ length: size }, (_, n) => life(n))))

function statementOf(entries: readonly Booked[], orderBy: (a: string, b: string) => number): Statement<OurItem> {
  const accounts = Map.groupBy(
    entries.filter((entry) => entry.bookedOn <= TO),
    ({ account, currency }) => `${account} ${currency}`,
  )
  const items = Map.groupBy(
    entries.filter((entry) => entry.bookedOn <= TO),
    ({ document, account, currency }) => `${document} ${account} ${currency}`,
  )
  return {
    accounts: [...accounts.values()].map((rows): AccountLines => {
      const { account, currency } = rows[0]!
      const moved = rows.filter((row) => row.bookedOn >= FROM)
      const lines = Object.fromEntries(KINDS.map((kind) => [kind, text(total(moved.filter((row) => row.kind === kind)))]))
      return {
        account,
        currency,
        lines: { ...NOTHING, ...lines, opening: text(total(rows.filter((row) => row.bookedOn < FROM))), closing: text(total(rows)) },
      }
    }),
    items: [...items.entries()]
      .sort(([a], [b]) => orderBy(a, b))
      .flatMap(([, rows]) => {
        const { document, account, currency } = rows[0]!
        const open = total(rows)
        return open === 0
          ? []
          : [
              {
                document,
                account,
                currency,
                open: text(open),
                supplier: 'K-1',
                number: `RE ${document}`,
                object: `inv_${document}`,
                apart: rows.every((row) => row.kind === 'revalued'),
              },
            ]
      }),
  }
}

function claimsOf(lives: readonly Life[]): ApClaim[] {
  return lives.flatMap(({ document, account, currency, entries }): ApClaim[] => {
    const posted = entries.find((entry) => entry.kind === 'posted' && entry.bookedOn <= TO)
    if (!posted || entries.some((entry) => entry.kind === 'reversed' && entry.bookedOn <= TO)) return []
    const open = total(entries.filter((entry) => entry.kind !== 'revalued' && entry.bookedOn <= TO))
    const settled = entries.find((entry) => entry.kind === 'settled')
    return [
      {
        ticket: `T-${document}`,
        object: `inv_${document}`,
        document,
        number: document,
        account,
        currency,
        amount: posted.amount,
        postedOn: posted.bookedOn,
        settledOn: open === 0 ? (settled?.bookedOn ?? null) : null,
      },
    ]
  })
}

function compare(
  ours: readonly Life[],
  theirs: readonly Life[],
  more: Partial<Asked> = {},
  ...orders: ((a: string, b: string) => number)[]
): TieOut {
  const up = (a: string, b: string): number => (a < b ? -1 : 1)
  const [mine, other] = [ours, theirs].map((lives) => lives.flatMap((one) => one.entries)) as [Booked[], Booked[]]
  const hub = statementOf(mine, orders[0] ?? up)
  const erp = statementOf(other, orders[1] ?? up)
  const asked = new Set(differing(hub, erp))
  return tieOut({
    from: FROM,
    to: TO,
    hub,
    erp,
    ap: null,
    ours: mine.filter((entry) => asked.has(entry.document)),
    theirs: other.filter((entry) => asked.has(entry.document)),
    known: new Map(ours.map(({ document }) => [document, `inv_${document}`])),
    submitted: new Set(ours.map(({ document }) => `inv_${document}`)),
    ...more,
  })
}

/** Per account: what is listed is what the balances differ by. */
function proved(result: TieOut): void {
  for (const { account, currency, hub, erp, unexplained } of result.accounts) {
    const listed = result.differences.filter((one) => one.with === 'erp' && one.account === account && one.currency === currency)
    expect(listed.reduce((sum, one) => sum + cents(one.amount), 0)).toBe(cents(hub.closing) - cents(erp.closing))
    expect(unexplained).toEqual({ erp: '0', ap: '0' })
  }
}

test('two ledgers that hold the same tie out, whatever the order of their items', () => {
  fc.assert(
    fc.property(ledger, (lives) => {
      const result = compare(
        lives,
        lives.toReversed(),
        {},
        (a, b) => (a < b ? -1 : 1),
        (a, b) => (a > b ? -1 : 1),
      )
      expect(result).toMatchObject({ ties: true, differences: [] })
      proved(result)
    }),
  )
})

const SEEN = new Map<string, number>()
type Plant = (life: Life) => { readonly ours?: readonly Booked[]; readonly theirs?: readonly Booked[] } | undefined
const posted = ({ entries }: Life): Booked => entries.find((entry) => entry.kind === 'posted')!
const isOpen = (life: Life): boolean => posted(life).bookedOn <= TO && life.entries.every((entry) => entry.kind === 'posted')
const and = (life: Life, kind: EntryKind, bookedOn: string, amount: string, more: Partial<Booked> = {}): Booked[] => [
  ...life.entries,
  { ...posted(life), kind, bookedOn, amount, ...more },
]
const opposite = (life: Life): string => text(-cents(posted(life).amount))

/** One way in which two ledgers come to differ over an open document, and what it is called. */
const PLANTS: { readonly [reason in Reason]?: Plant } = {
  'missing-there': (life) => (isOpen(life) ? { theirs: [] } : undefined),
  'posted-differs': (life) => (isOpen(life) ? { theirs: [{ ...posted(life), amount: text(cents(posted(life).amount) + 1) }] } : undefined),
  'posted-other-day': (life) => (isOpen(life) ? { theirs: [{ ...posted(life), bookedOn: '2026-12-01' }] } : undefined),
  'other-account': (life) => (isOpen(life) ? { theirs: [{ ...posted(life), account: '169000' }] } : undefined),
  'reversed-here': (life) => (isOpen(life) ? { ours: and(life, 'reversed', TO, opposite(life)) } : undefined),
  'reversed-there': (life) => (isOpen(life) ? { theirs: and(life, 'reversed', TO, opposite(life)) } : undefined),
  'reversed-other-day': (life) =>
    isOpen(life)
      ? { ours: and(life, 'reversed', TO, opposite(life)), theirs: and(life, 'reversed', '2026-12-01', opposite(life)) }
      : undefined,
  'settled-here': (life) => (isOpen(life) ? { ours: and(life, 'settled', TO, opposite(life)) } : undefined),
  'settled-there': (life) => (isOpen(life) ? { theirs: and(life, 'settled', FROM, opposite(life)) } : undefined),
  'settled-differs': (life) =>
    isOpen(life)
      ? { ours: and(life, 'settled', TO, opposite(life)), theirs: and(life, 'settled', TO, text(-cents(posted(life).amount) + 3)) }
      : undefined,
  'settled-other-day': (life) =>
    isOpen(life)
      ? { ours: and(life, 'settled', TO, opposite(life)), theirs: and(life, 'settled', '2026-12-01', opposite(life)) }
      : undefined,
  'revalued-there': (life) =>
    isOpen(life) && life.currency === 'USD' ? { theirs: and(life, 'revalued', TO, '3.51', { currency: 'EUR' }) } : undefined,
  'revalued-here': (life) =>
    isOpen(life) && life.currency === 'USD' ? { ours: and(life, 'revalued', TO, '3.51', { currency: 'EUR' }) } : undefined,
}

test.each(Object.entries(PLANTS))('a planted difference is found and named: %s', (reason, plant) => {
  fc.assert(
    fc.property(ledger, fc.nat(), (lives, pick) => {
      const suited = lives.filter((one) => plant(one))
      const chosen = suited[pick % suited.length]
      const planted = chosen && plant(chosen)
      if (!planted) return
      const put = (entries: readonly Booked[] | undefined): Life[] =>
        lives.map((one) => (one === chosen && entries ? { ...one, entries } : one))
      const result = compare(put(planted.ours), put(planted.theirs))
      expect(result.ties).toBe(false)
      expect(new Set(result.differences.map((difference) => `${difference.document} ${difference.reason}`))).toEqual(
        new Set([`${chosen.document} ${reason}`]),
      )
      proved(result)
      SEEN.set(reason, (SEEN.get(reason) ?? 0) + 1)
    }),
    { numRuns: 500 },
  )
  expect(SEEN.get(reason) ?? 0, `${reason} was planted`).toBeGreaterThan(10)
})

test('several planted at once are each named, and what is missing here or not read back as well', () => {
  const of = (n: number, amount = '119.00'): Life => {
    const document = `51000${n}`
    return {
      document,
      account: '160000',
      currency: 'EUR',
      entries: [{ document, account: '160000', currency: 'EUR', kind: 'posted', bookedOn: '2026-11-10', amount }],
    }
  }
  const lives = [of(1), of(2), of(3), of(4)]
  const result = compare([of(1), { ...of(2), entries: [] }, of(4, '100.00')], lives, { known: new Map([['510002', 'inv_2']]) })
  expect(result.differences.map(({ document, reason, amount }) => [document, reason, amount])).toEqual([
    ['510002', 'not-read-back', '-119'],
    ['510003', 'missing-here', '-119'],
    ['510004', 'posted-differs', '-19'],
  ])
  proved(result)
})

test('a balance that its own items do not add up to is shown as unexplained, and a document that moved meanwhile is called so', () => {
  const one: Booked = { document: '51', account: '160000', currency: 'EUR', kind: 'posted', bookedOn: '2026-11-10', amount: '119.00' }
  const hub = statementOf([one], () => 0)
  const erp = { ...hub, accounts: hub.accounts.map((row) => ({ ...row, lines: { ...row.lines, closing: '120.00' } })) }
  const asked: Asked = { from: FROM, to: TO, hub, erp, ap: null, ours: [], theirs: [], known: new Map(), submitted: new Set() }
  expect(tieOut(asked)).toMatchObject({ ties: false, differences: [], accounts: [{ unexplained: { erp: '-1' }, lines: ['closing'] }] })
  const moved = tieOut({ ...asked, erp: { accounts: [], items: [] }, ours: [one], theirs: [one], known: new Map([['51', 'inv_51']]) })
  expect(moved.differences).toMatchObject([{ reason: 'moved-meanwhile', amount: '119' }])
})

test('the AP tool: what it was told agrees, and what it was not told is named', () => {
  fc.assert(
    fc.property(ledger, (lives) => {
      const whole = lives.filter(
        ({ entries }) =>
          !entries.some((entry) => entry.kind === 'settled' && cents(entry.amount) !== -cents(entries[0]!.amount)) &&
          entries.every((entry) => entry.bookedOn >= posted({ entries } as Life).bookedOn),
      )
      const result = compare(whole, whole, { ap: claimsOf(whole), ours: whole.flatMap((one) => one.entries) })
      expect(result.differences).toEqual([])
      expect(result.ties).toBe(true)
    }),
  )
  const of = (n: number): Life => {
    const document = `5100000${n}`
    return {
      document,
      account: '160000',
      currency: 'EUR',
      entries: [{ document, account: '160000', currency: 'EUR', kind: 'posted', bookedOn: '2026-11-10', amount: '119.00' }],
    }
  }
  const paid: Life = { ...of(4), entries: and(of(4), 'settled', '2026-11-20', '-119.00') }
  const part: Life = { ...of(5), entries: and(of(5), 'settled', '2026-11-20', '-19.00') }
  const reversed: Life = { ...of(6), entries: and(of(6), 'reversed', '2026-11-20', '-119.00') }
  const lives = [of(1), of(2), of(3), paid, part, reversed]
  const told = claimsOf([of(1), of(4), part, of(6)]).map((claim, n) => (n === 0 ? { ...claim, settledOn: '2026-11-12' } : claim))
  const result = compare(lives, lives, {
    ap: told,
    ours: lives.flatMap((one) => one.entries),
    submitted: new Set(['inv_51000001', 'inv_51000003', 'inv_51000005']),
  })
  expect(result.differences.map(({ with: other, document, reason, amount }) => [other, document, reason, amount])).toEqual([
    ['ap', '51000001', 'not-open-at-ap', '119'],
    ['ap', '51000002', 'not-known-by-ap', '119'],
    ['ap', '51000003', 'not-open-at-ap', '119'],
    ['ap', '51000004', 'settled-here-not-at-ap', '-119'],
    ['ap', '51000005', 'part-settled', '-19'],
    ['ap', '51000006', 'reversed-here-not-at-ap', '-119'],
  ])
  expect(result.accounts[0]?.unexplained).toEqual({ erp: '0', ap: '0' })
  expect(shownAmount('-119', 'EUR')).toBe('-119.00')
})
