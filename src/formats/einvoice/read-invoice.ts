import type { ArithmeticFacts } from '../../domain/arithmetic.ts'
import type { InvoiceDocument, InvoiceLine, Refused, SubLine } from '../../domain/invoice-document.ts'
import type { Sha256 } from '../../lib/hash.ts'
import { refusal, readXml, type XmlElement, type XmlLimits } from '../xml/read-xml.ts'
import type { Problem } from '../xml/source.ts'
import { nodes, type XmlNode } from '../xml/tree.ts'
import { CII } from './cii-terms.ts'
import { documentOf, factsOf, lineOf } from './complete.ts'
import { foreignFile, foreignRoot } from './foreign.ts'
import type { Syntax } from './raw.ts'
import { extendPlan, joinPlan, newPlan, newReport, planBelow, type Plan } from './term.ts'
import { UBL } from './ubl-terms.ts'

export type InvoicesOrRefused = { readonly invoices: readonly InvoiceDocument[] } | { readonly refused: Refused }

const SYNTAXES: readonly Syntax[] = [...UBL, ...CII]

/** The envelope of Peppol's network (UN/CEFACT SBDH 1.3), which may stand around a document. */
const ENVELOPE = { uri: 'http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader', local: 'StandardBusinessDocument' }

const { roots, documents, lines: lineSyntaxes } = plans()

function plans(): { roots: Plan; documents: ReadonlyMap<Plan, Syntax>; lines: ReadonlyMap<Plan, Syntax> } {
  const roots = newPlan()
  const documents = new Map<Plan, Syntax>()
  const lines = new Map<Plan, Syntax>()
  const envelope = extendPlan(roots, ENVELOPE.uri, ENVELOPE.local)
  for (const syntax of SYNTAXES) {
    const root = extendPlan(roots, syntax.uri, syntax.local)
    const line = syntax.linesAt(root)
    syntax.header.reach(root)
    syntax.line.reach(line)
    documents.set(root, syntax)
    lines.set(line, syntax)
    joinPlan(envelope, syntax.uri, syntax.local, root)
  }
  return { roots, documents, lines }
}

/**
 * Reads a UBL 2.x Invoice or CreditNote, a UN/CEFACT CrossIndustryInvoice, or Peppol's envelope around some; which of them, the
 * root says. Nothing is thrown and nothing half read comes out.
 *
 * Codes of refusal besides those of readXml: not-invoice; no-number, no-type, no-date, no-currency, no-supplier, no-buyer,
 * no-payee, no-representative, no-payable, no-line-amount, no-line-name; bad-amount, bad-date, bad-indicator, unknown-currency,
 * currency-mixed, number-too-long, element-repeated. Lines are taken one by one: memory is that of the result and one line.
 */
export function readInvoice(sha256: Sha256, bytes: Uint8Array, limits: XmlLimits = {}): InvoicesOrRefused {
  const invoices: InvoiceDocument[] = []
  const open: Plan[] = []
  let foreign: Problem | undefined
  let lines: InvoiceLine[] = []
  let subLines: SubLine[] = []
  let to = newReport(sha256)

  const keep = (element: XmlElement, parent: XmlNode | undefined): boolean => {
    const plan = planBelow(open.at(-1) ?? roots, element)
    if (parent === undefined && plan === undefined) foreign = foreignRoot(element)
    if (plan === undefined) return false
    if (documents.has(plan)) {
      lines = []
      subLines = []
      to = newReport(sha256)
    }
    open.push(plan)
    return true
  }
  const take = (node: XmlNode, syntax: Syntax): void => {
    const read = syntax.line.read(node, to)
    if (read.line) lines.push(lineOf(read.line, lines.length + 1, to))
    for (const subLine of read.subLines) subLines.push(subLine)
  }
  const done = (node: XmlNode): 'hold' | 'let-go' | Problem => {
    const plan = open.pop() ?? roots
    const lineSyntax = lineSyntaxes.get(plan)
    if (lineSyntax) take(node, lineSyntax)
    const syntax = documents.get(plan)
    const invoice = syntax && documentOf(syntax, syntax.header.read(node, to), lines, subLines, to)
    if (to.problem) return to.problem
    if (invoice) invoices.push(invoice)
    return lineSyntax || invoice ? 'let-go' : 'hold'
  }
  const building = nodes(keep, done)
  const handler = { ...building, open: (element: XmlElement) => building.open(element) ?? foreign }
  const refused = readXml(bytes, handler, limits)
  if (refused) return { refused: named(refused, bytes) }
  if (invoices.length > 0) return { invoices }
  return { refused: refusal(bytes, { code: 'not-invoice', says: 'The envelope holds no invoice or credit note that is read.', at: 0 }) }
}

function named(refused: Refused, bytes: Uint8Array): Refused {
  const file = /^(not-xml|xml-doctype)$/.test(refused.code) ? foreignFile(bytes) : undefined
  return file === undefined ? refused : { ...refused, says: `This is ${file}, not an invoice in XML.` }
}

/** The figures of a document that may lack all else, for checking arithmetic alone; undefined where the root is none of a document. */
export function invoiceFigures(sha256: Sha256, root: XmlNode): ArithmeticFacts | undefined {
  const syntax = SYNTAXES.find(({ uri, local }) => uri === root.uri && local === root.local)
  const to = newReport(sha256)
  return syntax && factsOf(syntax, syntax.figures.read(root, to), to)
}
