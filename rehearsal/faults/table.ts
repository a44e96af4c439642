/**
 * Every case that a schedule can hold, one row each, named after the rows of the fault matrix (docs/spec/rehearsal.md). What met
 * nothing in a schedule is not counted.
 */
import { ANSWER_NAMES } from '../links/http-link.ts'
import { findFaketime } from '../world/clocks.ts'
import { TARGETS, type Target } from '../world/company.ts'
import type { Excuse } from '../checks/evidence.ts'
import type { Begin } from './case.ts'
import {
  deadlock,
  exhaust,
  failSync,
  failToSerialize,
  fillDisk,
  halt,
  haltWriting,
  hasStrace,
  lockTables,
  signal,
  throwOut,
} from './database.ts'
import { takeAway, tear } from './files.ts'
import { changePolicy, clock, dieAt, freeze, kill, KILL_POINTS, SIGNER_POINTS, signerDiesAt } from './hubs.ts'
import { cascade, onDatabase, onDoor, onFiles, onNotices, onTarget, postsLate } from './links.ts'
import { again, flood, forgeNotices, poison, race, recallTicket, reverseBehind, sendBack } from './people.ts'

export interface FaultCase {
  readonly name: string
  /** Of the matrix. */
  readonly row: string
  readonly weight: number
  /** How long it lasts (ms), at least and at most. */
  readonly lasts: readonly [number, number]
  /** It makes the schedule wait for longer than a minute: only in long runs. */
  readonly long?: true
  /** It needs a hub for itself: one that it starts anew, or tells where to die. */
  readonly anew?: true
  /** A package of the distribution without which it cannot be played. */
  readonly needs?: Tool
  /** What may follow for a bill that it met. Whoever has none here may ask nobody for anything, and leave nothing twice. */
  readonly excuses?: Excuse
  readonly begin: Begin
}

type Rest = Partial<Pick<FaultCase, 'weight' | 'lasts' | 'long' | 'needs' | 'anew' | 'excuses'>>
const one = (name: string, row: string, begin: Begin, rest: Rest = {}): FaultCase => ({
  weight: 1,
  lasts: [400, 1_600],
  ...rest,
  name,
  row,
  begin,
})

const TOOLS = { libfaketime: () => findFaketime() !== undefined, strace: hasStrace } as const
type Tool = keyof typeof TOOLS

/** The packages that some cases need and that this machine has not. */
export const missingTools = (): Tool[] => (Object.keys(TOOLS) as Tool[]).filter((tool) => !TOOLS[tool]())

const STATUSES: readonly { readonly row: string; readonly status: number; readonly retryAfter?: string; readonly done: boolean }[] = [
  { row: 'F13', status: 429, retryAfter: '1', done: false },
  { row: 'F13', status: 429, done: false },
  { row: 'F13', status: 429, retryAfter: 'soon', done: false },
  { row: 'F13', status: 429, retryAfter: 'Sat, 01 Jan 2000 00:00:00 GMT', done: false },
  { row: 'F13', status: 503, retryAfter: '1', done: false },
  { row: 'F13', status: 503, done: false },
  { row: 'F14', status: 500, done: true },
  { row: 'F14', status: 500, done: false },
  { row: 'F14', status: 502, done: true },
  { row: 'F14', status: 504, done: true },
  { row: 'F14', status: 504, done: false },
]
const EFFECTS = { effects: true } as const
const TEN_YEARS_S = 315_360_000

const targetCases = (target: Target): FaultCase[] => [
  one(`${target}: reply lost`, 'F10', onTarget(target, { fault: { kind: 'lose' }, ...EFFECTS }), { weight: 4 }),
  one(`${target}: first reply lost`, 'F10', onTarget(target, { fault: { kind: 'lose' }, ...EFFECTS, times: 2 }), { weight: 4 }),
  one(`${target}: lands late`, 'F11', onTarget(target, { fault: { kind: 'late', ms: 500 }, ...EFFECTS }), { weight: 3 }),
  one(`${target}: request lost`, 'F12', onTarget(target, { fault: { kind: 'drop', hang: false } }), { weight: 2 }),
  one(`${target}: no answer`, 'F12', onTarget(target, { fault: { kind: 'drop', hang: true }, times: 8 }), { weight: 2 }),
  ...STATUSES.map(({ row, ...status }) =>
    one(
      `${target}: ${status.status}${status.retryAfter === undefined ? '' : ` come back ${status.retryAfter}`}${status.done ? ' after the work' : ''}`,
      row,
      onTarget(target, { fault: { kind: 'status', ...status }, ...(status.done ? EFFECTS : {}) }),
    ),
  ),
  ...ANSWER_NAMES.map((as) => {
    const begin = onTarget(target, { fault: { kind: 'answer', as }, times: 4, ...EFFECTS })
    return one(`${target}: answer ${as}`, as === 'drip' || as === 'endless' ? 'F15' : 'F14', begin)
  }),
  // A call that changes something is not sent anywhere else by most clients; one that reads is.
  ...(['html', 'redirect'] as const).map((as) =>
    one(`${target}: reads answered ${as}`, 'F14', onTarget(target, { fault: { kind: 'answer', as }, times: 6 })),
  ),
  one(`${target}: slow`, 'F15', onTarget(target, { fault: { kind: 'slow', ms: 400 } })),
  one(`${target}: down`, 'F16', onTarget(target, { fault: { kind: 'down' } }), { weight: 3, lasts: [800, 3_000] }),
  one(`${target}: does not let us in`, 'F18', onTarget(target, { fault: { kind: 'status', status: 401, done: false } }), {
    weight: 0,
    lasts: [400, 600],
    long: true,
  }),
]

