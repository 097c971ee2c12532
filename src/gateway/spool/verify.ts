import { machineFiles, type SpoolFiles } from './files.ts'
import { describeSegments, inspectDirectory, whyUnreadable } from './inspect.ts'
import type { Chain } from './layout.ts'
import { SEGMENT_HEADER, samplesIn } from './layout.ts'
import { sameBytes } from './resync.ts'
import { type Found, scanSegment } from './scan.ts'
import type { Segment } from './segments.ts'

/** What is wrong first, and where. */
export interface BadPlace {
  readonly path: string
  readonly offset: number
  readonly cause: string
}

export interface SpoolReport {
  readonly segments: number
  readonly records: number
  readonly samples: number
  readonly firstSequence: number
  readonly lastSequence: number
  /** Absent when every header, checksum and link of the chain is right. */
  readonly firstBad?: BadPlace
}

/** Checks every byte of a log that nobody writes: headers, checksums, the chain within and between segments. Changes nothing. */
export async function verifySpool(directory: string, files: SpoolFiles = machineFiles): Promise<SpoolReport> {
  const found = await inspectDirectory(directory, files)
  const { segments, unreadable } = describeSegments(found)
  const bad: BadPlace[] = []
  let records = 0
  let samples = 0
  let before: Chain | undefined
  for (const segment of segments) {
    const isDamaged = found.some((file) => file.path === segment.path && file.header === 'corrupt')
    if (isDamaged) bad.push({ path: segment.path, offset: 0, cause: 'segment header' })
    const problem = joint(before, segment)
    if (problem) bad.push({ path: segment.path, offset: SEGMENT_HEADER, cause: problem })
    before = undefined
    for await (const one of recordsOf(files, segment)) {
      const cause = judge(one)
      if (cause) bad.push({ path: segment.path, offset: one.offset, cause })
      if (one.what !== 'tail') before = one.after.chain
      if (one.what !== 'record') continue
      records++
      samples += samplesIn(one.frame.kind, one.frame.payload)
    }
  }
  for (const file of unreadable) bad.push({ path: file.path, offset: 0, cause: whyUnreadable(file) })
  const [firstBad] = bad.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : a.offset - b.offset))
  const firstSequence = segments[0]?.firstSequence ?? 0
  return { segments: segments.length, records, samples, firstSequence, lastSequence: before?.sequence ?? 0, ...(firstBad && { firstBad }) }
}

/** Does a segment go on where the one before it ended? */
function joint(before: Chain | undefined, segment: Segment): string | undefined {
  const start = segment.points[0]?.chain
  if (!before || !start) return undefined
  if (before.sequence !== start.sequence) return 'segment does not follow the one before it'
  if (before.hash && start.hash && !sameBytes(before.hash, start.hash)) return 'segment is not chained to the one before it'
  return undefined
}

function judge(found: Found): string | undefined {
  if (found.what === 'tail') return 'torn tail, or damage in the last record'
  if (found.what === 'corrupt') return 'corrupt record'
  return found.chained ? undefined : 'record whose predecessor is damaged'
}

async function* recordsOf(files: SpoolFiles, segment: Segment): AsyncGenerator<Found> {
  const [start] = segment.points
  if (!start) return
  const file = await files.open(segment.path, 'read')
  try {
    const { end, lastSequence, salt, samples } = segment
    for await (const found of scanSegment(file, { ...start, end, lastSequence, lastSamples: samples, salt })) yield* found
  } finally {
    await file.close()
  }
}
