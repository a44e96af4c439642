/** Questions from outside while the hub is busy: how long `POST /v1/validations/…` takes with its ordinary patience of one second. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { KEY, type TryOut } from '../test/try-out.ts'
import type { Row } from './ingest.ts'
import { INVOICES, throughTheHub, withCompany } from './journey.ts'

const SEED = 31
const EVERY_MS = 40

interface Answered {
  readonly ms: number
  readonly status: number
  readonly cached: boolean
}

export function run(): Promise<Row[]> {
  return withCompany({}, async (company) => {
    let busy = true
    const asked: Promise<Answered>[] = []
    const load = throughTheHub(company, SEED, 0).finally(() => {
      busy = false
    })
    while (!existsSync(setUpOf(company, 'manifest.json'))) await sleep(EVERY_MS)
    const questions = questionsOf(company)
    for (let at = 0; busy; at++) {
      asked.push(ask(company, ...questions[at % questions.length]!))
      await sleep(EVERY_MS)
    }
    const { ms } = await load
    const answers = await Promise.all(asked)
    const times = answers.map((answer) => answer.ms).toSorted((a, b) => a - b)
    const late = answers.filter(({ status }) => status !== 200).length
    const p99 = Math.round(times[Math.ceil(times.length * 0.99) - 1] ?? NaN)
    const beside = `${answers.filter(({ cached }) => cached).length} from memory, ${late} not known in time, beside ${INVOICES} invoices in ${(ms / 1_000).toFixed(1)} s`
    return [{ what: `a validation asked for under load, p99 of ${times.length}`, value: p99, unit: 'ms', target: 1_000, beside }]
  })
}

const setUpOf = (company: TryOut, file: string): string => join(company.folder, `set-up-${SEED}-${INVOICES}`, file)

/** Five kinds about every supplier and order of the sample, one after the other. */
function questionsOf(company: TryOut): (readonly [kind: string, body: object])[] {
  const setup = JSON.parse(readFileSync(setUpOf(company, 'erp.json'), 'utf8')) as {
    readonly [list: string]: readonly { readonly [name: string]: string }[]
  }
  const entity = { vatId: setup['companyCodes']![0]!['vatReg'] }
  const month = new Date().toISOString().slice(0, 7)
  return setup['vendors']!.filter(({ vatReg }) => vatReg).flatMap(({ vatReg }) => [
    ['supplier', { supplier: { vatId: vatReg } }] as const,
    ['entity', { entity, currency: 'EUR' }] as const,
    ['tax-code', { entity, category: 'S', rate: '19' }] as const,
    ['period', { entity, month }] as const,
    ['order', { entity, supplier: { vatId: vatReg }, order: setup['purchaseOrders']![0]!['poNo'], currency: 'EUR' }] as const,
  ])
}

async function ask(company: TryOut, kind: string, body: object): Promise<Answered> {
  const began = performance.now()
  const reply = await fetch(`${String(company.hub().ready['api'])}/v1/validations/${kind}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const { cached } = (await reply.json()) as { cached?: boolean }
  return { ms: performance.now() - began, status: reply.status, cached: cached === true }
}
