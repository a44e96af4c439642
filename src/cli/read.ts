import { once } from 'node:events'
import { open, readdir, stat, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { checkArithmetic } from '../domain/arithmetic.ts'
import type { Refused } from '../domain/invoice-document.ts'
import { readInvoice } from '../formats/einvoice/read-invoice.ts'
import { sha256 } from '../store/sha256.ts'

const MEGABYTE = 1_000_000
const USUAL_MEGABYTES = 10
/** An invoice of 100,000 lines has about 100; a line of JSON ends at half a gigabyte of characters. */
const MOST_MEGABYTES = 500

export interface ReadOptions {
  readonly maxBytes: number
  /** Add what {@link checkArithmetic} finds to each invoice. */
  readonly check: boolean
}

/** Takes one line of output; false when nobody listens any more. */
export type WriteLine = (line: string) => Promise<boolean>

/**
 * `tieout read FILE…`: prints what each file says, one line of JSON per file: `{file, invoices: […]}` in the terms of
 * InvoiceDocument, or `{file, refused: {code, says, line, column}}`. Ends with 0 when every file was read, with 1 when any
 * was refused.
 */
export function readCommand(): Command {
  return new Command('read')
    .description('Prints what invoices say (UBL 2 invoices and credit notes, UN/CEFACT CII), one line of JSON per file.')
    .argument('<file...>', 'files, or folders to look through')
    .option('--check', 'add what the arithmetic rules of EN 16931 find, as "findings"', false)
    .option('--max-megabytes <number>', 'refuse larger files', megabytes, USUAL_MEGABYTES)
    .action(async (paths: string[], { check, maxMegabytes }: { check: boolean; maxMegabytes: number }) => {
      process.exitCode = await readFiles(paths, { check, maxBytes: maxMegabytes * MEGABYTE }, linesTo(process.stdout))
    })
}

function megabytes(text: string): number {
  const number = Number(text)
  if (!(number > 0 && number <= MOST_MEGABYTES)) throw new InvalidArgumentError(`It is a number up to ${MOST_MEGABYTES}.`)
  return number
}

/** Reads one file after the other, holding one at a time. The status that the process ends with: 0, or 1 when one was refused. */
export async function readFiles(paths: readonly string[], options: ReadOptions, write: WriteLine): Promise<0 | 1> {
  let status: 0 | 1 = 0
  for (const path of paths) {
    for await (const found of filesBelow(path)) {
      const result = 'refused' in found ? { refused: found.refused } : await readFile(found.file, options)
      if ('refused' in result) status = 1
      if (!(await write(lineOf({ file: found.file, ...result })))) return status
    }
  }
  return status
}

type Found = { readonly file: string } | { readonly file: string; readonly refused: Refused }

/** The file itself, or every file below a folder in the order of names. A link to a folder is not followed: it may lead in a ring. */
async function* filesBelow(path: string): AsyncGenerator<Found> {
  let entries
  try {
    if (!(await stat(path)).isDirectory()) {
      yield { file: path }
      return
    }
    entries = await readdir(path, { withFileTypes: true })
  } catch (error) {
    yield { file: path, refused: unreadable(error) }
    return
  }
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const file = join(path, entry.name)
    if (entry.isDirectory()) yield* filesBelow(file)
    else yield { file }
  }
}

async function readFile(
  file: string,
  { maxBytes, check }: ReadOptions,
): Promise<{ readonly invoices: readonly object[] } | { readonly refused: Refused }> {
  const held = await bytesOf(file, maxBytes)
  if ('refused' in held) return held
  const result = readInvoice(sha256, held.bytes, { maxBytes })
  if ('refused' in result || !check) return result
  return { invoices: result.invoices.map((invoice) => ({ ...invoice, findings: checkArithmetic(invoice) })) }
}

/** What the file holds, or why that cannot be told. */
export async function bytesOf(
  file: string,
  maxBytes: number,
): Promise<{ readonly bytes: Uint8Array<ArrayBuffer> } | { readonly refused: Refused }> {
  let handle: FileHandle | undefined
  try {
    // Before it is opened: opening a pipe would wait for somebody to write to it.
    const { size } = await regular(file)
    if (size > maxBytes) {
      return { refused: { code: 'xml-too-large', says: `The document has ${size} bytes; the limit is ${maxBytes}.`, line: 0, column: 0 } }
    }
    handle = await open(file, 'r')
    return { bytes: await handle.readFile() }
  } catch (error) {
    return { refused: unreadable(error) }
  } finally {
    await handle?.close()
  }
}

async function regular(file: string): Promise<{ size: number }> {
  const found = await stat(file)
  if (!found.isFile()) throw Object.assign(new Error(file), { code: found.isDirectory() ? 'linked-folder' : 'not-a-file' })
  return found
}

const SAYS: Readonly<Record<string, string>> = {
  ENOENT: 'There is no such file.',
  EACCES: 'The file may not be read by this account.',
  EPERM: 'The file may not be read by this account.',
  'linked-folder': 'This is a link to a folder, which is not followed.',
  'not-a-file': 'This is neither a file nor a folder.',
}

function unreadable(error: unknown): Refused {
  const { code } = error as { readonly code?: unknown }
  // Whatever has no code of the operating system is a mistake of ours and no property of the file.
  if (typeof code !== 'string') throw error
  return { code: 'unreadable', says: SAYS[code] ?? `The file cannot be read (${code}).`, line: 0, column: 0 }
}

/** JSON on one line, in which nothing can steer a terminal: also the controls and turns of direction that JSON leaves as they are. */
export function lineOf(value: object): string {
  return `${JSON.stringify(value).replace(/[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`
}

/** Writes at the speed of the reader at the other end, and notices when it has gone (`| head`). */
function linesTo(stream: NodeJS.WriteStream): WriteLine {
  let gone = false
  stream.on('error', () => {
    gone = true
  })
  return async (line) => {
    if (gone) return false
    if (!stream.write(line)) await once(stream, 'drain').catch(() => undefined)
    return !gone
  }
}
