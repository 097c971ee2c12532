import type { SpoolFile } from './files.ts'
import { type Chain, claimedSalt, type Frame } from './layout.ts'
import { chainAfter, chainBefore, follows, frameAt, hashBefore, isChained, resynchronise } from './resync.ts'
import { Window } from './window.ts'

/** A place between two records of a segment: `chain` is where the log stands there. */
export interface Place {
  readonly offset: number
  readonly chain: Chain
}

/** What to read: from a place, up to `end` bytes or the record `lastSequence`, whichever comes first. */
export interface ScanRange extends Place {
  readonly end: number
  /** Infinity where nobody knows (the newest segment at start). */
  readonly lastSequence: number
  /** Samples in the log up to `lastSequence`, where known. */
  readonly lastSamples?: number
  /** Undefined where the segment's header is damaged: the first valid record tells it. */
  readonly salt: number | undefined
}

/** A valid record. `chained` is false where damage before it hides the hash it is chained to. */
export interface FoundRecord {
  readonly what: 'record'
  readonly offset: number
  readonly frame: Frame
  readonly chained: boolean
  readonly after: Place
}
/** Bytes without a valid record where records `from .. to` should be; `samples` is how many they held, where that can be told. */
export interface FoundDamage {
  readonly what: 'corrupt'
  readonly offset: number
  readonly bytes: number
  readonly from: number
  readonly to: number
  readonly samples: number | undefined
  readonly after: Place
}
/** The same at the end of the newest segment, where nobody knows how many records there were; `highestSequence` is the best trace of them. */
export interface FoundTail {
  readonly what: 'tail'
  readonly offset: number
  readonly bytes: number
  readonly highestSequence: number
}
export type Found = FoundRecord | FoundDamage | FoundTail

/** Reads a segment in order and checks everything; resynchronises after damage. Yields what one window of the file gave. */
export async function* scanSegment(file: SpoolFile, range: ScanRange): AsyncGenerator<Found[]> {
  const window = new Window(file, range.end)
  let { offset, chain, salt } = range
  let found: Found[] = []
  let loads = 0
  while (chain.sequence < range.lastSequence) {
    const frame = await frameAt(window, offset, salt)
    if (window.loads !== loads) {
      loads = window.loads
      if (found.length > 0) yield found
      found = []
    }
    if (frame && follows(chain, frame) && isChained(chain, frame)) {
      salt ??= claimedSalt(new DataView(frame.header.buffer, frame.header.byteOffset), 0)
      const after = { offset: offset + frame.bytes, chain: chainAfter(frame) }
      found.push({ what: 'record', offset, frame, chained: chain.hash !== undefined, after })
      offset = after.offset
      chain = after.chain
      continue
    }
    if (offset >= range.end && range.lastSequence === Infinity) break
    const next = await resynchronise(window, { offset, chain, salt, end: range.end, lastSequence: range.lastSequence })
    if (typeof next === 'number') {
      found.push(lostEnd(range, { offset, chain }, next))
      break
    }
    const after = { offset: next.offset, chain: chainBefore(next.frame, await hashBefore(window, offset, chain, next)) }
    found.push(damage({ offset, chain }, after))
    offset = after.offset
    chain = after.chain
  }
  if (found.length > 0) yield found
}

function damage(before: Place, after: Place): FoundDamage {
  const samples = after.chain.samples - before.chain.samples
  return {
    what: 'corrupt',
    offset: before.offset,
    bytes: after.offset - before.offset,
    from: before.chain.sequence + 1,
    to: after.chain.sequence,
    samples: samples >= 0 ? samples : undefined,
    after,
  }
}

/** No valid record follows: damage up to the end where that end is known, the tail of the newest segment where it is not. */
function lostEnd(range: ScanRange, before: Place, highestSequence: number): FoundDamage | FoundTail {
  const bytes = Math.max(0, range.end - before.offset)
  if (range.lastSequence === Infinity) return { what: 'tail', offset: before.offset, bytes, highestSequence }
  const chain = { sequence: range.lastSequence, samples: range.lastSamples ?? before.chain.samples, hash: undefined }
  const lost = damage(before, { offset: range.end, chain })
  return { ...lost, bytes, samples: range.lastSamples === undefined ? undefined : lost.samples }
}
