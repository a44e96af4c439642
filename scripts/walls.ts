import { readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { filesOf, isCode, isTest, report, type Problem } from './files.ts'
import { scan } from './imports.ts'

/**
 * The walls of the house: which folder may import what. The table is the architecture; a row that is too narrow is changed
 * here, in review, with its reason, and not gone around.
 */
export interface Room {
  /** `*` stands for one folder: each is a room of its own, and none may import another. */
  readonly folder: string
  /** Folders or files of ours; a room may always import itself. */
  readonly ours: readonly string[]
  readonly packages: readonly string[]
  /** Whether the built-in modules of Node may be used: `node:fs` and its like. A list allows only those. */
  readonly builtins: boolean | readonly string[]
  /** Told to whoever runs against the wall. */
  readonly instead: string
}

const LAW = ['src/lib', 'src/domain']
const WORKERS = [...LAW, 'src/store', 'src/tlog', 'src/connector']
const SAME_DOOR =
  'What it has to tell the log goes through the `submit` function that src/hub.ts hands to it; what it must know of another worker stands in a table.'

export const ROOMS: readonly Room[] = [
  {
    folder: 'src/lib',
    ours: [],
    packages: [],
    builtins: false,
    instead:
      'lib is what everything rests on and runs in a browser too: take what you need as an argument, or put the code in the folder that owns the subject.',
  },
  {
    folder: 'src/domain',
    ours: ['src/lib'],
    packages: [],
    builtins: false,
    instead:
      'The domain decides over plain records and knows no world: let the caller read it and pass it in (records, clock, ids, sha256 are arguments).',
  },
  {
    folder: 'src/tlog',
    ours: ['src/lib'],
    packages: [],
    builtins: false,
    instead:
      "The log's arithmetic is pure, so that a verifier can run it anywhere: SHA-256 and signatures come in as functions, bytes as arguments.",
  },
  {
    folder: 'src/formats',
    ours: LAW,
    packages: ['saxes'],
    builtins: false,
    instead: 'A format turns bytes into documents and nothing else: reading files, calling systems and deciding belong to the caller.',
  },
  {
    folder: 'src/store',
    ours: [...LAW, 'src/tlog'],
    packages: ['pg'],
    builtins: true,
    instead: 'The store only keeps and finds. What should be kept is decided by src/domain and handed to it.',
  },
  ...['intake', 'delivery', 'watch', 'seal'].map((name): Room => ({
    folder: `src/${name}`,
    ours: WORKERS,
    packages: ['pg'],
    builtins: true,
    instead: SAME_DOOR,
  })),
  {
    folder: 'src/connector',
    ours: LAW,
    packages: ['undici'],
    builtins: true,
    instead:
      'The contract and the transports know neither a vendor nor the database: vendor shapes belong in src/connectors, keeping in src/store.',
  },
  {
    folder: 'src/connectors/*',
    ours: ['src/connector', 'src/formats', ...LAW],
    packages: ['zod'],
    builtins: false,
    instead:
      'A connector is pure functions and a declaration: transports come from src/connector, formats from src/formats, SHA-256 from `open`; what two connectors share belongs in one of these.',
  },
  {
    folder: 'src/access',
    ours: [...LAW, 'src/store'],
    packages: [],
    builtins: true,
    instead: 'Who may do what is decided here and asked for by api and cli, never the other way round.',
  },
  {
    folder: 'src/config',
    ours: LAW,
    packages: ['zod', 'yaml'],
    builtins: true,
    instead: 'Configuration is read and explained here; whoever needs a setting gets it as an argument from src/hub.ts.',
  },
  {
    folder: 'src/export',
    ours: [...LAW, 'src/store', 'src/tlog'],
    packages: [],
    builtins: true,
    instead: 'An export reads the store and writes bytes; what it should mean is decided in src/domain.',
  },
  {
    folder: 'src/verify',
    ours: [...LAW, 'src/tlog'],
    packages: [],
    builtins: true,
    instead:
      'The verifier shares nothing with what it verifies but the pure law: no store, no package, so that an auditor can read all of it.',
  },
  {
    folder: 'src/api',
    packages: ['fastify', 'zod'],
    builtins: true,
    ours: [
      ...WORKERS,
      'src/formats',
      'src/intake',
      'src/delivery',
      'src/watch',
      'src/seal',
      'src/access',
      'src/config',
      'src/export',
      'src/verify',
    ],
    instead:
      'A route translates between HTTP and a capability; it names no vendor and no command line. Put the capability in the folder that owns it.',
  },
  {
    folder: 'src/cli',
    packages: ['commander', 'pg', 'zod'],
    builtins: true,
    ours: [
      ...WORKERS,
      'src/hub.ts',
      'src/systems.ts',
      'src/formats',
      'src/intake',
      'src/delivery',
      'src/watch',
      'src/seal',
      'src/access',
      'src/config',
      'src/export',
      'src/verify',
    ],
    instead:
      'A command translates between a terminal and a capability; it names no vendor and no route. Put the capability in the folder that owns it.',
  },
  {
    folder: 'src/systems.ts',
    ours: [...LAW, 'src/store', 'src/connector', 'src/connectors', 'src/config'],
    packages: [],
    builtins: false,
    instead: 'systems.ts lists the connectors and opens those that a configuration names; what is done with them belongs to a part.',
  },
  {
    folder: 'src/hub.ts',
    ours: ['src'],
    packages: ['fastify', 'pg', 'zod'],
    builtins: true,
    instead: 'hub.ts puts the parts together; everything else belongs to a part.',
  },
  {
    folder: 'sandbox',
    ours: [],
    packages: ['fastify', 'fast-xml-parser', 'standardwebhooks'],
    builtins: true,
    // Other libraries than the hub's, wherever both need one: a fault in a parser must show as a difference.
    instead:
      "The simulated systems share no code with the hub, so that a mistake in one cannot hide in the other: write it again from the system's own documentation.",
  },
  {
    folder: 'rehearsal/simulation/ground',
    ours: [],
    packages: [],
    builtins: false,
    instead:
      'What simulated systems really did, and what is judged by it, shares no code with what is judged: write it again in its own words, and take the clock and chance as arguments.',
  },
  {
    folder: 'rehearsal/simulation',
    packages: [],
    builtins: true,
    ours: [
      ...LAW,
      'src/delivery',
      'src/connector',
      'src/store/attempt.ts',
      'src/store/effect-plan.ts',
      'src/store/item.ts',
      'src/store/outcomes.ts',
      'test',
    ],
    instead:
      "The simulation drives the law and the pure parts of delivery; the database and the network are the real processes' part of the rig.",
  },
  {
    folder: 'rehearsal/checks',
    // The rows of a history are evidence, and their file imports nothing of ours.
    ours: ['rehearsal/history.ts'],
    packages: [],
    builtins: false,
    instead:
      'A check judges the evidence that it is handed, and could be bent by whatever else it knows: have schedule.ts put what it needs into `Evidence`.',
  },
  {
    folder: 'rehearsal',
    ours: ['launch'],
    packages: ['pg', 'undici'],
    builtins: true,
    instead:
      'The rig starts the hub and the sandbox as processes and judges them from outside: what it needs of them, it asks over their public doors.',
  },
  {
    folder: 'bench',
    ours: ['src', 'launch', 'test'],
    packages: ['pg'],
    builtins: true,
    instead: 'A benchmark drives what is there; what it needs beyond that belongs in src or in the benchmark itself.',
  },
  {
    folder: 'scripts',
    ours: ['src'],
    packages: ['vitest'],
    builtins: true,
    instead: 'A check reads the project; nothing in the project may need a check to run.',
  },
  {
    folder: 'launch',
    ours: [],
    packages: [],
    builtins: true,
    instead: 'launch runs before anything is installed: nothing but the built-in modules of an old Node is there yet.',
  },
  {
    folder: 'test',
    ours: ['src', 'sandbox', 'launch', 'scripts'],
    packages: ['pg', 'vitest', 'fast-check', 'undici'],
    builtins: true,
    instead: 'Ask for the package in review before a test rests on it.',
  },
]

/** The rule that no test may break either. */
const APART = { folder: 'sandbox', from: 'src' }

/** Every import that the table forbids, every file in no room, and every file that cannot be read. */
export function wallProblems(root: string, rooms: readonly Room[] = ROOMS): Problem[] {
  return filesOf(root)
    .filter((file) => isCode(file) && file.includes('/'))
    .flatMap((file) => problemsOf(root, file, rooms))
}

function problemsOf(root: string, file: string, rooms: readonly Room[]): Problem[] {
  const room = roomOf(file, rooms)
  if (room === undefined)
    return [{ file, says: 'stands in no room: put it in a folder of the table in scripts/walls.ts, or add a row there with its reason.' }]
  let found
  try {
    found = scan(readFileSync(join(root, file), 'utf8'))
  } catch (error) {
    return [{ file, says: `cannot be read by scripts/imports.ts (${String(error)}): write it more plainly.` }]
  }
  const problems: Problem[] = found.imports.flatMap(({ line, specifier }) => {
    const says = refused(file, room, specifier)
    return says === undefined ? [] : [{ file, line, says }]
  })
  if (isTest(file)) return problems
  const computed = found.computed.map((line) => ({
    file,
    line,
    says: 'imports a module whose name is only known at run time, which no wall can judge: name it.',
  }))
  return [...problems, ...computed]
}

interface FoundRoom extends Room {
  /** The folder with `*` filled in. */
  readonly here: string
}

function roomOf(file: string, rooms: readonly Room[]): FoundRoom | undefined {
  for (const room of rooms) {
    const here = new RegExp(`^${room.folder.replaceAll('.', '\\.').replace('*', '[^/]+')}(?=/|$)`).exec(file)?.[0]
    if (here !== undefined) return { ...room, here }
  }
  return undefined
}

/** Why `file` may not import `specifier`, with what to do instead; undefined when it may. */
function refused(file: string, room: FoundRoom, specifier: string): string | undefined {
  const test = isTest(file)
  if (specifier.startsWith('.')) {
    const target = posix.join(posix.dirname(file), specifier)
    if (within(file, APART.folder) && within(target, APART.from)) return `imports ${target}. ${room.instead}`
    if (test || within(target, room.here) || room.ours.some((folder) => within(target, folder))) return undefined
    return `imports ${target}, but ${room.here} may import ${listed([...room.ours], 'nothing of ours')}. ${room.instead}`
  }
  if (test) return undefined
  if (specifier.startsWith('node:')) {
    if (room.builtins === true || (room.builtins !== false && room.builtins.includes(specifier))) return undefined
    return `imports ${specifier}, but ${room.here} may use ${listed(room.builtins === false ? [] : [...room.builtins], 'no built-in module of Node')}. ${room.instead}`
  }
  if (room.packages.some((name) => specifier === name || specifier.startsWith(`${name}/`))) return undefined
  return `imports the package ${specifier}, but ${room.here} may import ${listed([...room.packages], 'no package')}. ${room.instead}`
}

function within(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`)
}

function listed(names: readonly string[], none: string): string {
  return names.length === 0 ? none : `only ${names.join(', ')}`
}

if (import.meta.main) report(wallProblems(join(import.meta.dirname, '..')))
