/** Kontor, the bookkeeping system of the walkthrough in CONTRIBUTING.md, as it is documented there. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { finish, type Answer, type Fate } from '../src/connector/kit/model-target.ts'

export interface Voucher {
  readonly ref: string
  readonly no: string
  readonly memo: string
  readonly book: string
  readonly partner: string
  readonly bill: string
  readonly cents: string
  readonly money: string
  readonly day: string
  readonly state: string
  readonly at: string
}

const PAGE = 20

export class Kontor {
  /** Fates of the next bookings, in turn. */
  readonly fates: Fate[] = []
  url = ''
  readonly #journal: Voucher[] = []
  readonly #booked: Voucher[] = []
  readonly #token: string
  #server: Server | undefined

  constructor(token: string) {
    this.#token = token
  }

  static async start(token: string): Promise<Kontor> {
    const kontor = new Kontor(token)
    kontor.#server = createServer((request, response) => {
      kontor.#receive(request, response).catch(() => response.destroy())
    })
    await new Promise<void>((ready) => kontor.#server?.listen(0, '127.0.0.1', ready))
    kontor.url = `http://127.0.0.1:${(kontor.#server.address() as AddressInfo).port}`
    return kontor
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections()
    await new Promise((done) => this.#server?.close(done))
  }

  bookedUnder(ref: string): Voucher[] {
    return this.#booked.filter((voucher) => voucher.ref === ref)
  }

  /** Somebody there books or changes a voucher without us. */
  happens(voucher: Pick<Voucher, 'no'> & Partial<Voucher>): void {
    this.#journal.push({
      ref: '',
      memo: '',
      book: '1000',
      partner: '70001',
      bill: 'B-1',
      cents: '100',
      money: 'EUR',
      day: '2026-03-02',
      state: 'DRAFT',
      at: new Date().toISOString(),
      ...voucher,
    })
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://kontor')
    const ref = /^\/vouchers\/([^/]+)$/u.exec(pathname)?.[1]
    if (request.headers.authorization !== `Bearer ${this.#token}`) return finish(response, { status: 401, body: {} }, {})
    if (request.method === 'PUT' && ref !== undefined)
      return this.#put(response, ref, JSON.parse(Buffer.concat(chunks).toString()) as Voucher)
    return finish(response, pathname === '/journal' ? this.#page(Number(searchParams.get('after'))) : { status: 404, body: {} }, {})
  }

  async #put(response: ServerResponse, ref: string, voucher: Voucher): Promise<void> {
    const fate = this.fates.shift() ?? {}
    if (fate.effect === 'late') {
      sleep(fate.lateMs ?? 0).then(
        () => this.#book(ref, voucher),
        () => undefined,
      )
      return finish(response, { status: 202, body: {} }, fate)
    }
    return finish(response, fate.effect === 'none' ? { status: 202, body: {} } : this.#book(ref, voucher), fate)
  }

  #book(ref: string, { memo, book, partner, bill, cents, money, day }: Voucher): Answer {
    const [there] = this.bookedUnder(ref)
    if (there) return { status: 200, body: there }
    if (partner === '66') return { status: 422, body: { error: 'Partner 66 is locked.' } }
    const voucher = {
      ref,
      no: `V-${this.#booked.length + 1}`,
      memo,
      book,
      partner,
      bill,
      cents,
      money,
      day,
      state: 'BOOKED',
      at: new Date().toISOString(),
    }
    this.#booked.push(voucher)
    this.#journal.push(voucher)
    return { status: 201, body: voucher }
  }

  #page(after: number): Answer {
    const lines = this.#journal.slice(after, after + PAGE).map((voucher, index) => ({ line: after + index + 1, voucher }))
    return { status: 200, body: { lines, rest: Math.max(0, this.#journal.length - after - lines.length) } }
  }
}
