/** A configuration file: YAML 1.2 (of which JSON is a part), with the line of each place in it. */
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Node } from 'yaml'
import { Fault } from '../lib/fault.ts'
import { checkConfig, sentence, type Config, type Problem } from './config.ts'

/** Longer is no configuration. */
const LIMIT_CHARACTERS = 1_000_000

export interface ConfigFile {
  readonly path: string
  readonly config: Config
  /** Where a place stands in the file, or the nearest above it that does; undefined for what is not in it at all. */
  readonly lineOf: LineOf
}
type LineOf = (path: readonly PropertyKey[]) => number | undefined

/** Reads and checks a file, also for what others find wrong with it (`more`). The fault `config-not-valid` has every problem on a line of its own, with its line in the file. */
export function readConfigFile(path: string, ...more: readonly ((config: Config) => readonly Problem[])[]): ConfigFile {
  const { value, lineOf } = readYaml(path, textOf(path))
  const checked = checkConfig(value)
  let problems = 'problems' in checked ? checked.problems : []
  // Each looks only at what all before it found right.
  if ('config' in checked) for (const find of more) if (problems.length === 0) problems = find(checked.config)
  if ('problems' in checked || problems.length > 0) {
    const told = problems.map((problem) => ({ line: lineOf(problem.path) ?? 1, says: sentence(problem) })).sort((a, b) => a.line - b.line)
    throw notValid(told.map(({ line, says }) => `${path}:${line}: ${says}`))
  }
  const beside = (folder: string): string => resolve(dirname(resolve(path)), folder)
  const { config } = checked
  return { path, lineOf, config: { ...config, signer: beside(config.signer), publish: beside(config.publish) } }
}

function textOf(path: string): string {
  try {
    const text = readFileSync(path, 'utf8')
    if (text.length > LIMIT_CHARACTERS) throw notValid([`${path} is longer than any configuration.`])
    return text
  } catch (error) {
    if (error instanceof Fault) throw error
    throw notValid([`${path} cannot be read: is it there? tieout init writes one.`], error)
  }
}

const notValid = (lines: readonly string[], cause?: unknown): Fault => new Fault('config-not-valid', lines.join('\n'), { cause })

/** The library reports what is wrong as it reads; nothing is built of a file that is not right. */
function readYaml(path: string, text: string): { readonly value: unknown; readonly lineOf: LineOf } {
  const counter = new LineCounter()
  const document = parseDocument(text, {
    version: '1.2',
    schema: 'core',
    uniqueKeys: true,
    stringKeys: true,
    lineCounter: counter,
    prettyErrors: false,
  })
  const lineAt = (offset: number): number => counter.linePos(offset).line
  const wrong = [...document.errors, ...document.warnings]
  if (wrong.length > 0) throw notValid(wrong.map(({ pos, message }) => `${path}:${lineAt(pos[0])}: ${message}`))
  try {
    // No anchors: a file that says everything once is read by everybody, and none grows while it is read.
    return { value: document.toJS({ maxAliasCount: 0 }), lineOf: (place) => lineIn(document.contents, place, lineAt) }
  } catch (error) {
    throw notValid([`${path}: anchors and aliases are not taken.`], error)
  }
}

function lineIn(root: Node | null, place: readonly PropertyKey[], lineAt: (offset: number) => number): number | undefined {
  let line: number | undefined
  let node: unknown = root
  for (const step of place) {
    const found = isMap(node) ? node.items.find(({ key }) => isScalar(key) && key.value === step) : undefined
    const item: unknown = isSeq(node) ? node.items[Number(step)] : found?.value
    const start = isScalar(found?.key) ? found.key : item
    const offset = (start as Node | undefined)?.range?.[0]
    if (offset === undefined) return line
    line = lineAt(offset)
    node = item
  }
  return line
}
