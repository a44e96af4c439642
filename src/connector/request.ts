/**
 * What goes out and what comes back, as data. A connector builds requests and reads replies; it never opens a socket or a
 * file. Addresses and secrets are not part of a request: the transport adds them, so that neither a hash nor a log holds one.
 */
import type { Sha256 } from '../lib/hash.ts'

/** One HTTP call. `path` starts with `/`, may have a query, and is appended to the place's base URL. */
export interface HttpRequest {
  readonly transport: 'http'
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  /** Names in lower case. `authorization`, `host`, `cookie`, `content-length` and `connection` belong to the transport. */
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Uint8Array
}

/** Puts a file under a name that is never overwritten: temporary name, fsync, link to `name`, fsync of the folder. */
export interface FolderPut {
  readonly transport: 'folder'
  readonly act: 'put'
  readonly name: string
  readonly bytes: Uint8Array
}

/** Looks whether a file of this name is where files are put (or in `taken` of it), and whether its SHA-256 (hex) is this one. */
export interface FolderLook {
  readonly transport: 'folder'
  readonly act: 'look'
  readonly name: string
  readonly sha256: string
}

/** Names of the regular files in the folder that is read from, sorted; those that begin with a dot or end in `.tmp` are left out. */
export interface FolderList {
  readonly transport: 'folder'
  readonly act: 'list'
}

/** The bytes of one file of the folder that is read from. */
export interface FolderRead {
  readonly transport: 'folder'
  readonly act: 'read'
  readonly name: string
}

export type FolderRequest = FolderPut | FolderLook | FolderList | FolderRead
export type Request = HttpRequest | FolderRequest

export interface HttpReply {
  readonly transport: 'http'
  readonly status: number
  /** Names in lower case; a header that came several times is joined by `, `. */
  readonly headers: Readonly<Record<string, string>>
  /** At most the place's `replyBytes`; a longer one never becomes a reply. */
  readonly body: Uint8Array
}

/**
 * `written`: it was not there and now is. `same`: a file of this name with these bytes is there. `other`: one of this name
 * with other bytes is there (and was left alone). `noted`: a try of ours gave it its name, and it is not there any more. `absent`:
 * nothing of this name, and none was ever put.
 */
export type FolderReply = { readonly transport: 'folder' } & (
  | { readonly state: 'written' | 'same' | 'other' | 'noted' | 'absent' }
  | { readonly state: 'listed'; readonly names: readonly string[] }
  | { readonly state: 'read'; readonly bytes: Uint8Array }
)

export type Reply = HttpReply | FolderReply

/**
 * The bytes that stand for a request: what is sent, but for address and secrets. Their SHA-256 is committed before the call,
 * and the transport refuses to send anything else.
 */
export function requestBytes(request: Request): Uint8Array {
  if (request.transport === 'folder') {
    const head = utf8.encode(`folder ${request.act} ${'name' in request ? JSON.stringify(request.name) : ''}\n`)
    if (request.act === 'put') return joined(head, request.bytes)
    return joined(head, utf8.encode(request.act === 'look' ? request.sha256 : ''))
  }
  const headers = Object.keys(request.headers)
    .sort()
    .map((name) => `${name}: ${request.headers[name]}\n`)
  return joined(utf8.encode(`${request.method} ${request.path}\n${headers.join('')}\n`), request.body ?? new Uint8Array())
}

/** SHA-256 of {@link requestBytes}. */
export function requestHash(request: Request, sha256: Sha256): Uint8Array {
  return sha256(requestBytes(request))
}

const utf8 = new TextEncoder()

function joined(head: Uint8Array, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(head.length + body.length)
  bytes.set(head)
  bytes.set(body, head.length)
  return bytes
}
