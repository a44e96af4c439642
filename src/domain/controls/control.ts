/**
 * A control: an audit rule, its catalogue id, and how it judges one object. `indeterminate` means that information is missing:
 * a preventive control then blocks here, and `waits` names what would change that.
 */
import type { Json } from '../../lib/canonical-json.ts'
import type { Cause } from '../exception-causes.ts'

export type ControlVerdict = 'pass' | 'fail' | 'not-applicable' | 'indeterminate'

export interface Finding {
  readonly verdict: ControlVerdict
  /** One plain sentence with the figures that were compared. */
  readonly says: string
  readonly cause?: Cause
  /** What was looked at: object id and version of each neighbour, figures. Enough to perform the control again. */
  readonly inputs?: { readonly [key: string]: Json }
  /** Names whose news would change the finding. */
  readonly waits?: readonly string[]
}

export interface Control<View> {
  /** The catalogue's id, e.g. `S1`. */
  readonly id: string
  readonly title: string
  readonly evaluate: (view: View) => Finding
}

export interface Evaluated {
  readonly id: string
  readonly verdict: ControlVerdict
  readonly says: string
  readonly cause?: Cause
  readonly inputs?: { readonly [key: string]: Json }
}

export interface GateResult {
  /** `wait` when nothing failed and something is still indeterminate. */
  readonly outcome: 'pass' | 'fail' | 'wait'
  readonly controls: readonly Evaluated[]
  readonly failed: readonly Evaluated[]
  readonly waits: readonly string[]
}

/** Evaluates all controls of a gate. A failure is a failure even while another control is indeterminate. */
export function runGate<View>(controls: readonly Control<View>[], view: View): GateResult {
  const findings = controls.map((control) => ({ control, finding: control.evaluate(view) }))
  const evaluated = findings.map(({ control, finding }): Evaluated => ({
    ...(finding.cause === undefined ? {} : { cause: finding.cause }),
    id: control.id,
    ...(finding.inputs === undefined ? {} : { inputs: finding.inputs }),
    says: finding.says,
    verdict: finding.verdict,
  }))
  const failed = evaluated.filter((row) => row.verdict === 'fail')
  const open = evaluated.some((row) => row.verdict === 'indeterminate')
  return {
    outcome: failed.length > 0 ? 'fail' : open ? 'wait' : 'pass',
    controls: evaluated,
    failed,
    waits: findings.flatMap(({ finding }) => finding.waits ?? []),
  }
}

export const pass = (says: string, inputs?: { readonly [key: string]: Json }): Finding => ({
  verdict: 'pass',
  says,
  ...(inputs ? { inputs } : {}),
})
export const fail = (cause: Cause, says: string, inputs?: { readonly [key: string]: Json }, waits?: readonly string[]): Finding => ({
  verdict: 'fail',
  says,
  cause,
  ...(inputs ? { inputs } : {}),
  ...(waits ? { waits } : {}),
})
export const indeterminate = (says: string, waits: readonly string[]): Finding => ({
  verdict: 'indeterminate',
  says,
  cause: 'control-indeterminate',
  waits,
})
export const notApplicable = (says: string): Finding => ({ verdict: 'not-applicable', says })
