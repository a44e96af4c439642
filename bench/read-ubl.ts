import { performance } from 'node:perf_hooks'
import { readInvoice } from '../test/read-invoice.ts'
import { ublInvoice } from './ubl-invoice.ts'

const ROUNDS = 2_000
const WARM_UP = 300

/** UBL invoices of about 20 KB read in a second of one processor's time, from bytes to the terms of EN 16931. */
export function run(): Promise<{ name: string; value: number; unit: string; target: number }> {
  const documents = Array.from({ length: 20 }, (_, at) => new TextEncoder().encode(ublInvoice({ lines: 15, number: `F-${at}` })))
  const read = (rounds: number): void => {
    for (let round = 0; round < rounds; round++) {
      const result = readInvoice(documents[round % documents.length] as Uint8Array)
      if ('refused' in result) throw new Error(result.refused.says)
    }
  }
  read(WARM_UP)
  const wall = performance.now()
  const before = process.cpuUsage()
  read(ROUNDS)
  const used = process.cpuUsage(before)
  const seconds = (used.user + used.system) / 1e6
  const bytes = Math.round(documents.reduce((sum, one) => sum + one.length, 0) / documents.length)
  console.log(`read-ubl: ${bytes} bytes each, ${(seconds * 1e6 / ROUNDS).toFixed(0)} µs of processor time and ${((performance.now() - wall) * 1e3 / ROUNDS).toFixed(0)} µs of wall clock per invoice`)
  return Promise.resolve({ name: 'UBL invoices read (20 KB)', value: Math.round(ROUNDS / seconds), unit: 'per processor second', target: 400 })
}
