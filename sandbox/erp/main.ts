import { Book } from '../plumbing/book.ts'
import { leave, options } from '../plumbing/options.ts'
import { announce, endInOrder } from '../plumbing/process.ts'
import { serve } from '../plumbing/server.ts'
import { refusal } from './answers.ts'
import { startAutopilot } from './autopilot.ts'
import { Bell, changeRoute } from './changes.ts'
import { clearingRoutes } from './clearings.ts'
import { documentRoutes } from './documents.ts'
import { Ledger } from './ledger.ts'
import { masterRoutes } from './masters.ts'
import { revaluationRoutes } from './revaluations.ts'
import { runRoutes } from './runs.ts'
import { subledgerRoutes } from './subledger-routes.ts'

const given = options({ 'search-delay': 0, autopilot: 0, 'due-horizon': 36_500, pain: '09' })
const pain = given.pain === '03' || given.pain === '09' ? given.pain : leave('--pain is 03 or 09')
const ledger = new Ledger()
const bell = new Bell()
const book = await Book.open(given.data, (line) => {
  ledger.apply(line)
  bell.ring()
})

const tempo = { latencyMs: given.latency, searchDelayMs: given['search-delay'], autopilotMs: given.autopilot }
const now = (): string => new Date().toISOString()
const shown = (at: string): boolean => Date.parse(at) + tempo.searchDelayMs <= Date.now()
// Other books, other message ids: a bank that outlives this ERP's data never sees one of them twice.
const houseTag = (): string =>
  Date.parse(ledger.changes[0]?.at ?? now())
    .toString(36)
    .toUpperCase()

const served = await serve(
  {
    system: 'erp',
    book,
    tempo,
    seed: given.seed,
    token: process.env['SANDBOX_ERP_TOKEN'],
    extraFaults: [],
    wording: { refuse: (status, text, field) => refusal(status, { msgId: `F0-${status}`, ...(field ? { field } : {}), text }).body },
    routes: [
      ...masterRoutes(ledger, now),
      ...documentRoutes(ledger, now, shown),
      ...clearingRoutes(ledger, now, shown),
      ...runRoutes(ledger, now, pain, houseTag),
      ...subledgerRoutes(ledger),
      ...revaluationRoutes(ledger, now),
      changeRoute(ledger, bell),
    ],
  },
  given.port,
)

const stop = startAutopilot({ ledger, book, faults: () => served.faults, tempo, dueHorizonDays: given['due-horizon'], pain, houseTag, now })
endInOrder({ served, book, stop, stdinEof: given['stdin-eof'] })
announce('erp', served.port)
