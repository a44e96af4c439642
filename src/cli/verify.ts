import { readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { Command } from 'commander'
import { Client } from 'pg'
import { Fault } from '../lib/fault.ts'
import { running } from './running.ts'
import { ed25519Verify } from '../seal/ed25519.ts'
import { publishedCheckpoint, publishedTiles } from '../seal/publish.ts'
import { auditLog } from '../store/log-audit.ts'
import { sha256 } from '../store/sha256.ts'
import { openCheckpoint, type Checkpoint } from '../tlog/checkpoint.ts'
import { parseVerifierKey, type VerifierKey } from '../tlog/note.ts'
import { isRefused, type Refused } from '../tlog/refused.ts'
import { verifyLog, type PublishedLog, type Report } from '../verify/log.ts'
import { packLines, verifyPack } from '../verify/pack.ts'
import { reportLines, verifyReport } from '../verify/rehearsal.ts'
import { linesOf } from '../verify/report.ts'

export type VerifyOptions = {
  /** A file with a signed checkpoint, kept by whoever asks. */
  readonly checkpoint?: string | undefined
  /** An archived evidence pack: it brings its own checkpoint and needs no database. */
  readonly pack?: string | undefined
  /** The signed note beside a rehearsal's report. */
  readonly report?: string | undefined
  /** `<origin>+<id>+<base64>`, from the same keeper. */
  readonly key: string
  /** The tenant's published folder: `checkpoint` and `tile/…`. */
  readonly published?: string | undefined
  readonly database?: string | undefined
  readonly json?: boolean | undefined
}

/** 0: everything holds. 1: something does not, and it is named. 2: it could not be looked at. */
export type VerifyStatus = 0 | 1 | 2

export function verifyCommand(): Command {
  return new Command('verify')
    .description('re-read every event and compare it with a signed checkpoint that was kept outside the database')
    .option('--checkpoint <file>', 'the signed checkpoint')
    .option('--pack <file>', 'check one archived evidence pack instead, with nothing but the key')
    .option('--report <file>', 'check a rehearsal’s report instead: the .note beside it')
    .requiredOption('--key <key>', 'the public key of the log, or of reports: <origin>+<id>+<base64>')
    .option(
      '--database <url>',
      'a PostgreSQL address that may read (default: TIEOUT_DATABASE_URL, else what npm start runs)',
      process.env['TIEOUT_DATABASE_URL'] ?? running()?.databaseUrl,
    )
    .option('--published <folder>', "the tenant's published folder (default: the folder of the checkpoint, when it holds tiles)")
    .option('--json', 'the report as JSON')
    .action(async (options: VerifyOptions) => {
      process.exitCode = await runVerify(options, console.log)
    })
}

/** Carries the command out; what there is to read goes to `say`, line by line. */
export async function runVerify(options: VerifyOptions, say: (line: string) => void): Promise<VerifyStatus> {
  const refuse = (what: string): 2 => {
    say(options.json ? JSON.stringify({ holds: false, notVerified: what }) : `NOT VERIFIED ${what}`)
    return 2
  }
  if (options.pack !== undefined) return runVerifyPack(options.pack, options, say, refuse)
  if (options.report !== undefined) return runVerifyReport(options.report, options, say, refuse)
  const asked = read(options)
  if (isRefused(asked)) return refuse(asked.refused)
  if (!options.database) return refuse('there is no database to look at: start it with npm start, or name one with --database.')
  try {
    const report = await reportOn(options.database, asked)
    if (options.json) say(JSON.stringify(report, null, 2))
    else for (const line of linesOf(report)) say(line)
    return report.holds ? 0 : 1
  } catch (error) {
    // A server that is away, a password that is wrong, a table that is not there: nothing was shown either way.
    const says = error instanceof Error ? error.message : String(error)
    return refuse(error instanceof Fault ? says : `the database could not be read: ${says}`)
  }
}

function runVerifyPack(
  file: string,
  { key: keyText, json }: VerifyOptions,
  say: (line: string) => void,
  refuse: (what: string) => 2,
): VerifyStatus {
  const key = parseVerifierKey(sha256, keyText.trim())
  if (isRefused(key)) return refuse(`the key is none: ${key.refused}.`)
  const bytes = bytesOf(file)
  if (!bytes) return refuse(`the file ${file} cannot be read.`)
  const report = verifyPack(sha256, ed25519Verify, key, bytes)
  if (isRefused(report)) return refuse(`${file} is no evidence pack that this key can vouch for: ${report.refused}.`)
  if (json) say(JSON.stringify(report, null, 2))
  else for (const line of packLines(report)) say(line)
  return report.holds ? 0 : 1
}

function runVerifyReport(
  file: string,
  { key: keyText, json }: VerifyOptions,
  say: (line: string) => void,
  refuse: (what: string) => 2,
): VerifyStatus {
  const key = parseVerifierKey(sha256, keyText.trim())
  if (isRefused(key)) return refuse(`the key is none: ${key.refused}.`)
  const note = textOf(file)
  if (note === undefined) return refuse(`the file ${file} cannot be read as text.`)
  const check = verifyReport(sha256, ed25519Verify, key, note, (name) => bytesOf(join(dirname(file), name)))
  if (isRefused(check)) return refuse(`${file} is no report that this key can vouch for: ${check.refused}.`)
  if (json) say(JSON.stringify(check, null, 2))
  else for (const line of reportLines(check)) say(line)
  return check.holds ? 0 : 1
}

function bytesOf(file: string): Buffer | undefined {
  try {
    return readFileSync(file)
  } catch {
    return undefined
  }
}

type Asked = {
  readonly key: VerifierKey
  readonly tenant: string
  readonly checkpoint: Checkpoint
  readonly published: PublishedLog | undefined
}

/** What the caller brought, opened: files that cannot be read or that the key did not sign are refused before any database is. */
function read({ key: keyText, checkpoint: file, published }: VerifyOptions): Asked | Refused {
  if (file === undefined) return { refused: 'name a signed checkpoint with --checkpoint, or an evidence pack with --pack.' }
  const key = parseVerifierKey(sha256, keyText.trim())
  if (isRefused(key)) return { refused: `the key is none: ${key.refused}.` }
  const note = textOf(file)
  if (note === undefined) return { refused: `the file ${file} cannot be read as text.` }
  const checkpoint = openCheckpoint(note, key, ed25519Verify)
  if (isRefused(checkpoint)) return { refused: `the checkpoint in ${file} is not valid: ${checkpoint.refused}.` }
  const folder = published ?? beside(file)
  const log = folder === undefined ? undefined : publishedLog(folder, key)
  if (isRefused(log)) return log
  return { key, tenant: key.name.slice(key.name.lastIndexOf('/') + 1), checkpoint, published: log }
}

function publishedLog(folder: string, key: VerifierKey): PublishedLog | Refused {
  const note = publishedCheckpoint(folder)
  if (note === undefined) return { refused: `the folder ${folder} holds no checkpoint.` }
  const checkpoint = openCheckpoint(note, key, ed25519Verify)
  if (isRefused(checkpoint)) return { refused: `the checkpoint in ${folder} is not valid: ${checkpoint.refused}.` }
  return { checkpoint, tile: publishedTiles(folder) }
}

/** A checkpoint that lies in a published folder brings the folder with it. */
function beside(file: string): string | undefined {
  const folder = dirname(file)
  return basename(file) === 'checkpoint' && textOf(join(folder, 'checkpoint')) !== undefined ? folder : undefined
}

function textOf(file: string): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(file))
  } catch {
    return undefined
  }
}

async function reportOn(database: string, { key, tenant, checkpoint, published }: Asked): Promise<Report> {
  const client = new Client({ connectionString: database, application_name: 'tieout verify' })
  // A connection that is cut fails the statement under way; told here as well, it would end the process without a report.
  client.on('error', () => {})
  await client.connect()
  try {
    return await auditLog(client, tenant, (log) => verifyLog({ sha256, ed25519Verify, key, checkpoint, log, published }))
  } finally {
    await client.end()
  }
}
