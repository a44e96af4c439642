import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify, type KeyObject } from 'node:crypto'
import type { Ed25519Sign, Ed25519Verify } from '../tlog/note.ts'

export const ed25519Verify: Ed25519Verify = (publicKey, message, signature) => {
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(publicKey).toString('base64url') }, format: 'jwk' })
  return verify(null, message, key, signature)
}

export type Ed25519Key = { readonly publicKey: Uint8Array; readonly sign: Ed25519Sign }

/** A new private key as PEM (PKCS #8), readable by openssl. */
export function newPrivateKeyPem(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

/** The key in a PEM; undefined when it is not an Ed25519 private key. */
export function keyOfPem(pem: string): Ed25519Key | undefined {
  let key: KeyObject
  try {
    key = createPrivateKey(pem)
  } catch {
    return undefined
  }
  if (key.asymmetricKeyType !== 'ed25519') return undefined
  const { x } = createPublicKey(key).export({ format: 'jwk' })
  return { publicKey: new Uint8Array(Buffer.from(x!, 'base64url')), sign: (message) => sign(null, message, key) }
}
