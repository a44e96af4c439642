/** The list of routes: all there is to call. docs/spec/api.md is compared with it by a test. */
import type { FaultCode } from '../lib/fault.ts'
import { ACCRUALS_QUERY, BOOKING_BODY, getAccruals, postBooking } from './accruals.ts'
import { ANSWER_BODY, postAnswer } from './answers.ts'
import { ASSIGNMENT_BODY, postAssignment } from './assignments.ts'
import { postWithdrawal, WITHDRAWAL_BODY } from './withdrawals.ts'
import { ASKED, type Asked, type AskedKind } from './asked.ts'
import { DOCUMENT_QUERY, getDocument, postDocument } from './documents.ts'
import { postEvents } from './events.ts'
import { EXCEPTIONS_QUERY, getException, getExceptions } from './exceptions.ts'
import { postNotice } from './notices.ts'
import { getObject, getObjects, OBJECTS_QUERY } from './objects.ts'
import { serving } from './openapi.ts'
import { route, type AnswerShape, type Route } from './route.ts'
import { ACCRUALS, BOOKED, CUT_OVER, TIE_OUT, TIE_OUT_RUN, TIE_OUTS } from './ledger-shapes.ts'
import { HEALTH, PAUSED, SWEEPS, SYSTEMS } from './operation-shapes.ts'
import {
  ANSWERED,
  ASSIGNED,
  CANDIDATES,
  CASE,
  CASES,
  DOCUMENT,
  DOCUMENT_PROBLEM,
  OBJECT,
  OBJECTS,
  OPENAPI,
  QUEUE,
  RECEIPT,
  RECEIPTS,
  REPLAYED,
  STANDING,
  SUMMARY,
  TRACE,
  VERDICT,
  WITHDRAWN,
} from './shapes.ts'
import { getSweeps, postSweep, SWEEP_BODY } from './sweeps.ts'
import { getSystems } from './systems.ts'
import { PAUSE_BODY, postPause } from './pauses.ts'
import { getQueue, getStanding, QUEUE_QUERY } from './queue.ts'
import { postReplay, REPLAY_BODY } from './replays.ts'
import { CUT_OVER_BODY, postCutOver } from './cut-overs.ts'
import { getTieOutRun, getTieOuts, postTieOut, TIE_OUT_BODY, TIE_OUTS_QUERY } from './tie-outs.ts'
import { getTrace, TRACE_QUERY } from './traces.ts'
import { getValidation, postValidation } from './validations.ts'
import { getHealth, getMetrics, getSummary } from './watch.ts'

const KB = 1_024
const MB = 1_024 * KB

/** What whoever goes through the door may be told. */
const SUBMITS = ['backlog-too-old', 'hub-outdated', 'database-away'] as const satisfies readonly FaultCode[]
const SEVERAL: AnswerShape = { says: 'Several have this id: choose.', shape: CANDIDATES }
const VERDICTS = {
  200: { says: 'The verdict.', shape: VERDICT },
  202: { says: 'Nothing is known yet; ask again at Location.', shape: VERDICT },
}
const METRICS: AnswerShape = { says: 'Prometheus text format 0.0.4.', shape: 'text' }

