/** What a person sees while it runs: a live table on a terminal, plain lines elsewhere. */
import { basename } from 'node:path'
import { leftOf, type Fed } from './feed.ts'
import { clipped, paintFor, type Paint } from './terminal.ts'

/** As `GET /v1/summary` answers. */
export interface Summary {
  readonly received: number
  readonly refused: number
  readonly states: { readonly [state: string]: number }
  readonly breaches: number
  readonly exceptions: { readonly [cause: string]: number }
  readonly systems: { readonly [name: string]: { readonly inStep: number; readonly behind: number } }
  /** `root` is that of the first `sealed` events of its `size`. */
  readonly log: { readonly size: number; readonly root: string | null; readonly sealed: number }
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
  show(summary: Summary, fed: Fed): void
  /** Leaves the last picture standing. */
  close(): void
}

export function openPicture(output: NodeJS.WriteStream): Picture {
  return output.isTTY ? livePicture(output) : plainPicture(output)
}

function livePicture(output: NodeJS.WriteStream): Picture {
  const paint = paintFor(output)
  let height = 0
  return {
    show: (summary, fed) => {
      const lines = picture(summary, fed, Math.max(40, output.columns ?? 80), paint)
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
    show: (summary, fed) => {
      const note = noteOf(fed)
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

/** How far the sending is, while it is, and what it has come to where that is not what was wanted. */
function noteOf(fed: Fed): string {
  if (fed.files === 0) return 'no files to send'
  const left = leftOf(fed)
  const not = fed.notTaken.length
  return [...(left > 0 ? [`${fed.files - left} of ${fed.files} sent`] : []), ...(not > 0 ? [`${not} not taken`] : [])].join(', ')
}

/** Shown of what is with people and of what is not taken. */
const LIMIT_SHOWN = 4

/** The lines of the picture, none wider than `width`. */
export function picture(summary: Summary, fed: Fed, width: number, paint: Paint): string[] {
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
  // Others' words: what a system refused with, a supplier's name, a file's name.
  for (const row of summary.latest.slice(0, LIMIT_SHOWN)) lines.push(clipped(`  ${row.cause}: ${row.says} (${row.owner})`, width - 1))
  if (fed.notTaken.length > 0) lines.push('', paint('bold', `  Not taken: ${fed.notTaken.length}`))
  for (const { file, says } of fed.notTaken.slice(-LIMIT_SHOWN)) lines.push(clipped(`  ${basename(file)}: ${says}`, width - 1))
  const { size, sealed, root } = summary.log
  lines.push('', paint('dim', `  log ${size} events${root ? `, ${sealed} under root ${root.slice(0, 16)}…` : ''}   ${noteOf(fed)}`), '')
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
