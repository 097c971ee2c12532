import { FILES_LIMITS } from './limits.ts'

/** Chunks of one file. */
export type Chunks = AsyncIterable<Buffer>

/** A line without its end, from 1. `bytes` is absent where it was longer than `FILES_LIMITS.recordBytes`. */
export interface Line {
  readonly number: number
  readonly bytes: Buffer | undefined
}

const NEWLINE = 10
const RETURN = 13

/** The lines of a file, a group per chunk; never more than one line longer than a chunk is held. */
export async function* splitLines(chunks: Chunks): AsyncGenerator<Line[], void, undefined> {
  let number = 0
  let rest: Buffer[] = []
  let held = 0
  let isTooLong = false
  const end = (last: Buffer): Line => {
    const whole = held === 0 ? last : Buffer.concat([...rest, last])
    const tooLong = isTooLong || whole.length > FILES_LIMITS.recordBytes
    rest = []
    held = 0
    isTooLong = false
    const length = whole.at(-1) === RETURN ? whole.length - 1 : whole.length
    return { number: ++number, bytes: tooLong ? undefined : whole.subarray(0, length) }
  }
  for await (const chunk of chunks) {
    const lines: Line[] = []
    let from = 0
    for (let to = chunk.indexOf(NEWLINE); to >= 0; to = chunk.indexOf(NEWLINE, from)) {
      lines.push(end(chunk.subarray(from, to)))
      from = to + 1
    }
    if (from < chunk.length) {
      if (held + chunk.length - from > FILES_LIMITS.recordBytes) {
        isTooLong = true
        rest = []
        held = 0
      } else {
        rest.push(chunk.subarray(from))
        held += chunk.length - from
      }
    }
    if (lines.length > 0) yield lines
  }
  if (held > 0 || isTooLong) yield [end(Buffer.alloc(0))]
}
