/** Tells whoever waits that something has happened, without saying what: they look for themselves. */
export interface Bell {
  ring(): void
  /** Resolves at the next ring, or after `ms`. */
  heard(ms: number): Promise<void>
}

export function openBell(): Bell {
  const waiting = new Set<() => void>()
  return {
    ring() {
      for (const wake of waiting) wake()
    },
    heard: (ms) =>
      new Promise((resolve) => {
        const wake = (): void => {
          clearTimeout(timer)
          waiting.delete(wake)
          resolve()
        }
        const timer = setTimeout(wake, ms)
        waiting.add(wake)
      }),
  }
}
