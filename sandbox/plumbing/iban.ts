/** True when the check digits of an IBAN are right (ISO 13616, ISO 7064 mod 97-10). */
export function ibanHolds(iban: string): boolean {
  return /^[A-Z]{2}\d{2}[A-Z0-9]{8,30}$/.test(iban) && mod97(iban.slice(4) + iban.slice(0, 4)) === 1
}

/** The remainder by 97 of a text of digits and capitals, a letter counting as two digits (A = 10 … Z = 35). */
export function mod97(text: string): number {
  let rest = 0
  for (const sign of text) rest = Number(String(rest) + String(Number.parseInt(sign, 36))) % 97
  return rest
}
