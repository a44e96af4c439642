import { getJson } from '../../connector/json.ts'
import { foldedName } from '../../domain/names.ts'
import { chosenCompany, entityOf } from './answers.ts'
import type { Setting } from './config.ts'
import { idIn, LIST_LIMIT, lookup, Party } from './lookup.ts'
import { companyAlias } from './names.ts'
import type { Lookup } from './replies.ts'
import { CompanyCode } from './wire.ts'

const numberIn = (names: readonly string[], written?: string): string | undefined =>
  idIn(names, 'entity-vat') ?? written ?? idIn(names, 'entity-tax')

/** `GET /company-codes`: by VAT or tax number, else the whole list, of which the one with the same name is meant. */
export function lookupEntity(setting: Setting): Lookup {
  return lookup(setting, {
    content: Party,
    row: CompanyCode,
    request: ({ names, written }) => getJson('/company-codes', { vatReg: numberIn(names, written), limit: LIST_LIMIT }),
    choose: (rows, { names, name }) => {
      const byVat = numberIn(names) !== undefined
      return chosenCompany(byVat ? rows : rows.filter((row) => foldedName(row.name) === foldedName(name)), name)
    },
    found: (company) => ({
      answer: { entity: entityOf(setting, company) },
      number: company.companyCode,
      alias: companyAlias(setting.system, company.companyCode),
    }),
  })
}
