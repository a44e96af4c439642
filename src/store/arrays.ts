/**
 * Arrays as PostgreSQL's binary parameters: node-postgres sends a Buffer in binary, which spares both sides quoting and
 * parsing. Format: array_recv in src/backend/utils/adt/arrayfuncs.c: dimensions, whether there are NULLs, element type, then
 * length and lower bound of the one dimension, then each element's length (−1 for NULL) and bytes.
 */

const OID = { bool: 16, bytea: 17, int8: 20, int2: 21, int4: 23, text: 25, date: 1082, timestamptz: 1184 } as const
const HEADER = 20
const POSTGRES_EPOCH_MS = Date.UTC(2000, 0, 1)
const DAY_MS = 86_400_000

export function textArray(values: readonly (string | null)[]): Buffer {
  let room = HEADER
  for (const value of values) room += 4 + (value === null ? 0 : Buffer.byteLength(value))
  const target = header(OID.text, values, room)
  let at = HEADER
  for (const value of values) {
    if (value === null) {
      at = target.writeInt32BE(-1, at)
      continue
    }
    const length = target.write(value, at + 4)
    target.writeInt32BE(length, at)
    at += 4 + length
  }
  return ended(target, values, at)
}

export function byteaArray(values: readonly (Uint8Array | null)[]): Buffer {
  let room = HEADER
  for (const value of values) room += 4 + (value?.length ?? 0)
  const target = header(OID.bytea, values, room)
  let at = HEADER
  for (const value of values) {
    at = target.writeInt32BE(value?.length ?? -1, at)
    if (value) {
      target.set(value, at)
      at += value.length
    }
  }
  return ended(target, values, at)
}

export const boolArray = (values: readonly (boolean | null)[]): Buffer =>
  fixed(OID.bool, 1, values, (target, at, value) => {
    target[at] = value ? 1 : 0
  })
export const int2Array = (values: readonly (number | null)[]): Buffer =>
  fixed(OID.int2, 2, values, (target, at, value) => target.writeInt16BE(value, at))
export const int4Array = (values: readonly (number | null)[]): Buffer =>
  fixed(OID.int4, 4, values, (target, at, value) => target.writeInt32BE(value, at))
/** Safe integers. */
export const int8Array = (values: readonly (number | null)[]): Buffer => fixed(OID.int8, 8, values, writeInt8)
/** Instants (RFC 3339 text). */
export const timestampArray = (values: readonly (string | null)[]): Buffer =>
  fixed(OID.timestamptz, 8, values, (target, at, value) => {
    const ms = Date.parse(value) - POSTGRES_EPOCH_MS
    // Microseconds; those of the year 9999 are no safe integer.
    if (Math.abs(ms) < 9e12) writeInt8(target, at, ms * 1000)
    else target.writeBigInt64BE(BigInt(ms) * 1000n, at)
  })
/** Calendar dates (`YYYY-MM-DD`). */
export const dateArray = (values: readonly (string | null)[]): Buffer =>
  fixed(OID.date, 4, values, (target, at, value) =>
    target.writeInt32BE((Date.parse(`${value}T00:00:00Z`) - POSTGRES_EPOCH_MS) / DAY_MS, at),
  )

function writeInt8(target: Buffer, at: number, value: number): void {
  const high = Math.floor(value / 0x1_0000_0000)
  target.writeInt32BE(high, at)
  target.writeUInt32BE(value - high * 0x1_0000_0000, at + 4)
}

function fixed<T>(
  oid: number,
  width: number,
  values: readonly (T | null)[],
  write: (target: Buffer, at: number, value: T) => void,
): Buffer {
  const target = header(oid, values, HEADER + values.length * (4 + width))
  let at = HEADER
  for (const value of values) {
    at = target.writeInt32BE(value === null ? -1 : width, at)
    if (value === null) continue
    write(target, at, value)
    at += width
  }
  return ended(target, values, at)
}

function header(oid: number, values: readonly unknown[], room: number): Buffer {
  const target = Buffer.allocUnsafe(room)
  target.writeInt32BE(values.length === 0 ? 0 : 1, 0)
  target.writeInt32BE(values.includes(null) ? 1 : 0, 4)
  target.writeInt32BE(oid, 8)
  if (values.length > 0) {
    target.writeInt32BE(values.length, 12)
    target.writeInt32BE(1, 16)
  }
  return target
}

function ended(target: Buffer, values: readonly unknown[], at: number): Buffer {
  return target.subarray(0, values.length === 0 ? 12 : at)
}
