/**
 * IBAN, ISO 13616-1. The length per country is that of the IBAN registry, which SWIFT keeps for ISO; a country that is not
 * here is checked by shape and check digits alone, so that a newcomer is not refused.
 */
const LENGTHS = new Map(
  (
    'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 FI18 FK18 FO18 ' +
    'FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 ' +
    'MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 ' +
    'SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30'
  )
    .split(' ')
    .map((row) => [row.slice(0, 2), Number(row.slice(2))]),
)

const SHAPE = /^[A-Z]{2}\d{2}[A-Z0-9]{1,30}$/

/** The electronic form of ISO 13616-1 clause 6: without the spaces, hyphens and points of paper, in capitals. Not checked. */
export function normaliseIban(text: string): string {
  return text.replace(/[\s.-]/g, '').toUpperCase()
}

/** True when `text`, in the electronic form, is an IBAN: shape, length of its country, check digits (ISO 7064 MOD 97-10). */
export function isIban(text: string): boolean {
  if (!SHAPE.test(text)) return false
  const length = LENGTHS.get(text.slice(0, 2))
  // Check digits run from 02 to 98; 00, 01 and 99 can have the right remainder and are never issued.
  const digits = Number(text.slice(2, 4))
  if (digits < 2 || digits > 98 || (length !== undefined && length !== text.length)) return false
  return remainder(text.slice(4) + text.slice(0, 4)) === 1
}

/** The letters count as two digits (A = 10 … Z = 35); taken digit by digit, so that no number grows beyond exactness. */
function remainder(text: string): number {
  let rest = 0
  for (const character of text) {
    const value = Number.parseInt(character, 36)
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97
  }
  return rest
}
