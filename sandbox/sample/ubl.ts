import { XMLBuilder } from 'fast-xml-parser'
import type { Bill, Row } from './bills.ts'
import type { Buyer, Vendor } from './parties.ts'

const builder = new XMLBuilder({ ignoreAttributes: false, attributeNamePrefix: '@', format: true, suppressEmptyNode: true })
const OASIS = 'urn:oasis:names:specification:ubl:schema:xsd'
const EXEMPT: Readonly<Record<string, readonly [code: string, reason: string]>> = {
  K: ['VATEX-EU-IC', 'Intra-Community supply'],
  AE: ['VATEX-EU-AE', 'Reverse charge'],
}

/** A bill as UBL 2.1 Invoice or CreditNote of EN 16931-1. Order of elements: OASIS UBL 2.1, UBL-Invoice-2.1.xsd, UBL-CreditNote-2.1.xsd. */
export function ublOf(bill: Bill): string {
  const credit = bill.kind === 'CREDIT'
  const root = credit ? 'CreditNote' : 'Invoice'
  const { ccy } = bill.buyer
  const amount = (value: string): unknown => ({ '@currencyID': ccy, '#text': value })
  return builder.build({
    '?xml': { '@version': '1.0', '@encoding': 'UTF-8' },
    [root]: {
      '@xmlns': `${OASIS}:${root}-2`,
      '@xmlns:cac': `${OASIS}:CommonAggregateComponents-2`,
      '@xmlns:cbc': `${OASIS}:CommonBasicComponents-2`,
      'cbc:CustomizationID': 'urn:cen.eu:en16931:2017',
      'cbc:ID': bill.billNo,
      'cbc:IssueDate': bill.issuedOn,
      ...(credit ? { 'cbc:CreditNoteTypeCode': '381' } : { 'cbc:DueDate': bill.dueOn, 'cbc:InvoiceTypeCode': '380' }),
      'cbc:DocumentCurrencyCode': ccy,
      'cbc:BuyerReference': `EK-${bill.buyer.companyCode}`,
      ...(bill.poNo === null ? {} : { 'cac:OrderReference': { 'cbc:ID': bill.poNo } }),
      ...(bill.refersTo
        ? {
            'cac:BillingReference': {
              'cac:InvoiceDocumentReference': { 'cbc:ID': bill.refersTo.billNo, 'cbc:IssueDate': bill.refersTo.issuedOn },
            },
          }
        : {}),
      'cac:AccountingSupplierParty': {
        'cac:Party': party(bill.vendor, bill.mandateId ? `DE98ZZZ09999${bill.vendor.vendorNo.slice(2)}` : null),
      },
      'cac:AccountingCustomerParty': { 'cac:Party': party(bill.buyer, null) },
      'cac:Delivery': { 'cbc:ActualDeliveryDate': bill.deliveredOn, 'cac:DeliveryLocation': { 'cac:Address': address(bill.buyer) } },
      'cac:PaymentMeans': means(bill),
      ...(credit
        ? {}
        : { 'cac:PaymentTerms': { 'cbc:Note': bill.mandateId ? 'Collected when due.' : `Payable by ${bill.dueOn} without deduction.` } }),
      ...(bill.rebate
        ? {
            'cac:AllowanceCharge': {
              'cbc:ChargeIndicator': 'false',
              'cbc:AllowanceChargeReasonCode': '95',
              'cbc:AllowanceChargeReason': 'Rebate',
              'cbc:Amount': amount(bill.rebate.amount),
              'cac:TaxCategory': category(bill.rebate, false),
            },
          }
        : {}),
      'cac:TaxTotal': {
        'cbc:TaxAmount': amount(bill.tax),
        'cac:TaxSubtotal': bill.taxes.map((line) => ({
          'cbc:TaxableAmount': amount(line.base),
          'cbc:TaxAmount': amount(line.tax),
          'cac:TaxCategory': category(line, true),
        })),
      },
      'cac:LegalMonetaryTotal': {
        'cbc:LineExtensionAmount': amount(bill.rowsTotal),
        'cbc:TaxExclusiveAmount': amount(bill.net),
        'cbc:TaxInclusiveAmount': amount(bill.gross),
        ...(bill.rebate ? { 'cbc:AllowanceTotalAmount': amount(bill.rebate.amount) } : {}),
        'cbc:PayableAmount': amount(bill.gross),
      },
      [`cac:${root}Line`]: bill.rows.map((row) => line(row, credit ? 'cbc:CreditedQuantity' : 'cbc:InvoicedQuantity', amount)),
    },
  })
}

