import { parseArgs } from 'node:util'
import { leave } from '../plumbing/options.ts'
import { generateSample } from './generate.ts'

const { values } = parseArgs({
  options: {
    out: { type: 'string' },
    count: { type: 'string', default: '40' },
    seed: { type: 'string', default: '1' },
    today: { type: 'string' },
  },
})
if (!values.out || !/^\d{1,6}$/.test(values.count) || !/^\d{1,9}$/.test(values.seed))
  leave('node sandbox/sample/main.ts --out DIR [--count 40] [--seed 1] [--today YYYY-MM-DD]')
const sample = await generateSample({
  dir: values.out,
  count: Number(values.count),
  seed: Number(values.seed),
  ...(values.today ? { today: values.today } : {}),
})
process.stdout.write(`${JSON.stringify({ dir: values.out, bills: sample.bills.length })}\n`)
