import type { Column } from './column.ts'

/** What rules remember, by rule and name. */
export type Memories = Readonly<Record<string, Readonly<Record<string, Column>>>>

const MAGIC = 'ecluse rule memory 2'

/** The memories as bytes: one line of JSON that names the columns, then their numbers, little-endian. */
export function encodeMemories(memories: Memories): Uint8Array {
  const columns = Object.entries(memories).flatMap(([rule, named]) =>
    Object.entries(named).map(([name, column]) => ({ rule, name, column })),
  )
  const head = { magic: MAGIC, columns: columns.map(({ rule, name, column }) => ({ rule, name, length: column.values.length })) }
  const line = Buffer.from(`${JSON.stringify(head)}\n`)
  return Buffer.concat([line, ...columns.map(({ column: { values } }) => Buffer.from(values.buffer, values.byteOffset, values.byteLength))])
}

/**
 * Puts memories back, or nothing: bytes of another version, cut or damaged are refused with false. A rule that has no memory there begins anew, and
 * what belongs to a rule that is gone is left out.
 */
export function decodeMemories(bytes: Uint8Array, memories: Memories): boolean {
  const end = bytes.indexOf(10)
  const head = end < 0 ? undefined : headOf(Buffer.from(bytes.subarray(0, end)).toString())
  if (!head) return false
  const length = head.reduce((sum, column) => sum + column.length * 8, end + 1)
  if (length !== bytes.length) return false
  let at = end + 1
  for (const { rule, name, length } of head) {
    // A copy of its own: a view may begin at a byte where no number can.
    const part = new Uint8Array(bytes.subarray(at, at + length * 8))
    at += length * 8
    const column = memories[rule]?.[name]
    if (!column || length % column.stride !== 0) continue
    column.reserve(length / column.stride)
    column.values.set(new Float64Array(part.buffer, 0, length))
  }
  return true
}

function headOf(text: string): { rule: string; name: string; length: number }[] | undefined {
  try {
    const { magic, columns } = JSON.parse(text) as { magic?: unknown; columns?: { rule: string; name: string; length: number }[] }
    const isSound = magic === MAGIC && Array.isArray(columns) && columns.every(({ length }) => Number.isSafeInteger(length) && length >= 0)
    return isSound ? columns : undefined
  } catch {
    return undefined
  }
}
