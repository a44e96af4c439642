import { expect, it } from 'vitest'
import { KILL_POINTS, SIGNER_POINTS } from '../rehearsal/faults/hubs.ts'
import { marksIn } from './marks.ts'

/** `tieout migrate` passes these, not a hub: test/migrate-kills.test.ts kills it there. */
const MIGRATING = ['migration-before-commit', 'migration-after']

it('every point at which the product lets itself be killed is in one list of those who kill, and no list has another', () => {
  const marks = new Set(marksIn(() => true))
  expect(marks.size).toBeGreaterThan(20)
  const claimed = [...KILL_POINTS, ...SIGNER_POINTS, ...MIGRATING]
  expect(claimed.toSorted()).toEqual([...marks].toSorted())
  expect([...SIGNER_POINTS].toSorted()).toEqual(marksIn((file) => file === 'src/seal/signer.ts').toSorted())
  expect(MIGRATING.toSorted()).toEqual(marksIn((file) => file === 'src/store/migrate.ts').toSorted())
})
