import { z } from 'zod'
import { mayBePlain } from '../../connector/place.ts'

const ms = (least: number, most: number, usual: number): z.ZodDefault<z.ZodInt> => z.int().min(least).max(most).default(usual)

/** Strict: a key that nobody knows is refused, since a slip of the pen would otherwise be a default that nobody wanted. */
export const TemplateConfig = z
  .strictObject({
    /** Where the system answers. */
    url: z.url({ protocol: /^https?$/ }),
    /** `private`: it stands in our own network; only there plain http is allowed. This machine is private unless said. */
    network: z.enum(['public', 'private']).optional(),
    /** Name of the secret that holds the bearer token, never the token; none when the system asks for none. */
    token: z.string().min(1).optional(),
    callTimeoutMs: ms(100, 120_000, 10_000),
    /** How often changes are read. */
    feedEveryMs: ms(50, 3_600_000, 1_000),
    /** Longest time after which a call that was given up may still have its effect there: too short, and an invoice is booked twice. */
    settleMs: ms(1, 3_600_000, 5_000),
    /** Between two looks. */
    gapMs: ms(1, 600_000, 1_000),
    concurrency: z.int().min(1).max(64).default(4),
    rate: z.strictObject({ calls: z.int().min(1), perMs: z.int().min(1) }).default({ calls: 50, perMs: 1_000 }),
  })
  .refine(mayBePlain, { path: ['url'], message: 'plain http is only for a system in our own network (network: private)' })
export type TemplateConfig = z.infer<typeof TemplateConfig>

/** What every function of this connector knows. */
export interface Setting {
  /** The system's name in our configuration: two systems of one kind are told apart by it. */
  readonly system: string
  readonly config: TemplateConfig
}
