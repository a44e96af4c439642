import { Book } from '../plumbing/book.ts'
import { options } from '../plumbing/options.ts'
import { announce, endInOrder } from '../plumbing/process.ts'
import { serve } from '../plumbing/server.ts'
import { refusal } from './answers.ts'
import { Desk } from './desk.ts'
import { noteRoutes } from './notes.ts'
import { partnerRoutes } from './partners.ts'
import { purchaseRoutes } from './purchases.ts'
import { slipRoutes, watchDoor } from './slips.ts'

const given = options({ door: 100 })
const desk = new Desk()
const book = await Book.open(given.data, desk.apply)
const tempo = { latencyMs: given.latency, doorMs: given.door }
const now = (): string => new Date().toISOString()

const served = await serve(
  {
    system: 'procurement',
    book,
    tempo,
    seed: given.seed,
    token: process.env['SANDBOX_PROCUREMENT_TOKEN'],
    extraFaults: [],
    wording: {
      refuse: (status, says, at) => refusal(status, { code: status === 400 ? 'PX-00' : `PX-${status}`, ...(at ? { at } : {}), says }).body,
    },
    routes: [...partnerRoutes(desk, now), ...purchaseRoutes(desk, now), ...slipRoutes(desk, now), ...noteRoutes(desk, now)],
  },
  given.port,
)

endInOrder({ served, book, stop: watchDoor(desk, book, tempo, now), stdinEof: given['stdin-eof'] })
announce('procurement', served.port)