const CASES: readonly FaultCase[] = [
  ...KILL_POINTS.map((point) => one(`killed at ${point}`, 'F1', dieAt(point), { weight: 3, lasts: [1_500, 3_000], anew: true })),
  ...SIGNER_POINTS.map((point) => one(`killed at ${point}`, 'F1', signerDiesAt(point), { lasts: [2_000, 3_000], anew: true })),
  one('one hub killed', 'F1', kill('one'), { weight: 6 }),
  one('both hubs killed', 'F1', kill('both'), { weight: 4 }),
  one('hub frozen', 'F2', freeze, { weight: 8, lasts: [5_000, 6_000] }),
  one('postmaster killed', 'F3', signal('postmaster', 'SIGKILL'), { weight: 2, lasts: [100, 300] }),
  one('backend killed', 'F3', signal('backend', 'SIGKILL'), { weight: 3, lasts: [100, 300] }),
  one('database stopped at once', 'F3', signal('postmaster', 'SIGQUIT'), { weight: 2, lasts: [100, 300] }),
  one('database: link cut', 'F5', onDatabase({ kind: 'refuse' }), { weight: 3 }),
  one('database: COMMIT done, answer lost', 'F5', onDatabase({ kind: 'cut-at', word: 'COMMIT', after: true, times: 6 }), { weight: 5 }),
  one('database: cut before COMMIT', 'F5', onDatabase({ kind: 'cut-at', word: 'COMMIT', after: false, times: 6 }), { weight: 3 }),
  one('database: nothing arrives', 'F5', onDatabase({ kind: 'swallow', side: 'client' }), { weight: 2 }),
  one('database: no answer arrives', 'F5', onDatabase({ kind: 'swallow', side: 'server' }), { weight: 2 }),
  one('database: slow', 'F5', onDatabase({ kind: 'slow', ms: 120 }), { weight: 2 }),
  one('database: 2 s away', 'F5', onDatabase({ kind: 'slow', ms: 2_000 }), { weight: 1 }),
  one('database: drip', 'F5', onDatabase({ kind: 'drip', bytes: 600 }), { weight: 2 }),
  one('database: connections stand still', 'F5', halt('backends'), { weight: 2, lasts: [800, 2_500] }),
  one('database: one connection stands still in what it writes', 'F5', haltWriting, { lasts: [800, 2_500] }),
  one('database: nobody takes connections', 'F5', halt('postmaster'), { lasts: [800, 2_500] }),
  // Longer than the hub waits for an answer at most, 75 s.
  one('database: connections stand still for longer than anybody waits', 'F5', halt('backends'), {
    weight: 0,
    lasts: [77_000, 78_000],
    long: true,
  }),
  one('database: journal not synced', 'F6', failSync, { needs: 'strace', lasts: [300, 800] }),
  one('database: work locked', 'F7', lockTables('effect, attempt'), { lasts: [500, 1_500] }),
  one('database: objects locked', 'F7', lockTables('object, tenant_head'), { lasts: [500, 1_500] }),
  one('database: statements fail to serialize', 'F7', failToSerialize('statement'), { lasts: [1_000, 2_500] }),
  one('database: commits fail to serialize', 'F7', failToSerialize('commit'), { lasts: [1_000, 2_500] }),
  one('database: deadlocks', 'F7', deadlock, { weight: 2, lasts: [1_500, 3_000] }),
  one('database: connections thrown out', 'F8', throwOut, { weight: 2 }),
  one('database: no connection left', 'F8', exhaust, { weight: 1 }),
  one('disk full', 'F9', fillDisk, { weight: 3, lasts: [600, 2_000] }),
  ...TARGETS.flatMap(targetCases),
  // A posting, whose double is told at once; that of an attachment is found by a look a minute later, when the schedule is over.
  one('erp: lands later than it promises', 'F11', postsLate(2_600), {
    lasts: [1_500, 3_000],
    excuses: { causes: ['posted-twice', 'payment-stopped', 'payment-file-differs'], double: true },
  }),
  one('bank: files to it held', 'F16', onFiles('out', 'held'), { weight: 2, lasts: [800, 3_000] }),
  one('bank: files from it held', 'F16', onFiles('back', 'held'), { weight: 2, lasts: [800, 3_000] }),
  one('bank: files from it backwards', 'F19', onFiles('back', 'backwards'), { weight: 2 }),
  one('bank: files from it twice', 'F19', onFiles('back', 'twice'), { weight: 2 }),
  ...(['camt053', 'pain002'] as const).flatMap((kind) => [
    one(`bank: half a ${kind}, completed later`, 'F14', tear(kind, 'completed'), { lasts: [1_000, 3_000] }),
    one(`bank: half a ${kind} for ever`, 'F14', tear(kind, 'sent anew'), { lasts: [1_000, 3_000] }),
  ]),
  // The case is of the command that nobody can look for; whoever is not there when it comes leaves it open.
  ...(['fetched', 'lost'] as const).map((how) =>
    one(`bank: payment file ${how}, and its sender dies`, how === 'lost' ? 'F12' : 'F10', takeAway(how), {
      weight: 2,
      lasts: [1_000, 3_000],
      excuses: { causes: ['outcome-unknown'] },
    }),
  ),
  one('erp: posting reversed by its people', 'F17', reverseBehind, {
    weight: 2,
    lasts: [50, 100],
    excuses: { causes: ['posting-reversed'], breaches: ['posted'] },
  }),
  one('ap: ticket recalled by its people', 'F17', recallTicket, {
    weight: 2,
    lasts: [50, 100],
    // Of what the vendor collects the money is gone, and nothing is posted.
    excuses: { causes: ['approval-refused'], breaches: ['approved', 'posted'] },
  }),
  one('bank: payment sent back', 'F17', sendBack, { weight: 2, lasts: [50, 100], excuses: { causes: ['payment-returned'] } }),
  one('sent again, out of order', 'F19', again, { weight: 2 }),
  one('notices twice', 'F19', onNotices({ kind: 'twice' }), { weight: 2 }),
  one('notices late', 'F19', onNotices({ kind: 'slow', ms: 700 }), { weight: 2 }),
  one('notices forged or replayed', 'F19', forgeNotices),
  one('clock an hour ahead', 'F20', clock(3_600), { needs: 'libfaketime', anew: true, weight: 2, lasts: [2_000, 3_000] }),
  one('clock an hour behind', 'F20', clock(-3_600), { needs: 'libfaketime', anew: true, weight: 2, lasts: [2_000, 3_000] }),
  one('clock ten years ahead', 'F20', clock(TEN_YEARS_S), { needs: 'libfaketime', anew: true, lasts: [2_000, 3_000] }),
  one('clock ten years behind', 'F20', clock(-TEN_YEARS_S), { needs: 'libfaketime', anew: true, lasts: [2_000, 3_000] }),
  one('poison', 'F21', poison, { weight: 2 }),
  one('twenty times as much', 'F23', flood, { excuses: { causes: ['supplier-unknown'] } }),
  one('policy changed under way', 'F24', changePolicy, { lasts: [200, 400] }),
  one('door: reply lost', 'F10', onDoor({ kind: 'lose' }), { weight: 4 }),
  one('door: request lost', 'F12', onDoor({ kind: 'drop', hang: false }), { weight: 2 }),
  one('door: down', 'F16', onDoor({ kind: 'down' }), { weight: 2 }),
  one('door: twice', 'F19', onDoor({ kind: 'twice' }), { weight: 2 }),
  one('notices lost', 'F31', onNotices({ kind: 'drop', hang: false }), { weight: 3, lasts: [1_500, 4_000] }),
  one('two answers at once', 'F32', race),
  one('everything, one after the other', 'F33', cascade, { weight: 2, lasts: [300, 1_200] }),
]

/** The cases that can be played here; those that make a schedule wait for minutes only in a long run. */
export function playable(long: boolean): readonly FaultCase[] {
  const missing = missingTools()
  return CASES.filter((row) => (long || !row.long) && !(row.needs && missing.includes(row.needs)))
}

/** Rows of the matrix that no case stands for, and why. */
export const NOT_HERE: Readonly<Record<string, string>> = {
  'F1 (migrations, rebuild of lists)':
    'a hub does neither: migrations are killed in test/migrate-kills.test.ts, and a rebuild writes nothing',
  F4: 'a standby to fail over to is not part of what the hub starts; one that was behind is the scenario database-set-back',
  F22: 'a million rows waiting is a measurement of its own (npm run bench), not a fault of a schedule',
  F25: 'there is one version so far: nothing to upgrade from; older rules beside newer ones are refused in src/store/commit.test.ts',
}
