import type { Reason, RemittanceReference, WrittenAmount } from '../../domain/bank-document.ts'
import type { XmlNode } from '../xml/tree.ts'
import { anyAmount, codeOf, either, every, only, some, text, textOf, type Reading } from './fields.ts'

/** RmtInf/Ustrd: free texts in order. */
export function unstructured(information: XmlNode | undefined): readonly string[] {
  return every(information, 'Ustrd')
    .map(textOf)
    .filter((line) => line !== undefined)
}

/**
 * RmtInf/Strd: the documents that are paid and the creditor's reference. Version 1 of the messages spells RfrdDocTp,
 * RfrdDocNb, CdtrRefTp and CdtrRef what later ones call Tp, Nb, Tp and Ref.
 */
export function structured(reading: Reading, information: XmlNode | undefined): readonly RemittanceReference[] {
  return every(information, 'Strd').flatMap((block) => {
    const named = every(block, 'RfrdDocInf')
    const documents = named.flatMap((one) => reference(reading, 'document', one, ['Tp', 'RfrdDocTp'], ['Nb', 'RfrdDocNb']))
    const creditor = only(reading, block, 'CdtrRefInf')
    const references = creditor ? reference(reading, 'creditor', creditor, ['Tp', 'CdtrRefTp'], ['Ref', 'CdtrRef']) : []
    const remitted = remittedAmount(reading, every(block, 'RfrdDocAmt'))
    // One amount stands for the whole block: it belongs to its one document, or to its one reference where no document is named.
    const bearer = documents.length === 0 ? references : documents
    const all = [...documents, ...references]
    return remitted && bearer.length === 1 ? all.map((one) => (one === bearer[0] ? { ...one, amount: remitted } : one)) : all
  })
}

function reference(
  reading: Reading,
  about: RemittanceReference['about'],
  node: XmlNode,
  types: readonly string[],
  numbers: readonly string[],
): RemittanceReference[] {
  const number = numbers.map((name) => text(reading, node, name)).find((value) => value !== undefined)
  if (number === undefined) return []
  const type = types.map((name) => codeOf(reading, only(reading, node, name))).find((word) => word.code ?? word.proprietary)
  return [{ about, ...some('type', type?.code ?? type?.proprietary), number }]
}

/**
 * RmtdAmt, or CdtNoteAmt for a credit note. Version 1 has one RfrdDocAmt for each kind of amount; the newest versions (e.g.
 * pain.001.001.12) have amounts with a type instead: REMI and CREN of ISO's external list ExternalDocumentAmountType1Code.
 */
function remittedAmount(reading: Reading, amounts: readonly XmlNode[]): WrittenAmount | undefined {
  const named = (name: string): readonly XmlNode[] => amounts.flatMap((one) => every(one, name))
  const typed = named('RmtAmtAndTp').filter((one) => ['REMI', 'CREN'].includes(codeOf(reading, only(reading, one, 'Tp')).code ?? ''))
  const found = [named('RmtdAmt'), named('CdtNoteAmt'), typed.flatMap((one) => every(one, 'Amt'))].find((all) => all.length > 0)
  return found?.length === 1 ? anyAmount(reading, found[0]) : undefined
}

/** StsRsnInf and RtrInf: why. Version 1 and 2 of the messages spell StsRsn, RtrRsn, AddtlStsRsnInf and AddtlRtrRsnInf. */
export function reason(reading: Reading, node: XmlNode): Reason {
  const word = codeOf(reading, either(reading, node, 'Rsn', 'StsRsn', 'RtrRsn'))
  const lines = ['AddtlInf', 'AddtlStsRsnInf', 'AddtlRtrRsnInf'].flatMap((name) => every(node, name))
  return { ...word, texts: lines.map(textOf).filter((line) => line !== undefined) }
}
