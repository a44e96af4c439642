/** What a course waits for, asked of the hub's public API. */
import { later } from '../faults/case.ts'
import type { Bill } from '../world/company.ts'
import type { World } from '../world/world.ts'

export interface InvoiceRow {
  readonly id: string
  readonly title: string
  readonly state: string
  readonly open: boolean
  readonly cause: string | null
  readonly bill: Bill | undefined
}

/** The invoices as the hub lists them, each with the bill that it was. */
export async function invoices(world: World): Promise<readonly InvoiceRow[]> {
  const page = await world.ask<{ readonly objects: readonly Omit<InvoiceRow, 'bill'>[] }>('/v1/objects?kind=invoice&limit=200')
  const bills = new Map(world.company.bills.map((bill) => [bill.billNo, bill]))
  return (page?.objects ?? []).map((row) => ({ ...row, bill: bills.get(row.title) }))
}

export interface Case {
  readonly id: string
  readonly version: number
  readonly cause: string
  readonly about: string
  readonly owner: string
  readonly says: string
}

export async function openCases(world: World, cause: string): Promise<readonly Case[]> {
  return (await world.ask<{ readonly exceptions: readonly Case[] }>(`/v1/exceptions?open=true&limit=200&cause=${cause}`))?.exceptions ?? []
}

/** Whether it came to be so in time. */
export async function comesTrue(so: () => Promise<boolean>, limitMs: number): Promise<boolean> {
  for (const end = performance.now() + limitMs; performance.now() < end;) {
    if (await so()) return true
    await later(150)
  }
  return so()
}

interface Summary {
  readonly busy: number
  readonly log: { readonly size: number }
}

/** Waits until the hub has had nothing to do for a while; whether it came to that. */
export async function becomesQuiet(world: World, forMs: number, limitMs: number): Promise<boolean> {
  let size = -1
  let since = performance.now()
  return comesTrue(async () => {
    const summary = await world.ask<Summary>('/v1/summary')
    if (!summary || summary.busy > 0 || summary.log.size !== size) since = performance.now()
    size = summary?.log.size ?? -1
    return performance.now() - since >= forMs
  }, limitMs)
}
