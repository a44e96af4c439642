import { closeSync, fsyncSync, linkSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/**
 * Replaces a file so that after a crash at any instant it holds the old bytes or the new ones, and after return the new
 * ones: a new file beside it, its bytes synced, the name moved, the folder synced. `mode` is that of the new file.
 */
export function replaceFile(path: string, bytes: Uint8Array | string, mode: number): void {
  const temporary = writtenBeside(path, bytes, mode)
  renameSync(temporary, path)
  syncFolder(dirname(path))
}

/** As {@link replaceFile}, for a file that must not be there yet: throws EEXIST, and leaves what is there alone, when it is. */
export function createFile(path: string, bytes: Uint8Array | string, mode: number): void {
  const temporary = writtenBeside(path, bytes, mode)
  try {
    // A link fails where the name is taken; a rename would silently take it.
    linkSync(temporary, path)
  } finally {
    rmSync(temporary)
  }
  syncFolder(dirname(path))
}

/** Makes the names in a folder durable. Windows has no such call for folders and orders its names itself. */
export function syncFolder(path: string): void {
  if (process.platform === 'win32') return
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

function writtenBeside(path: string, bytes: Uint8Array | string, mode: number): string {
  // What a crash leaves under this name is no tile and no checkpoint for anybody who reads the folder.
  const temporary = join(dirname(path), `.new-${process.pid}-${basename(path)}`)
  rmSync(temporary, { force: true })
  const file = openSync(temporary, 'wx', mode)
  try {
    const whole = typeof bytes === 'string' ? Buffer.from(bytes) : bytes
    for (let at = 0; at < whole.length;) at += writeSync(file, whole, at)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  return temporary
}
