/** How much the ERP may clear without cash, by kind, before a person is told. */
import { z } from 'zod'
import { DEFAULT_DIFFERENCES, type Difference, type DifferenceLimit } from '../domain/settlement.ts'

const limit = (kind: Difference): z.ZodPrefault<z.ZodType<DifferenceLimit, object>> => {
  const { absolute, bps, days } = DEFAULT_DIFFERENCES[kind]
  return z
    .strictObject({
      absolute: z
        .string()
        .regex(/^\d+(\.\d+)?$/, 'is no amount')
        .nullable()
        .default(absolute)
        .describe('up to this amount'),
      bps: z.int().min(0).max(10_000).nullable().default(bps).describe('and so many hundredths of a per cent of what is due'),
      days: z.int().min(0).max(3_660).nullable().default(days).describe('within so many days of the invoice’s date'),
    })
    .prefault({})
}

export const LIMITS = z.strictObject({
  discount: limit('discount'),
  withholding: limit('withholding'),
  fx: limit('fx'),
  fee: limit('fee'),
  rounding: limit('rounding'),
  'write-off': limit('write-off'),
})
