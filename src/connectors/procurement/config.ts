import { z } from 'zod'
import { mayBePlain } from '../../connector/place.ts'

const ms = (least: number, most: number, usual: number): z.ZodDefault<z.ZodInt> => z.int().min(least).max(most).default(usual)

export const ProcurementConfig = z
  .strictObject({
    /** Where procurement answers. */
    url: z.url({ protocol: /^https?$/ }),
    /** `private`: it stands in our own network; only there plain http is allowed. This machine is private unless said. */
    network: z.enum(['public', 'private']).optional(),
    /** Name of the secret that holds the bearer token; none when it asks for none. */
    token: z.string().min(1).optional(),
    /** Whom procurement shows as the one who made a note. */
    user: z.string().min(1).max(40).default('hub'),
    callTimeoutMs: ms(100, 120_000, 10_000),
    /** How often the journal is read. */
    feedEveryMs: ms(50, 3_600_000, 1_000),
    /** Longest time after which a call that it took in may still show. */
    settleMs: ms(1, 3_600_000, 5_000),
    gapMs: ms(1, 600_000, 1_000),
    concurrency: z.int().min(1).max(64).default(8),
    rate: z.strictObject({ calls: z.int().min(1), perMs: z.int().min(1) }).default({ calls: 200, perMs: 1_000 }),
  })
  .refine(mayBePlain, { path: ['url'], message: 'plain http is only for a system in our own network (network: private)' })
export type ProcurementConfig = z.infer<typeof ProcurementConfig>

/** What every function of this connector knows. */
export interface Setting {
  /** The system's name in our configuration. */
  readonly system: string
  readonly config: ProcurementConfig
}
