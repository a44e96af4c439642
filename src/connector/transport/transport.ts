/**
 * Carries requests out. Belongs to the engine, not to a connector: only a transport says whether something was sent, only
 * here do addresses and secrets meet a request, and only here is the committed hash compared with what goes out.
 */
import type { Connector } from '../contract.ts'
import { type Request, requestHash } from '../request.ts'
import { openFolder } from './folder.ts'
import { openHttp } from './http.ts'
import { type Deadline, type Sending, sha256, type TransportOptions } from './sending.ts'

export interface Transport {
  /** Carries one request out, once. `committed` is the SHA-256 that was written before; a request with another is not sent. */
  send(request: Request, committed: Uint8Array, deadline: Deadline): Promise<Sending>
  /** Ends idle connections; calls under way are given up. */
  close(): Promise<void>
}

/** The transports of one system. Silent until the first `send`. */
export function openTransport(connector: Pick<Connector, 'places' | 'limits'>, options: TransportOptions): Transport {
  const http = connector.places.http && openHttp(connector.places.http, connector.limits.concurrency, options)
  const folder = connector.places.folder && openFolder(connector.places.folder, options)
  return {
    async send(request, committed, deadline) {
      if (!Buffer.from(committed).equals(requestHash(request, sha256)))
        return { kind: 'not-sent', says: 'the request is not the one that was committed' }
      if (request.transport === 'http')
        return http ? http.send(request, deadline) : { kind: 'not-sent', says: 'this system has no HTTP address' }
      return folder ? folder.send(request, deadline) : { kind: 'not-sent', says: 'this system has no folder' }
    },
    async close() {
      await Promise.all([http?.close(), folder?.close()])
    },
  }
}
