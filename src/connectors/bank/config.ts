import { z } from 'zod'
import type { Sha256 } from '../../lib/hash.ts'

const ms = (least: number, most: number, usual: number): z.ZodDefault<z.ZodInt> => z.int().min(least).max(most).default(usual)

export const BankConfig = z.strictObject({
  /** The folder where the bank fetches payment files (its `--in`). */
  put: z.string().min(1),
  /** The folder where it puts its reports and statements (its `--out`). */
  read: z.string().min(1),
  /** Longest file read. */
  fileBytes: z
    .int()
    .min(1_000)
    .max(256_000_000)
    .default(64 * 1024 * 1024),
  callTimeoutMs: ms(100, 120_000, 10_000),
  /** How often the folder is looked into. */
  feedEveryMs: ms(50, 3_600_000, 500),
  /** How long a file that cannot be read has to stand as it is before a person is told: until then it may be half written. */
  halfMs: ms(0, 3_600_000, 10_000),
  /** After an unknown outcome: how long a file that was being put there may still appear (a slow or remote disk). */
  settleMs: ms(1, 3_600_000, 2_000),
  gapMs: ms(1, 600_000, 1_000),
})
export type BankConfig = z.infer<typeof BankConfig>

/** What every function of this connector knows. */
export interface Setting {
  /** The system's name in our configuration. */
  readonly system: string
  readonly config: BankConfig
  readonly sha256: Sha256
}
