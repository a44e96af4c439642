import { z } from 'zod'
import { mayBePlain } from '../../connector/place.ts'
import type { Sha256 } from '../../lib/hash.ts'
import { isZone } from '../../lib/time.ts'

const ms = (least: number, most: number, usual: number): z.ZodDefault<z.ZodInt> => z.int().min(least).max(most).default(usual)

const zone = z.string().refine(isZone, 'is no time zone of the IANA database')

export const ErpConfig = z
  .strictObject({
    /** Where the ERP answers, e.g. `https://erp.example.org/api`. */
    url: z.url({ protocol: /^https?$/ }),
    /** `private`: it stands in our own network; only there plain http is allowed. This machine is private unless said. */
    network: z.enum(['public', 'private']).optional(),
    /** Name of the secret that holds the bearer token; none when the ERP asks for none. */
    token: z.string().min(1).optional(),
    /** The zone of the companies' calendar dates, which the ERP does not say; `zones` by company code where they differ. */
    zone: zone.default('Europe/Berlin'),
    zones: z.record(z.string(), zone).default({}),
    /** Whom the ERP shows as the one who did it. */
    user: z.string().min(1).max(40).default('hub'),
    /** `category rate` → tax key, where the ERP has several for the same: `{ "S 19": "S-19" }`. */
    taxCodes: z.record(z.string(), z.string()).default({}),
    /** The block letter by which this hub holds a payment. */
    blockLetter: z
      .string()
      .regex(/^[A-Z]$/)
      .default('R'),
    /** The ledger whose periods a posting date is in. */
    ledger: z.string().min(1).max(20).default('0L'),
    /** After it an answer is not waited for. What a process that stands still had under way shows as unknown only then. */
    callTimeoutMs: ms(100, 120_000, 10_000),
    /** How often the change feed is read. */
    feedEveryMs: ms(50, 3_600_000, 1_000),
    /** Longest time after which a call that the ERP took in may still show in a search: its work, plus its search delay. */
    settleMs: ms(1, 3_600_000, 10_000),
    gapMs: ms(1, 600_000, 2_000),
    concurrency: z.int().min(1).max(64).default(8),
    rate: z.strictObject({ calls: z.int().min(1), perMs: z.int().min(1) }).default({ calls: 200, perMs: 1_000 }),
  })
  .refine(mayBePlain, { path: ['url'], message: 'plain http is only for a system in our own network (network: private)' })
export type ErpConfig = z.infer<typeof ErpConfig>

/** What every function of this connector knows. */
export interface Setting {
  /** The system's name in our configuration. */
  readonly system: string
  readonly config: ErpConfig
  readonly sha256: Sha256
}

export const zoneOf = ({ config }: Setting, companyCode: string): string => config.zones[companyCode] ?? config.zone
