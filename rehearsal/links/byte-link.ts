/** A link that carries bytes and nothing else: between a hub and PostgreSQL. It cuts, swallows, delays and drips on demand. */
import { connect, createServer, type Server, type Socket } from 'node:net'

export type ByteFault =
  | { readonly kind: 'refuse' }
  /** What one side sends is swallowed; the other does not learn of it. */
  | { readonly kind: 'swallow'; readonly side: 'client' | 'server' }
  | { readonly kind: 'slow'; readonly ms: number }
  /** At most so many bytes every 10 ms. */
  | { readonly kind: 'drip'; readonly bytes: number }
  /** The first so many connections that say `word` are cut: when it was seen, or after it was passed on and before its answer is. */
  | { readonly kind: 'cut-at'; readonly word: string; readonly after: boolean; readonly times: number }

interface Pipe {
  readonly client: Socket
  readonly server: Socket
  lossy: boolean
}

const DRIP_MS = 10

export class ByteLink {
  readonly #server: Server
  readonly #pipes = new Set<Pipe>()
  #fault: ByteFault | undefined
  #left = 0
  readonly #told = new Map<string, number>()
  /** How often a fault did something. */
  hits = 0
  /** How often a client said something that was passed on. */
  asked = 0

  private constructor(upstream: () => string) {
    this.#server = createServer({ noDelay: true }, (client) => {
      this.#open(client, upstream())
    })
  }

  static async open(upstream: () => string): Promise<ByteLink> {
    const link = new ByteLink(upstream)
    await new Promise<void>((done) => {
      link.#server.listen(0, '127.0.0.1', done)
    })
    return link
  }

  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address ? address.port : 0
  }

  set(fault: ByteFault): void {
    this.#fault = fault
    this.#left = fault.kind === 'cut-at' ? fault.times : 0
    if (fault.kind === 'refuse') this.cut()
  }

  /**
   * How often PostgreSQL told the client this error, and it arrived: a SQLSTATE of class 40 (rolled back, because others were in its way),
   * 53 (out of something) or 57 (an operator's doing).
   */
  told(state: string): { readonly hits: number } {
    const told = this.#told
    return {
      get hits() {
        return told.get(state) ?? 0
      },
    }
  }

  /** Nothing is in the way any more; a connection that lost bytes cannot go on and is cut. */
  heal(): void {
    this.#fault = undefined
    for (const pipe of this.#pipes) if (pipe.lossy) this.#end(pipe)
  }

  /** Cuts every connection there is, as a switch that loses power would. */
  cut(): void {
    for (const pipe of this.#pipes) this.#end(pipe)
  }

  async close(): Promise<void> {
    this.cut()
    await new Promise<void>((done) => {
      this.#server.close(() => {
        done()
      })
    })
  }

  #open(client: Socket, path: string): void {
    if (this.#fault?.kind === 'refuse') {
      this.hits++
      client.on('error', () => {}).resetAndDestroy()
      return
    }
    const pipe: Pipe = { client, server: connect({ path }), lossy: false }
    this.#pipes.add(pipe)
    this.#carry(pipe, client, pipe.server, 'client')
    this.#carry(pipe, pipe.server, client, 'server')
    for (const end of [client, pipe.server])
      end
        .on('error', () => {
          this.#end(pipe)
        })
        .on('close', () => {
          this.#end(pipe)
        })
  }

  #carry(pipe: Pipe, from: Socket, to: Socket, side: 'client' | 'server'): void {
    // One after the other, so that a delay keeps the order of the bytes.
    let last = Promise.resolve()
    from.on('data', (bytes: Buffer) => {
      last = last
        .then(() => this.#pass(pipe, to, bytes, side))
        .catch(() => {
          this.#end(pipe)
        })
    })
  }

  async #pass(pipe: Pipe, to: Socket, bytes: Buffer, side: 'client' | 'server'): Promise<void> {
    const fault = this.#fault
    if (pipe.lossy && fault?.kind !== 'swallow') return
    if (fault?.kind === 'swallow' && fault.side === side) {
      this.hits++
      pipe.lossy = true
      return
    }
    if (fault?.kind === 'slow') {
      this.hits++
      await later(fault.ms)
    }
    if (fault?.kind === 'drip') {
      this.hits++
      while (bytes.length > fault.bytes && this.#fault === fault) {
        to.write(bytes.subarray(0, fault.bytes))
        bytes = bytes.subarray(fault.bytes)
        await later(DRIP_MS)
      }
    }
    if (fault?.kind === 'cut-at' && side === 'client' && this.#left > 0 && bytes.includes(fault.word)) {
      this.#left--
      this.hits++
      if (fault.after) {
        // The server hears it and does it; its answer is never seen.
        pipe.lossy = true
        to.write(bytes)
        await later(60)
      }
      this.#end(pipe)
      return
    }
    if (to.destroyed || bytes.length === 0) return
    if (side === 'server') this.#hear(bytes)
    else this.asked++
    to.write(bytes)
  }

  /** The field C of an error: https://www.postgresql.org/docs/17/protocol-error-fields.html. One that is split between two reads is missed. */
  #hear(bytes: Buffer): void {
    for (let at = bytes.indexOf('\0C'); at >= 0; at = bytes.indexOf('\0C', at + 1)) {
      const state = /^((?:40|5[37])\w{3})\0/u.exec(bytes.toString('latin1', at + 2, at + 8))?.[1]
      if (state !== undefined) this.#told.set(state, (this.#told.get(state) ?? 0) + 1)
    }
  }

  #end(pipe: Pipe): void {
    if (!this.#pipes.delete(pipe)) return
    pipe.client.resetAndDestroy()
    pipe.server.destroy()
  }
}

const later = (ms: number): Promise<void> =>
  new Promise((done) => {
    setTimeout(done, ms)
  })
