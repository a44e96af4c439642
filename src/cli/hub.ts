/** `tieout hub`: one hub process over a database that is set up. Says one line of JSON when it is ready. */
import { createInterface } from 'node:readline'
import { Command } from 'commander'
import { readConfigFile } from '../config/file.ts'
import { secretOf } from '../config/secret.ts'
import { Fault } from '../lib/fault.ts'
import { arm } from '../lib/mark.ts'
import { startHub } from '../hub.ts'
import { systemProblems } from '../systems.ts'

export function hubCommand(): Command {
  return new Command('hub')
    .description('run one hub process; the database is named by TIEOUT_DATABASE_URL, the access key by TIEOUT_API_KEY')
    .requiredOption('--config <file>', 'the configuration; tieout init writes one')
    .action(async ({ config }: { config: string }) => {
      const hub = await startHub({
        config: readConfigFile(config, systemProblems).config,
        databaseUrl: required('TIEOUT_DATABASE_URL'),
        signerDatabaseUrl: process.env['TIEOUT_SIGNER_DATABASE_URL'],
        apiKey: required('TIEOUT_API_KEY'),
        secret: (name) => secretOf(name),
        log: (line) => {
          process.stderr.write(`${line}\n`)
        },
      })
      const { address: api, cfg, verifierKey } = hub
      process.stdout.write(`${JSON.stringify({ ready: true, api, cfg, verifierKey, pid: process.pid })}\n`)
      const stop = (): void => {
        void hub.stop().then(() => process.exit(0))
      }
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop)
      // Whoever started us holds our standard input: when it closes, they are gone, and so are we.
      process.stdin.once('end', stop).resume()
      // A rehearsal says on it where the process is to die, and hears from when on that holds.
      if (process.env['TIEOUT_KILL_WHEN_TOLD'] === '1')
        createInterface(process.stdin).on('line', (point) => {
          arm(point)
          process.stdout.write(`${JSON.stringify({ diesAt: point })}\n`)
        })
    })
}

function required(name: string): string {
  const value = process.env[name]
  if (!value) throw new Fault('config-not-valid', `The environment variable ${name} is missing.`)
  return value
}
