import type { AllowanceCharge, InvoiceDocument, InvoiceLine, TaxSubtotal, Totals } from './invoice-document.ts'
import { absolute, formatDecimal, parseDecimal, scaleOf } from './money.ts'

/**
 * The arithmetic that EN 16931-1 (section 6.4.2, conditions BR-CO-10 to BR-CO-17, and the BR-…-08 and -09 of each VAT
 * category) demands of an invoice's header, as the official validation artefacts of CEN/TC 434 compute it
 * (github.com/ConnectingEurope/eInvoicing-EN16931, EN16931-UBL-model.sch and EN16931-CII-model.sch).
 *
 * Decimals: "amounts shall be rounded to two decimals" holds for every amount of the standard (BR-DEC-01 to BR-DEC-28), also a
 * line's net (BR-DEC-23). The official rules nevertheless add what is written, unrounded, and round the sum once, "half up" as
 * XPath's round() does (−2.5 → −2). So do these: a line net with more decimals counts in full. A currency with more than two
 * decimals (KWD) is rounded to its own, which the standard leaves open.
 *
 * The two official models differ in one thing that figures show: by BR-CO-17 a tax may be off by less than one unit of currency in
 * UBL, and by no more than one in CII. Figures that do not say their syntax are held to the stricter.
 */
export interface ArithmeticFacts {
  readonly syntax?: InvoiceDocument['syntax']
  readonly currency?: string
  readonly lines: readonly Partial<Pick<InvoiceLine, 'net' | 'taxCategory' | 'taxRate'>>[]
  readonly allowancesCharges: readonly Pick<AllowanceCharge, 'kind' | 'amount' | 'taxCategory' | 'taxRate'>[]
  readonly taxBreakdown: readonly Partial<Pick<TaxSubtotal, 'taxable' | 'tax' | 'category' | 'rate'>>[]
  readonly totals: Partial<Totals>
}

/** A rule that the figures break. `found` is null where the document lacks the amount. */
export interface ArithmeticFinding {
  readonly rule: string
  readonly says: string
  readonly expected: string
  readonly found: string | null
  /** The VAT category and rate that the finding is about. */
  readonly about?: string
}

interface Miss {
  readonly expected: bigint
  readonly found: bigint | undefined
  readonly about?: string
}

/** All findings, in the order of the rules; none when the figures agree. A rule whose own amounts are absent is not applied. */
export function checkArithmetic(facts: ArithmeticFacts): ArithmeticFinding[] {
  const scale = Math.max(2, scaleOf(facts.currency ?? '') ?? 2)
  const figures = figuresOf(facts, scale)
  return RULES.flatMap(({ rule, says, check }) =>
    check(figures).map(({ expected, found, about }) => ({
      rule,
      says,
      expected: textOf(expected),
      found: found === undefined ? null : textOf(found),
      ...(about !== undefined && { about }),
    })),
  )
}

/** The sum of decimal texts, exact, with at least two decimals. Texts are plain decimals of at most 18 places. */
export function exactSum(amounts: readonly string[]): string {
  return textOf(amounts.reduce((sum, amount) => sum + valueOf(amount), 0n))
}

/** The working scale: what the readers let through has at most 18 decimals, so that nothing is rounded on the way. */
const SCALE = 18
const ONE = 10n ** BigInt(SCALE)

function valueOf(amount: string): bigint {
  return parseDecimal(amount, SCALE) ?? 0n
}

/** At least two decimals, no zeros beyond them. */
function textOf(value: bigint): string {
  return formatDecimal(value, SCALE).replace(/(\.\d\d\d*?)0+$/u, '$1')
}

interface Taxed {
  readonly amount: bigint
  readonly category: string | undefined
  readonly rate: bigint | undefined
}
interface Row {
  readonly taxable: bigint | undefined
  readonly tax: bigint | undefined
  readonly category: string | undefined
  readonly rate: bigint | undefined
}
type Amounts = { readonly [K in keyof Totals]?: bigint | undefined }

interface Figures {
  readonly syntax: ArithmeticFacts['syntax'] | undefined
  readonly lines: readonly Taxed[]
  readonly allowances: readonly Taxed[]
  readonly charges: readonly Taxed[]
  readonly rows: readonly Row[]
  readonly totals: Amounts
  readonly round: (value: bigint) => bigint
}

