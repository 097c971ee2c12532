import { decodeForwarded } from '../../core/forwarded.ts'
import type { Logger } from '../../core/log.ts'
import type { ReasonSets } from '../../core/reasons.ts'
import { fromMark, parseRecord } from '../../core/record-content.ts'
import type { SignalTable } from '../../core/signals.ts'
import type { RecordKind, StreamPosition } from '../../core/spool.ts'
import type { Clock, Micros } from '../../core/time.ts'
import type { Gap } from './compose.ts'
import { DictionaryReader } from './dictionary.ts'
import type { SpoolFiles } from './files.ts'
import { type Identity, nextEpoch, readIdentity, writeIdentity } from './identity.ts'
import { describeSegments, inspectDirectory, type SegmentFile, SpoolRefused, whyUnreadable } from './inspect.ts'
import { type Chain, type Frame, genesis } from './layout.ts'
import type { Quarantine } from './quarantine.ts'
import { type FoundTail, scanSegment } from './scan.ts'
import { notePlace, placeBefore, type Segment } from './segments.ts'
import { Streams } from './streams.ts'

export interface RecoverOptions {
  readonly directory: string
  readonly node: string
  readonly clock: Clock
  readonly signals: SignalTable
  readonly reasons: ReasonSets
  readonly log: Logger
  readonly files: SpoolFiles
  readonly quarantine: Quarantine
}

/** The log as found at start; the tables are filled, no file has been cut. */
export interface Recovered {
  readonly epoch: number
  readonly segments: Segment[]
  readonly chain: Chain & { readonly hash: Uint8Array }
  readonly lastOrdinal: number
  /** How far it has those of other nodes. */
  readonly streams: Streams
  /** When the last valid record was written; undefined for a new log. */
  readonly lastRecordedTime: Micros | undefined
  /** What is behind the last valid record, to be declared and then cut. */
  readonly torn: { readonly gap: Gap; readonly cut: Cut | undefined } | undefined
}

interface Cut {
  readonly segment: Segment
  readonly tail: FoundTail
}

/** Reads a directory's log up to its last valid record. Throws SpoolRefused, before anything is changed, for what is not this node's log. */
export async function recover(options: RecoverOptions): Promise<Recovered> {
  const { directory, node, files } = options
  const found = await inspectDirectory(directory, files)
  const known = await readIdentity(directory, files)
  checkNode(found, known, options)
  const { segments, superseded, unreadable } = describeSegments(found)
  // Without a readable segment nothing tells how far the log went: its sequences must not be given out again.
  const epoch = segments.length === 0 ? nextEpoch(options.clock, known?.epoch) : epochOf(found, known, options)
  if (known?.epoch !== epoch) await writeIdentity(directory, { node, epoch }, options)
  for (const file of superseded) await files.remove(file.path)
  for (const file of unreadable) await setAside(options, file)
  const lastOrdinal = found.at(-1)?.ordinal ?? 0
  if (segments.length === 0) return { ...empty(node, epoch), lastOrdinal, streams: new Streams() }

  await makeDurable(options, segments)
  const { scan, highest, newest } = await scanNewest(options, segments)
  const chain = scan?.chain ?? genesis(node, epoch)
  if (!chain.hash)
    throw new SpoolRefused(
      'chain-lost',
      `${directory}: the chain of its newest segment is lost. Move the directory aside and start again`,
      {
        place: directory,
      },
    )
  const streams = new Streams(scan && (await streamsOf(options, segments, scan)))
  const log = { epoch, segments, lastOrdinal, streams, chain: { ...chain, hash: chain.hash }, lastRecordedTime: newest?.lastTime }
  if (scan && newest) {
    await restoreTables(options, segments, scan)
    await finishDrops(options, segments, scan.gaps)
  }
  const misplaced = unreadable.map(({ header }) => (header === 'corrupt' ? 0 : header.firstSequence))
  const last = Math.max(highest, scan?.tail?.highestSequence ?? 0, ...misplaced)
  if (last <= chain.sequence) return { ...log, torn: undefined }
  const gap = { from: chain.sequence + 1, to: last, cause: 'torn-tail' as const }
  return { ...log, torn: { gap, cut: newest && scan?.tail && { segment: newest, tail: scan.tail } } }
}

