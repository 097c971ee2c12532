import type { Row } from '../../core/record-source.ts'
import { readJson as readExactJson } from '../../lib/exact-json.ts'
import { FILES_LIMITS } from './limits.ts'
import { type Chunks, splitLines } from './lines.ts'
import { BrokenFile, PartBuilder, type Parts } from './part.ts'

/** One JSON object per line. */
export async function* readJsonl(chunks: Chunks): Parts {
  const part = new PartBuilder()
  const decoder = new TextDecoder('utf-8', { fatal: true })
  for await (const lines of splitLines(chunks))
    for (const { number, bytes } of lines) {
      const where = `line ${number}`
      if (bytes === undefined) part.refuse('', `${where}: longer than ${FILES_LIMITS.recordBytes} bytes`)
      else {
        const text = decode(decoder, bytes)
        if (text === undefined) part.refuse(bytes.toString('latin1'), `${where}: not UTF-8`)
        else if (text.trim() !== '') addJson(part, text, where)
      }
      if (part.isFull) yield part.take()
    }
  yield part.take()
}

/** A list of objects, or one object. */
export async function* readJson(bytes: Buffer): Parts {
  const text = decode(new TextDecoder('utf-8', { fatal: true }), bytes)
  if (text === undefined) throw new BrokenFile('not UTF-8')
  const read = readExactJson(text, { depth: FILES_LIMITS.jsonDepth, values: FILES_LIMITS.jsonValues })
  if ('problem' in read) throw new BrokenFile(read.problem)
  const { value } = read
  const part = new PartBuilder()
  const items: readonly unknown[] = Array.isArray(value) ? value : [value]
  for (const [index, item] of items.entries()) {
    if (isObject(item)) part.add(item, 64)
    else part.refuse(JSON.stringify(item), `item ${index + 1}: not an object`)
    if (part.isFull) yield part.take()
  }
  yield part.take()
}

function addJson(part: PartBuilder, text: string, where: string): void {
  const read = readExactJson(text, { depth: FILES_LIMITS.jsonDepth, values: FILES_LIMITS.jsonValues })
  if ('problem' in read) part.refuse(text, `${where}: ${read.problem}`)
  else if (isObject(read.value)) part.add(read.value, text.length)
  else part.refuse(text, `${where}: not an object`)
}

function isObject(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function decode(decoder: { decode(bytes: Uint8Array): string }, bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes)
  } catch {
    // It says no more than that some byte does not fit.
    return undefined
  }
}
