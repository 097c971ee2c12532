import { randomBytes } from 'node:crypto'
import type { Logger } from '../../core/log.ts'
import type { ReasonSets } from '../../core/reasons.ts'
import type { SignalTable } from '../../core/signals.ts'
import type { Spool } from '../../core/spool.ts'
import type { Clock, Micros } from '../../core/time.ts'
import type { Signer } from '../../lib/signed.ts'
import type { ConfigInForce } from './compose.ts'
import type { ClassOf } from './dictionary.ts'
import { Durations } from './durations.ts'
import { machineFiles, type SpoolFiles } from './files.ts'
import { SPOOL_LIMITS } from './limits.ts'
import { lockDirectory } from './lock.ts'
import { Quarantine } from './quarantine.ts'
import { SpoolReader } from './reader.ts'
import { cutTail, recover } from './recover.ts'
import { Retention } from './retention.ts'
import { type SealFinding, Seals } from './seals.ts'
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
  readonly config: ConfigInForce
  /** Signals of different classes stand in dictionary records of their own. */
  readonly classOf?: ClassOf | undefined
  readonly maxBytes: number
  readonly maxAgeMs: number
  readonly overflow: 'block' | 'drop-oldest'
  readonly segmentBytes: number
  readonly log: Logger
  /** What everybody has released stays until its room is needed or it is too old: for handing it over again. */
  readonly keepReleased?: boolean
  /** Consumers that will call `release`. Until each has, nothing is released; name them, or the first to call decides alone. */
  readonly consumers?: readonly string[]
  /** Signs each closed segment and the head; absent: nothing is signed. */
  readonly signer?: Signer
  /** How far the audit log has come, for the signed head. */
  readonly auditHead?: () => { entry: number; hash: string } | undefined
  readonly files?: SpoolFiles
  /** 0 <= n < 1, for the jitter of retries. */
  readonly random?: () => number
  /** 32 bits that nobody can guess, for each segment. */
  readonly newSalt?: () => number
  /** Keeps the directory for this process; the result gives it back. */
  readonly lock?: (directory: string) => Promise<() => Promise<void>>
}

export interface OpenedSpool {
  readonly spool: Spool
  /** When the last record found was written, for declaring the time the node was down; undefined for a new log. */
  readonly lastRecordedTime: Micros | undefined
  /** The signatures of this log; undefined where nothing is signed. */
  readonly seals: Seals | undefined
  /** What contradicts what had been signed before. */
  readonly findings: readonly SealFinding[]
}

/**
 * Opens or creates a node's spool and locks its directory. Throws SpoolLocked when another process has it, SpoolRefused when it is not this
 * node's or of an unknown format, RangeError when the sizes contradict each other. A torn end is declared by a gap record and cut.
 */
export async function openSpool(options: SpoolOptions): Promise<OpenedSpool> {
  const { directory, node, clock, log, maxBytes, segmentBytes, files = machineFiles, random = Math.random, consumers = [] } = options
  const { newSalt = randomSalt, lock = lockDirectory } = options
  if (segmentBytes > maxBytes * SPOOL_LIMITS.segmentShare) {
    throw new RangeError(`spool: segmentBytes ${segmentBytes} may be at most a quarter of maxBytes ${maxBytes}`)
  }
  await files.makeDirectory(directory)
  const unlock = await lock(directory)
  try {
    const quarantine = await Quarantine.open(directory, files, log)
    const recovering = { ...options, files, quarantine }
    const found = await recover(recovering)
    const { epoch, chain, torn, lastRecordedTime, streams } = found
    const catalogue = new Catalogue(found.segments)
    const durations = new Durations()
    const { signer, auditHead } = options
    const seals = signer && new Seals({ directory, node, epoch, files, clock, log, signer, catalogue, auditHead }, chain)
    const onSealed = seals?.sealed.bind(seals)
    const reader = new SpoolReader(files, catalogue, quarantine, { node, epoch })
    const spool = new SegmentLog({
      ...{ ...options, epoch, chain, streams, catalogue, durations, quarantine, random, unlock, seals },
      writer: new SegmentWriter({ directory, files, clock, durations, newSalt, onSealed }, catalogue, found.lastOrdinal),
      reader,
      retention: new Retention(catalogue, files, clock, log, consumers, seals),
    })
    // Before anything is written: what follows the signed end was not written by us.
    const findings = (await seals?.begin(async (sequence) => (await reader.read(sequence, 1, 1))[0]?.seal?.hash)) ?? []
    const isDeclared = !torn || (await spool.declare(torn.gap))
    if (isDeclared && torn?.cut) await cutTail(recovering, torn.cut)
    return { spool, lastRecordedTime, seals, findings }
  } catch (error) {
    await unlock()
    throw error
  }
}

function randomSalt(): number {
  return randomBytes(4).readUInt32LE()
}
