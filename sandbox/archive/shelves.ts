import type { Line } from '../plumbing/book.ts'

export interface Vault {
  readonly vaultId: string
  readonly title: string
  readonly leastDays: number
}

/** What the archive says of one deposit. */
export interface Card {
  readonly depositNo: string
  readonly vaultId: string
  readonly label: string
  readonly digest: string
  readonly size: number
  readonly mime: string
  readonly note: string
  readonly keepTill: string
  readonly stowedAt: string
  readonly prolongedAt: string | null
  readonly shreddedAt: string | null
}

/** Bytes as they stand in the book. */
export interface Content {
  readonly digest: string
  readonly base64: string
}

/** The state of the archive: what its book says. Bytes stay in the book; of them only the line is remembered. */
export class Shelves {
  readonly vaults = new Map<string, Vault>()
  /** In order of stowing. */
  readonly cards = new Map<string, Card>()
  /** digest → number of the book's line that has the bytes. */
  readonly contents = new Map<string, number>()
  readonly #counts = new Map<string, number>()
  #last = 0

  card(vaultId: string, label: string): Card | undefined {
    return this.cards.get(key(vaultId, label))
  }
  depositsOf(vaultId: string): number {
    return this.#counts.get(vaultId) ?? 0
  }

  /** The next number. One that is taken and then not used is lost, never given twice. */
  take(): string {
    this.#last += 1
    return `D-${String(this.#last).padStart(8, '0')}`
  }

  readonly apply = (line: Line): void => {
    for (const { what, row } of line.facts) {
      if (what === 'VAULT') this.vaults.set((row as Vault).vaultId, row as Vault)
      if (what === 'CONTENT') this.contents.set((row as Content).digest, line.n)
      if (what === 'DEPOSIT') this.#deposit(row as Card)
    }
  }

  #deposit(card: Card): void {
    const at = key(card.vaultId, card.label)
    if (!this.cards.has(at)) this.#counts.set(card.vaultId, this.depositsOf(card.vaultId) + 1)
    this.cards.set(at, card)
    this.#last = Math.max(this.#last, Number(card.depositNo.slice(2)))
  }
}

const key = (vaultId: string, label: string): string => `${vaultId}/${label}`
