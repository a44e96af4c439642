import type { Reason, RemittanceReference, WrittenAmount } from '../../domain/bank-document.ts'
import type { XmlNode } from '../xml/tree.ts'
import { amount, codeOf, every, only, some, text, textOf, type Reading } from './fields.ts'

/** RmtInf/Ustrd: free texts in order. */
export function unstructured(information: XmlNode | undefined): readonly string[] {
  return every(information, 'Ustrd').map(textOf).filter((line) => line !== undefined)
}

/**
 * RmtInf/Strd: the documents that are paid and the creditor's reference. Version 1 of the messages spells RfrdDocTp,
 * RfrdDocNb, CdtrRefTp and CdtrRef what later ones call Tp, Nb, Tp and Ref.
 */
export function structured(reading: Reading, information: XmlNode | undefined): readonly RemittanceReference[] {
  return every(information, 'Strd').flatMap((block) => {
    const documents = every(block, 'RfrdDocInf').flatMap((document) => reference(reading, 'document', document, ['Tp', 'RfrdDocTp'], ['Nb', 'RfrdDocNb']))
    const creditor = only(reading, block, 'CdtrRefInf')
    const references = creditor ? reference(reading, 'creditor', creditor, ['Tp', 'CdtrRefTp'], ['Ref', 'CdtrRef']) : []
    const remitted = remittedAmount(reading, only(reading, block, 'RfrdDocAmt'))
    // One amount stands for the whole block: it belongs to its one document, or to its one reference where no document is named.
    const bearer = documents.length === 0 ? references : documents
    const all = [...documents, ...references]
    return remitted && bearer.length === 1 ? all.map((one) => one === bearer[0] ? { ...one, amount: remitted } : one) : all
  })
}

function reference(
  reading: Reading, about: RemittanceReference['about'], node: XmlNode, types: readonly string[], numbers: readonly string[],
): RemittanceReference[] {
  const number = numbers.map((name) => text(reading, node, name)).find((value) => value !== undefined)
  if (number === undefined) return []
  const type = types.map((name) => codeOf(reading, only(reading, node, name))).find((word) => word.code ?? word.proprietary)
  return [{ about, ...some('type', type?.code ?? type?.proprietary), number }]
}

/**
 * RmtdAmt, or CdtNoteAmt for a credit note; the newest versions (e.g. pain.001.001.12) have amounts with a type instead:
 * REMI and CREN of ISO's external code list ExternalDocumentAmountType1Code.
 */
function remittedAmount(reading: Reading, amounts: XmlNode | undefined): WrittenAmount | undefined {
  const plain = only(reading, amounts, 'RmtdAmt') ?? only(reading, amounts, 'CdtNoteAmt')
  if (plain) return amount(reading, plain)
  const typed = every(amounts, 'RmtAmtAndTp').filter((one) => ['REMI', 'CREN'].includes(codeOf(reading, only(reading, one, 'Tp')).code ?? ''))
  return typed.length === 1 ? amount(reading, only(reading, typed[0], 'Amt')) : undefined
}

/** StsRsnInf and RtrInf: why. Version 1 and 2 of the messages spell StsRsn, RtrRsn, AddtlStsRsnInf and AddtlRtrRsnInf. */
export function reason(reading: Reading, node: XmlNode): Reason {
  const word = ['Rsn', 'StsRsn', 'RtrRsn'].map((name) => codeOf(reading, only(reading, node, name))).find((one) => one.code ?? one.proprietary)
  const texts = ['AddtlInf', 'AddtlStsRsnInf', 'AddtlRtrRsnInf'].flatMap((name) => every(node, name)).map(textOf).filter((line) => line !== undefined)
  return { ...word, texts }
}
