/** Cases about what systems show and say that fits nothing, how commands end, and what people answer. */
import { createHash } from 'node:crypto'
import { ABSENT } from '../../src/domain/cell.ts'
import type { FactData } from '../../src/domain/event-data.ts'
import { batchName, documentName } from '../../src/domain/names.ts'
import { aliasOf, type Arrival, type CommandName, type Ref } from '../../src/domain/object.ts'
import { systemName } from '../../src/domain/system.ts'
import { derivedId } from '../../src/lib/ids.ts'
import { fact, SUPPLIER } from '../facts.ts'
import { sha256 } from '../world.ts'
import { NOW, type Case } from './case.ts'
import { acknowledged, approved, arrives, bill, books, company, day, ended, NO_ORDER, run } from './story.ts'

const free = bill(NO_ORDER)
const before = [...company(), arrives(free), ...approved(free)]
const posted = [...before, books(free, '5100')]
const once = 'an answer counts for what stood when it was given'

const shows = (system: 'erp' | 'ap', data: Omit<FactData['status.reported'], 'system'>): Arrival =>
  fact('status.reported', system, `shows ${data.facet} ${data.word}`, day(20), [free.ref], { system, ...data })

/** How the posting of it ended. */
const posting = (
  type: 'effect.refused' | 'effect.resolved',
  input: 'refused' | 'needs-person' | 'found-other',
  says: string,
  dead?: true,
): Arrival =>
  ended(free.ref, type, day(14), {
    target: 'erp',
    command: 'invoice.post',
    object: 'i',
    occurrence: '0',
    input,
    says,
    ...(dead ? { dead } : {}),
  })

const FILE: Ref = { names: [batchName('M1')] }
const transmitted = ended(FILE, 'effect.done', day(18, 10), {
  target: 'bank',
  command: 'payment.transmit' satisfies CommandName,
  object: 'M1',
  occurrence: 'M1',
  input: 'done',
})

const ERP: Ref = { names: [systemName('erp')], create: 'system' }
const breaker = (type: 'breaker.opened' | 'breaker.closed', at: string, more: object = {}): Arrival => ({
  ...fact('invoice.rejected', 'hub', `${type} ${at}`, at, [ERP], { reason: '' }),
  type,
  source: { system: 'hub', role: 'hub' },
  data: { system: 'erp', cause: 'credential', says: 'The ERP does not take our token.', since: at, ...more },
})

const FAILING = { cause: 'failing', says: 'HTTP 503' }
const silent = breaker('breaker.opened', day(31), FAILING)
const givenUp = ended(SUPPLIER, 'effect.resolved', NOW, {
  target: 'erp',
  command: 'lookup.supplier',
  object: 's',
  occurrence: `supplier#${NOW}`,
  input: 'exhausted',
  says: 'HTTP 503',
  dead: true,
})

const STATEMENT: Ref = { names: [aliasOf('bank', 'statement', 'DE00 S1')], create: 'statement' }
const statement = (file: string, at: string, findings: readonly string[]): Arrival =>
  fact('statement.received', 'bank', `statement ${file}`, at, [STATEMENT], {
    account: 'DE00',
    statement: 'S1',
    currency: 'EUR',
    document: file.repeat(64),
    opening: '100.00',
    closing: '70.00',
    entries: 1,
    findings,
  })
const unbalanced = statement('a', day(20), ['balance-differs: statement 1, declared 70.00, found 80.00.'])
const caseOf = (name: string, cause: string): string => derivedId(sha256, 'exc', name, cause, '1')
const statementCase = caseOf(derivedId(sha256, 'sta', STATEMENT.names[0]!), 'statement-incomplete')
const explained = fact(
  'exception.answered',
  'person',
  'statement explained',
  day(21),
  [{ names: [statementCase] }, STATEMENT],
  { exception: statementCase, action: 'explained', reason: 'the bank is told' },
  { actor: 'person:lea' },
)

const garbage = createHash('sha256').update('hello').digest('hex')
const kept = (fileName: string, more: object): readonly Arrival[] => [
  fact('document.received', 'hub', fileName, day(11), [{ names: [documentName(garbage)], create: 'document' }], {
    document: garbage,
    mediaType: 'text/plain',
    fileName,
    channel: 'mail',
    refused: { code: 'not-xml', says: 'It is no XML document.', line: 1, column: 1 },
    ...more,
  }),
]

