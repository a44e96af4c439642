import { getJson } from '../../connector/json.ts'
import { aliasOf } from '../../domain/object.ts'
import { chosenVendor, supplierOf } from './answers.ts'
import type { Setting } from './config.ts'
import { idIn, LIST_LIMIT, lookup, Party } from './lookup.ts'
import type { Lookup } from './replies.ts'
import { Vendor } from './wire.ts'

/** `GET /vendors`: by the VAT or tax number that the invoice names, which the ERP keeps in one field as it is written, else by its supplier's name. */
export function lookupSupplier(setting: Setting): Lookup {
  return lookup(setting, {
    content: Party,
    row: Vendor,
    request: ({ names, name, written }) => {
      const vatReg = idIn(names, 'supplier-vat') ?? written ?? idIn(names, 'supplier-tax')
      return getJson('/vendors', vatReg === undefined ? { name, limit: LIST_LIMIT } : { vatReg, limit: LIST_LIMIT })
    },
    choose: (rows, { name }) => chosenVendor(rows, name),
    found: (vendor) => ({
      answer: { supplier: supplierOf(vendor) },
      number: vendor.vendorNo,
      alias: aliasOf(setting.system, 'supplier', vendor.vendorNo),
    }),
  })
}
