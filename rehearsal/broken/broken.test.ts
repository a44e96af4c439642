import { describe, expect, test } from 'vitest'
import { quickly } from './convictions.ts'
import { applyHunks, parsePatch, patchProblems, readPatches } from './patches.ts'

/** Runs within which each broken build has to be convicted. */
const LIMIT = 200
const PATCHES = readPatches()

describe('broken builds', () => {
  test('every patch still applies to the sources', () => {
    expect(PATCHES.flatMap((patch) => patchProblems(patch))).toEqual([])
  })

  test.each(PATCHES.filter(({ tier }) => tier === 'S').map((patch) => [patch.name, patch] as const))(
    '%s is convicted by the simulation',
    async (_name, patch) => {
      expect(await quickly(patch, LIMIT), `nobody noticed in ${LIMIT} runs that ${patch.defect}`).not.toBeNull()
    },
    300_000,
  )
})

describe('patches', () => {
  const text = 'defect: it is wrong\ntier: S\n--- a/src/a.ts\n+++ b/src/a.ts\n@@ -1,3 +1,3 @@\n one\n-two\n+zwei\n three\n'

  test('are read with what they break, and applied where their lines stand', () => {
    const patch = parsePatch('wrong', text)
    expect(patch).toMatchObject({ name: 'wrong', defect: 'it is wrong', tier: 'S', files: [{ file: 'src/a.ts' }] })
    expect(applyHunks('zero\none\ntwo\nthree', patch.files[0]!.hunks)).toEqual({ text: 'zero\none\nzwei\nthree' })
  })

  test('are refused when their lines stand nowhere or twice, when the file is gone, and without a head', () => {
    const patch = parsePatch('wrong', text)
    expect(applyHunks('one\nthree', patch.files[0]!.hunks)).toEqual({ trouble: 'nowhere stands: one' })
    expect(applyHunks('one\ntwo\nthree\none\ntwo\nthree', patch.files[0]!.hunks)).toEqual({ trouble: 'more than once stands: one' })
    expect(patchProblems(patch)).toEqual(['wrong.patch: src/a.ts is not there any more'])
    expect(() => parsePatch('headless', text.replace('tier: S\n', ''))).toThrow(/its head must say/)
    expect(() => parsePatch('elsewhere', text.replaceAll('src/a.ts', 'test/a.ts'))).toThrow(/must change files of src/)
  })
})
