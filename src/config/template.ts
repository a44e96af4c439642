/** What `tieout init` writes: every key with its meaning; what has to be said stands there, the rest is commented out with what holds. */
import { JSON_SCHEMA, type JsonSchema } from './config.ts'

const EXAMPLES: { readonly [key: string]: string } = {
  tenant: 'main',
  deployment: 'hub.example.com',
  signer: './signer',
  publish: './published',
}

const SYSTEMS = `
# The systems by the name that we give them. kind: the connector, one of src/connectors; config: what its README says.
# Secrets are named and never written here: env:NAME or file:PATH.
systems:
  erp:
    kind: sandbox-erp
    config:
      url: https://erp.example.com/api
      token: env:ERP_TOKEN
  ap:
    kind: sandbox-ap
    config:
      url: https://ap.example.com/api
      token: env:AP_TOKEN
      noticeSecrets: [env:AP_WEBHOOK_SECRET]
  bank:
    kind: sandbox-bank
    config:
      put: /var/spool/bank/out
      read: /var/spool/bank/in
`

export function configTemplate(): string {
  const { properties = {}, required = [] } = JSON_SCHEMA
  const said = ['tenant', 'deployment', 'signer', 'publish']
  const head = said.map((key) => `# ${sentenceOf(properties[key])}\n${key}: ${EXAMPLES[key] ?? ''}\n`)
  const parts = Object.entries(properties['parts']?.properties ?? {}).map(([part, { description }]) => {
    const line = `  ${part}: ${part}`
    return `${properties['parts']?.required?.includes(part) ? line : `  # ${line.trim()}`}   # ${description ?? ''}`
  })
  const rest = Object.entries(properties)
    .filter(([key]) => !said.includes(key) && !required.includes(key))
    .flatMap(([key, of]) => [...block(key, of, ''), ''])
  return [
    '# Tieout, for systems of your own.   tieout config check   says what is wrong with it,   tieout config explain   what holds.',
    '# Then run   npm start -- --config tieout.yaml   (DATABASE_URL names a PostgreSQL of your own instead of the embedded one).',
    '',
    head.join('\n'),
    SYSTEMS.trim(),
    '',
    '# Which of them plays which part.',
    'parts:',
    ...parts,
    '',
    '# What follows may be left out: it stands here as it holds.',
    '',
    ...rest,
  ]
    .join('\n')
    .trimEnd()
    .concat('\n')
}

const sentenceOf = (schema: JsonSchema | undefined): string =>
  `${(schema?.description ?? '').replace(/^./u, (first) => first.toUpperCase())}.`

/** A key that has a default, as it would be written. */
function block(key: string, schema: JsonSchema, indent: string): string[] {
  const inner = Object.entries(schema.properties ?? {})
  const usual = schema.default as { readonly [key: string]: unknown } | undefined
  const told = schema.description === undefined ? [] : [`# ${indent}# ${sentenceOf(schema)}`]
  if (inner.length === 0) {
    const value = usual === undefined ? (schema.enum?.map(String).join(' | ') ?? '…') : JSON.stringify(usual)
    return [...told, `# ${indent}${key}: ${value}`]
  }
  return [
    ...told,
    `# ${indent}${key}:`,
    ...inner.flatMap(([name, of]) => block(name, usual?.[name] === undefined ? of : { ...of, default: usual[name] }, `${indent}  `)),
  ]
}
