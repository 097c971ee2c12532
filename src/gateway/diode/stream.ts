import type { StreamId } from '../../core/link.ts'
import { type Content, parseRecord } from '../../core/record-content.ts'
import type { SpoolRecord } from '../../core/spool.ts'
import type { Message } from './message.ts'
import { reading } from './reading.ts'

/** Why a gap was made on the way: lost there; or of a log that is over, so that nothing of it comes this way any more. */
export const LOST = 'diode-loss'
export const ENDED = 'epoch-ended'

/** A log that comes this way, and how far it is. */
export interface Stream {
  readonly node: string
  readonly epoch: number
  /** How far the reception is. Everything up to here that can be explained is. */
  position: number
  /** All dictionaries in force at a record of the stream. */
  dictionaries?: { readonly explainedBy: number; readonly records: readonly SpoolRecord[] } | undefined
  /** The first messages of them, while others are to come. */
  begun?: { readonly explainedBy: number; readonly parts: number; readonly records: SpoolRecord[]; got: number } | undefined
  /** Records behind a gap that may hide what explains them, compressed, in order. */
  held: Held[]
}

export interface Held {
  readonly first: number
  readonly last: number
  readonly explainedBy: number
  readonly message: Message
}

/** The log that a node writes just now, of those it names. */
export function newestOf<T extends StreamId>(node: string, streams: readonly T[]): T[] {
  const own = streams.filter((one) => one.node === node)
  return own.filter(({ epoch }) => own.every((other) => other.epoch <= epoch))
}

export const keyOf = ({ node, epoch }: StreamId): string => `${epoch} ${node}`

export const bytesOf = ({ head, body }: Message): number => head.length + body.length

/** True when the newest dictionary before some records is here: handed on, or repeated. */
export function isExplained({ position, dictionaries }: Stream, explainedBy: number): boolean {
  return explainedBy <= position || (dictionaries?.records.some(({ sequence }) => sequence === explainedBy) ?? false)
}

/** A gap that was made on the way: in no log, so without a seal. */
export const isGap = ({ kind, seal }: SpoolRecord): boolean => kind === 'gap' && !seal

/** The gaps among records, as they say of themselves. */
export function gapsOf(records: readonly SpoolRecord[]): { from: number; to: number; cause: string }[] {
  return records.filter(isGap).map((record) => reading(() => parseRecord('gap', record.payload)) as Content & { kind: 'gap' })
}

/** True for what got lost on this way. Gaps that the sender declares are passed on, but nobody there can close them. */
export const isLoss = ({ cause }: { cause: string }): boolean => cause === LOST

/** Where a record's claim begins: a gap made while reading stands for all the sequences it names. */
export const startOf = (record: SpoolRecord): number => (isGap(record) ? (gapsOf([record])[0]?.from ?? record.sequence) : record.sequence)

export const sequencesOf = (records: readonly SpoolRecord[]): number[] => records.map(({ sequence }) => sequence)
