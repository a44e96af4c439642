/** SHA-256 of some bytes or of a text's UTF-8. Comes in as a function wherever code must also run in a browser. */
export type Sha256 = (data: Uint8Array | string) => Uint8Array

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

export function hexOf(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += HEX[byte]
  return text
}
