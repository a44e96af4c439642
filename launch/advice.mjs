/**
 * An ending that is nobody's bug. The message is what a person at the terminal reads: one sentence that says what is
 * missing, and where there is one, the command that helps. It is printed without a stack.
 */
export class Advice extends Error {
  /** @param {string} says @param {{ cause?: unknown }} [options] */
  constructor(says, options) {
    super(says, options)
    this.name = 'Advice'
  }
}

/**
 * The code of a file-system or process error ('ENOENT', 'EACCES'), or undefined.
 * @param {unknown} error
 * @returns {string | undefined}
 */
export function codeOf(error) {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}
