const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const PAIRS = Array.from({ length: 4096 }, (_, value) => DIGITS.charAt(value >> 6) + DIGITS.charAt(value & 63))
const VALUE = new Int8Array(128).fill(-1)
for (let value = 0; value < 64; value++) VALUE[DIGITS.charCodeAt(value)] = value

/** Standard padded base64, RFC 4648 section 4. Written out because a browser of today may lack `Uint8Array.toBase64`. */
export function base64Of(bytes: Uint8Array): string {
  let text = ''
  let at = 0
  for (; at + 2 < bytes.length; at += 3) {
    const group = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!
    text += PAIRS[group >> 12]! + PAIRS[group & 4095]!
  }
  if (at + 1 === bytes.length) return text + PAIRS[bytes[at]! << 4]! + '=='
  if (at + 2 === bytes.length) {
    const group = (bytes[at]! << 16) | (bytes[at + 1]! << 8)
    return text + PAIRS[group >> 12]! + DIGITS.charAt((group >> 6) & 63) + '='
  }
  return text
}

/**
 * The bytes of standard padded base64, or undefined. Each byte string has one spelling: white space, missing padding and
 * left-over bits that are not zero are refused, so that parse and format are inverse.
 */
export function bytesOfBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0) return undefined
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  const bytes = new Uint8Array((text.length / 4) * 3 - padding)
  let bits = 0
  let held = 0
  let to = 0
  for (let at = 0; at < text.length - padding; at++) {
    const value = VALUE[text.charCodeAt(at)] ?? -1
    if (value < 0) return undefined
    held = ((held << 6) | value) & 0xfff
    bits += 6
    if (bits >= 8) {
      bits -= 8
      bytes[to++] = (held >> bits) & 255
    }
  }
  const leftOver = held & ((1 << bits) - 1)
  return leftOver === 0 ? bytes : undefined
}
