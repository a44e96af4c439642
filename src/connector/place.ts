import type { HttpPlace } from './contract.ts'

export interface Address {
  readonly url: string
  readonly network?: 'public' | 'private' | undefined
  /** Name of the secret with a bearer token. */
  readonly token?: string | undefined
}

/**
 * Where a system answers. This machine itself is our own network without anybody saying so; every other private address has
 * to be meant, and plain http is for our own network only.
 */
export function httpPlace({ url, network, token }: Address, replyBytes?: number): HttpPlace {
  return {
    baseUrl: url,
    plain: url.startsWith('http:'),
    network: network ?? (isLoopback(url) ? 'private' : 'public'),
    auth: token === undefined ? { scheme: 'none' } : { scheme: 'bearer', secret: token },
    ...(replyBytes === undefined ? {} : { replyBytes }),
  }
}

/** False for plain http that would leave our own network. */
export const mayBePlain = (address: Address): boolean => !address.url.startsWith('http:') || httpPlace(address).network === 'private'

function isLoopback(url: string): boolean {
  const host = URL.parse(url)?.hostname ?? ''
  return host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/u.test(host)
}
