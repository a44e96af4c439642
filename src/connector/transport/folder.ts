/**
 * A folder that another system reads files from. A file appears under its final name whole or not at all: it is written under a
 * temporary name in `.sent`, synced, laid ready there, and moved to its final name by rename(2), the one step that has an effect.
 *
 * Its reader may delete it, so that it looks as if it had never been there. An empty note of its name therefore stays in `.sent`, left
 * when the file lies ready there: a note without the file says that it was moved, whatever became of it since; the file there, that
 * it was not. No death in between leaves that open. Rejected: link(2), which never replaces a file of that name: between note and link a
 * death leaves open whether it was there, and two writers of one name, which only the link would keep apart, are not let come to be.
 */
import { constants } from 'node:fs'
import { link, mkdir, open, readdir, readFile, rename, stat, unlink } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { FolderPlace } from '../contract.ts'
import type { FolderReply, FolderRequest } from '../request.ts'
import { hexOf } from '../../lib/hash.ts'
import { type Channel, type Deadline, isLate, type Sending, sha256, type TransportOptions } from './sending.ts'

const FILE_BYTES = 64 * 1024 * 1024
const NAMES = 100_000
/** Where a reader moves files that it has taken; looked at too, so that one is not written again after it was read. */
const TAKEN = 'taken'
/** Files that lie ready, and an empty note for each; nothing removes the notes. */
const SENT = '.sent'
/** No name begins with a point, so that none is taken for the note of another. */
const ready = (folder: string, name: string): string => join(folder, SENT, `.${name}`)
const note = (folder: string, name: string): string => join(folder, SENT, name)
const LATE: Sending = { kind: 'not-sent', says: 'its time had passed before it could be written', late: true }
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/u

export function openFolder(place: FolderPlace, options: TransportOptions): Channel<FolderRequest> {
  const limitBytes = place.fileBytes ?? FILE_BYTES
  return {
    async send(request, deadline) {
      if ('name' in request && (!NAME.test(request.name) || request.name.endsWith('.tmp')))
        return { kind: 'not-sent', says: 'the file name is not allowed' }
      const folder = request.act === 'put' || request.act === 'look' ? place.put : place.read
      if (folder === undefined) return { kind: 'not-sent', says: `this system has no folder to ${request.act} in` }
      if (isLate(deadline, options.clocks)) return LATE
      if (request.act === 'put') return put(folder, request.name, request.bytes, deadline, limitBytes, options)
      try {
        return answered(await looked(folder, request, limitBytes))
      } catch (error) {
        return { kind: 'unknown', says: `the folder could not be read (${codeOf(error)})` }
      }
    },
    async close() {
      await Promise.resolve()
    },
  }
}

async function put(
  folder: string,
  name: string,
  bytes: Uint8Array,
  deadline: Deadline,
  limitBytes: number,
  options: TransportOptions,
): Promise<Sending> {
  // In our own folder: one that is left by a death is nobody's to wonder about. No name ends in `.tmp`.
  const temporary = join(folder, SENT, `.${name}.${randomBytes(8).toString('hex')}.tmp`)
  const wanted = hexOf(sha256(bytes))
  let moving = false
  try {
    const before = await compared(folder, name, wanted, limitBytes)
    if (before !== 'absent') return answered({ state: before })
    await madeOnce(folder)
    await written(temporary, bytes, options)
    if (isLate(deadline, options.clocks)) return LATE
    if (!(await laidReady(folder, temporary, name, wanted, limitBytes)))
      return { kind: 'not-sent', says: `a file of this name lies ready in ${SENT} with other bytes` }
    const meanwhile = await compared(folder, name, wanted, limitBytes)
    if (meanwhile !== 'absent') {
      await unlink(ready(folder, name)).catch(() => undefined)
      return answered({ state: meanwhile })
    }
    if (isLate(deadline, options.clocks)) return LATE
    moving = true
    return await moved(folder, name, wanted, limitBytes, options)
  } catch (error) {
    // `.sent` is a mount or a link of somebody's: nothing can have been moved.
    if (moving && codeOf(error) !== 'EXDEV') return { kind: 'unknown', says: `the file may or may not have its name (${codeOf(error)})` }
    return { kind: 'not-sent', says: `the file could not be prepared (${codeOf(error)})` }
  } finally {
    await unlink(temporary).catch(() => undefined)
  }
}