export const SYSTEM_CASES: readonly Case[] = [
  {
    name: 'document that is no invoice',
    story: 'A text comes by mail: it is kept, and shown to a person.',
    facts: kept('hello.txt', {}),
  },
  {
    name: 'file of the bank that cannot be read',
    story: 'Half of a statement stands in the bank’s folder: it is kept, and treasury is asked.',
    facts: kept('camt053-000002.xml', { channel: 'bank files', told: 'bank' }),
  },
  {
    name: 'record of a system that cannot be read',
    story: 'The ERP’s changes have a row that its connector does not know: it is kept, and engineering is asked.',
    facts: kept('change m1', { channel: 'erp changes', told: 'erp' }),
  },
  {
    name: 'status that is not mapped',
    axes: ['posting'],
    story: 'The AP tool shows a word that is not in its table: it is not guessed.',
    facts: [...posted, shows('ap', { facet: 'status', word: 'GONE_FISHING' })],
  },
  {
    name: 'posting gone',
    axes: ['posting'],
    story: 'The ERP, asked later, holds nothing of the posting any more.',
    facts: [...posted, acknowledged(free), shows('erp', { facet: 'posting', word: ABSENT, of: '5100' })],
  },
  {
    name: 'cleared, and nothing says by what',
    axes: ['settlement'],
    story: 'The ERP shows the posting as cleared; no payment, no bank entry, no netting.',
    facts: [...posted, shows('erp', { facet: 'settlement', word: 'CLEARED', claims: 'settled' })],
  },
  {
    name: 'posting refused',
    axes: ['posting'],
    story: 'The ERP refuses to post it.',
    facts: [...before, posting('effect.refused', 'refused', 'F5-286: posting period 01 is closed for accounts K.')],
  },
  {
    name: 'posting given up',
    axes: ['posting'],
    story: 'The ERP did nothing each of twelve times.',
    facts: [...before, posting('effect.refused', 'refused', 'HTTP 503', true)],
  },
  {
    name: 'posting in doubt',
    axes: ['posting'],
    story: 'Nobody can say whether the ERP posted it.',
    facts: [...before, posting('effect.resolved', 'needs-person', 'Its reply was lost, and it cannot be looked for.')],
  },
  {
    name: 'another under our reference',
    axes: ['posting'],
    story: 'Under our reference the ERP holds something else.',
    facts: [...before, posting('effect.resolved', 'found-other', '5100 is over 191.00.')],
  },
  {
    name: 'bank silent',
    axes: ['settlement'],
    story: 'The bank has the file since the 18th and has said nothing.',
    facts: [...posted, ...run('M1', { E1: { 5100: '119.00' } }), transmitted],
  },
  {
    name: 'system that does not let us in',
    story: 'The ERP does not take our token.',
    facts: [breaker('breaker.opened', day(20))],
  },
  {
    name: 'system that lets us in again',
    story: 'The same; the token is renewed.',
    onlyAsTold: 'what we found last holds',
    facts: [breaker('breaker.opened', day(20)), breaker('breaker.closed', day(20, 9))],
  },
  {
    name: 'system that has not answered for long',
    story: 'The ERP has answered no call since the morning: one case, however many commands are in doubt there or wait.',
    facts: [...before, silent],
  },
  {
    name: 'system that has not answered for some minutes',
    story: 'The same, since ten minutes only: it may be over by itself.',
    facts: [breaker('breaker.opened', '2026-01-31T20:50:00.000Z', FAILING)],
  },
  {
    name: 'system that had not answered for long',
    onlyAsTold: 'a breaker closes after it has opened',
    story: 'It answers again.',
    facts: [silent, breaker('breaker.closed', day(31, 9))],
  },
  {
    name: 'question that got no answer',
    story:
      'The ERP was asked about the supplier until that was given up: whoever operates it is told, and the clerk why the invoice waits.',
    facts: [...company().filter((arrival) => arrival.data['asked'] !== 'supplier'), arrives(free), givenUp],
  },
  {
    name: 'question that got its answer at last',
    story: 'The same; then the ERP tells of the supplier.',
    facts: [...company(), arrives(free), givenUp],
  },
  { name: 'statement that does not add up', story: 'Its balances do not fit its entries.', facts: [unbalanced] },
  {
    name: 'statement that does not add up, explained',
    story: 'The same; a person says that it is explained.',
    facts: [unbalanced, explained],
  },
  {
    name: 'statement that does not add up, sent again',
    story: 'The same; the bank sends it again as it should be.',
    facts: [unbalanced, statement('b', day(21), [])],
  },
  {
    name: 'statement that does not add up, explained, and once more',
    story: 'Explained; the bank sends it again, and it does not add up either.',
    onlyAsTold: once,
    facts: [unbalanced, explained, statement('b', day(22), ['balance-differs: statement 1, declared 70.00, found 60.00.'])],
  },
]
