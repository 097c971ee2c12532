import type { Logger } from '../../core/log.ts'
import type { ReasonSets } from '../../core/reasons.ts'
import type { SignalTable } from '../../core/signals.ts'
import type { Spool } from '../../core/spool.ts'
import type { Clock, Micros } from '../../core/time.ts'
import { Durations } from './durations.ts'
import { machineFiles, type SpoolFiles } from './files.ts'
import { SPOOL_LIMITS } from './limits.ts'
import { lockDirectory } from './lock.ts'
import { Quarantine } from './quarantine.ts'
import { SpoolReader } from './reader.ts'
import { cutTail, recover } from './recover.ts'
import { Retention } from './retention.ts'
import { SegmentLog } from './segment-log.ts'
import { Catalogue } from './segments.ts'
import { SegmentWriter } from './writer.ts'

export interface SpoolOptions {
  readonly directory: string
  readonly node: string
  readonly clock: Clock
  /** Empty when a log exists: they are filled from its dictionary, with the same indices. */
  readonly signals: SignalTable
  readonly reasons: ReasonSets
  /** The configuration in force from this start on. */
  readonly config: { readonly version: string; readonly loadedTime: Micros }
  readonly maxBytes: number
  readonly maxAgeMs: number
  readonly overflow: 'block' | 'drop-oldest'
  readonly segmentBytes: number
  readonly log: Logger
  /** What everybody has released stays until its room is needed or it is too old: for handing it over again. */
  readonly keepReleased?: boolean
  /** Consumers that will call `release`. Until each has, nothing is released; name them, or the first to call decides alone. */
  readonly consumers?: readonly string[]
  readonly files?: SpoolFiles
  /** 0 <= n < 1, for the jitter of retries. */
  readonly random?: () => number
}

export interface OpenedSpool {
  readonly spool: Spool
  /** When the last record found was written, for declaring the time the node was down; undefined for a new log. */
  readonly lastRecordedTime: Micros | undefined
}

/**
 * Opens or creates a node's spool and locks its directory. Throws SpoolLocked when another process has it, SpoolRefused when it is not this
 * node's or of an unknown format, RangeError when the sizes contradict each other. A torn end is declared by a gap record and cut.
 */
export async function openSpool(options: SpoolOptions): Promise<OpenedSpool> {
  const { directory, node, clock, log, maxBytes, segmentBytes, files = machineFiles, random = Math.random, consumers = [] } = options
  if (segmentBytes > maxBytes * SPOOL_LIMITS.segmentShare) {
    throw new RangeError(`spool: segmentBytes ${segmentBytes} may be at most a quarter of maxBytes ${maxBytes}`)
  }
  await files.makeDirectory(directory)
  const unlock = await lockDirectory(directory)
  try {
    const quarantine = await Quarantine.open(directory, files, log)
    const recovering = { ...options, files, quarantine }
    const found = await recover(recovering)
    const { epoch, chain, torn, lastRecordedTime, streams } = found
    const catalogue = new Catalogue(found.segments)
    const durations = new Durations()
    const spool = new SegmentLog({
      ...{ ...options, epoch, chain, streams, catalogue, durations, quarantine, random, unlock },
      writer: new SegmentWriter({ directory, files, clock, durations }, catalogue, found.lastOrdinal),
      reader: new SpoolReader(files, catalogue, quarantine, { node, epoch }),
      retention: new Retention(catalogue, files, log, consumers),
    })
    const isDeclared = !torn || (await spool.declare(torn.gap))
    if (isDeclared && torn?.cut) await cutTail(recovering, torn.cut)
    return { spool, lastRecordedTime }
  } catch (error) {
    await unlock()
    throw error
  }
}
