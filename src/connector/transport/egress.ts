/**
 * Where calls may go. A system on the public internet is reached at public addresses only, so that a name that suddenly
 * points into our own network (or at a cloud's metadata service) is refused; a system in our network is marked so.
 */
import { lookup } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'

/** IANA special-purpose registries, https://www.iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry. */
const NOT_PUBLIC = new BlockList()
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  NOT_PUBLIC.addSubnet(net, bits, 'ipv4')
// 2000::/3 is what is handed out; of it, the parts for documentation, benchmarks, and tunnels to IPv4 are not.
const PUBLIC_IPV6 = new BlockList()
PUBLIC_IPV6.addSubnet('2000::', 3, 'ipv6')
for (const [net, bits] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const)
  NOT_PUBLIC.addSubnet(net, bits, 'ipv6')

/** True for an address that anybody on the internet can have. IPv4 inside IPv6 and translated addresses are not. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address)
  if (family === 4) return !NOT_PUBLIC.check(address, 'ipv4')
  return family === 6 && PUBLIC_IPV6.check(address, 'ipv6') && !NOT_PUBLIC.check(address, 'ipv6')
}

/**
 * A `lookup` for sockets that refuses a name when *any* of its addresses is not public, and hands out the very addresses that
 * it checked. A literal address never asks a lookup: check it with {@link isPublicAddress} beforehand.
 */
export const publicLookup: LookupFunction = (hostname, options, done) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return done(error, '', 4)
    if (!addresses.every(({ address }) => isPublicAddress(address))) {
      return done(Object.assign(new Error('The name leads into a private network.'), { code: 'ADDRESS_NOT_PUBLIC' }), '', 4)
    }
    const [first] = addresses
    if (options.all === true) done(null, addresses)
    else done(null, first?.address ?? '', first?.family ?? 4)
  })
}
