import { Advice } from './advice.mjs'

/** Where a person is spoken to: whoever asked for JSON on standard output gets nothing else there. */
const person = () => (process.argv.includes('--json') ? process.stderr : process.stdout)

/**
 * One line for the person at the terminal.
 * @param {string} line
 */
export function say(line) {
  clearProgress()
  person().write(`${line}\n`)
}

let showing = false

/**
 * How far something is: on a terminal it replaces the line before, elsewhere it is a line of its own.
 * @param {string} line
 */
export function showProgress(line) {
  clearProgress()
  showing = person().isTTY
  person().write(showing ? line : `${line}\n`)
}

function clearProgress() {
  if (showing) person().write('\r\u001b[2K')
  showing = false
}

/**
 * Runs a program's main part. What it answers is the exit status; an {@link Advice} is printed as the sentence it is, and
 * anything else is a bug and keeps its stack.
 * @param {(args: string[]) => Promise<number>} main
 */
export async function runMain(main) {
  // Whoever read our output is gone (`npm start | head`); there is nobody left to tell.
  process.stdout.on('error', () => {
    process.exit(1)
  })
  try {
    process.exitCode = await main(process.argv.slice(2))
  } catch (error) {
    clearProgress()
    if (!(error instanceof Advice)) throw error
    console.error(`\n${error.message}\n`)
    process.exitCode = 1
  }
}
