/** Prints docs/spec/config.md from the schema of the configuration; `--write` writes it. A test compares the two. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { configKeys } from '../src/config/keys.ts'

export const CONFIG_FILE = join(import.meta.dirname, '..', 'docs', 'spec', 'config.md')

export function configPage(): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|')
  const rows = configKeys().map(
    ({ key, takes, says, usual, required }) =>
      `| \`${key}\` | ${cell(takes)} | ${usual === undefined ? (required ? 'has to be said' : 'none') : `\`${cell(usual)}\``} | ${cell(says)} |`,
  )
  return `# Configuration

Printed from the code by \`node scripts/config-page.ts --write\`; a test fails when they differ.

\`tieout init\` writes a commented file, \`tieout config check\` tells everything that is wrong with it at once, with line and place,
\`tieout config explain\` what holds and where that is said. The file is YAML 1.2, of which JSON is a part; anchors are not taken, and no
key stands twice. A key that is not known is refused, with the nearest that is. \`signer\` and \`publish\` are beside the file unless they
are absolute. \`*\` stands for a name that you give.

A secret is named and never written in the file: \`env:NAME\` (or NAME alone), read when the hub starts to use it, or \`file:PATH\`, read
anew for each call, so that a changed secret needs no restart. What a connector's \`config\` takes, its README says.

\`npm start -- --config tieout.yaml\` (or \`tieout start --config tieout.yaml\`) sets the database up and connects these systems. The
database is the embedded one, or the PostgreSQL that \`DATABASE_URL\` names. \`tieout hub --config tieout.yaml\` is one hub process over
a database that is set up (\`TIEOUT_DATABASE_URL\`, \`TIEOUT_SIGNER_DATABASE_URL\`, \`TIEOUT_API_KEY\`).

| key | takes | unless said | what it is |
|---|---|---|---|
${rows.join('\n')}
`
}

if (process.argv.includes('--write')) writeFileSync(CONFIG_FILE, configPage())
