import { performance } from 'node:perf_hooks'
import { readInvoice } from '../test/read-invoice.ts'
import { ciiInvoice } from './cii-invoice.ts'
import type { Row } from './ingest.ts'
import { ublInvoice } from './ubl-invoice.ts'

const ROUNDS = 2_000
const WARM_UP = 300
/** The same invoice in both, of about 20 KB. */
const LINES = 15

/** Invoices read in a second of one processor's time, from bytes to the terms of EN 16931, one row for each syntax. */
export function run(): Promise<Row[]> {
  return Promise.resolve([measured('reading UBL', ublInvoice), measured('reading CII', ciiInvoice)])
}

function measured(what: string, invoice: (of: { lines: number; number: string }) => string): Row {
  const documents = Array.from({ length: 20 }, (_, at) => new TextEncoder().encode(invoice({ lines: LINES, number: `F-${at}` })))
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
  const { user, system } = process.cpuUsage(before)
  const seconds = (user + system) / 1e6
  const bytes = Math.round(documents.reduce((sum, one) => sum + one.length, 0) / documents.length)
  return {
    what: `${what} (${Math.round(bytes / 1e3)} KB)`,
    value: Math.round(ROUNDS / seconds),
    unit: 'per processor second',
    target: 400,
    beside: `${((seconds * 1e6) / ROUNDS).toFixed(0)} µs of processor time and ${(((performance.now() - wall) * 1e3) / ROUNDS).toFixed(0)} µs of wall clock each`,
  }
}
