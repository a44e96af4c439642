// A hub reduced to its sealer, for tests that kill it: database address, signer's folder, published folder, tenant.
import { startSealer } from '../src/seal/sealer.ts'
import { openSigner } from '../src/seal/signer-child.ts'
import { signerPool } from './sealed-log.ts'

const [url, signerDir, publishDir, tenant] = process.argv.slice(2) as [string, string, string, string]
const signer = await openSigner({ dir: signerDir })
startSealer({
  pool: signerPool(url), tenants: () => [tenant], signer, everyMs: 1, publishDir,
  alarm: (alarm) => { process.stdout.write(`${'raised' in alarm ? alarm.raised.message : 'cleared'}\n`) },
})
process.stdout.write('running\n')
