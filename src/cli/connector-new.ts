/**
 * `tieout connector new NAME`: a connector folder to begin with. It is a copy of src/connectors/template under another name, which
 * is compiled, checked and held against the conformance kit like every other, so that what is copied works.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { KIND_NAMES } from '../systems.ts'
import { Fault } from '../lib/fault.ts'
import { plainText, printed } from './terminal.ts'

const PROJECT = join(import.meta.dirname, '..', '..')
const TEMPLATE = 'template'
const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/
/** As a configuration names a connector. */
const LONGEST = 40
/** What JavaScript keeps for itself, as far as it is written in small letters: the name becomes one of the code. */
const KEYWORDS = new Set(
  (
    'arguments async await break case catch class const continue debugger default delete do else enum eval export extends false finally for function if ' +
    'implements import in instanceof interface let new null package private protected public return static super switch this throw true try ' +
    'typeof undefined var void while with yield'
  ).split(' '),
)

export function connectorCommand(): Command {
  const connector = new Command('connector').description('write a connector for a system of your own')
  connector
    .command('new')
    .description('a folder that compiles and passes the conformance kit, to begin with')
    .argument('<name>', 'of the software, in small letters: acme-ledger')
    .action((name: string) => {
      printed(newConnector(PROJECT, name, KIND_NAMES))
    })
  return connector
}

/** Writes the folder into the project at `root`; what to say about it. `kinds`: the connectors that there are. */
export function newConnector(root: string, name: string, kinds: readonly string[]): string[] {
  const from = join(root, 'src', 'connectors', TEMPLATE)
  if (!existsSync(from))
    throw refused(`${join('src', 'connectors', TEMPLATE)} is not here: this command wants a clone of the project, not only its build.`)
  const files = readdirSync(from)
    .toSorted()
    .map((file) => ({ file, text: readFileSync(join(from, file), 'utf8') }))
  const folder = join('src', 'connectors', name)
  const wrong = whyNot(
    root,
    name,
    kinds,
    files.filter(({ file }) => file.endsWith('.ts')).map(({ text }) => text),
  )
  if (wrong !== undefined) throw refused(wrong)
  mkdirSync(join(root, folder))
  for (const { file, text } of files) writeFileSync(join(root, folder, file), renamed(text, name), { flag: 'wx' })
  return [
    `Made ${folder}: ${files.map(({ file }) => file).join(', ')}.`,
    'It speaks to the model system of the conformance kit. Next:',
    `  npm test -- ${folder}    passes as it stands`,
    '  make it speak to your system     CONTRIBUTING.md, "A first connector in 40 minutes", goes through it',
    `  add ${camel(name)} to the list KINDS in src/systems.ts    then a system of tieout.yaml may be of kind ${name}`,
  ]
}

const refused = (says: string): Fault => new Fault('request-not-valid', says)

function whyNot(root: string, name: string, kinds: readonly string[], sources: readonly string[]): string | undefined {
  const shown = plainText(name.slice(0, 60))
  if (!NAME.test(name))
    return `${shown === '' ? 'Nothing' : shown} is no name for a connector: small letters and digits, words joined by one dash, a letter first, as in acme-ledger.`
  if (name.length > LONGEST) return `${shown} has ${name.length} characters; a configuration names a connector in at most ${LONGEST}.`
  if (existsSync(join(root, 'src', 'connectors', name)))
    return `There is a connector ${name} already, in ${join('src', 'connectors', name)}; choose another name.`
  if (kinds.includes(name)) return `The kind ${name} is taken by a connector that there is; choose another name.`
  const word = camel(name)
  if (KEYWORDS.has(word))
    return `${word} is a word of the language itself, and the connector's code goes by its name; choose another, such as ${name}-books.`
  if (sources.some((source) => wordsOf(source).has(word)))
    return `${word} means something in a connector's own code already; choose another name, such as ${name}-books.`
  return undefined
}

/** Every word that code uses, without those of comments. */
function wordsOf(source: string): Set<string> {
  return new Set(source.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/gu, '').match(/[A-Za-z]\w*/gu))
}

const camel = (name: string): string => name.replaceAll(/-(.)/gu, (_dash, letter: string) => letter.toUpperCase())
const pascal = (name: string): string => camel(name).replace(/^./u, (first) => first.toUpperCase())

/** As a kind it is `acme-ledger`, in quotes and in prose; as a constant `acmeLedger`; in a type `AcmeLedger`. */
function renamed(text: string, name: string): string {
  return text.replaceAll(
    /(['`]|Connector: |)(template\b|Template)/gu,
    (_all, before: string, word: string) => before + (word === 'Template' ? pascal(name) : before === '' ? camel(name) : name),
  )
}
