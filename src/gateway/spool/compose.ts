import type { ReasonSets } from '../../core/reasons.ts'
import type { Declared } from '../../core/record-content.ts'
import type { SignalTable } from '../../core/signals.ts'
import type { SpoolRecord, StreamPosition } from '../../core/spool.ts'
import type { Micros } from '../../core/time.ts'
import { type ClassOf, dictionarySince, json, NOTHING, type Payload, streamRecords, type Written } from './dictionary.ts'
import { type Chain, encodeSegmentHeader, SEGMENT_HEADER, samplesIn, sealRecord } from './layout.ts'
import { segmentId } from './segments.ts'

/** Sequences that are gone for good, to be said in the log itself. */
export interface Gap {
  readonly from: number
  readonly to: number
  readonly cause: 'overflow' | 'age' | 'torn-tail'
  readonly samples?: number
}

/** What a segment says of the configuration it was written under. */
export interface ConfigInForce {
  readonly version: string
  readonly loadedTime: Micros
  readonly declared?: Declared
  /** What of it other nodes may be told, where that is less: it then stands in records of its own, so that the rest can be withheld and the version still passes. */
  readonly outward?: Declared
}

/** What a group is made from; nothing here is changed by making it. */
export interface GroupParts {
  readonly node: string
  readonly epoch: number
  readonly chain: Chain & { readonly hash: Uint8Array }
  readonly written: Written
  readonly signals: SignalTable
  readonly reasons: ReasonSets
  readonly config: ConfigInForce
  readonly classOf?: ClassOf | undefined
  readonly gaps: readonly Gap[]
  /** How far the log has those of other nodes. */
  readonly streams: readonly StreamPosition[]
  /** Batches, and records of other nodes. */
  readonly entries: readonly Payload[]
  readonly time: Micros
  readonly salt: number
  /** Given for the first group of a segment: its number. */
  readonly newSegment: number | undefined
}

/** A group as bytes, and where the log stands once they are durable. */
export interface Group {
  readonly buffers: Uint8Array[]
  readonly bytes: number
  readonly records: SpoolRecord[]
  /** The records of `parts.entries`, in order. */
  readonly entryRecords: SpoolRecord[]
  readonly chain: Chain & { readonly hash: Uint8Array }
  readonly written: Written
  /** Bytes of header and dictionaries, which do not count against the segment's size. */
  readonly preambleBytes: number
}

/** Seals one group: gaps, then dictionaries as far as the log lacks them, then batches. Payloads are not copied. */
export function composeGroup(parts: GroupParts): Group {
  const { node, epoch, salt, time, signals, reasons } = parts
  const isNew = parts.newSegment !== undefined
  const dictionary = dictionarySince(isNew ? NOTHING : parts.written, signals, reasons, parts.classOf)
  const buffers: Uint8Array[] = isNew ? [segmentHeader(parts)] : []
  let bytes = isNew ? SEGMENT_HEADER : 0
  let chain = parts.chain
  const add = (payload: Payload, sequence: number): SpoolRecord => {
    const { kind } = payload
    const samples = chain.samples + samplesIn(kind, payload.bytes)
    const known = { samples, signals: signals.size, reasonSets: reasons.size }
    const sealed = sealRecord({ kind, sequence, recordedTime: time, ...known }, payload.bytes, chain.hash, salt)
    for (const buffer of sealed.buffers) buffers.push(buffer)
    bytes += sealed.bytes
    chain = { sequence, samples, hash: sealed.hash }
    return { node, epoch, sequence, kind, recordedTime: time, payload: payload.bytes, seal: { ...known, hash: sealed.hash } }
  }
  const records: SpoolRecord[] = []
  for (const gap of parts.gaps) records.push(add(json('gap', gap), gap.cause === 'torn-tail' ? gap.to : chain.sequence + 1))
  if (isNew) {
    const segment = segmentId(parts.newSegment ?? 0, salt)
    for (const payload of configRecords(parts.config, segment)) records.push(add(payload, chain.sequence + 1))
    for (const payload of streamRecords(parts.streams)) records.push(add(payload, chain.sequence + 1))
  }
  for (const payload of dictionary.payloads) records.push(add(payload, chain.sequence + 1))
  const preambleBytes = isNew ? bytes : 0
  const entryRecords = parts.entries.map((payload) => add(payload, chain.sequence + 1))
  records.push(...entryRecords)
  return { buffers, bytes, records, entryRecords, chain, written: dictionary.written, preambleBytes }
}

/** Whoever gets both says of the configuration what the first of them does. */
function configRecords({ outward, declared, ...config }: ConfigInForce, segment: string): Payload[] {
  if (!outward) return [json('config', { ...config, declared, segment })]
  return [json('config', { ...config, segment }), json('config', { ...config, declared }), json('config', { ...config, declared: outward })]
}

function segmentHeader(parts: GroupParts): Uint8Array {
  return encodeSegmentHeader({
    node: parts.node,
    epoch: parts.epoch,
    ordinal: parts.newSegment ?? 0,
    firstSequence: parts.chain.sequence + 1,
    createdTime: parts.time,
    samples: parts.chain.samples,
    signals: parts.signals.size,
    reasonSets: parts.reasons.size,
    previousHash: parts.chain.hash,
    salt: parts.salt,
  })
}
