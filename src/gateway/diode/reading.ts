import { z } from 'zod'
import { LIMITS } from '../../core/limits.ts'
import { decompress } from './compress.ts'
import { DIODE_LIMITS } from './limits.ts'
import type { Message } from './message.ts'

const stream = { node: z.string().min(1).max(LIMITS.nodeLength), epoch: z.number() }
const sequence = z.int().min(0)
const part = z.int().min(1).max(DIODE_LIMITS.dictionariesParts)
export const recordsHead = z.object({ ...stream, explainedBy: sequence, part: part.default(1), parts: part.default(1) })
export const showHead = z.object({ ...stream, upTo: sequence })
export const beat = z.object({
  ...{ node: z.string().min(1).max(LIMITS.nodeLength), instance: z.string().max(200), version: z.string().max(200), time: z.number() },
  streams: z.array(z.object({ ...stream, first: sequence, last: sequence })).max(LIMITS.streams),
  sent: z.array(z.object({ ...stream, sequence, explainedBy: sequence })).max(LIMITS.streams),
})

/** The message contradicts itself. */
export class Unreadable extends Error {
  override name = 'Unreadable'
}

export async function bodyOf({ body, bodyBytes }: Message): Promise<Uint8Array> {
  try {
    return await decompress(body, bodyBytes)
  } catch (cause) {
    throw new Unreadable(`not compressed as it says: ${String(cause)}`, { cause })
  }
}

export function headOf<T>(schema: z.ZodType<T>, { head }: Message): T {
  return parse(schema, head)
}

export function parse<T>(schema: z.ZodType<T>, bytes: Uint8Array): T {
  const parsed = schema.safeParse(reading(() => JSON.parse(new TextDecoder().decode(bytes)) as unknown))
  if (parsed.success) return parsed.data
  throw new Unreadable(z.prettifyError(parsed.error))
}

/** What `read` gives; Unreadable for what the codecs throw on bytes that contradict themselves. */
export function reading<T>(read: () => T): T {
  try {
    return read()
  } catch (cause) {
    if (cause instanceof RangeError || cause instanceof SyntaxError) throw new Unreadable(cause.message, { cause })
    throw cause
  }
}
