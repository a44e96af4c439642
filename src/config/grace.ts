/** How long single edges may lag: rows of one's own before the ordinary ones. */
import { z } from 'zod'
import { FACETS } from '../domain/object.ts'
import { DEFAULT_GRACE, type GraceRow } from '../domain/reconcile.ts'

export const GRACE = z.strictObject({
  to: z.enum(['erp', 'ap', 'procurement', 'bank', 'archive', '*']).default('*').describe('the part that the system plays'),
  facet: z
    .enum([...FACETS, '*'])
    .default('*')
    .describe('what of it'),
  word: z.string().min(1).max(40).default('*').describe('what it should show'),
  ms: z.int().min(100).describe('how long, from the moment at which it was told'),
})

export const graceTable = (rows: readonly z.infer<typeof GRACE>[]): readonly GraceRow[] => [...rows, ...DEFAULT_GRACE]
