/** What the ERP, the bank and the archive should show of a payment and of the files that it is in, and which command leads there. */
import { fileCells, fileSteps } from './evidence.ts'
import type { Filed } from './filing.ts'
import { dueBy, type EffectMark, type Expectation, type WantedEffect } from './object.ts'
import { isAsPassed, isAtBank, itemsBeside, type BatchState, type PaymentState } from './payment.ts'
import type { Laws } from './view.ts'
import { cellOf, type Subject } from './cell.ts'
import { whoIs } from './names.ts'

export function expectPayment(laws: Laws, { id, state }: Subject<PaymentState>): Expectation {
  const { erp } = laws.policy.systems
  const { instructed, settled } = state
  const record: WantedEffect | null =
    instructed && settled && state.progress === 'settled' && itemsBeside(instructed) === null
      ? {
          target: erp,
          command: 'settlement.record',
          object: id,
          occurrence: settled.entry,
          subject: id,
          ...dueBy(settled.bookedOn),
          content: {
            paymentDoc: instructed.paymentDoc,
            bankReference: settled.bankReference,
            bookedOn: settled.bookedOn,
            amount: instructed.amount,
            currency: instructed.currency,
            reference: id,
          },
        }
      : null
  const asked = state.answers['payment-stopped']
  // Only before the bank has it: what it was sent is the bank's to give back.
  const cancel: WantedEffect[] =
    instructed && state.progress === 'instructed' && asked?.action === 'cancel' && asked.second !== null && asked.second !== asked.person
      ? [
          {
            target: erp,
            command: 'payment.cancel',
            object: id,
            occurrence: asked.event,
            subject: id,
            ...dueBy(instructed.executeOn),
            content: {
              paymentDoc: instructed.paymentDoc,
              reason: asked.reason,
              requestedBy: whoIs(asked.person),
              agreedBy: whoIs(asked.second),
              reference: id,
            },
          },
        ]
      : []
  const undone: EffectMark[] =
    settled && state.progress === 'returned'
      ? [{ target: erp, command: 'settlement.record', object: id, occurrence: settled.entry, input: 'undone' }]
      : []
  return {
    cells: [cellOf(id, state, erp, 'settlement', record ? 'settled' : null)].filter(
      // Nobody can be asked again what a clearing without a payment shows.
      (cell) => !state.booked?.clears && (cell.expected !== null || cell.told !== null || cell.reported !== null),
    ),
    effects: [...cancel, ...(record ? [record] : [])],
    marks: undone,
  }
}

export function expectBatch(laws: Laws, { id, state }: Subject<BatchState>): Expectation {
  const { bank } = laws.policy.systems
  // What passed goes as it passed; when people or the ERP have thought better of it since, for as long as it has not left.
  const stands = isAtBank(laws, state) || (isAsPassed(state) && (state.voidedItems?.count ?? 0) === 0)
  const transmit: WantedEffect | null =
    state.release?.pass && state.released && state.messageId !== null && stands
      ? {
          target: bank,
          command: 'payment.transmit',
          object: state.messageId,
          occurrence: state.messageId,
          subject: id,
          ...dueBy(state.executeOn),
          content: { messageId: state.messageId, document: state.release.document ?? state.released.document },
        }
      : null
  // What the bank says of the file proves that the bank has it, whatever became of our call: it is never sent again.
  const has = state.messageId !== null && (state.accepted ?? state.rejected ?? state.entry) !== null
  return {
    cells: [cellOf(id, state, bank, 'transmission', transmit ? 'transmitted' : null), ...fileCells(laws, id, state)].filter(
      (cell) => cell.expected !== null || cell.told !== null,
    ),
    effects: [...(transmit ? [transmit] : []), ...fileSteps(laws, id, state)],
    marks: has
      ? [{ target: bank, command: 'payment.transmit', object: state.messageId, occurrence: state.messageId, input: 'evidence' }]
      : [],
  }
}

export function expectStatement(laws: Laws, { id, state }: Subject<Filed>): Expectation {
  return { cells: fileCells(laws, id, state), effects: fileSteps(laws, id, state), marks: [] }
}
