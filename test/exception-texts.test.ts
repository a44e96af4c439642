import { describe, expect, it } from 'vitest'
import { ACTIONS } from '../src/api/exceptions.ts'
import { CAUSES, type Cause } from '../src/domain/exception-causes.ts'
import { FAULTS } from '../src/lib/fault.ts'
import { openIn, worldOf } from './cases/case.ts'
import { CASES } from './cases/table.ts'

/** Words that tell a person in finance nothing, or that a program let slip. */
const JARGON = new RegExp(
  `\\b(${[
    'stack',
    'undefined',
    'null',
    'NaN',
    'JSON',
    'XML',
    'HTTP',
    'API',
    'SQL',
    'UUID',
    'regex',
    'boolean',
    'string',
    'array',
    'object Object',
    'exception',
    'payload',
    'parse[dr]?',
    'schema',
    'timeout',
    'retry',
    'retries',
    'enum',
    'callback',
    'async',
    'idempoten\\w+',
    'webhook',
    'endpoint',
    'backend',
    'boot',
    'thread',
    'mutex',
    'deadlock',
    'ERR_\\w+',
    'ECONN\\w*',
    'ETIMEDOUT',
  ].join('|')})\\b`,
  'iu',
)

describe('every case for a person', () => {
  const rows = Object.entries(CAUSES)

  /** What docs/spec/cases.md causes, as it was raised there. */
  const raised = Object.values(CASES)
    .flat()
    .flatMap((given) => openIn(worldOf(given, given.facts)).map((exception) => ({ by: given.name, ...exception })))

  it('is caused by a row of docs/spec/cases.md', () => {
    const caused = new Set(raised.map(({ cause }) => cause))
    expect(rows.map(([cause]) => cause).filter((cause) => !caused.has(cause))).toEqual([])
  })

  it('has a sentence, a hint, an owner and a way out', () => {
    const table = rows.map(([cause, { title, hint }]) => {
      const { by, says, owner, actions } = raised.find((exception) => exception.cause === cause) ?? {
        by: '',
        says: '',
        owner: '',
        actions: [],
      }
      return { cause, by: `caused by: ${by}`, title, says, hint, owner, actions: actions.join(', ') || '(closes by itself)' }
    })
    console.log(table.map((row) => Object.values(row).join('\n    ')).join('\n'))
    for (const { cause, title, says, hint, owner } of table) {
      expect(title, cause).toMatch(/^\p{Lu}.{10,160}[^.]$/u)
      expect(says, cause).toMatch(/^.{5,400}$/u)
      expect(hint, cause).toMatch(/^\p{Lu}.{10,200}\.$/u)
      expect(owner, cause).toMatch(/^(ap-clerks|ap-lead|procurement|master-data|treasury|engineering)$/u)
    }
    expect(new Set(table.map(({ title }) => title)).size).toBe(table.length)
  })

  it('goes to the owner and takes the answers that the catalogue gives its cause', () => {
    // Of the end of a command the owner is that of its lane.
    const byLane = new Set(['refused-by-target', 'found-other', 'dead-letter', 'outcome-unknown'])
    for (const { cause, by, owner, actions } of raised) {
      const row = CAUSES[cause as Cause]
      expect([owner, actions], `${by}: ${cause}`).toEqual([byLane.has(cause) ? owner : row.owner, row.actions])
    }
  })

  it.each(rows)('%s is told without jargon', (_cause, { title, hint }) => {
    expect(`${title} ${hint}`).not.toMatch(JARGON)
  })

  it.each(rows.filter(([, { actions }]) => actions.length === 0))(
    '%s, which takes no answer, says what to do instead',
    (_cause, { hint }) => {
      expect(hint).toMatch(/by itself|in the ERP|Nothing to do|pay again|correct it there|Map the status|Do not send/u)
    },
  )

  it('technical causes do not land on a clerk', () => {
    for (const cause of ['outcome-unknown', 'dead-letter', 'unmapped-status'] as const)
      expect(CAUSES[cause].owner, cause).toBe('engineering')
  })
})

describe('what else people read', () => {
  it.each(Object.entries(ACTIONS))('the answer %s says what it does', (_action, { says }) => {
    expect(says).toMatch(/^\p{Lu}.+\.$/u)
    expect(says).not.toMatch(JARGON)
  })

  it.each(Object.entries(FAULTS))('the fault %s is a sentence without our insides', (_code, { says }) => {
    expect(says).toMatch(/^\p{Lu}.+\.$/u)
    expect(says).not.toMatch(/\b(stack|undefined|null|object Object|exception|parse[dr]?|callback|ERR_\w+)\b/iu)
  })
})
