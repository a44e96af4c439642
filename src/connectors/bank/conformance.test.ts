/**
 * The conformance kit against the running bank, as far as it goes: a folder can do nothing of what the kit does to a reply, so
 * `payment.transmit` is tried in live.test.ts (put once, refused other bytes, looked for), and the bank invents no status.
 */
import { readdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { runConformance, type Subject } from '../../connector/kit/conformance.ts'
import { sha256 } from '../../connector/transport/sending.ts'
import { ACCOUNT, camt, entry as entryOf } from '../../formats/bank/sample-files.ts'
import { OURS } from '../../../sandbox/bank/fixture.ts'
import { until, Workshop } from '../../../sandbox/testing.ts'
import { bank } from './connector.ts'

const shop = new Workshop()
afterAll(() => shop.clear())

async function subject(): Promise<Subject> {
  const [put, read] = [await shop.folder(), await shop.folder()]
  const there = await shop.start('bank', [
    '--data',
    await shop.folder(),
    '--in',
    put,
    '--out',
    read,
    '--poll',
    '1000',
    '--statement-every',
    '1000000',
  ])
  await there.call('PUT', '/setup', { accounts: [{ iban: OURS, ccy: 'EUR', holder: 'Us', opening: '0.00' }] })
  let n = 0
  /** An entry and the statement that books it, seen in the folder. */
  const entry = async (amount: string): Promise<string> => {
    const mark = `MARK${++n}`
    await there.call('POST', '/entries', {
      iban: OURS,
      side: 'CRDT',
      amount,
      ccy: 'EUR',
      means: 'TRANSFER',
      counterName: 'X',
      remittance: mark,
    })
    const { files } = (await there.call('POST', '/cycle')).body as { files: string[] }
    await until(files.join(), async () => {
      const names = await readdir(read)
      return files.every((name) => names.includes(name)) || undefined
    })
    return `"${mark}"`
  }
  /** More than the bank itself books: a statement of our own lies in its folder. */
  const forged = async (amount: string): Promise<string> => {
    const mark = `MARK${++n}`
    const bytes = camt(`<Stmt><Id>${mark}</Id>${ACCOUNT}${entryOf(amount, 'CRDT')}</Stmt>`)
    await writeFile(join(read, `.${mark}`), bytes)
    await rename(join(read, `.${mark}`), join(read, `camt053-${900_000 + n}.xml`))
    return mark
  }
  return {
    kind: bank,
    config: { put, read },
    sha256,
    secrets: {},
    commands: {},
    untried: { 'payment.transmit': 'a folder answers nothing that could be lost, late or a page for people; see live.test.ts' },
    happens: async (count) => {
      const marks: string[] = []
      for (let at = 0; at < count; at++) marks.push(await entry('1.00'))
      return marks
    },
    tells: (amount) => (amount.length > 15 ? forged(amount) : entry(amount)),
  }
}

describe('the sandbox bank’s connector keeps the promises of the kit', async () => {
  for (const result of await runConformance(await subject())) {
    // What is not tried here says so.
    const applies = ['paging', 'money', 'limits', 'secrets', 'config'].includes(result.promise)
    test(`${result.promise}: ${result.says}`, () => {
      expect(result).toMatchObject({ applies, broken: [] })
    })
  }
})
