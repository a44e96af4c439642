import { Book } from '../plumbing/book.ts'
import { leave, options } from '../plumbing/options.ts'
import { announce, endInOrder } from '../plumbing/process.ts'
import { serve } from '../plumbing/server.ts'
import { Branch } from './branch.ts'
import { controlRoutes } from './control.ts'
import { Counter } from './counter.ts'
import { Vault } from './vault.ts'

const given = options({ in: '', out: '', poll: 200, 'settle-after': 0, 'statement-every': 1000, pickup: 'leave' })
if (given.in === '' || given.out === '')
  leave("--in DIR and --out DIR are needed: the folders for payment files and for the bank's answers")
if (given.pickup !== 'leave' && given.pickup !== 'move') leave('--pickup is leave or move')

const tempo = {
  latencyMs: given.latency,
  pollMs: given.poll,
  settleAfterMs: given['settle-after'],
  statementEveryMs: given['statement-every'],
  paused: 0,
}
const vault = new Vault()
const book = await Book.open(given.data, vault.apply)
if (vault.tag === '') book.commit('begin', [{ what: 'BORN', verb: 'SET', key: 'books', row: { tag: Date.now().toString(36) } }])
const counter = new Counter(vault)
const branch = new Branch({ vault, book, counter, inDir: given.in, outDir: given.out, move: given.pickup === 'move', tempo })

const served = await serve(
  {
    system: 'bank',
    book,
    tempo,
    seed: given.seed,
    token: process.env['SANDBOX_BANK_TOKEN'],
    wording: { refuse: (_status, text) => ({ problem: text }) },
    routes: controlRoutes(vault, counter, branch, tempo),
  },
  given.port,
)
await branch.open()

endInOrder({ served, book, stop: () => branch.stop(), stdinEof: given['stdin-eof'] })
announce('bank', served.port)