export const ROUTES: readonly Route[] = [
  route({
    method: 'POST',
    path: '/v1/events',
    scope: 'facts.send',
    does: 'Takes facts of the configured systems as CloudEvents, one or a batch; each has a receipt of its own.',
    takes: { kind: 'bytes', media: 'any', limitBytes: 2 * MB },
    answers: { 200: { says: 'Taken in, durably.', shape: RECEIPT }, 207: { says: 'Some of a batch were not taken.', shape: RECEIPTS } },
    refuses: [...SUBMITS, 'body-not-json', 'body-not-clean', 'event-not-valid', 'event-type-unknown', 'event-id-reused'],
    handle: postEvents,
  }),
  route({
    method: 'POST',
    path: '/v1/documents',
    scope: 'documents.send',
    once: true,
    does: 'Takes a document as it is: an invoice to be read, or evidence to be kept.',
    query: DOCUMENT_QUERY,
    takes: { kind: 'bytes', media: 'any', limitBytes: 20 * MB },
    answers: {
      200: { says: 'Kept, durably.', shape: DOCUMENT },
      422: { says: 'It could not be read as an invoice. It is kept, and a person is told.', shape: DOCUMENT_PROBLEM, problem: true },
    },
    refuses: [...SUBMITS, 'document-not-read'],
    handle: postDocument,
  }),
  route({
    method: 'GET',
    path: '/v1/documents/{sha256}',
    scope: 'documents.read',
    does: 'Gives a document back, byte for byte, as a file to be saved.',
    answers: { 200: { says: 'The document.', shape: 'bytes' } },
    refuses: ['not-found'],
    handle: getDocument,
  }),
  route({
    method: 'GET',
    path: '/v1/objects',
    scope: 'objects.read',
    does: 'Lists invoices, payments, cases or refused documents, page by page.',
    query: OBJECTS_QUERY,
    answers: { 200: { says: 'A page of the list.', shape: OBJECTS } },
    handle: getObjects,
  }),
  route({
    method: 'GET',
    path: '/v1/objects/{id}',
    scope: 'objects.read',
    does: 'Tells what is known of one object, by any id that any system uses for it.',
    answers: { 200: { says: 'The object.', shape: OBJECT }, 300: SEVERAL },
    refuses: ['not-found'],
    handle: getObject,
  }),
  route({
    method: 'GET',
    path: '/v1/objects/{id}/standing',
    scope: 'objects.read',
    does: 'Tells what one object waits for, why, and when it moves.',
    answers: { 200: { says: 'Where it stands.', shape: STANDING }, 300: SEVERAL },
    refuses: ['not-found'],
    handle: getStanding,
  }),
  route({
    method: 'GET',
    path: '/v1/trace/{id}',
    scope: 'objects.read',
    does: 'Tells everything that happened to one object, in order, with what proves it.',
    query: TRACE_QUERY,
    answers: { 200: { says: 'Its history.', shape: TRACE }, 300: SEVERAL },
    refuses: ['not-found'],
    handle: getTrace,
  }),
  route({
    method: 'GET',
    path: '/v1/exceptions',
    scope: 'cases.read',
    does: 'Lists cases for people, the most urgent first.',
    query: EXCEPTIONS_QUERY,
    answers: { 200: { says: 'A page of the list.', shape: CASES } },
    refuses: ['not-found'],
    handle: getExceptions,
  }),
  route({
    method: 'GET',
    path: '/v1/exceptions/{id}',
    scope: 'cases.read',
    does: 'Tells one case: what is wrong, who has it, what may be answered.',
    answers: { 200: { says: 'The case.', shape: CASE } },
    refuses: ['not-found'],
    handle: getException,
  }),
  route({
    method: 'POST',
    path: '/v1/exceptions/{id}/answers',
    scope: 'cases.answer',
    once: true,
    does: 'Takes a person’s answer to a case.',
    takes: { kind: 'json', shape: ANSWER_BODY, limitBytes: 16 * KB },
    answers: {
      200: { says: 'The answer holds; or, where `waits` is true, it is kept until another person says the same.', shape: ANSWERED },
    },
    refuses: [...SUBMITS, 'not-found', 'exception-moved', 'answer-not-taken'],
    handle: postAnswer,
  }),
  route({
    method: 'POST',
    path: '/v1/exceptions/{id}/withdrawals',
    scope: 'cases.answer',
    once: true,
    does: 'Takes back what a person said that waits for another one.',
    takes: { kind: 'json', shape: WITHDRAWAL_BODY, limitBytes: 16 * KB },
    answers: { 200: { says: 'It does not wait any more.', shape: WITHDRAWN } },
    refuses: [...SUBMITS, 'not-found', 'exception-moved', 'answer-not-taken'],
    handle: postWithdrawal,
  }),
  route({
    method: 'POST',
    path: '/v1/exceptions/{id}/assignments',
    scope: 'cases.answer',
    once: true,
    does: 'Gives a case to another team.',
    takes: { kind: 'json', shape: ASSIGNMENT_BODY, limitBytes: 16 * KB },
    answers: { 200: { says: 'It is with that team.', shape: ASSIGNED } },
    refuses: [...SUBMITS, 'not-found', 'exception-moved'],
    handle: postAssignment,
  }),
  ...(Object.keys(ASKED) as AskedKind[]).map((kind) =>
    route<Record<string, never>, unknown>({
      method: 'POST',
      path: `/v1/validations/${kind}`,
      scope: 'validations.ask',
      rate: 'validations',
      once: true,
      does: ASKED[kind].does,
      takes: { kind: 'json', shape: ASKED[kind].shape, limitBytes: 16 * KB },
      answers: VERDICTS,
      refuses: [...SUBMITS, 'not-found'],
      handle: (call) => postValidation(call, { kind, body: call.body } as Asked),
    }),
  ),
  route({
    method: 'GET',
    path: '/v1/validations/{id}',
    scope: 'validations.ask',
    does: 'Tells what has become of a question that the ERP had not answered in time.',
    answers: VERDICTS,
    refuses: [...SUBMITS, 'not-found'],
    handle: getValidation,
  }),
  route({
    method: 'POST',
    path: '/v1/cut-overs',
    scope: 'cut-overs.sign',
    once: true,
    does: 'Takes over a file of open items, when they add up to the ERP’s balance; signed by two persons.',
    takes: { kind: 'json', shape: CUT_OVER_BODY, limitBytes: 64 * KB },
    answers: { 200: { says: 'What was taken over.', shape: CUT_OVER } },
    refuses: [...SUBMITS, 'not-found', 'balance-differs', 'ledger-not-told'],
    handle: postCutOver,
  }),
  route({
    method: 'POST',
    path: '/v1/tie-outs',
    scope: 'tie-outs.make',
    once: true,
    does: 'Compares the hub’s sub-ledger with the ERP’s and the AP tool’s as of a day, and records what came out.',
    takes: { kind: 'json', shape: TIE_OUT_BODY, limitBytes: 4 * KB },
    answers: { 200: { says: 'What came out.', shape: TIE_OUT }, 202: { says: 'It is under way; ask at Location.', shape: TIE_OUT_RUN } },
    refuses: [...SUBMITS, 'not-found', 'ledger-not-told', 'shutting-down'],
    handle: postTieOut,
  }),
  route({
    method: 'GET',
    path: '/v1/tie-outs/runs/{id}',
    scope: 'tie-outs.make',
    does: 'Tells how far a tie-out is that was asked for without waiting, and what came out of it.',
    answers: { 200: { says: 'How far it is.', shape: TIE_OUT_RUN } },
    refuses: ['not-found'],
    handle: getTieOutRun,
  }),
  route({
    method: 'GET',
    path: '/v1/tie-outs',
    scope: 'tie-outs.read',
    does: 'Lists the tie-outs that were made, newest first.',
    query: TIE_OUTS_QUERY,
    answers: { 200: { says: 'A page of the list.', shape: TIE_OUTS } },
    handle: getTieOuts,
  }),
  route({
    method: 'GET',
    path: '/v1/accruals',
    scope: 'cases.read',
    does: 'Lists what was posted in a later period than it belongs into, until the accrual is booked.',
    query: ACCRUALS_QUERY,
    answers: { 200: { says: 'A page of the list.', shape: ACCRUALS } },
    handle: getAccruals,
  }),
  route({
    method: 'POST',
    path: '/v1/accruals/{id}/bookings',
    scope: 'cases.answer',
    once: true,
    does: 'Takes a person’s word that an accrual is booked in the ERP.',
    takes: { kind: 'json', shape: BOOKING_BODY, limitBytes: 16 * KB },
    answers: { 200: { says: 'It is booked.', shape: BOOKED } },
    refuses: [...SUBMITS, 'not-found', 'moved-meanwhile'],
    handle: postBooking,
  }),
  route({
    method: 'GET',
    path: '/v1/systems',
    scope: 'operation.read',
    does: 'Tells of every system whether it is in step, what waits for it, and whether it answers.',
    answers: { 200: { says: 'The systems.', shape: SYSTEMS } },
    handle: getSystems,
  }),
  route({
    method: 'GET',
    path: '/v1/systems/{name}/queue',
    scope: 'operation.read',
    does: 'Lists what stands in a system’s queue: why, and when it moves.',
    query: QUEUE_QUERY,
    answers: { 200: { says: 'A page of the queue.', shape: QUEUE } },
    refuses: ['not-found'],
    handle: getQueue,
  }),
  route({
    method: 'POST',
    path: '/v1/systems/{name}/pauses',
    scope: 'operation.steer',
    once: true,
    does: 'Stops the calls to a system, or lets them go on.',
    takes: { kind: 'json', shape: PAUSE_BODY, limitBytes: 16 * KB },
    answers: { 200: { says: 'So it is now.', shape: PAUSED } },
    refuses: [...SUBMITS, 'not-found', 'moved-meanwhile'],
    handle: postPause,
  }),
  route({
    method: 'POST',
    path: '/v1/systems/{name}/sweeps',
    scope: 'operation.steer',
    does: 'Asks a system whether it holds what it was told; one at a time.',
    takes: { kind: 'json', shape: SWEEP_BODY, limitBytes: KB },
    answers: { 202: { says: 'It is under way.', shape: SWEEPS } },
    refuses: ['not-found'],
    handle: postSweep,
  }),
  route({
    method: 'GET',
    path: '/v1/systems/{name}/sweeps',
    scope: 'operation.read',
    does: 'Tells how far a sweep is, and what the last one came to.',
    answers: { 200: { says: 'The sweeps.', shape: SWEEPS } },
    refuses: ['not-found'],
    handle: getSweeps,
  }),
  route({
    method: 'POST',
    path: '/v1/replays',
    scope: 'operation.steer',
    once: true,
    does: 'Makes refused and given up commands due again, or says what would be sent.',
    takes: { kind: 'json', shape: REPLAY_BODY, limitBytes: 256 * KB },
    answers: { 200: { says: 'What is sent again, or would be.', shape: REPLAYED }, 300: SEVERAL },
    refuses: [...SUBMITS, 'not-found'],
    handle: postReplay,
  }),
  route({
    method: 'GET',
    path: '/v1/summary',
    scope: 'operation.read',
    does: 'Counts everything: invoices by state, cases by cause, systems, the log.',
    answers: { 200: { says: 'The counts.', shape: SUMMARY } },
    handle: getSummary,
  }),
  route({
    method: 'POST',
    path: '/v1/notices/{system}',
    scope: null,
    does: 'Takes what a system pushes, proved by its own signature.',
    takes: { kind: 'bytes', media: 'any', limitBytes: 1 * MB },
    answers: { 204: { says: 'Taken in, durably.', shape: 'nothing' } },
    refuses: [...SUBMITS, 'signature-bad', 'event-not-valid'],
    handle: postNotice,
  }),
  route({
    method: 'GET',
    path: '/v1/health',
    scope: null,
    does: 'Says whether the hub lives and takes work in.',
    answers: { 200: { says: 'Ready.', shape: HEALTH }, 503: { says: 'Not ready.', shape: HEALTH } },
    handle: getHealth,
  }),
  route({
    method: 'GET',
    path: '/v1/metrics',
    scope: 'operation.read',
    does: 'Gives figures for a monitor, as Prometheus reads them.',
    answers: { 200: METRICS },
    handle: getMetrics,
  }),
  route({
    method: 'GET',
    path: '/metrics',
    scope: 'operation.read',
    does: 'The same, where Prometheus looks first.',
    answers: { 200: METRICS },
    handle: getMetrics,
  }),
  route({
    method: 'GET',
    path: '/v1/openapi.json',
    scope: null,
    does: 'Gives all of this as an OpenAPI 3.1 document.',
    answers: { 200: { says: 'The document.', shape: OPENAPI } },
    handle: serving(() => ROUTES),
  }),
]
