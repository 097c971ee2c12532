import type { SpoolRecord } from '../../core/spool.ts'
import { machineFiles, type SpoolFiles } from './files.ts'
import { describeSegments, inspectDirectory } from './inspect.ts'
import { scanSegment } from './scan.ts'
import type { Segment } from './segments.ts'

/** A record of the log, with the hash of the one before it; or sequences that nobody can read any more. */
export type Step =
  | { readonly what: 'record'; readonly record: SpoolRecord; readonly previousHash: Uint8Array | undefined }
  | { readonly what: 'missing'; readonly from: number; readonly to: number; readonly cause: string }

export interface Log {
  readonly node: string
  readonly epoch: number
  readonly segments: readonly Segment[]
}

/** The log in a directory, as its files show it now; undefined when there is none. Changes nothing, and may be asked while a node writes. */
export async function findLog(directory: string, files: SpoolFiles = machineFiles): Promise<Log | undefined> {
  const found = await inspectDirectory(directory, files)
  const header = found.findLast((file) => file.header !== 'corrupt')?.header
  if (!header || header === 'corrupt') return undefined
  return { node: header.node, epoch: header.epoch, segments: describeSegments(found).segments }
}

/** Records `from .. to` in order, each checked; where the log ends earlier, so does this. A torn end is somebody writing just now. */
export async function* walk(log: Log, from: number, to: number, files: SpoolFiles = machineFiles): AsyncGenerator<Step> {
  let next = from
  for (const segment of log.segments) {
    if (segment.lastSequence < next || segment.firstSequence > to) continue
    if (segment.firstSequence > next) yield { what: 'missing', from: next, to: segment.firstSequence - 1, cause: 'no longer kept' }
    next = Math.max(next, segment.firstSequence)
    for await (const step of walkSegment(log, segment, next, to, files)) {
      yield step
      next = (step.what === 'record' ? step.record.sequence : step.to) + 1
    }
    if (next > to) return
  }
}

async function* walkSegment({ node, epoch }: Log, segment: Segment, from: number, to: number, files: SpoolFiles): AsyncGenerator<Step> {
  const [start] = segment.points
  if (!start) return
  const file = await files.open(segment.path, 'read').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    return undefined
  })
  if (!file) {
    // Dropped by the node since we looked.
    yield { what: 'missing', from, to: Math.min(to, segment.lastSequence), cause: 'no longer kept' }
    return
  }
  try {
    const { end, lastSequence, salt } = segment
    let previousHash = start.chain.hash
    for await (const found of scanSegment(file, { ...start, end, lastSequence, salt })) {
      for (const one of found) {
        if (one.what === 'tail') return
        if (one.what === 'corrupt' && one.to >= from)
          yield { what: 'missing', from: Math.max(from, one.from), to: Math.min(to, one.to), cause: 'corrupt' }
        if (one.what === 'record' && one.frame.sequence >= from && one.frame.sequence <= to) {
          const { kind, sequence, recordedTime, payload, samples, signals, reasonSets, hash } = one.frame
          const seal = { samples, signals, reasonSets, hash: hash.slice() }
          yield { what: 'record', record: { node, epoch, sequence, kind, recordedTime, payload: payload.slice(), seal }, previousHash }
        }
        previousHash = one.after.chain.hash?.slice()
        if (one.after.chain.sequence >= to) return
      }
    }
  } finally {
    await file.close()
  }
}
