import { z } from 'zod'
import type { SampleBatch } from './batch.ts'
import { decodeBatch } from './batch-codec.ts'
import type { Fact } from './facts.ts'
import type { RecordBatch } from './it-records.ts'
import { LIMITS } from './limits.ts'
import { isSignalId } from './names.ts'
import type { SignalDefinition } from './signals.ts'
import type { AppendedContent, RecordKind, StreamPosition } from './spool.ts'
import { account, facts, recordBatch, root } from './stated-content.ts'

/** What a spool record holds, checked: it may come from another node. Records in a `forwarded` record are for whoever unpacks it. */
export type Content =
  | { readonly kind: 'batch'; readonly batch: SampleBatch }
  | { readonly kind: 'signals'; readonly signals: readonly [number, SignalDefinition][] }
  | { readonly kind: 'reasons'; readonly first: number; readonly sets: readonly (readonly string[])[] }
  | { readonly kind: 'config'; readonly version: string; readonly segment?: string | undefined; readonly declared?: Declared | undefined }
  | { readonly kind: 'gap'; readonly from: number; readonly to: number; readonly cause: string; readonly samples?: number | undefined }
  | { readonly kind: 'streams'; readonly streams: readonly StreamMark[] }
  | { readonly kind: 'forwarded' }
  | AppendedContent

/** A `StreamPosition` as JSON; the hash in hexadecimal. */
export interface StreamMark {
  readonly node: string
  readonly epoch: number
  readonly sequence: number
  readonly hash?: string | undefined
  readonly segments?: readonly string[] | undefined
}

const signals = z.array(
  z.tuple([
    z.int().min(0).lt(LIMITS.signals),
    z.looseObject({
      // What another node names is held to what a name is here: it goes into files, links and logs.
      id: z.string().refine(isSignalId, 'no signal id'),
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
const segment = z.string().min(1).max(32)
const declared = z.looseObject({
  peers: z.record(z.string(), z.looseObject({})).optional(),
  maintenance: z.array(z.looseObject({ signals: z.string(), from: z.string(), to: z.string() })).optional(),
  maintenanceRecords: z.array(z.looseObject({ record: z.string(), signals: z.string() })).optional(),
  calibrationRecords: z.array(z.looseObject({ record: z.string(), signals: z.string() })).optional(),
  clocks: z.record(z.string(), z.looseObject({ maxOffsetMs: z.number() })).optional(),
})
/** What a configuration declares that stands at no single signal: with it a reading is explained years later, also on another node. */
export type Declared = z.infer<typeof declared>
const config = z.object({ version: z.string(), segment: segment.optional(), declared: declared.optional() })
const gap = z.object({ from: z.int().min(1), to: z.int().min(1), cause: z.string(), samples: z.int().optional() })
/** A position as it is written down. */
export const streamMarks = z.array(
  z.object({
    node: z.string().min(1).max(LIMITS.nodeLength),
    epoch: z.number(),
    sequence: z.int().min(0),
    hash: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .optional(),
    segments: z.array(segment).max(LIMITS.streamSegments).optional(),
  }),
)

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
    case 'streams':
      return { kind, streams: parse(streamMarks, payload) }
    case 'forwarded':
      return { kind }
    case 'records':
      return { kind, records: parse(recordBatch, payload) as RecordBatch }
    case 'facts':
      return { kind, facts: parse(facts, payload) as Fact[] }
    case 'account':
      return { kind, account: parse(account, payload) }
    case 'root':
      return { kind, root: parse(root, payload) }
  }
}

function parse<T>(schema: z.ZodType<T>, payload: Uint8Array): T {
  const parsed = schema.safeParse(JSON.parse(Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString('utf8')))
  if (parsed.success) return parsed.data
  throw new RangeError(`dictionary: ${z.prettifyError(parsed.error)}`)
}

export function toMark({ hash, ...position }: StreamPosition): StreamMark {
  return { ...position, ...(hash && { hash: Buffer.from(hash).toString('hex') }) }
}

export function fromMark({ node, epoch, sequence, hash, segments }: StreamMark): StreamPosition {
  return { node, epoch, sequence, ...(hash && { hash: new Uint8Array(Buffer.from(hash, 'hex')) }), ...(segments && { segments }) }
}
