import { z } from 'zod'
import { mayBePlain } from '../../connector/place.ts'
import type { Sha256 } from '../../lib/hash.ts'

export const ArchiveConfig = z
  .strictObject({
    /** Where the archive answers. */
    url: z.url({ protocol: /^https?$/ }),
    /** `private`: it stands in our own network; only there plain http is allowed. This machine is private unless said. */
    network: z.enum(['public', 'private']).optional(),
    /** Name of the secret that holds the bearer token; none when the archive asks for none. */
    token: z.string().min(1).optional(),
    /** The vault that takes our evidence. */
    vault: z.string().min(1).max(60),
    callTimeoutMs: z.int().min(100).max(120_000).default(30_000),
    /** Longest pack that is read back. */
    replyBytes: z
      .int()
      .min(1_000)
      .max(64 * 1024 * 1024)
      .default(64 * 1024 * 1024),
    concurrency: z.int().min(1).max(64).default(4),
    rate: z.strictObject({ calls: z.int().min(1), perMs: z.int().min(1) }).default({ calls: 200, perMs: 1_000 }),
  })
  .refine(mayBePlain, { path: ['url'], message: 'plain http is only for a system in our own network (network: private)' })
export type ArchiveConfig = z.infer<typeof ArchiveConfig>

/** What every function of this connector knows. */
export interface Setting {
  /** The system's name in our configuration. */
  readonly system: string
  readonly config: ArchiveConfig
  readonly sha256: Sha256
}