/**
 * What the last process wrote and did not live to sync is there to be read, and gone after a power cut. It becomes durable before anybody is
 * given it: a consumer must not know of records that this log then lacks. Older segments were synced before the newest was begun.
 */
async function makeDurable({ directory, files }: RecoverOptions, segments: readonly Segment[]): Promise<void> {
  const newest = segments.at(-1)
  if (!newest) return
  const file = await files.open(newest.path, 'repair')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
  await files.syncDirectory(directory)
}

interface Newest {
  /** The newest segment with a valid record, and all of it; without one, where its header says the log stands. */
  readonly newest: Segment | undefined
  readonly scan: WholeScan | undefined
  /** The highest sequence that any header without a valid record shows. */
  readonly highest: number
}

/** Finds where the log ends. Segments at the end without any valid record are set aside and leave the list. */
async function scanNewest(options: RecoverOptions, segments: Segment[]): Promise<Newest> {
  let highest = 0
  let emptied: WholeScan | undefined
  for (let newest = segments.at(-1); newest; newest = segments.at(-1)) {
    newest.lastSequence = Number.POSITIVE_INFINITY
    const scan = await scanWhole(options.files, newest)
    if (scan.chain.sequence >= newest.firstSequence) {
      newest.lastSequence = scan.chain.sequence
      newest.samples = scan.chain.samples
      newest.end = scan.end
      newest.lastTime = scan.lastTime ?? newest.createdTime
      return { newest, scan, highest }
    }
    emptied = { ...scan, tail: undefined }
    highest = Math.max(highest, scan.tail?.highestSequence ?? 0)
    segments.pop()
    if (scan.tail) await options.quarantine.move(newest.path, `${newest.ordinal}-whole.seg`, 'no valid record')
    else await options.files.remove(newest.path)
  }
  return { newest: undefined, scan: emptied, highest }
}

function empty(node: string, epoch: number) {
  const chain = genesis(node, epoch)
  return { epoch, segments: [], chain, lastRecordedTime: undefined, torn: undefined }
}

function checkNode(found: readonly SegmentFile[], known: Identity | undefined, { directory, node }: RecoverOptions): void {
  for (const said of [...found.map((file) => file.header), known]) {
    if (!said || said === 'corrupt' || said.node === node) continue
    throw new SpoolRefused(
      'other-node',
      `${directory}: this is the spool of node ${said.node}, not of ${node}. Give each node a data directory of its own`,
      { place: directory, owner: said.node },
    )
  }
}

/** The epoch that the segments agree on. */
function epochOf(found: readonly SegmentFile[], known: Identity | undefined, { directory }: RecoverOptions): number {
  const headers = found.map((file) => file.header).filter((header) => header !== 'corrupt')
  const epoch = headers.at(-1)?.epoch ?? known?.epoch
  if (epoch === undefined)
    throw new SpoolRefused('no-epoch', `${directory}: no segment says which epoch it belongs to. Move it aside and start again`, {
      place: directory,
    })
  const other = headers.find((header) => header.epoch !== epoch)
  if (other)
    throw new SpoolRefused(
      'two-epochs',
      `${directory}: segments of two epochs (${other.epoch}, ${epoch}) are mixed. Move one of them aside`,
      {
        place: directory,
      },
    )
  return epoch
}

async function setAside(options: RecoverOptions, file: SegmentFile): Promise<void> {
  if (file.bytes === 0) await options.files.remove(file.path)
  else await options.quarantine.move(file.path, `${file.ordinal}-whole.seg`, whyUnreadable(file))
}

interface WholeScan {
  readonly dictionary: { kind: RecordKind; payload: Uint8Array }[]
  readonly sizes: { signals: number; reasonSets: number }
  readonly gaps: Gap[]
  /** How far other nodes' logs come in this segment, in order. */
  readonly streams: StreamPosition[]
  readonly isDamaged: boolean
  readonly chain: Chain
  readonly end: number
  readonly lastTime: Micros | undefined
  readonly tail: FoundTail | undefined
}

