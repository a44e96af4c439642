/** What each check means, for whoever has never read one. By the numbers under which a violation is reported. */
import type { CHECKS } from '../checks/all.ts'

export interface Meaning {
  readonly of: string
  readonly means: string
}

export const MEANINGS: { readonly [check in keyof typeof CHECKS]: Meaning } = {
  nothingLost: { of: 'A1', means: 'What a sender was told is taken in is there, under the number that he was told.' },
  sameAgain: { of: 'A3, B1', means: 'A document that was sent twice is one invoice.' },
  refusedIsRefused: {
    of: 'A2',
    means: 'What is no invoice became none, a forged notice was refused, and of what was refused nothing is there.',
  },
  oneAnswer: { of: 'F32', means: 'Of two people who answered one case at once, one was heard.' },
  turnedAwayPolitely: { of: 'J1', means: 'Whoever was turned away was told when to come back.' },
  boundedMemory: { of: 'J1', means: 'No hub held more than 512 MB.' },
  postedOnce: { of: 'D1, D2', means: 'Each invoice stands in the ERP once.' },
  clearedOnce: { of: 'D1', means: 'Each payment was cleared in the ERP once.' },
  toldOnce: { of: 'D1', means: 'Each system was told each thing once: tickets, notes, attachments, deposits.' },
  neverBelievedWrongly: { of: 'D4', means: 'At no moment did the hub show as posted what the ERP had not posted.' },
  archivedIsThere: { of: 'D4', means: 'What is shown as archived lies in the archive.' },
  nothingOverlooked: { of: 'D5', means: 'Everything that the ERP holds of ours is shown.' },
  noEffectAfterNo: { of: 'D7', means: 'Nothing was posted after it was rejected.' },
  noRedirect: { of: 'S22', means: 'No call went where somebody else wanted it.' },
  paidByTheBank: { of: 'F1', means: 'Nothing was shown as paid before the bank had booked it.' },
  amountAsInstructed: { of: 'F2', means: 'The bank paid what was instructed, to the cent.' },
  paidOnlyDue: { of: 'F2', means: 'No invoice was paid twice, and none with more than was due.' },
  paidOnce: { of: 'F6, D1', means: 'The bank was given each payment file once, and paid each payment once.' },
  putOnce: { of: 'D3', means: 'What nobody could look for was sent again only because people said that it had not happened.' },
  halfPaysNothing: { of: 'F1', means: 'A statement of which half arrived paid nothing until the rest was there.' },
  returnedIsOpen: { of: 'F3', means: 'A payment that came back is not shown as paid.' },
  postedStands: { of: 'D5', means: 'What is shown as posted stands in the ERP, once.' },
  paidIsCleared: { of: 'D5', means: 'What the bank paid was cleared in the ERP, over the same amount.' },
  paidIsTold: { of: 'D5', means: 'The AP tool and procurement were told what was paid.' },
  inStep: { of: 'E3', means: 'Each system shows what it should, or somebody has a case of it.' },
  atRest: { of: 'E1, E3', means: 'Afterwards everything arrived, or somebody has a case of it.' },
  everyBillKnown: { of: 'E1', means: 'Every invoice that was sent is known.' },
  nobodyNeeded: { of: 'E1, E3', means: 'At the end nobody is left with a case that mended itself, and no case is without an owner.' },
  nothingQuarantined: { of: 'E5', means: 'Nothing was put aside as broken.' },
  takenOver: { of: 'E4', means: 'What a process had under way when it ended was taken over within 15 s.' },
  logVerifies: { of: 'H2, C1', means: 'The log is whole and agrees with what was signed.' },
  shownFollows: { of: 'C3', means: 'What is shown is what the events come to, folded anew.' },
  noBreach: { of: 'D4', means: 'Nothing was posted or paid without the approval that it needs.' },
}
