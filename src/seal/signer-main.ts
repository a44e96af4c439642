// The signer's process: alone with the key. Reads requests from standard input and answers on standard output until its
// input ends, which is also how it notices that the hub is gone.
import { LINE_LIMIT, answerLine, type WireAnswer } from './signer-protocol.ts'
import { startSigner, type SignerCore } from './signer.ts'

const dir = process.argv[2]
if (dir === undefined) stopWith('It needs the folder of its key.')
// Ctrl-C in a terminal reaches the whole group; the hub decides when its signer ends.
process.on('SIGINT', () => {})

const signer = started(dir)
say({ ready: true })

let held = ''
process.stdin.setEncoding('utf8')
process.stdin.on('data', (chunk: string) => {
  const lines = (held + chunk).split('\n')
  held = lines.pop()!
  if (held.length > LINE_LIMIT || lines.some((line) => line.length > LINE_LIMIT)) stopWith('A request was longer than any request is.')
  for (const line of lines) {
    const { answer, goOn } = answerLine(signer, line)
    say(answer)
    if (!goOn) process.exit(1)
  }
})
process.stdin.on('end', () => {
  signer.close()
  process.exit(0)
})
process.stdout.on('error', () => process.exit(1))

function started(folder: string): SignerCore {
  try {
    return startSigner(folder)
  } catch (error) {
    return stopWith(error instanceof Error ? error.message : String(error))
  }
}

function say(answer: WireAnswer): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}

function stopWith(failed: string): never {
  say({ failed })
  process.exit(1)
}
