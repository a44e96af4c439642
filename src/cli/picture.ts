/** What a person sees while it runs: a live table on a terminal, plain lines elsewhere. */
import { styleText } from 'node:util'

/** As `GET /v1/summary` answers. */
export interface Summary {
  readonly received: number
  readonly refused: number
  readonly states: { readonly [state: string]: number }
  readonly breaches: number
  readonly exceptions: { readonly [cause: string]: number }
  readonly systems: { readonly [name: string]: { readonly inStep: number; readonly behind: number } }
  readonly log: { readonly size: number; readonly root: string | null }
  /** Per currency what stands in each state. */
  readonly money: readonly { readonly state: string; readonly currency: string; readonly amount: string }[]
  readonly latest: readonly { readonly exception: string; readonly cause: string; readonly says: string; readonly owner: string }[]
  /** What the hub itself has still to do. */
  readonly busy: number
  /** Invoices on their way with no open case. */
  readonly moving: number
}

export const STATES = ['received', 'validated', 'matched', 'approved', 'posted', 'paid', 'archived', 'rejected'] as const

export interface Picture {
  show(summary: Summary, note: string): void
  /** Leaves the last picture standing. */
  close(): void
}

export function openPicture(output: NodeJS.WriteStream): Picture {
  return output.isTTY ? livePicture(output) : plainPicture(output)
}

function livePicture(output: NodeJS.WriteStream): Picture {
  let height = 0
  return {
    show: (summary, note) => {
      const lines = picture(summary, note, Math.max(40, output.columns ?? 80), true)
      // Up over the last picture, each line cleared to its end: no flicker, and a smaller terminal only scrolls.
      output.write(`${height > 0 ? `\u001b[${height}A\r` : ''}${lines.map((line) => `\u001b[2K${line}\n`).join('')}\u001b[0J`)
      height = lines.length
    },
    close: () => {
      height = 0
    },
  }
}

function plainPicture(output: NodeJS.WriteStream): Picture {
  let last = ''
  return {
    show: (summary, note) => {
      const states = STATES.filter((state) => summary.states[state])
        .map((state) => `${state} ${summary.states[state]}`)
        .join(', ')
      const cases = Object.values(summary.exceptions).reduce((sum, count) => sum + count, 0)
      const line = `${summary.received} received${summary.refused > 0 ? ` (${summary.refused} refused)` : ''}: ${states || 'none yet'}; ${cases} with people${note ? `; ${note}` : ''}`
      if (line !== last) output.write(`  ${line}\n`)
      last = line
    },
    close: () => {},
  }
}

/** The lines of the picture, none wider than `width`. */
export function picture(summary: Summary, note: string, width: number, colour: boolean): string[] {
  const paint = (format: Parameters<typeof styleText>[0], text: string): string =>
    colour ? styleText(format, text, { validateStream: false }) : text
  const most = Math.max(1, ...STATES.map((state) => summary.states[state] ?? 0))
  const room = Math.max(8, Math.min(32, width - 50))
  const lines = ['', paint('bold', '  Invoices')]
  for (const state of STATES) {
    const count = summary.states[state] ?? 0
    const bar = '█'.repeat(Math.round((count / most) * room)).padEnd(room)
    const money = summary.money
      .filter((row) => row.state === state)
      .map((row) => `${row.amount} ${row.currency}`)
      .join('  ')
    lines.push(
      `  ${state.padEnd(10)} ${String(count).padStart(6)}  ${paint(state === 'paid' ? 'green' : state === 'rejected' ? 'red' : 'cyan', bar)}  ${money}`,
    )
  }
  lines.push('', paint('bold', '  Systems             in step   behind'))
  for (const [name, { inStep, behind }] of Object.entries(summary.systems))
    lines.push(`  ${name.padEnd(18)} ${String(inStep).padStart(8)} ${paint(behind > 0 ? 'yellow' : 'dim', String(behind).padStart(8))}`)
  const open = Object.entries(summary.exceptions)
  lines.push('', paint('bold', `  With people: ${open.reduce((sum, [, count]) => sum + count, 0)}`))
  for (const row of summary.latest.slice(0, 4)) lines.push(`  ${row.cause}: ${row.says} (${row.owner})`)
  lines.push(
    '',
    paint('dim', `  log ${summary.log.size} events${summary.log.root ? `, root ${summary.log.root.slice(0, 16)}…` : ''}   ${note}`),
    '',
  )
  return lines.map((line) => clip(line, width - 1))
}

/** Cut to a width that counts no colour codes. */
function clip(line: string, width: number): string {
  let seen = 0
  let result = ''
  // eslint-disable-next-line no-control-regex
  for (const part of line.split(/(\u001b\[[0-9;]*m)/u)) {
    if (part.startsWith('\u001b')) result += part
    else {
      result += [...part].slice(0, Math.max(0, width - seen)).join('')
      seen += [...part].length
    }
  }
  return result
}
