/** Every key of the configuration, as people are told of it: in order, with its meaning and what holds unless it is said. */
import { JSON_SCHEMA, type JsonSchema } from './config.ts'

export interface Key {
  /** `policy.graceMs`; `*` stands for a name of one's own. */
  readonly key: string
  readonly takes: string
  readonly says: string
  /** JSON; undefined where it has to be said, or may be left out without anything in its place. */
  readonly usual: string | undefined
  readonly required: boolean
}

/** Keys that hold others are not among them, unless they have a default as a whole. */
export function configKeys(schema: JsonSchema = JSON_SCHEMA, prefix = ''): Key[] {
  const named = Object.entries(schema.properties ?? {}).map(([name, of]) => ({
    name,
    of,
    required: schema.required?.includes(name) ?? false,
  }))
  const own = typeof schema.additionalProperties === 'object' ? [{ name: '*', of: schema.additionalProperties, required: true }] : []
  return [...named, ...own].flatMap(({ name, of, required }): Key[] => {
    const key = `${prefix}${name}`
    const whole = schema.default as { readonly [name: string]: unknown } | undefined
    const usual = of.default ?? whole?.[name]
    const holds =
      of.properties !== undefined ||
      (required && typeof of.additionalProperties === 'object' && of.additionalProperties.properties !== undefined)
    if (holds) return configKeys(of, `${key}.`)
    return [{ key, takes: takes(of), says: of.description ?? '', usual: usual === undefined ? undefined : JSON.stringify(usual), required }]
  })
}

function takes({ type, enum: words, minimum, maximum }: JsonSchema): string {
  if (words) return words.map(String).join(' or ')
  if (type === 'integer')
    return maximum === undefined || maximum === Number.MAX_SAFE_INTEGER
      ? `whole number from ${minimum ?? 0}`
      : `whole number ${minimum ?? 0} to ${maximum}`
  return { string: 'text', array: 'list', object: 'object', boolean: 'true or false' }[type ?? ''] ?? 'any'
}
