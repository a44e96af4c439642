/**
 * What became of the commands of an object, and the cases that this makes. The last word on each kind is kept under `command@target`.
 * Where several of a kind stand beside each other (one for each document, each posting, each question) one that waits for a person has
 * a place of its own besides, `command@target thing`, until it is no trouble any more: what comes of another one does not hide it.
 */
import type { EffectInput } from './effect.ts'
import type { Event } from './event.ts'
import type { WantedException } from './exception.ts'
import type { Cause } from './exception-causes.ts'
import { later } from './fact-order.ts'
import type { Sent, Told } from './invoice-state.ts'
import type { CaseOwners, LaneOwners } from './lane.ts'
import { COMMANDS, type CommandName, type EffectMark, type EffectParts, type Expectation } from './object.ts'

/** What every outcome event of an effect carries (see the delivery). */
export interface EffectData extends EffectParts {
  readonly effect: string
  readonly contentHash: string
  readonly attempt: number
  readonly input: EffectInput
  readonly receipt?: { readonly reference: string }
  readonly says?: string
  readonly dead?: boolean
}

export type SentMap = { readonly [place: string]: Sent }

/** Inputs after which it certainly happened there. */
export const HAPPENED: ReadonlySet<EffectInput> = new Set<EffectInput>(['done', 'found', 'evidence', 'said-applied'])
/** Inputs after which nobody knows. */
const IN_DOUBT: ReadonlySet<EffectInput> = new Set<EffectInput>(['unclear', 'needs-person', 'exhausted', 'found-other'])
export const isInDoubt = ({ input, dead, over }: Sent): boolean => IN_DOUBT.has(input) && !dead && over === undefined

/** The causes that a command's end can have, and on whose side each lies. */
const ENDS = {
  'refused-by-target': 'business',
  'found-other': 'business',
  'dead-letter': 'technical',
  'outcome-unknown': 'technical',
} as const satisfies { readonly [cause in Cause]?: keyof LaneOwners }
type EndCause = keyof typeof ENDS

/** Of what was given up while nobody knew whether it had happened a person is asked, as of anything else in doubt. */
const ENDED: { readonly [input in EffectInput]?: EndCause } = {
  refused: 'refused-by-target',
  exhausted: 'outcome-unknown',
  'needs-person': 'outcome-unknown',
  'found-other': 'found-other',
}
const SILENT: { readonly [cause in EndCause]: string } = {
  'refused-by-target': 'no words',
  'dead-letter': 'no words',
  'outcome-unknown': 'no clear answer',
  'found-other': '',
}
const endOf = ({ input, dead, over }: Sent): EndCause | undefined => (over ? undefined : dead ? 'dead-letter' : ENDED[input])

const kindOf = ({ command, target }: EffectParts): string => `${command}@${target}`

/** Where it has its place: with others of its kind beside it, one of its own. */
function placeOf(parts: EffectParts): string {
  const { each } = COMMANDS[parts.command]
  if (each === undefined) return kindOf(parts)
  const thing = each === 'object' ? parts.object.slice(parts.object.indexOf(' ') + 1) : parts.occurrence.split('#')[0]
  return `${kindOf(parts)} ${thing}`
}

/** The one spelling of which command a case is about. */
const nameOf = (place: string, occurrence: string): string => `${place} ${occurrence}`
export const commandName = (parts: EffectParts): string => nameOf(placeOf(parts), parts.occurrence)

/** An occurrence of a status command is `word#cause`: the word told, and the event that made it so. */
const toldWord = (occurrence: string): string => occurrence.slice(0, occurrence.indexOf('#'))

