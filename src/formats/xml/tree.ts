import type { Refused } from '../../domain/invoice-document.ts'
import { readXml, refusal, type XmlElement, type XmlHandler, type XmlLimits } from './read-xml.ts'
import type { Problem } from './source.ts'

/** An element with what it holds. `text` is its own text, joined over comments and CDATA; '' where it has children. */
export interface XmlNode extends XmlElement {
  readonly children: readonly XmlNode[]
  readonly text: string
}

interface Growing extends XmlElement {
  children: Growing[]
  text: string
}

const NONE: Growing[] = []

/** Nodes alive at once, at about 200 bytes each: what a document can make us hold, however it is written. */
const MAX_NODES = 500_000

/**
 * A handler that builds nodes. `keep` says which elements become nodes (a dropped element drops all below it), `done` gets
 * each node as it closes, with its parent (undefined for the root), and says whether the parent shall hold it: this is how
 * a long list is taken one by one. A node costs about 200 bytes of memory plus its text; more than {@link MAX_NODES} of them
 * held at once is a problem (xml-too-many).
 */
export function nodes(
  keep: (element: XmlElement, parent: XmlNode | undefined) => boolean,
  done: (node: XmlNode, parent: XmlNode | undefined) => 'hold' | 'let-go' | Problem,
): XmlHandler {
  const open: Growing[] = []
  /** How many nodes were held when each of the open ones began. */
  const before: number[] = []
  let held = 0
  const names = new Map<string, string>()
  let ignored = 0
  const shared = (name: string): string => {
    const known = names.get(name)
    if (known === undefined) names.set(name, name)
    return known ?? name
  }
  return {
    open: (element) => {
      if (ignored > 0 || !keep(element, open.at(-1))) ignored++
      else {
        open.push({
          uri: shared(element.uri),
          local: shared(element.local),
          attributes: element.attributes,
          at: element.at,
          children: NONE,
          text: '',
        })
        before.push(held)
        if (++held > MAX_NODES)
          return {
            code: 'xml-too-many',
            says: `The document has more than ${MAX_NODES} elements that must be kept at once.`,
            at: element.at,
          }
      }
      return undefined
    },
    text: (text) => {
      const node = open.at(-1)
      if (node && ignored === 0 && node.children === NONE) node.text += text
      return undefined
    },
    close: () => {
      if (ignored > 0) {
        ignored--
        return undefined
      }
      const node = open.pop()
      if (node === undefined) return undefined
      const start = before.pop() ?? 0
      const parent = open.at(-1)
      const verdict = done(node, parent)
      if (typeof verdict === 'object') return verdict
      if (verdict === 'let-go') held = start
      if (parent === undefined || verdict === 'let-go') return undefined
      if (parent.children === NONE) {
        parent.children = []
        parent.text = ''
      }
      parent.children.push(node)
      return undefined
    },
  }
}

/** A whole document as a tree, for documents within the limit; `refuse` turns a problem found in it into a refusal. */
export function readTree(
  bytes: Uint8Array,
  limits: XmlLimits = {},
): { readonly root: XmlNode; readonly refuse: (problem: Problem) => Refused } | { readonly refused: Refused } {
  let root: XmlNode | undefined
  const refused = readXml(
    bytes,
    nodes(
      () => true,
      (node, parent) => {
        if (parent === undefined) root = node
        return 'hold'
      },
    ),
    limits,
  )
  const refuse = (problem: Problem): Refused => refusal(bytes, problem)
  if (refused) return { refused }
  return root ? { root, refuse } : { refused: refuse({ code: 'not-xml', says: 'This is not XML: it holds no element.', at: 0 }) }
}
