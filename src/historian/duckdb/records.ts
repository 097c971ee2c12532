import { z } from 'zod'
import type { SampleBatch } from '../../core/batch.ts'
import { decodeBatch } from '../../core/batch-codec.ts'
import { LIMITS } from '../../core/limits.ts'
import type { SignalDefinition } from '../../core/signals.ts'
import type { RecordKind } from '../../core/spool.ts'

/** What a spool record holds, checked: it may come from another node. */
export type Content =
  | { readonly kind: 'batch'; readonly batch: SampleBatch }
  | { readonly kind: 'signals'; readonly signals: readonly [number, SignalDefinition][] }
  | { readonly kind: 'reasons'; readonly first: number; readonly sets: readonly (readonly string[])[] }
  | { readonly kind: 'config'; readonly version: string }
  | { readonly kind: 'gap'; readonly from: number; readonly to: number; readonly cause: string; readonly samples?: number | undefined }

const signals = z.array(
  z.tuple([
    z.int().min(0).lt(LIMITS.signals),
    z.looseObject({
      id: z.string().min(1).max(LIMITS.idLength),
      connection: z.string(),
      address: z.string(),
      dataType: z.enum(['number', 'boolean', 'text']),
      unit: z.string().optional(),
    }),
  ]),
)
const reasons = z
  .object({ first: z.int().min(0), sets: z.array(z.array(z.string())) })
  .refine((record) => record.first + record.sets.length <= LIMITS.reasonSets, `more than ${LIMITS.reasonSets} sets of reasons`)
const config = z.object({ version: z.string() })
const gap = z.object({ from: z.int().min(1), to: z.int().min(1), cause: z.string(), samples: z.int().optional() })

/** Throws RangeError or SyntaxError when the payload is not what its kind says. */
export function parseRecord(kind: RecordKind, payload: Uint8Array): Content {
  switch (kind) {
    case 'batch':
      return { kind, batch: decodeBatch(payload) }
    case 'signals':
      return { kind, signals: parse(signals, payload) as [number, SignalDefinition][] }
    case 'reasons':
      return { kind, ...parse(reasons, payload) }
    case 'config':
      return { kind, ...parse(config, payload) }
    case 'gap':
      return { kind, ...parse(gap, payload) }
  }
}

function parse<T>(schema: z.ZodType<T>, payload: Uint8Array): T {
  const parsed = schema.safeParse(JSON.parse(Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString('utf8')))
  if (parsed.success) return parsed.data
  throw new RangeError(`dictionary: ${z.prettifyError(parsed.error)}`)
}
