/** Prints the OpenAPI document from the list of routes; `--write` writes docs/spec/openapi.json. A test compares the two. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openapi } from '../src/api/openapi.ts'
import { ROUTES } from '../src/api/routes.ts'

export const OPENAPI_FILE = join(import.meta.dirname, '..', 'docs', 'spec', 'openapi.json')

export const openapiText = (): string => `${JSON.stringify(openapi(ROUTES), undefined, 1)}\n`

if (process.argv.includes('--write')) writeFileSync(OPENAPI_FILE, openapiText())