function figuresOf(facts: ArithmeticFacts, scale: number): Figures {
  const optional = (amount: string | undefined): bigint | undefined => (amount === undefined ? undefined : valueOf(amount))
  const taxed = (amount: string, kind: { taxCategory?: string; taxRate?: string }): Taxed => ({
    amount: valueOf(amount),
    category: kind.taxCategory,
    rate: optional(kind.taxRate),
  })
  const part = (kind: AllowanceCharge['kind']): Taxed[] =>
    facts.allowancesCharges.filter((item) => item.kind === kind).map((item) => taxed(item.amount, item))
  const unit = 10n ** BigInt(SCALE - scale)
  return {
    syntax: facts.syntax,
    lines: facts.lines.flatMap((line) => (line.net === undefined ? [] : [taxed(line.net, line)])),
    allowances: part('allowance'),
    charges: part('charge'),
    rows: facts.taxBreakdown.map((row) => ({
      taxable: optional(row.taxable),
      tax: optional(row.tax),
      category: row.category,
      rate: optional(row.rate),
    })),
    totals: Object.fromEntries(Object.entries(facts.totals).map(([name, amount]) => [name, optional(amount)])),
    round: (value) => floorDivision(value * 2n + unit, unit * 2n) * unit,
  }
}

function floorDivision(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor
  return dividend < 0n && dividend % divisor !== 0n ? quotient - 1n : quotient
}

const sum = (items: readonly Taxed[]): bigint => items.reduce((total, { amount }) => total + amount, 0n)
const unless = (holds: boolean, miss: Miss): Miss[] => (holds ? [] : [miss])

/** A total of allowances or charges: the sum of its items, and only absent when there are none. */
function itemTotal(found: bigint | undefined, items: readonly Taxed[], round: Figures['round']): Miss[] {
  const expected = round(sum(items))
  return unless(found === undefined ? items.length === 0 : found === expected, { expected, found })
}

/** Tax of a row as the rules have it: how far from taxable × rate, of which one unit of currency is tolerated. */
function taxGap(
  { taxable, tax, rate }: { taxable: bigint; tax: bigint; rate: bigint },
  round: Figures['round'],
): { gap: bigint; expected: bigint } {
  const exact = (absolute(taxable) * rate) / (100n * ONE)
  // The division drops what is beyond 18 decimals; a half has fewer, so the rounding comes out the same.
  const rounded = round(exact)
  return { gap: absolute(absolute(tax) - rounded), expected: taxable < 0n ? -rounded : rounded }
}

const aboutRow = ({ category, rate }: Row): string =>
  [category ?? '?', ...(rate === undefined ? [] : [`${formatDecimal(rate, SCALE).replace(/\.?0+$/u, '')}%`])].join(' ')

interface Rule {
  readonly rule: string
  readonly says: string
  readonly check: (figures: Figures) => Miss[]
}

const HEADER_RULES: readonly Rule[] = [
  {
    rule: 'BR-CO-10',
    says: 'Sum of line net amounts (BT-106) = Σ line net amount (BT-131).',
    check: ({ lines, totals: { lines: found }, round }) =>
      found === undefined ? [] : unless(found === round(sum(lines)), { expected: round(sum(lines)), found }),
  },
  {
    rule: 'BR-CO-11',
    says: 'Sum of allowances (BT-107) = Σ document level allowance amount (BT-92).',
    check: ({ allowances, totals, round }) => itemTotal(totals.allowances, allowances, round),
  },
  {
    rule: 'BR-CO-12',
    says: 'Sum of charges (BT-108) = Σ document level charge amount (BT-99).',
    check: ({ charges, totals, round }) => itemTotal(totals.charges, charges, round),
  },
  {
    rule: 'BR-CO-13',
    says: 'Total without VAT (BT-109) = sum of line nets (BT-106) − allowances (BT-107) + charges (BT-108).',
    check: ({ totals: { lines, allowances, charges, taxExclusive: found }, round }) => {
      if (lines === undefined || found === undefined) return []
      const expected = allowances === undefined && charges === undefined ? lines : round(lines - (allowances ?? 0n) + (charges ?? 0n))
      return unless(found === expected, { expected, found })
    },
  },
  {
    rule: 'BR-CO-14',
    says: 'Total VAT (BT-110) = Σ VAT category tax amount (BT-117).',
    check: ({ rows, totals: { tax: found }, round }) => {
      const expected = round(rows.reduce((total, { tax }) => total + (tax ?? 0n), 0n))
      return unless(rows.length === 0 || found === undefined || found === expected, { expected, found })
    },
  },
  {
    rule: 'BR-CO-15',
    says: 'Total with VAT (BT-112) = total without VAT (BT-109) + total VAT (BT-110).',
    check: ({ totals: { taxExclusive, tax, taxInclusive: found }, round }) => {
      if (taxExclusive === undefined || found === undefined) return []
      const expected = round(taxExclusive + (tax ?? 0n))
      return unless(found === expected, { expected, found })
    },
  },
  {
    rule: 'BR-CO-16',
    says: 'Amount due (BT-115) = total with VAT (BT-112) − paid (BT-113) + rounding (BT-114).',
    check: ({ totals: { taxInclusive, prepaid, rounding, payable: found }, round }) => {
      if (taxInclusive === undefined || found === undefined) return []
      const due = prepaid === undefined ? taxInclusive : round(taxInclusive - prepaid)
      const said = rounding === undefined ? found : round(found - rounding)
      return unless(said === due, { expected: due + (rounding ?? 0n), found })
    },
  },
  {
    rule: 'BR-CO-17',
    says: 'VAT category tax amount (BT-117) = taxable amount (BT-116) × rate (BT-119), within one unit of currency.',
    check: ({ rows, round, syntax }) =>
      rows.flatMap((row) => {
        const { taxable, tax, rate } = row
        if (tax === undefined) return []
        const whole = (value: bigint): bigint => floorDivision(value * 2n + ONE, ONE * 2n)
        if (rate === undefined || whole(rate) === 0n) return unless(whole(tax) === 0n, { expected: 0n, found: tax, about: aboutRow(row) })
        if (taxable === undefined) return []
        const { gap, expected } = taxGap({ taxable, tax, rate }, round)
        return unless(syntax === 'CII' ? gap <= ONE : gap < ONE, { expected, found: tax, about: aboutRow(row) })
      }),
  },
]

