import { join } from 'node:path'
import type { SpoolFile, SpoolFiles } from './files.ts'
import { decodeSegmentHeader, SEGMENT_HEADER, type SegmentHeader, storedPreviousHash } from './layout.ts'
import { chainBefore, frameAt, isChained, resynchronise } from './resync.ts'
import type { Place, ScanRange } from './scan.ts'
import { ordinalOf, type Segment, segmentName } from './segments.ts'
import { Window } from './window.ts'

/** A segment file as its first bytes show it. */
export interface SegmentFile {
  readonly ordinal: number
  readonly path: string
  readonly bytes: number
  readonly header: SegmentHeader | 'corrupt'
  /** Where reading starts; undefined when the header is corrupt and no valid record was found, and for a file that is not where its header says. */
  readonly start: (Place & Pick<ScanRange, 'salt'>) | undefined
  readonly createdTime: number
}

export type SpoolRefusal = 'other-node' | 'format' | 'chain-lost' | 'no-epoch' | 'two-epochs'

/** The spool was written in a format this program does not know, or by another node. Nothing was touched. */
export class SpoolRefused extends Error {
  override name = 'SpoolRefused'
  readonly code: SpoolRefusal
  /** Its directory or file; with `other-node`, whose it is. */
  readonly place: string
  readonly owner: string
  constructor(code: SpoolRefusal, message: string, { place, owner = '' }: { place: string; owner?: string }) {
    super(message)
    this.code = code
    this.place = place
    this.owner = owner
  }
}

/** The segment files of a directory in order. Changes nothing. Throws SpoolRefused for an unknown format. */
export async function inspectDirectory(directory: string, files: SpoolFiles): Promise<SegmentFile[]> {
  const ordinals = (await files.list(directory)).map(ordinalOf).filter((ordinal) => ordinal !== undefined)
  const found: SegmentFile[] = []
  for (const ordinal of ordinals.sort((a, b) => a - b)) {
    const path = join(directory, segmentName(ordinal))
    const file = await files.open(path, 'read')
    try {
      found.push(await inspectFile(file, ordinal, path))
    } finally {
      await file.close()
    }
  }
  return found
}

async function inspectFile(file: SpoolFile, ordinal: number, path: string): Promise<SegmentFile> {
  const bytes = await file.size()
  const head = new Uint8Array(SEGMENT_HEADER)
  const got = await new Window(file, bytes).read(head)
  const header = decodeSegmentHeader(head.subarray(0, got))
  if (header === 'unknown-format') {
    throw new SpoolRefused(
      'format',
      `${path}: written in another format version. Use the program version that wrote it, or another directory; nothing was changed`,
      { place: path },
    )
  }
  if (header === 'corrupt') {
    const start = await firstRecord(file, bytes, head)
    return { ordinal, path, bytes, header, start, createdTime: start?.time ?? 0 }
  }
  // Renamed, copied over another or written to the wrong place: taken for what its name says, it would make its neighbours look superseded.
  if (header.ordinal !== ordinal) return { ordinal, path, bytes, header, start: undefined, createdTime: header.createdTime }
  const chain = { sequence: header.firstSequence - 1, samples: header.samples, hash: header.previousHash }
  return { ordinal, path, bytes, header, start: { offset: SEGMENT_HEADER, chain, salt: header.salt }, createdTime: header.createdTime }
}

/** The first valid record behind a damaged header. The hash in that header is used where the record confirms it. */
async function firstRecord(file: SpoolFile, bytes: number, head: Uint8Array) {
  const window = new Window(file, bytes)
  const unknown = { sequence: -1, samples: 0, hash: undefined }
  const search = { offset: SEGMENT_HEADER, chain: unknown, end: bytes, lastSequence: Number.MAX_SAFE_INTEGER, salt: undefined }
  const first = await frameAt(window, SEGMENT_HEADER, undefined)
  const next = first ? { frame: first, offset: SEGMENT_HEADER } : await resynchronise(window, search)
  if (typeof next === 'number') return undefined
  const { frame, offset } = next
  const hash = storedPreviousHash(head)
  const chain = chainBefore(frame, isChained({ ...unknown, hash }, frame) ? hash : undefined)
  const salt = new DataView(frame.header.buffer, frame.header.byteOffset).getUint32(4, true)
  return { offset, chain, salt, time: frame.recordedTime }
}

/** Why nothing of a file can be used. */
export function whyUnreadable({ header }: SegmentFile): string {
  return header === 'corrupt' ? 'no header and no valid record' : `segment ${header.ordinal} under another name`
}

/**
 * What is known of each segment without reading its records: the one after it says where it ends. The newest is known only after a scan.
 * Segments whose records were all written again in the next file are `superseded`; those without anything readable are `unreadable`.
 */
export function describeSegments(found: readonly SegmentFile[]): {
  segments: Segment[]
  superseded: SegmentFile[]
  unreadable: SegmentFile[]
} {
  const segments: Segment[] = []
  const superseded: SegmentFile[] = []
  const readable = found.filter((file) => file.start)
  readable.forEach((file, i) => {
    const { start } = file
    if (!start) return
    const next = readable[i + 1]
    const chain = next?.start?.chain
    if (chain && chain.sequence <= start.chain.sequence) {
      superseded.push(file)
      return
    }
    segments.push({
      ordinal: file.ordinal,
      path: file.path,
      salt: start.salt,
      firstSequence: start.chain.sequence + 1,
      createdTime: file.createdTime,
      lastSequence: chain?.sequence ?? Number.POSITIVE_INFINITY,
      bytes: file.bytes,
      end: file.bytes,
      samples: chain?.samples ?? start.chain.samples,
      lastTime: next?.createdTime ?? file.createdTime,
      points: [{ offset: start.offset, chain: start.chain }],
    })
  })
  return { segments, superseded, unreadable: found.filter((file) => !file.start) }
}