async function moved(folder: string, name: string, wanted: string, limitBytes: number, options: TransportOptions): Promise<Sending> {
  try {
    await rename(ready(folder, name), join(folder, name))
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
    // Another process moved it.
    const state = await compared(folder, name, wanted, limitBytes)
    return state === 'absent' ? { kind: 'unknown', says: 'a file of this name was there and is gone' } : answered({ state })
  }
  options.mark('send-after')
  await synced(folder)
  return answered({ state: 'written' })
}

async function written(path: string, bytes: Uint8Array, options: TransportOptions): Promise<void> {
  const file = await open(path, 'wx', 0o640)
  try {
    const half = Math.ceil(bytes.length / 2)
    await file.writeFile(bytes.subarray(0, half))
    options.mark('send-mid')
    await file.writeFile(bytes.subarray(half))
    await file.sync()
  } finally {
    await file.close()
  }
}

async function madeOnce(folder: string): Promise<void> {
  try {
    await mkdir(join(folder, SENT), { mode: 0o750 })
    await synced(folder)
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
  }
}

/** Lays the file ready and leaves its note, both durable; one that a process left which died may lie there. False when that has other bytes. */
async function laidReady(folder: string, temporary: string, name: string, wanted: string, limitBytes: number): Promise<boolean> {
  try {
    await link(temporary, ready(folder, name))
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
    const there = await bounded(ready(folder, name), limitBytes)
    if (there && hexOf(sha256(there)) !== wanted) return false
  }
  await synced(join(folder, SENT))
  await (await open(note(folder, name), 'a', 0o640)).close()
  await synced(join(folder, SENT))
  return true
}

/** Without it a power cut could take away again what was entered in the folder. */
async function synced(folder: string): Promise<void> {
  const directory = await open(folder, constants.O_RDONLY)
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

async function looked(folder: string, request: Exclude<FolderRequest, { act: 'put' }>, limitBytes: number): Promise<Answer> {
  switch (request.act) {
    case 'look':
      return { state: await found(folder, request.name, request.sha256, limitBytes) }
    case 'list': {
      const entries = await readdir(folder, { withFileTypes: true })
      const names = entries
        .filter((entry) => entry.isFile() && NAME.test(entry.name) && !entry.name.endsWith('.tmp'))
        .map((entry) => entry.name)
        .sort()
      if (names.length > NAMES) throw Object.assign(new Error('too many files'), { code: 'EMFILE' })
      return { state: 'listed', names }
    }
    case 'read': {
      const bytes = await bounded(join(folder, request.name), limitBytes)
      return bytes ? { state: 'read', bytes } : { state: 'absent' }
    }
  }
}

async function found(folder: string, name: string, wanted: string, limitBytes: number): Promise<'same' | 'other' | 'noted' | 'absent'> {
  // First whether it lies ready: it could be moved while the other places are looked into.
  const waits = (await bounded(ready(folder, name), limitBytes)) !== undefined
  const state = await compared(folder, name, wanted, limitBytes)
  if (state !== 'absent' || waits) return state
  return (await bounded(note(folder, name), limitBytes)) ? 'noted' : 'absent'
}

async function compared(folder: string, name: string, wanted: string, limitBytes: number): Promise<'same' | 'other' | 'absent'> {
  for (const path of [join(folder, name), join(folder, TAKEN, name)]) {
    const bytes = await bounded(path, limitBytes)
    if (bytes) return hexOf(sha256(bytes)) === wanted ? 'same' : 'other'
  }
  return 'absent'
}

/** The bytes of a regular file, undefined when there is none; fails on one that is longer than the limit. */
async function bounded(path: string, limitBytes: number): Promise<Uint8Array | undefined> {
  try {
    const { size } = await stat(path)
    if (size > limitBytes) throw Object.assign(new Error('too long'), { code: 'EFBIG' })
    return new Uint8Array(await readFile(path))
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined
    throw error
  }
}

type Answer = FolderReply extends infer R ? (R extends FolderReply ? Omit<R, 'transport'> : never) : never
const answered = (answer: Answer): Sending => ({ kind: 'answered', reply: { transport: 'folder', ...answer } as FolderReply })

function codeOf(error: unknown): string {
  return (error as { code?: string }).code ?? (error as Error).name
}

/** Makes the folders of a place where they are missing; the first step of setting a system up, never of sending. */
export async function makeFolders(place: FolderPlace): Promise<void> {
  for (const folder of [place.put, place.read]) if (folder !== undefined) await mkdir(folder, { recursive: true, mode: 0o750 })
}
