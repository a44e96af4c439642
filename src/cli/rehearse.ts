/** `tieout rehearse`: plays a disturbance on a company of its own and says what held. Like the sandbox, the rehearsal is a process of its own. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { Command } from 'commander'

interface RehearseOptions {
  readonly seed?: string
  readonly bills?: string
  readonly seconds?: string
  readonly out?: string
  readonly json?: boolean
}

const PROGRAM = join(import.meta.dirname, '..', '..', 'rehearsal', 'scenario', 'main.ts')

export function rehearseCommand(): Command {
  return new Command('rehearse')
    .description(
      'rehearse a disturbance on a simulated company of its own; exit 0 when everything held. Without a name: says which there are',
    )
    .argument('[scenario]', 'its name')
    .option('--seed <number>', 'chooses invoices and moments (default: 1)')
    .option('--bills <number>', 'how many invoices are sent (default: 24)')
    .option('--seconds <number>', 'how long it lasts (default: 12)')
    .option('--out <folder>', 'write the report as Markdown and as JSON')
    .option('--json', 'print the report as JSON')
    .action(async (scenario: string | undefined, { json, ...options }: RehearseOptions) => {
      const named = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)])
      const child = spawn(
        process.execPath,
        [PROGRAM, ...(scenario === undefined ? [] : [scenario]), ...named, ...(json ? ['--json'] : [])],
        { stdio: 'inherit' },
      )
      process.exitCode = await new Promise<number>((done) => {
        child
          .once('exit', (code) => {
            done(code ?? 1)
          })
          .once('error', () => {
            done(1)
          })
      })
    })
}