/** VAT categories (UNTDID 5305 code, name in the rules, whether they have rates of their own and so a tax). */
const CATEGORIES: readonly (readonly [code: string, name: string, rated: boolean])[] = [
  ['S', 'S', true],
  ['Z', 'Z', false],
  ['E', 'E', false],
  ['AE', 'AE', false],
  ['K', 'IC', false],
  ['G', 'G', false],
  ['O', 'O', false],
  ['L', 'AF', true],
  ['M', 'AG', true],
]

function taxableRule([code, name, rated]: (typeof CATEGORIES)[number]): Rule {
  return {
    rule: `BR-${name}-08`,
    says: `Taxable amount (BT-116) of category ${code} = its line nets + charges − allowances${rated ? ' at that rate, within one unit of currency' : ''}.`,
    check: ({ lines, allowances, charges, rows }) =>
      rows
        .filter((row) => row.category === code)
        .flatMap((row) => {
          const { taxable, rate } = row
          if (taxable === undefined || (rated && rate === undefined)) return []
          const those = (items: readonly Taxed[]): Taxed[] =>
            items.filter((item) => item.category === code && (!rated || item.rate === rate))
          const parts = [those(lines), those(charges), those(allowances)] as const
          const expected = sum(parts[0]) + sum(parts[1]) - sum(parts[2])
          const gap = taxable - expected
          const holds = rated ? gap < ONE && gap > -ONE && parts.some((items) => items.length > 0) : gap === 0n && lines.length > 0
          return unless(holds, { expected, found: taxable, about: aboutRow(row) })
        }),
  }
}

function taxRule([code, name, rated]: (typeof CATEGORIES)[number]): Rule {
  return {
    rule: `BR-${name}-09`,
    says: `VAT amount (BT-117) of category ${code} ${rated ? '= taxable amount × rate, within one unit of currency' : 'is 0'}.`,
    check: ({ rows, round }) =>
      rows
        .filter((row) => row.category === code)
        .flatMap((row) => {
          const { taxable, tax, rate } = row
          if (tax === undefined) return []
          if (!rated) return unless(tax === 0n, { expected: 0n, found: tax, about: aboutRow(row) })
          if (taxable === undefined || rate === undefined) return []
          const { gap, expected } = taxGap({ taxable, tax, rate }, round)
          return unless(gap < ONE, { expected, found: tax, about: aboutRow(row) })
        }),
  }
}

const RULES: readonly Rule[] = [...HEADER_RULES, ...CATEGORIES.map(taxableRule), ...CATEGORIES.map(taxRule)]

/** The rules that {@link checkArithmetic} applies. */
export const ARITHMETIC_RULES: readonly string[] = RULES.map(({ rule }) => rule)
