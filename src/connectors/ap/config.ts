import { z } from 'zod'
import { mayBePlain } from '../../connector/place.ts'
import type { Sha256 } from '../../lib/hash.ts'

const ms = (least: number, most: number, usual: number): z.ZodDefault<z.ZodInt> => z.int().min(least).max(most).default(usual)

export const ApConfig = z
  .strictObject({
    /** Where the AP tool answers. */
    url: z.url({ protocol: /^https?$/ }),
    /** `private`: it stands in our own network; only there plain http is allowed. This machine is private unless said. */
    network: z.enum(['public', 'private']).optional(),
    /** Name of the secret that holds the bearer token; none when the tool asks for none. */
    token: z.string().min(1).optional(),
    /** Names of the secrets that its notices are signed with: the present one and, in rotation, the former. None: no notices are taken. */
    noticeSecrets: z.array(z.string().min(1)).max(5).default([]),
    /** Whom the tool shows as the one who opened a ticket or set its badge. */
    user: z.string().min(1).max(40).default('hub'),
    /** How long the tool keeps an Idempotency-Key (its `--key-retention`). */
    keyRetentionMs: ms(1_000, 30 * 86_400_000, 86_400_000),
    callTimeoutMs: ms(100, 120_000, 10_000),
    /** How often it is asked which tickets changed. Notices come at once and some never; approvals are completed by this. */
    feedEveryMs: ms(50, 3_600_000, 1_000),
    /** Longest time after which a call that the tool took in may still show. */
    settleMs: ms(1, 3_600_000, 5_000),
    gapMs: ms(1, 600_000, 1_000),
    concurrency: z.int().min(1).max(64).default(8),
    rate: z.strictObject({ calls: z.int().min(1), perMs: z.int().min(1) }).default({ calls: 200, perMs: 1_000 }),
  })
  .refine(mayBePlain, { path: ['url'], message: 'plain http is only for a system in our own network (network: private)' })
export type ApConfig = z.infer<typeof ApConfig>

/** What every function of this connector knows. */
export interface Setting {
  /** The system's name in our configuration. */
  readonly system: string
  readonly config: ApConfig
  readonly sha256: Sha256
}
