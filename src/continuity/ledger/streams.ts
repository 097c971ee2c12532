import { placesOf } from '../../core/batch-codec.ts'
import type { SignalDefinition } from '../../core/signals.ts'
import { countRuns } from '../../lib/count-runs.ts'
import { withElement } from '../../lib/grown.ts'
import type { Cell } from './cells.ts'
import { LEDGER_LIMITS } from './limits.ts'

/** Sequences of another node's log that were gone before they came here. */
export interface Missing {
  readonly from: number
  readonly to: number
  cause: string
  /** Samples of it that did not come since. */
  samples: number
  readonly cell: Pick<Cell, 'node' | 'hour'>
}

/** A log as it is followed: whose the signals of its numbers are, and how far it was counted. */
export interface Stream {
  readonly node: string
  readonly epoch: number
  sequence: number
  /** Samples that the log had by then, by its own count; undefined until it says. */
  samples: number | undefined
  readonly connections: string[]
  /** By signal: the place of its connection in `connections` plus one; 0 where nobody defined it. */
  of: Uint32Array
  missing: Missing[]
  /** The last sequence that the log could not be read at, and why; until the next record tells how many samples were there. */
  unread?: { readonly at: number; readonly cause: string } | undefined
}

export function newStream(node: string, epoch: number, sequence = 0): Stream {
  return { node, epoch, sequence, samples: undefined, connections: [], of: new Uint32Array(0), missing: [] }
}

/** Another node may name as many connections as signals: those beyond the limit are counted under no name. */
export function defineSignals(stream: Stream, signals: readonly (readonly [number, Pick<SignalDefinition, 'connection'>])[]): void {
  const places = new Map(stream.connections.map((name, at) => [name, at + 1]))
  for (const [index, { connection }] of signals) {
    if (!places.has(connection) && places.size < LEDGER_LIMITS.connections) places.set(connection, stream.connections.push(connection))
    stream.of = withElement(stream.of, index, places.get(connection) ?? 0)
  }
}

/** Samples of an encoded batch by connection; '' for those of signals that nobody defined. Only the column of signals is looked at. */
export function countBatch({ connections, of }: Stream, payload: Uint8Array): Map<string, number> {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length)
  const places = placesOf(view, 0, payload.length)
  const found = new Map<string, number>()
  if (!places || places.count === 0) return found
  const [start = 0] = places.starts
  const [form] = places.forms
  const counts = new Float64Array(connections.length + 1)
  if (form === 1) counts[of[view.getUint32(start, true)] ?? 0] = places.count
  else {
    const bytes = form === 2 ? 2 : 4
    const at = payload.byteOffset + start
    const aligned = at % bytes === 0 ? payload.buffer : payload.slice(start, start + places.count * bytes).buffer
    const from = at % bytes === 0 ? at : 0
    const signals = form === 2 ? new Uint16Array(aligned, from, places.count) : new Uint32Array(aligned, from, places.count)
    countRuns(signals, of, counts)
  }
  counts.forEach((count, whose) => {
    if (count > 0) found.set(whose === 0 ? '' : (connections[whose - 1] as string), count)
  })
  return found
}

/** The signals' connections as runs, for a file. */
export function toRuns(of: Uint32Array): [number, number][] {
  const runs: [number, number][] = []
  for (const whose of of) {
    const last = runs.at(-1)
    if (last && last[0] === whose) last[1]++
    else runs.push([whose, 1])
  }
  return runs
}

export function fromRuns(runs: readonly (readonly [number, number])[]): Uint32Array {
  const of = new Uint32Array(runs.reduce((sum, [, length]) => sum + length, 0))
  let at = 0
  for (const [whose, length] of runs) of.fill(whose, at, (at += length))
  return of
}