function party(held: Buyer | Vendor, creditorId: string | null): unknown {
  return {
    ...(creditorId === null ? {} : { 'cac:PartyIdentification': { 'cbc:ID': { '@schemeID': 'SEPA', '#text': creditorId } } }),
    'cac:PostalAddress': address(held),
    'cac:PartyTaxScheme': { 'cbc:CompanyID': held.vatReg, 'cac:TaxScheme': { 'cbc:ID': 'VAT' } },
    'cac:PartyLegalEntity': { 'cbc:RegistrationName': held.name },
  }
}

function address(held: Buyer | Vendor): unknown {
  return {
    'cbc:StreetName': held.street,
    'cbc:CityName': held.city,
    'cbc:PostalZone': held.zip,
    'cac:Country': { 'cbc:IdentificationCode': held.country },
  }
}

/** UNTDID 4461: 58 SEPA credit transfer, 59 SEPA direct debit, 30 credit transfer. */
function means({ kind, buyer, vendor, billNo, mandateId, dueOn }: Bill): unknown {
  const due = kind === 'CREDIT' ? { 'cbc:PaymentDueDate': dueOn } : {}
  if (mandateId !== null) {
    return {
      'cbc:PaymentMeansCode': '59',
      'cbc:PaymentID': billNo,
      'cac:PaymentMandate': { 'cbc:ID': mandateId, 'cac:PayerFinancialAccount': { 'cbc:ID': buyer.iban } },
    }
  }
  return {
    'cbc:PaymentMeansCode': buyer.ccy === 'EUR' ? '58' : '30',
    ...due,
    'cbc:PaymentID': billNo,
    'cac:PayeeFinancialAccount': {
      'cbc:ID': vendor.iban,
      'cbc:Name': vendor.name,
      'cac:FinancialInstitutionBranch': { 'cbc:ID': vendor.bic },
    },
  }
}

function category({ category: code, pct }: { category: string; pct: string }, withReason: boolean): unknown {
  const [exemptCode, reason] = EXEMPT[code] ?? []
  return {
    'cbc:ID': code,
    'cbc:Percent': pct,
    ...(withReason && exemptCode ? { 'cbc:TaxExemptionReasonCode': exemptCode, 'cbc:TaxExemptionReason': reason } : {}),
    'cac:TaxScheme': { 'cbc:ID': 'VAT' },
  }
}

function line(row: Row, quantity: string, amount: (value: string) => unknown): unknown {
  return {
    'cbc:ID': row.rowNo,
    [quantity]: { '@unitCode': row.ware.unit, '#text': row.qty },
    'cbc:LineExtensionAmount': amount(row.net),
    ...(row.poItem === null ? {} : { 'cac:OrderLineReference': { 'cbc:LineID': row.poItem } }),
    'cac:Item': {
      'cbc:Name': row.ware.name,
      'cac:SellersItemIdentification': { 'cbc:ID': row.ware.itemNo },
      'cac:ClassifiedTaxCategory': category(row, false),
    },
    'cac:Price': {
      'cbc:PriceAmount': amount(row.ware.price),
      ...(row.ware.per === '1' ? {} : { 'cbc:BaseQuantity': { '@unitCode': row.ware.unit, '#text': row.ware.per } }),
    },
  }
}
