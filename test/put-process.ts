/**
 * Puts one file into a folder as a process of its own, for tests that kill it: at a point of the transport, or when it asks for the time
 * (`clock`), which it does before it begins, when all is written, and when the file lies ready. Arguments: folder, name, text.
 */
import { openFolder } from '../src/connector/transport/folder.ts'
import { mark } from '../src/lib/mark.ts'

const [folder = '', name = '', text = ''] = process.argv.slice(2)
const monotonic = (): number => {
  mark('clock')
  return 0
}
const channel = openFolder({ put: folder }, { clocks: { wall: () => 0, monotonic }, secret: () => undefined, mark })
await channel.send({ transport: 'folder', act: 'put', name, bytes: new TextEncoder().encode(text) }, { wall: 1, monotonic: 1 })
