import { expect, test } from 'vitest'
import { scan } from './imports.ts'

const specifiers = (source: string) => scan(source).imports.map(({ line, specifier }) => `${line} ${specifier}`)

test('every form of an import is seen, with its line', () => {
  expect(
    specifiers(`import 'a'
import b from 'b'
import type { C } from "c"
import d, { e as f,
  type G } from 'd'
import * as h from 'h'
export { i } from 'i'
export type { J } from 'j'
export * from 'k'
const l = await import('l')
let m: import('m').M`),
  ).toEqual(['1 a', '2 b', '3 c', '4 d', '6 h', '7 i', '8 j', '9 k', '10 l', '11 m'])
})

test('what only looks like an import is none', () => {
  expect(
    specifiers(`// import 'a'
/* export * from 'b' */
const c = "import 'c'"
const d = \`import x from 'd' \${e} import 'e'\`
const f = /import 'f'/.test(g)
const from = 'h'
export const i = { from: 'i' }
export { from }
'j'
export type K = 'k'
import.meta.dirname
l.import('l')`),
  ).toEqual([])
})

test('code inside a template is read, and the text after it is text again', () => {
  expect(specifiers('const a = `${ (() => { return import("b") })() } import "c" ${`${import("d")}`}`\nimport "e"')).toEqual([
    '1 b',
    '1 d',
    '2 e',
  ])
})

test('a quote in a regular expression does not open a string', () => {
  expect(specifiers(`const quote = /['"\`/]/\nconst half = width / 2 / "'".length\nimport 'a'`)).toEqual(['3 a'])
})

test('an import whose name is computed is told apart', () => {
  expect(scan('await import(name)').computed).toEqual([1])
})

test('what cannot be read is refused, not passed over', () => {
  expect(() => scan("const a = 'no end\nimport 'b'")).toThrow(/line 1: a string that does not end/)
  expect(() => scan('const a = `no end')).toThrow(/line 1: a template that does not end/)
})
