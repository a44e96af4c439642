import { Book } from '../plumbing/book.ts'
import { options } from '../plumbing/options.ts'
import { announce, endInOrder } from '../plumbing/process.ts'
import { serve } from '../plumbing/server.ts'
import { refusal } from './answers.ts'
import { depositRoutes } from './deposits.ts'
import { Shelves } from './shelves.ts'
import { vaultRoutes } from './vaults.ts'

const given = options({})
const shelves = new Shelves()
const book = await Book.open(given.data, shelves.apply)
const tempo = { latencyMs: given.latency, aheadDays: 0 }
const now = (): Date => new Date(Date.now() + tempo.aheadDays * 86_400_000)

const served = await serve(
  {
    system: 'archive',
    book,
    tempo,
    seed: given.seed,
    token: process.env['SANDBOX_ARCHIVE_TOKEN'],
    extraFaults: [],
    wording: { refuse: (status, text) => refusal(status, `AX-${status}`, text).body },
    routes: [...vaultRoutes(shelves), ...depositRoutes(shelves, book, now)],
  },
  given.port,
)

endInOrder({ served, book, stdinEof: given['stdin-eof'] })
announce('archive', served.port)
