/** Imported before a program (`node --import`), with a patch's name in TIEOUT_DEFECT: the program then runs with that defect in its sources. */
import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { applyHunks, readPatches, ROOT } from './patches.ts'

const name = process.env['TIEOUT_DEFECT']
const patch = readPatches().find((one) => one.name === name)
if (!patch) throw new Error(`There is no patch ${name}.`)
const hunksOf = new Map(patch.files.map(({ file, hunks }) => [pathToFileURL(join(ROOT, file)).href, hunks]))

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context)
    const hunks = hunksOf.get(url)
    if (!hunks) return loaded
    const applied = applyHunks(Buffer.from(loaded.source as Uint8Array).toString(), hunks)
    if ('trouble' in applied) throw new Error(`${name}.patch: ${applied.trouble}`)
    return { ...loaded, source: applied.text }
  },
})
