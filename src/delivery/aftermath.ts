/**
 * After the database was set back. What was sent in the time that is lost is not known here, so two things hold until people end it:
 * nothing is sent before every feed was read to its end, for what the systems tell decides what is still wanted; and what is then sent
 * is looked for first, as what is in doubt.
 */
import { type EffectRow, stepEffect } from '../domain/effect.ts'
import type { Instant } from '../lib/time.ts'
import type { AttemptRow } from '../store/attempt.ts'
import { inTenant, type Pool } from '../store/database.ts'
import { feedsBehind, type FeedName, readSetBack, type SetBack } from '../store/set-back.ts'

/** Seen at most this late: that a feed was read, or that it is over. */
const FRESH_MS = 1_000
/** Stands as the process of tries that nobody here has made. */
const LOST = 'lost'

export interface AftermathOptions {
  readonly pool: Pool
  readonly tenant: string
  readonly setBack: SetBack
  /** All that have to be read. */
  readonly feeds: readonly FeedName[]
  /** Monotonic ms. */
  readonly monotonic: () => number
  readonly log: (line: string) => void
}

export class Aftermath {
  /** The time that is lost; undefined once people have ended it. */
  lost: SetBack | undefined
  private unread: readonly FeedName[]
  private readonly options: AftermathOptions
  private reading: Promise<void> | undefined
  private readAt = -Infinity

  constructor(options: AftermathOptions) {
    this.options = options
    this.lost = options.setBack
    this.unread = options.feeds
  }

  /** Feeds that have to be read to their ends before anything is sent. */
  get behind(): readonly FeedName[] {
    return this.lost ? this.unread : []
  }

  /** Whether something may be sent. */
  async look(): Promise<boolean> {
    const now = this.options.monotonic()
    if (now - this.readAt > FRESH_MS) {
      this.reading ??= this.read(now).finally(() => {
        this.reading = undefined
      })
      await this.reading
    }
    return this.behind.length === 0
  }

  private async read(now: number): Promise<void> {
    const { pool, tenant, setBack, feeds, log } = this.options
    const { lost, unread } = await inTenant(pool, tenant, async (client) => ({
      lost: await readSetBack(client, tenant),
      unread: await feedsBehind(client, tenant, feeds, setBack.at),
    }))
    if (this.unread.length > 0 && unread.length === 0)
      log('All feeds have been read since the database was set back: commands are sent, each looked for before.')
    if (this.lost && !lost) log('It is over that the database was set back: commands are sent without being looked for.')
    this.lost = lost
    this.unread = unread
    this.readAt = now
  }
}

/**
 * What waits and was not tried since, as what it may be: tried in the time that is lost, with an outcome that nobody knows. Undefined
 * where that cannot be. Its sender is certainly gone; when the try was made nobody knows, so it may be as old as the time that is lost.
 */
export function asTriedBefore(
  lost: SetBack,
  row: EffectRow,
  attempts: readonly AttemptRow[],
  now: Instant,
): { readonly row: EffectRow; readonly attempt: AttemptRow } | undefined {
  if (row.state !== 'waiting' || attempts.some((attempt) => attempt.openedAt >= lost.at || isOf(lost, attempt))) return undefined
  const claimed = stepEffect(row, 'claimed', { now })
  const unknown = claimed === 'ignored' ? claimed : stepEffect(claimed, 'unclear', { now })
  if (unknown === 'ignored') return undefined
  const attempt: AttemptRow = {
    key: row.key,
    n: unknown.attempts,
    process: LOST,
    requestHash: row.contentHash,
    openedAt: lost.since,
    notAfter: lost.at,
    outcome: 'unknown',
    says: 'the database was set back; whether this was tried in the time that is lost is not known',
    receipt: null,
    closedAt: lost.at,
    senderDoneAt: lost.at,
    looks: [],
  }
  return { row: unknown, attempt }
}

/** A look for what nobody here has tried is no failure of the command. */
export const failuresOf = ({ failures }: EffectRow, attempts: readonly AttemptRow[]): number =>
  Math.max(0, failures - attempts.filter(({ process }) => process === LOST).length)

const isOf = (lost: SetBack, { process, closedAt }: AttemptRow): boolean => process === LOST && closedAt !== null && closedAt >= lost.at
