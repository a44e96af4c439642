/** `tieout rehearse`: plays a disturbance on a company of its own, says what held, and signs the report with this hub's key. */
import { spawn, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { assert } from '../lib/assert.ts'
import { Fault } from '../lib/fault.ts'
import { readSignerKey } from '../seal/signer-home.ts'
import { sha256 } from '../store/sha256.ts'
import { formatVerifierKey, signNote, verifierKey } from '../tlog/note.ts'
import { isRefused } from '../tlog/refused.ts'
import { REPORT_KEY, reportText } from '../verify/rehearsal.ts'
import { running } from './running.ts'

interface RehearseOptions {
  readonly seed?: string
  readonly bills?: string
  readonly seconds?: string
  readonly starts?: string
  readonly out?: string
  readonly json?: boolean
  readonly signer?: string
}

/** Like the sandbox, the rehearsal is a process of its own: it shares no code with what it judges. */
const PROGRAM = join(import.meta.dirname, '..', '..', 'rehearsal', 'scenario', 'main.ts')
const PLAYED = new Set([0, 1])

export function rehearseCommand(): Command {
  return new Command('rehearse')
    .description(
      'rehearse a disturbance on a simulated company of its own; exit 0: everything held, 1: something did not, 2: it could not be played',
    )
    .argument('[scenario]', 'its name')
    .option('--seed <number>', 'chooses invoices and moments (default: 1)')
    .option('--bills <number>', 'how many invoices are sent, 6 to 180 (default: as the scenario needs)')
    .option('--seconds <number>', 'how long it lasts at least (default: 12)')
    .option('--starts <number>', 'play it so often, each time anew; times are told as medians (default: 1)')
    .option('--out <folder>', 'write the report as Markdown and as JSON, and sign both')
    .option('--signer <folder>', 'folder of the signing key (default: that of what npm start runs)')
    .option('--json', 'print the report as JSON')
    .addHelpText('after', () => `\nScenarios:\n${spawnSync(process.execPath, [PROGRAM, '--list'], { encoding: 'utf8' }).stdout}`)
    .action(async (scenario: string | undefined, { json, signer, ...options }: RehearseOptions) => {
      // Said before minutes are spent.
      const trouble = signer === undefined ? undefined : unreadable(signer)
      if (trouble !== undefined) {
        process.stderr.write(`${trouble}\n`)
        process.exitCode = 2
        return
      }
      const named = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)])
      const status = await played([...(scenario === undefined ? [] : [scenario]), ...named, ...(json ? ['--json'] : [])])
      process.exitCode = status
      if (PLAYED.has(status) && options.out !== undefined && scenario !== undefined)
        process.stderr.write(`${signed(options.out, scenario, signer ?? running()?.signer)}\n`)
    })
}

/** Whoever is told to stop lets the rehearsal put away what it started. */
async function played(args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: 'inherit' })
  const signals = ['SIGINT', 'SIGTERM'] as const
  const stops = signals.map(
    (signal) =>
      [
        signal,
        () => {
          child.kill(signal)
        },
      ] as const,
  )
  for (const [signal, stop] of stops) process.on(signal, stop)
  try {
    return await new Promise<number>((done) => {
      child
        .once('exit', (code) => {
          done(code ?? 2)
        })
        .once('error', () => {
          done(2)
        })
    })
  } finally {
    for (const [signal, stop] of stops) process.off(signal, stop)
  }
}

/** Why the key in this folder cannot sign. */
function unreadable(signer: string): string | undefined {
  try {
    readSignerKey(signer)
    return undefined
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return error.detail ?? error.message
  }
}

/** Signs the two files that were written; the sentence about it. The key of a log's checkpoints signs here under another name. */
function signed(out: string, scenario: string, signer: string | undefined): string {
  const names = [`${scenario}.md`, `${scenario}.json`]
  const written = `Written: ${names.map((name) => join(out, name)).join(' and ')}`
  if (signer === undefined)
    return `${written}, not signed: no hub was started here. Start one with npm start, or name the folder of its key with --signer.`
  try {
    const { deployment, publicKey, sign } = readSignerKey(signer)
    const key = verifierKey(sha256, `${deployment}/${REPORT_KEY}`, publicKey)
    assert(!isRefused(key), 'the name of a deployment makes the name of a key')
    const note = join(out, `${scenario}.note`)
    writeFileSync(
      note,
      signNote(
        reportText(
          sha256,
          scenario,
          names.map((name) => ({ name, bytes: readFileSync(join(out, name)) })),
        ),
        key,
        sign,
      ),
    )
    return `${written}, signed in ${note}. Whoever keeps this key can check it:\n    tieout verify --report ${note} --key ${formatVerifierKey(key)}`
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return `${written}, not signed: ${error.detail ?? error.message}`
  }
}
