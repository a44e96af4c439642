import { tilePath, TILE_WIDTH } from '../tlog/tile.ts'

/** Where leaf hashes are kept beside the rows: the published folder outside the database, and the tile table inside it. */
export type TileSource = 'published' | 'database'

/** One thing that does not hold. Indices are leaf indices; `to` is the last one meant. */
export type Finding =
  | { readonly kind: 'body' | 'half-erased' | 'no-leaf' | 'leaf-hash' | 'twice'; readonly index: number }
  | { readonly kind: 'no-index' }
  | { readonly kind: 'not-sealed'; readonly index: number; readonly to: number; readonly provedBy: TileSource }
  | { readonly kind: 'missing' | 'somewhere'; readonly index: number; readonly to: number }
  | { readonly kind: 'head'; readonly says: number | undefined; readonly rows: number }
  | { readonly kind: 'checkpoint'; readonly size: number; readonly why: string }
  | { readonly kind: 'fork'; readonly size: number }
  | { readonly kind: 'tile'; readonly source: TileSource; readonly level: number; readonly tile: number; readonly index?: number }
  | { readonly kind: 'tile-missing'; readonly source: TileSource; readonly level: number; readonly tile: number }

type OfKind<K, F = Finding> = F extends { readonly kind: infer Kinds } ? (K extends Kinds ? F : never) : never
type Sentences = { readonly [K in Finding['kind']]: (finding: OfKind<K>) => string }

const SOURCE: Readonly<Record<TileSource, string>> = { published: 'the published folder', database: 'the database' }

const SENTENCES: Sentences = {
  body: ({ index }) => `index ${index}: the body or its salt was changed; they do not give the row's commitment`,
  'half-erased': ({ index }) => `index ${index}: of body and salt only one is there; erasure removes both`,
  'no-leaf': ({ index }) => `index ${index}: a column holds what no event can hold, so that the row makes no leaf`,
  'leaf-hash': ({ index }) => `index ${index}: the row was changed; its columns do not give its leaf hash`,
  twice: ({ index }) => `index ${index}: there is more than one row, or one out of order`,
  'no-index': () => 'a row of this tenant has no index that an event can have',
  'not-sealed': ({ index, to, provedBy }) =>
    `${indices(index, to)}: not what was sealed; the leaf hash in ${SOURCE[provedBy]} is proved under the checkpoint and differs`,
  missing: ({ index, to }) => `${indices(index, to)}: the row is missing`,
  somewhere: ({ index, to }) =>
    `${indices(index, to)}: the log no longer extends the checkpoint; what was changed in this range, nothing is left to name it by`,
  head: ({ says, rows }) =>
    `${says === undefined ? 'the head row is missing' : `the head row says ${says} events`}, and the rows make ${rows}`,
  checkpoint: ({ size, why }) => `the database's checkpoint of ${size} events is not valid: ${why}`,
  fork: ({ size }) => `two different trees of ${size} events are signed with this key`,
  tile: ({ source, level, tile, index }) =>
    `${tileName(source, level, tile)} was changed${index === undefined ? '' : ` at index ${index}`}; it does not give what was sealed`,
  'tile-missing': ({ source, level, tile }) => `${tileName(source, level, tile)} is missing`,
}

/** The finding as one line of plain English, beginning with the index where there is one. */
export function sentenceOf(finding: Finding): string {
  return (SENTENCES[finding.kind] as (finding: Finding) => string)(finding)
}

function indices(index: number, to: number): string {
  return index === to ? `index ${index}` : `indices ${index} to ${to}`
}

function tileName(source: TileSource, level: number, tile: number): string {
  return `${tilePath({ level, index: tile, width: TILE_WIDTH })} in ${SOURCE[source]}`
}

/** Findings as they come, the first thousand kept and all counted. */
export class Findings {
  readonly kept: Finding[] = []
  count = 0

  add(finding: Finding): void {
    this.count += 1
    if (this.kept.length < LIMIT_KEPT) this.kept.push(finding)
  }
}

const LIMIT_KEPT = 1000
