/** The invented people of the sample: in the AP tool with duties and ceilings, in the ERP with roles and the same limits. */

type Duty = 'CODER' | 'TEAM_LEAD' | 'HEAD' | 'BOARD'
const CEILINGS: Readonly<Record<Duty, string>> = { CODER: '0', TEAM_LEAD: '5000', HEAD: '50000', BOARD: '999999999999' }

const APPROVERS: readonly (readonly [handle: string, fullName: string, duty: Duty])[] = [
  ['c.lind', 'Carla Lind', 'CODER'],
  ['j.vos', 'Jonas Vos', 'CODER'],
  ['m.adler', 'Mira Adler', 'CODER'],
  ['l.roth', 'Lena Roth', 'TEAM_LEAD'],
  ['p.nowak', 'Piotr Nowak', 'TEAM_LEAD'],
  ['s.holm', 'Sanna Holm', 'TEAM_LEAD'],
  ['h.berg', 'Henrik Berg', 'HEAD'],
  ['d.faber', 'Doris Faber', 'HEAD'],
  ['v.stein', 'Vera Stein', 'BOARD'],
]
const OTHERS: readonly (readonly [userId: string, name: string, role: string])[] = [
  ['t.meyer', 'Tilda Meyer', 'TREASURY'],
  ['u.katz', 'Uwe Katz', 'TREASURY'],
  ['a.kern', 'Anja Kern', 'AP'],
  ['p.orlow', 'Pavel Orlow', 'BUYER'],
  ['s.brandt', 'Silke Brandt', 'BUYER'],
  ['m.keller', 'Max Keller', 'MASTER_DATA'],
  ['i.dahl', 'Ines Dahl', 'MASTER_DATA'],
]

export const PEOPLE = APPROVERS.map(([handle, fullName, duty]) => ({
  handle,
  fullName,
  duties: [duty],
  ceilings: [{ ccy: '*', upTo: CEILINGS[duty] }],
  units: ['*'],
  active: true,
}))
export const SIGN_RULES = [
  { ccy: '*', upTo: '1000', steps: ['TEAM_LEAD'] },
  { ccy: '*', upTo: '25000', steps: ['TEAM_LEAD', 'HEAD'] },
  { ccy: '*', upTo: null, steps: ['TEAM_LEAD', 'HEAD', 'BOARD'] },
]
export const USERS = [
  ...OTHERS.map(([userId, name, role]) => ({ userId, name, roles: [role], limits: [] })),
  ...APPROVERS.map(([userId, name, duty]) => ({
    userId,
    name,
    roles: duty === 'CODER' ? ['AP'] : ['APPROVER'],
    limits: duty === 'CODER' ? [] : [{ companyCode: '*', waers: '*', upTo: CEILINGS[duty] }],
  })),
]
export const GL_ACCOUNTS = [
  ['465000', 'Office supplies'],
  ['476000', 'Services'],
  ['480500', 'Energy'],
  ['510000', 'Materials'],
  ['530000', 'Freight'],
  ['495000', 'Legal and consulting'],
].map(([glAccount = '', text = '']) => ({ glAccount, text }))
export const COST_CENTRES = ['CC-10', 'CC-20', 'CC-30', 'CC-40']

/** The AP tool's body for PUT /setup. */
export function apSetup(units: readonly { companyCode: string; name: string; vatReg: string }[]): object {
  return {
    legalUnits: units.map(({ companyCode, name, vatReg }) => ({ legalUnit: companyCode, name, vatReg })),
    people: PEOPLE,
    signRules: SIGN_RULES,
    glAccounts: GL_ACCOUNTS,
    kostls: COST_CENTRES,
    selfSign: false,
  }
}

/** The companies whose year begins in April (period 1 of 2026 is April 2026): one of the sample, and the second of a set-up from an inbox. */
const APRIL: ReadonlySet<string> = new Set(['3000', '1010'])

/** Twelve months of each fiscal year for each company code, all open; and a special period 13 on the last day of the year for the one whose year is not the calendar's. */
export function periodsOf(companyCode: string, years: readonly number[]): object[] {
  const first = APRIL.has(companyCode) ? 3 : 0
  // A year that begins in April needs the one before, so that the same days are covered.
  const fiscalYears = first === 0 ? years : [...new Set(years.flatMap((year) => [year - 1, year]))]
  return fiscalYears.flatMap((fiscalYear) => {
    const ordinary = Array.from({ length: 12 }, (_, at) => {
      const begins = new Date(Date.UTC(fiscalYear, first + at, 1))
      const ends = new Date(Date.UTC(fiscalYear, first + at + 1, 0))
      return { companyCode, fiscalYear, periodNo: at + 1, from: day(begins), to: day(ends), gate: 'OPEN' }
    })
    const last = ordinary.at(-1)!.to
    return first === 0
      ? ordinary
      : [...ordinary, { companyCode, fiscalYear, periodNo: 13, from: last, to: last, gate: 'OPEN', special: true }]
  })
}

const day = (at: Date): string => at.toISOString().slice(0, 10)

/** A tax key for each category and rate, e.g. S-19; the buyer owes the tax of AE and K himself. */
export function taxKeyOf(category: string, pct: string): string {
  return `${category}-${pct.includes('.') ? pct.replace(/\.?0+$/, '') : pct}`
}
export function taxKeysOf(pairs: Iterable<readonly [category: string, pct: string]>): object[] {
  const rows = new Map(
    [...pairs].map(([category, pct]) => [
      taxKeyOf(category, pct),
      {
        taxKey: taxKeyOf(category, pct),
        companyCode: '*',
        category,
        pct,
        selfAssessed: category === 'AE' || category === 'K',
        text: `${category} ${pct} %`,
      },
    ]),
  )
  return [...rows.values()]
}
