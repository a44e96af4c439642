import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { markdownOf, rehearse } from './rehearse.ts'
import { SCENARIOS } from './scenarios.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: '1' },
    bills: { type: 'string', default: '24' },
    seconds: { type: 'string', default: '12' },
    out: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})
const [name = ''] = positionals
const scenario = SCENARIOS[name]
const problem = (text: string): never => {
  process.stderr.write(`${text}\n`)
  process.exit(2)
}
if (!scenario)
  problem(
    `There is no scenario ${name || 'without a name'}; there are:\n${Object.entries(SCENARIOS)
      .map(([known, { title }]) => `  ${known.padEnd(24)}${title}`)
      .join('\n')}`,
  )
else if (process.platform === 'win32') problem('Rehearsals need signals that Windows does not have.')
else {
  const number = (of: string, text: string, least: number, most: number): number => {
    const value = Number(text)
    return /^\d{1,9}$/u.test(text) && value >= least && value <= most
      ? value
      : problem(`--${of} is a whole number from ${least} to ${most}.`)
  }
  const [seed, bills, seconds] = [
    number('seed', values.seed, 0, 999_999_999),
    number('bills', values.bills, 6, 300),
    number('seconds', values.seconds, 3, 600),
  ]
  const report = await rehearse({ source: join(import.meta.dirname, '..', '..'), name, scenario, seed, bills, lastsMs: seconds * 1_000 })
  const page = markdownOf(report)
  if (values.out !== undefined) {
    mkdirSync(resolve(values.out), { recursive: true })
    writeFileSync(join(values.out, `${name}.md`), page)
    writeFileSync(join(values.out, `${name}.json`), `${JSON.stringify(report, undefined, 2)}\n`)
  }
  process.stdout.write(values.json ? `${JSON.stringify(report)}\n` : page)
  process.exitCode = report.verdict === 'held' ? 0 : 1
}
