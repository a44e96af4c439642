/** Decimal places that an amount may have on the wire, and that sums are kept at: more than any currency of ISO 4217 needs. */
const PLACES = 6
const UNIT = 10n ** BigInt(PLACES)
const DECIMAL = /^(-?)(\d{1,15})(?:\.(\d{1,6}))?$/
/** ISO 4217 currencies without, and with three decimal places; the rest has two. */
const SCALES: Readonly<Record<string, number>> = {
  BIF: 0,
  CLP: 0,
  DJF: 0,
  GNF: 0,
  ISK: 0,
  JPY: 0,
  KMF: 0,
  KRW: 0,
  PYG: 0,
  RWF: 0,
  UGX: 0,
  VND: 0,
  VUV: 0,
  XAF: 0,
  XOF: 0,
  XPF: 0,
  BHD: 3,
  IQD: 3,
  JOD: 3,
  KWD: 3,
  LYD: 3,
  OMR: 3,
  TND: 3,
}

/** Millionths of the unit; undefined for a text that is no plain decimal of at most six places. */
export function millionths(text: string): bigint | undefined {
  const parts = DECIMAL.exec(text)
  if (!parts) return undefined
  const value = BigInt(parts[2] ?? '0') * UNIT + BigInt((parts[3] ?? '').padEnd(PLACES, '0'))
  return parts[1] === '-' ? -value : value
}

/** As {@link millionths}, for a text that was checked when it came in. */
export function num(text: string): bigint {
  const value = millionths(text)
  if (value === undefined) throw new TypeError(`not a decimal: ${text}`)
  return value
}

export function scaleOf(currency: string): number {
  return SCALES[currency] ?? 2
}

/** True when `value` has no digits beyond what `currency` allows. */
export function fits(value: bigint, currency: string): boolean {
  return value % 10n ** BigInt(PLACES - scaleOf(currency)) === 0n
}

/** `value` at the scale of `currency`: (119000000n, 'EUR') → "119.00". Digits beyond are cut: check {@link fits} first. */
export function show(value: bigint, currency: string): string {
  const scale = scaleOf(currency)
  const digits = ((value < 0n ? -value : value) / 10n ** BigInt(PLACES - scale)).toString().padStart(scale + 1, '0')
  const sign = value < 0n ? '-' : ''
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

/** `text` written at the scale of `currency`. */
export function tidy(text: string, currency: string): string {
  return show(num(text), currency)
}

/** The sum of decimal texts, in millionths. */
export function sum(texts: readonly string[]): bigint {
  return texts.reduce((total, text) => total + num(text), 0n)
}

/** a × b of two values in millionths, rounded half away from zero to `scale` places, in millionths. */
export function times(a: bigint, b: bigint, scale: number): bigint {
  return round(a * b, UNIT * 10n ** BigInt(PLACES - scale)) * 10n ** BigInt(PLACES - scale)
}

function round(value: bigint, divisor: bigint): bigint {
  const half = divisor / 2n
  return value < 0n ? -((-value + half) / divisor) : (value + half) / divisor
}