/** Folds the outcome of an effect into whatever object it was for. */
export function sending(
  state: { readonly sent: SentMap; readonly told: Told },
  event: Event,
  data: EffectData,
): { sent: SentMap; told: Told } {
  const row = COMMANDS[data.command]
  const told =
    HAPPENED.has(data.input) && row.manner !== 'read'
      ? { ...state.told, [`${data.target}|${row.facet}`]: { word: row.tells ?? toldWord(data.occurrence), at: event.occurredAt } }
      : state.told
  const kind = kindOf(data)
  const place = placeOf(data)
  const known = state.sent[kind]
  const besides =
    data.input === 'found-other' && known?.occurrence === data.occurrence && (HAPPENED.has(known.input) || known.besides === true)
  const fresh: Sent = {
    at: event.occurredAt,
    ...(besides ? { besides } : {}),
    contentHash: data.contentHash,
    dead: data.dead ?? false,
    event: event.id,
    input: data.input,
    occurrence: data.occurrence,
    receipt: data.receipt?.reference ?? known?.receipt ?? null,
    says: data.says ?? null,
  }
  const others = place === kind ? state.sent : without(state.sent, place)
  return {
    told,
    sent: { ...others, [kind]: later(known ?? null, fresh), ...(place !== kind && endOf(fresh) ? { [place]: fresh } : {}) },
  }
}

const without = (sent: SentMap, place: string): SentMap =>
  place in sent ? Object.fromEntries(Object.entries(sent).filter(([other]) => other !== place)) : sent

/** Folds that the trouble with a command was over by itself: `input` is what ended it. */
export function overBy(sent: SentMap, command: string, input: EffectInput): SentMap {
  const over = Object.entries(sent).find(([place, { occurrence }]) => nameOf(place, occurrence) === command)?.[1].event
  return Object.fromEntries(
    Object.entries(sent).flatMap(([place, one]): [string, Sent][] =>
      one.event !== over ? [[place, one]] : isOwn(place) ? [] : [[place, { ...one, over: input }]],
    ),
  )
}

const isOwn = (place: string): boolean => place.includes(' ')

/** Why nobody has to be asked any more, though the system never said how its call ended. */
const OVER = {
  evidence: 'it was carried out: other news of it has come, which proves it',
  undone: 'what it had done was undone there',
  withdrawn: 'it is not wanted any more, and is not tried again',
} as const satisfies { readonly [input in EffectMark['input'] | 'withdrawn']: string }

/**
 * The cases that the ends of an object's commands are, each with the owner that its lane names; and those that are over by themselves:
 * proved by what has come since, or refused and given up and then not wanted any more. What is in doubt stays a case also when it is not
 * wanted any more: it may have happened.
 */
export function casesOfSent(
  owners: CaseOwners,
  sent: SentMap,
  { effects, marks }: Pick<Expectation, 'effects' | 'marks'>,
): WantedException[] {
  const places = Object.entries(sent)
  const wanted = new Set(effects.flatMap(namesOf))
  const proved = new Map(marks.flatMap((mark) => namesOf(mark).map((name) => [name, mark.input] as const)))
  return places.flatMap(([place, one]): WantedException[] => {
    const cause = endOf(one)
    // What has a place of its own is told from there.
    if (!cause || (!isOwn(place) && places.some(([other, { event }]) => isOwn(other) && event === one.event))) return []
    const [kind = '', ...thing] = place.split(' ')
    const at = kind.indexOf('@')
    const command = nameOf(place, one.occurrence)
    const over = one.besides ? undefined : (proved.get(command) ?? (isInDoubt(one) || wanted.has(command) ? undefined : 'withdrawn'))
    return [
      {
        cause,
        says: `${[kind, ...(thing.length > 0 ? [short(thing.join(' '))] : [])].join(' ')}: ${over ? OVER[over] : (one.says ?? SILENT[cause])}`,
        owner: owners[COMMANDS[kind.slice(0, at) as CommandName].lane][ENDS[cause]],
        system: kind.slice(at + 1),
        command,
        ...(over ? { over } : {}),
      },
    ]
  })
}

/** By its own place, and by that of its kind: what was folded before there were places of their own is found by that. */
const namesOf = (parts: EffectParts): string[] => [...new Set([commandName(parts), nameOf(kindOf(parts), parts.occurrence)])]

const LIMIT_THING = 24
const short = (thing: string): string => (thing.length > LIMIT_THING ? `${thing.slice(0, LIMIT_THING)}…` : thing)
