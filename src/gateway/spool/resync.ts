import {
  type Chain,
  claimedBytes,
  claimedSequence,
  decodeRecord,
  type Frame,
  RECORD_HEADER,
  recordBytes,
  recordHash,
  samplesIn,
  storedHash,
} from './layout.ts'
import type { Window } from './window.ts'

/** Where to look for the next valid record, and what it may be. */
export interface Search {
  readonly offset: number
  readonly chain: Chain
  readonly end: number
  readonly lastSequence: number
  readonly salt: number | undefined
}

/** The record at `offset` if its bytes are all there and its CRC is right. */
export async function frameAt(window: Window, offset: number, salt: number | undefined): Promise<Frame | undefined> {
  const at = window.held(offset, RECORD_HEADER) ?? (await window.load(offset, RECORD_HEADER))
  const size = at === undefined ? undefined : claimedBytes(window.view, at, salt)
  if (size === undefined) return undefined
  const whole = window.held(offset, size) ?? (await window.load(offset, size))
  return whole === undefined ? undefined : decodeRecord(window.bytes, whole, size)
}

/** True for the next record in sequence, and for a gap record that says why the sequence jumps (a torn tail, see recover.ts). */
export function follows(chain: Chain, frame: Frame): boolean {
  if (frame.sequence === chain.sequence + 1) return true
  if (frame.kind !== 'gap' || !(frame.sequence > chain.sequence)) return false
  const { from, to } = parseGap(frame.payload)
  return from === chain.sequence + 1 && to === frame.sequence
}

function parseGap(payload: Uint8Array): { from?: unknown; to?: unknown } {
  try {
    return JSON.parse(new TextDecoder().decode(payload)) as { from?: unknown; to?: unknown }
  } catch {
    return {} // not ours to explain: the record then does not follow
  }
}

/** True when the record's hash covers the one before it. Where damage hides that one, the CRC alone speaks. */
export function isChained(chain: Chain, frame: Frame): boolean {
  return chain.hash === undefined || sameBytes(recordHash(chain.hash, frame.header, frame.payload), frame.hash)
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

/** Looks for the next valid record after damage at `search.offset`. A number when there is none: the highest sequence any header there still shows. */
export async function resynchronise(window: Window, search: Search): Promise<{ frame: Frame; offset: number } | number> {
  const { offset, chain, end, lastSequence, salt } = search
  const mayBe = (sequence: number) => sequence > chain.sequence && sequence <= lastSequence && Number.isInteger(sequence)
  const beyond = await afterClaimedEnd(window, search)
  if (beyond) return beyond
  let highest = chain.sequence + 1
  const limit = Math.min(lastSequence, chain.sequence + Math.ceil((end - offset) / RECORD_HEADER))
  for (let here = offset; here + RECORD_HEADER <= end; here += 8) {
    const at = window.held(here, RECORD_HEADER) ?? (await window.load(here, RECORD_HEADER))
    if (at === undefined) break
    if (claimedBytes(window.view, at, salt) === undefined) continue
    const claimed = claimedSequence(window.view, at)
    if (!mayBe(claimed)) continue
    if (claimed <= limit && claimed > highest) highest = claimed
    const frame = here > offset ? await frameAt(window, here, salt) : undefined
    if (frame && claimed > chain.sequence + 1) return { frame, offset: here }
  }
  return highest
}

/** The common case of one damaged payload: its length is right, so the next record is where it should be. */
async function afterClaimedEnd(window: Window, { offset, chain, salt }: Search): Promise<{ frame: Frame; offset: number } | undefined> {
  const at = await window.load(offset, RECORD_HEADER)
  const size = at === undefined ? undefined : claimedBytes(window.view, at, salt)
  if (size === undefined) return undefined
  const frame = await frameAt(window, offset + size, salt)
  return frame?.sequence === chain.sequence + 2 ? { frame, offset: offset + size } : undefined
}

/**
 * The hash that the record found after damage is chained to, where exactly one record is missing and either its stored hash or the one computed
 * from what is left of it fits. Undefined otherwise: the chain cannot be followed across the damage.
 */
export async function hashBefore(
  window: Window,
  offset: number,
  chain: Chain,
  next: { frame: Frame; offset: number },
): Promise<Uint8Array | undefined> {
  const { frame } = next
  if (frame.sequence !== chain.sequence + 2 || next.offset - offset < RECORD_HEADER) return undefined
  const at = await window.load(offset, next.offset - offset)
  if (at === undefined) return undefined
  const damaged = window.bytes.subarray(at, at + next.offset - offset)
  const length = new DataView(damaged.buffer, damaged.byteOffset).getUint32(12, true)
  const candidates = [storedHash(damaged)]
  if (chain.hash && recordBytes(length) === damaged.length) {
    candidates.push(recordHash(chain.hash, damaged, damaged.subarray(RECORD_HEADER, RECORD_HEADER + length)))
  }
  return candidates.find((hash) => isChained({ ...chain, hash }, frame))
}

/** Where the log stands before a record, and after it. Own memory, so that it may be kept. */
export function chainBefore(frame: Frame, hash: Uint8Array | undefined): Chain {
  return { sequence: frame.sequence - 1, samples: frame.samples - samplesIn(frame.kind, frame.payload), hash }
}
export function chainAfter(frame: Frame): Chain {
  return { sequence: frame.sequence, samples: frame.samples, hash: frame.hash.slice() }
}
