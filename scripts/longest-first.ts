import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files that take more than ten seconds on two cores, the longest first. */
const LONG = [
  'rehearsal/rig',
  'test/delivery-deaths',
  'test/delivery',
  'rehearsal/broken/broken',
  'test/sweep',
  'rehearsal/simulation/simulation',
  'src/domain/histories',
  'test/delivery-systems',
  'test/faults',
  'test/sealer',
  'src/formats/einvoice/hostile',
  'test/connector-new',
  'test/journey',
  'test/inbox',
  'test/intake-kills',
  'test/live-stops',
  'test/tamper',
  'test/command-line',
  'test/validations',
  'test/api',
  'test/evidence',
  'test/cases/xrechnung',
  'test/engine-races',
  'launch/start',
  'test/tie-out',
  'test/ledger',
  'src/cli/read',
  'launch/postgres',
]

/** A long file that begins last makes everything wait for it alone. A clean clone has measured nothing yet, so its order is given here. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number =>
      LONG.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`)) + 1 || LONG.length + 1
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b))
  }
}
