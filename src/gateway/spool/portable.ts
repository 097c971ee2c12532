import { z } from 'zod'
import { LIMITS } from '../../core/limits.ts'

/**
 * A file of records that is carried by hand, `.ecx`. Little-endian; parts of
 *
 *   0  u32 kind    4  u32 bytes    8  the bytes, then zeros up to the next multiple of 8
 *
 * `header` (JSON, `PortableHeader`) comes first. Each run of neighbouring records is a `run` (JSON, `PortableRun`) and then `records` (blocks, `writeBlock`, with
 * seals). `missing` (JSON, `PortableMissing`) says what was asked for and cannot be read any more. `end`: SHA-256 of every byte before it. Behind it, where the node
 * whose log it is wrote the file, `signature` (JSON and its signature, `lib/signed.ts`; `PortableSignature`): whoever does not look for one stops before it.
 */
export const PART_KINDS = ['header', 'run', 'records', 'missing', 'end', 'signature'] as const
export type PartKind = (typeof PART_KINDS)[number]

export const PORTABLE_LIMITS = {
  /** Bytes of a part: one record of the largest size as a block. */
  partBytes: LIMITS.recordBytes + 1024,
  /** Bytes of a part of JSON. */
  jsonBytes: 8 * 1024 * 1024,
  /** Ranges in a header. */
  ranges: 100_000,
  /** Records are gathered up to so many bytes of a part. */
  gatherBytes: 1024 * 1024,
  /** Bytes of the signature. */
  signatureBytes: 4096,
} as const

export const PART_HEADER = 8
export const MAGIC = 'ecluse-records'

const range = { from: z.int().min(1), to: z.int().min(1) }

export const portableHeader = z.object({
  format: z.literal(MAGIC),
  version: z.literal(1),
  node: z.string().min(1).max(LIMITS.nodeLength),
  epoch: z.number(),
  createdTime: z.number(),
  ranges: z.array(z.object(range)).max(PORTABLE_LIMITS.ranges),
})
export type PortableHeader = z.infer<typeof portableHeader>

/** `previousHash`: of the record before, hexadecimal; absent where it cannot be read. */
export const portableRun = z.object({
  from: z.int().min(1),
  previousHash: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
})
export type PortableRun = z.infer<typeof portableRun>

export const portableMissing = z.object({ ...range, cause: z.string().max(200) })
export type PortableMissing = z.infer<typeof portableMissing>

/** `sha256`: what `end` says. */
export const portableSignature = z.strictObject({
  format: z.literal('ecluse-records-signature'),
  version: z.literal(1),
  node: z.string().min(1).max(LIMITS.nodeLength),
  epoch: z.number(),
  time: z.number(),
  key: z.string().max(64),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
})
export type PortableSignature = z.infer<typeof portableSignature>

/** The part's header, to be followed by its bytes and zeros. */
export function partHeader(kind: PartKind, bytes: number): Uint8Array {
  const header = new Uint8Array(PART_HEADER)
  const view = new DataView(header.buffer)
  view.setUint32(0, PART_KINDS.indexOf(kind), true)
  view.setUint32(4, bytes, true)
  return header
}

export const paddingOf = (bytes: number): number => -bytes & 7
