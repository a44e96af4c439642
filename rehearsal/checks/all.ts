/** Every check there is, by the invariant that it looks after (docs/spec/rehearsal.md). */
import { boundedMemory, nothingLost, oneAnswer, refusedIsRefused, sameAgain, turnedAwayPolitely } from './acceptance.ts'
import { atRest, everyBillKnown, logVerifies, nobodyNeeded, noBreach, nothingQuarantined, shownFollows, takenOver } from './convergence.ts'
import {
  archivedIsThere,
  clearedOnce,
  neverBelievedWrongly,
  noEffectAfterNo,
  noRedirect,
  nothingOverlooked,
  postedOnce,
  toldOnce,
} from './effects.ts'
import { inStep, paidIsCleared, paidIsTold, postedStands } from './lacking.ts'
import type { Check, Evidence, Violation } from './evidence.ts'
import { amountAsInstructed, halfPaysNothing, paidByTheBank, paidOnce, paidOnlyDue, putOnce, returnedIsOpen } from './payments.ts'

export const CHECKS = {
  nothingLost,
  sameAgain,
  refusedIsRefused,
  oneAnswer,
  turnedAwayPolitely,
  boundedMemory,
  postedOnce,
  clearedOnce,
  toldOnce,
  neverBelievedWrongly,
  archivedIsThere,
  nothingOverlooked,
  noEffectAfterNo,
  noRedirect,
  paidByTheBank,
  amountAsInstructed,
  paidOnlyDue,
  paidOnce,
  putOnce,
  halfPaysNothing,
  returnedIsOpen,
  postedStands,
  paidIsCleared,
  paidIsTold,
  inStep,
  atRest,
  everyBillKnown,
  nobodyNeeded,
  nothingQuarantined,
  takenOver,
  logVerifies,
  shownFollows,
  noBreach,
} as const satisfies Record<string, Check>

export type Finding = Violation & { readonly check: string }

export function judge(evidence: Evidence): readonly Finding[] {
  return Object.entries(CHECKS).flatMap(([check, look]) => look(evidence).map((violation) => ({ ...violation, check })))
}
