import { mod97 } from '../plumbing/iban.ts'
import type { Dice } from './dice.ts'

/**
 * Account and tax numbers with right check digits and bank codes that no bank has. Structures: ISO 13616 IBAN registry (SWIFT, 2024);
 * check digits of VAT numbers: European Commission, "VIES VAT number algorithms"; national account digits: RIB (France), CIN (Italy),
 * modulo 97 (Belgium).
 */

const ACCOUNTS: Readonly<Record<string, (dice: Dice) => string>> = {
  AT: (dice) => `99999${dice.digits(11)}`,
  BE: (dice) => withBelgianDigits(`999${dice.digits(7)}`),
  DE: (dice) => `99999999${dice.digits(10)}`,
  DK: (dice) => `9999${dice.digits(10)}`,
  FR: (dice) => withRib('99999', '00001', dice.digits(11)),
  IT: (dice) => withCin(`9999999999${dice.digits(12)}`),
  NL: (dice) => `ZZZZ0${dice.digits(9)}`,
  PL: (dice) => `99999999${dice.digits(16)}`,
  SE: (dice) => `999${dice.digits(17)}`,
}

/** Countries that accounts can be made for. */
export const COUNTRIES: readonly string[] = Object.keys(ACCOUNTS)

/** An IBAN of `country`; of Germany where the country has no pattern here. */
export function makeIban(country: string, dice: Dice): string {
  const home = Object.hasOwn(ACCOUNTS, country) ? country : 'DE'
  const bban = ACCOUNTS[home]?.(dice) ?? ''
  return `${home}${String(98 - mod97(`${bban}${home}00`)).padStart(2, '0')}${bban}`
}

/** A BIC of no bank, in the country of an account. */
export function makeBic(iban: string): string {
  return `ZZZZ${iban.slice(0, 2)}99XXX`
}

function withBelgianDigits(ten: string): string {
  return ten + String(mod97(ten) || 97).padStart(2, '0')
}

function withRib(bank: string, branch: string, account: string): string {
  const key = 97n - ((89n * BigInt(bank) + 15n * BigInt(branch) + 3n * BigInt(account)) % 97n)
  return `${bank}${branch}${account}${String(key).padStart(2, '0')}`
}

const CIN_ODD = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21]

function withCin(digits: string): string {
  const total = [...digits].reduce((all, digit, at) => all + (at % 2 === 0 ? (CIN_ODD[Number(digit)] ?? 0) : Number(digit)), 0)
  return String.fromCodePoint(65 + (total % 26)) + digits
}

const VAT: Readonly<Record<string, (dice: Dice) => string | undefined>> = {
  AT: (dice) => {
    const seven = dice.digits(7)
    const total = [...seven].reduce((all, digit, at) => all + (at % 2 === 0 ? Number(digit) : digitSum(Number(digit) * 2)), 0)
    return `U${seven}${(10 - ((total + 4) % 10)) % 10}`
  },
  BE: (dice) => {
    const eight = `0${dice.whole(1, 9)}${dice.digits(6)}`
    return eight + String(97 - (Number(eight) % 97)).padStart(2, '0')
  },
  DE: (dice) => {
    const eight = `9${dice.digits(7)}`
    let product = 10
    for (const digit of eight) product = (((Number(digit) + product) % 10 || 10) * 2) % 11
    return `${eight}${(11 - product) % 10}`
  },
  DK: (dice) => weighed(`9${dice.digits(6)}`, [2, 7, 6, 5, 4, 3, 2], (total) => (11 - (total % 11)) % 11),
  FR: (dice) => {
    const siren = withLuhn(`9${dice.digits(7)}`)
    return String((12 + 3 * (Number(siren) % 97)) % 97).padStart(2, '0') + siren
  },
  IT: (dice) => withLuhn(`9${dice.digits(6)}015`),
  NL: (dice) => {
    const base = weighed(`9${dice.digits(7)}`, [9, 8, 7, 6, 5, 4, 3, 2], (total) => total % 11)
    return base && `${base}B01`
  },
  PL: (dice) => weighed(`9${dice.digits(8)}`, [6, 5, 7, 2, 3, 4, 5, 6, 7], (total) => total % 11),
  SE: (dice) => `${withLuhn(`559${dice.digits(6)}`)}01`,
}

/** A VAT number of one of {@link COUNTRIES}, well-formed and of nobody in particular. */
export function makeVatId(country: string, dice: Dice): string {
  for (;;) {
    // Some bases have no check digit (a remainder of ten): then another is thrown.
    const number = VAT[country]?.(dice)
    if (number !== undefined) return country + number
    if (!Object.hasOwn(VAT, country)) throw new RangeError(`no VAT numbers of ${country}`)
  }
}

function weighed(digits: string, weights: readonly number[], checkOf: (total: number) => number): string | undefined {
  const check = checkOf([...digits].reduce((all, digit, at) => all + Number(digit) * (weights[at] ?? 0), 0))
  return check === 10 ? undefined : digits + String(check)
}

function withLuhn(digits: string): string {
  const total = [...digits].toReversed().reduce((all, digit, at) => all + (at % 2 === 0 ? digitSum(Number(digit) * 2) : Number(digit)), 0)
  return `${digits}${(10 - (total % 10)) % 10}`
}

function digitSum(value: number): number {
  return Math.floor(value / 10) + (value % 10)
}