async function scanWhole(files: SpoolFiles, segment: Segment): Promise<WholeScan> {
  const start = placeBefore(segment, segment.firstSequence)
  const dictionary: { kind: RecordKind; payload: Uint8Array }[] = []
  const sizes = { signals: 0, reasonSets: 0 }
  const gaps: Gap[] = []
  const streams: StreamPosition[] = []
  let isDamaged = false
  let last = start
  let lastTime: Micros | undefined
  let tail: FoundTail | undefined
  const file = await files.open(segment.path, 'read')
  try {
    const range = { ...start, end: segment.end, lastSequence: segment.lastSequence, salt: segment.salt }
    for await (const found of scanSegment(file, range)) {
      for (const one of found) {
        if (one.what === 'tail') {
          tail = one
          continue
        }
        notePlace(segment, (last = one.after))
        if (one.what === 'corrupt') {
          isDamaged = true
          continue
        }
        const { frame } = one
        lastTime = frame.recordedTime
        sizes.signals = Math.max(sizes.signals, frame.signals)
        sizes.reasonSets = Math.max(sizes.reasonSets, frame.reasonSets)
        if (frame.kind === 'signals' || frame.kind === 'reasons') dictionary.push({ kind: frame.kind, payload: frame.payload.slice() })
        if (frame.kind === 'streams' || frame.kind === 'forwarded') streams.push(...positionsIn(frame))
        if (frame.kind === 'gap') gaps.push(JSON.parse(new TextDecoder().decode(frame.payload)) as Gap)
      }
    }
  } finally {
    await file.close()
  }
  return { dictionary, sizes, gaps, streams, isDamaged, chain: last.chain, end: last.offset, lastTime, tail }
}

/** Positions that a record brings other nodes' logs to. */
function positionsIn({ kind, payload }: Frame): StreamPosition[] {
  if (kind === 'forwarded') return [Streams.step(decodeForwarded(payload)).to]
  const content = parseRecord(kind, payload)
  return content.kind === 'streams' ? content.streams.map(fromMark) : []
}

/** The newest segment repeats all positions; where damage may hide some, the older ones tell how far they had come at least: the sender repeats the rest. */
async function streamsOf(options: RecoverOptions, segments: readonly Segment[], newest: WholeScan): Promise<StreamPosition[]> {
  if (!newest.isDamaged) return newest.streams
  const older: StreamPosition[] = []
  for (const segment of segments.slice(0, -1)) older.push(...(await scanWhole(options.files, segment)).streams)
  return [...older, ...newest.streams]
}

/** The newest segment repeats the whole dictionary; older ones are read only when damage hides part of it. */
async function restoreTables(options: RecoverOptions, segments: readonly Segment[], newest: WholeScan): Promise<void> {
  const reader = new DictionaryReader()
  reader.noteSizes(newest.sizes.signals, newest.sizes.reasonSets)
  reader.addSegment(newest.dictionary)
  for (const segment of segments.slice(0, -1).reverse()) {
    if (reader.isComplete) break
    reader.addSegment((await scanWhole(options.files, segment)).dictionary)
  }
  const lost = reader.restore(options.signals, options.reasons)
  if (lost.lostSignals + lost.lostReasonSets === 0) return
  options.log.error(
    { ...lost, directory: options.directory },
    'Damage hides part of the spool dictionary: those indices stay taken, and samples that carry them cannot be named from this log',
  )
}

/** A drop is declared in the log before its files go; a crash in between leaves files that must still go. */
async function finishDrops(options: RecoverOptions, segments: Segment[], gaps: readonly Gap[]): Promise<void> {
  const dropped = Math.max(0, ...gaps.filter((gap) => gap.cause !== 'torn-tail').map((gap) => gap.to))
  while (segments.length > 1 && (segments[0] as Segment).lastSequence <= dropped) {
    const segment = segments.shift() as Segment
    await options.files.remove(segment.path)
    options.log.warn({ segment: segment.path }, 'Removed a segment whose drop was declared before the last stop')
  }
}

/** Cuts what is behind the last valid record, once the gap that declares it is durable; a copy stays in quarantine. */
export async function cutTail(options: RecoverOptions, { segment, tail }: Cut): Promise<void> {
  const file = await options.files.open(segment.path, 'repair')
  try {
    await options.quarantine.keep(segment, file, tail.offset, tail.bytes, 0, 'torn tail')
    await file.truncate(tail.offset)
    await file.sync()
    segment.bytes = tail.offset
  } finally {
    await file.close()
  }
  options.log.warn(
    { segment: segment.path, offset: tail.offset, bytes: tail.bytes },
    'Cut the torn end of the spool: a write that was not finished',
  )
}
