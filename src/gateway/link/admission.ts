import { z } from 'zod'
import { LinkRefused, REFUSAL_CODES, type RefusalCode } from '../../core/link.ts'

const TEXT = 256

/** What a listener says first to a node that showed a certificate. */
const admission = z.union([
  z.object({ admitted: z.object({ hub: z.string().min(1).max(TEXT) }) }),
  z.object({ refused: z.enum(REFUSAL_CODES), message: z.string().max(TEXT) }),
])

export const admittedFrame = (hub: string): Uint8Array => encodeJson({ admitted: { hub } })
export const refusedFrame = (refused: RefusalCode, message: string): Uint8Array => encodeJson({ refused, message: message.slice(0, TEXT) })

/** Name of the hub that admits. Throws LinkRefused. */
export function readAdmission(frame: Uint8Array): string {
  const said = admission.safeParse(decodeJson(frame))
  if (!said.success) throw new LinkRefused('malformed', 'what answers there does not speak as a hub does')
  if ('refused' in said.data) throw new LinkRefused(said.data.refused, said.data.message)
  return said.data.admitted.hub
}

export function encodeJson(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value))
}

/** Undefined when the bytes are no JSON. */
export function decodeJson(frame: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(frame))
  } catch {
    return undefined // a stranger's bytes; the schema refuses what is missing
  }
}
