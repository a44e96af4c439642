/** `tieout start --config tieout.yaml`: the hub with systems of one's own. Runs until it is told to stop. */
import { readConfigFile } from '../config/file.ts'
import { missingSecrets, systemProblems } from '../systems.ts'
import { logTo, placeFor, prepareDatabase, startHubChild, writeRun } from './place.ts'

/** Exit status: 0 when it was told to stop, else that with which the hub ended. */
export async function startOwn(file: string): Promise<number> {
  const { path, config } = readConfigFile(file, systemProblems, missingSecrets)
  const place = placeFor(config.tenant)
  await prepareDatabase(place)
  const hub = await startHubChild(place, path, config)
  writeRun(place, config, hub)
  const systems = Object.entries(config.systems).map(([name, { kind }]) => `  ${name.padEnd(9)} ${kind}\n`)
  process.stdout.write(
    `  hub       ${String(hub.ready['api'])} (key in ${place.keyFile})\n${systems.join('')}  ready     tieout systems says how they are; Ctrl-C stops it\n`,
  )
  const asked = new Promise<0>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.once(signal, () => {
        resolve(0)
      })
  })
  const status = await Promise.race([asked, hub.over.then((code) => code ?? 1)])
  if (status !== 0) logTo(place)(`the hub ended with status ${status}`)
  await hub.end()
  return status
}
