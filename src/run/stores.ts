import { join } from 'node:path'
import type { LoadedConfig } from '../config/index.ts'
import type { Historian } from '../core/historian.ts'
import { LIMITS } from '../core/limits.ts'
import type { Passing } from '../core/policy.ts'
import type { ReasonSets } from '../core/reasons.ts'
import type { Declared } from '../core/record-content.ts'
import type { SignalTable } from '../core/signals.ts'
import type { EndedEpoch, Spool } from '../core/spool.ts'
import {
  beginEpoch,
  type Continued,
  continuedFrom,
  isEpochAskedFor,
  type OpenedSpool,
  openSpool,
  type SpoolOptions,
} from '../gateway/index.ts'
import { openHistorian } from '../historian/index.ts'
import type { Signer } from '../lib/signed.ts'
import { LEDGER_CONSUMER } from './accounting/counting.ts'
import { isComputing } from './deriving/declared.ts'
import { DERIVING_CONSUMER } from './deriving/following.ts'
import { noHistorian } from './no-historian.ts'
import type { NodeDependencies } from './node.ts'
import { declaredFor, namedIn } from './policy/declared-names.ts'
import { RULES_CONSUMER } from './rule-memory.ts'
import { LINK_CONSUMER } from './uplink-parts.ts'

export interface Stores extends OpenedSpool {
  readonly historian: Historian
  /** Batches up to this sequence are in the historian under an earlier epoch of this log. */
  readonly storedTo: number
  /** Earlier epochs of this node's log, where it sends it on. */
  readonly ended: readonly EndedEpoch[]
}

export interface StoresParts extends Pick<SpoolOptions, 'auditHead' | 'classOf'> {
  readonly signer: Signer
  /** Whether something that is declared may leave this node by its link; absent: all may. */
  readonly mayLeave?: ((passing: Passing) => boolean) | undefined
}

/** Opens the spool and the historian side by side; when either refuses, the other is closed again and the refusal is thrown. */
export async function openStores(
  loaded: LoadedConfig,
  signals: SignalTable,
  reasons: ReasonSets,
  deps: NodeDependencies,
  hasUplink: boolean,
  { mayLeave, ...signing }: StoresParts,
): Promise<Stores> {
  const { config, version } = loaded
  const { clock, log, random } = deps
  const isRelay = config.node.role === 'relay'
  const opening = isRelay
    ? noHistorian()
    : openHistorian({
        directory: join(config.data, 'historian'),
        memoryLimitBytes: config.historian.memoryLimit,
        threads: config.historian.threads,
        compactAfterMs: config.historian.compactAfter,
        ...(config.historian.retention !== undefined && { retentionMs: config.historian.retention }),
        queryTimeoutMs: config.historian.queryTimeout,
        ...(deps.isUnaccounted && { limits: { accountRows: 0 } }),
        clock,
        log,
      })
  const options: SpoolOptions = {
    directory: join(config.data, 'spool'),
    node: config.node.id,
    config: { version, loadedTime: clock.now(), ...declaredIn(loaded, mayLeave) },
    maxBytes: config.spool.maxBytes,
    maxAgeMs: config.spool.maxAge,
    overflow: config.spool.overflow,
    segmentBytes: config.spool.segmentBytes,
    // Nobody confirms what goes one way: it is kept as long as there is room, to be carried by hand.
    keepReleased: config.link?.transport === 'diode',
    consumers: [
      ...(isRelay ? [] : ['historian']),
      RULES_CONSUMER,
      ...(deps.isUnaccounted ? [] : [LEDGER_CONSUMER]),
      ...(!isRelay && isComputing(config) ? [DERIVING_CONSUMER] : []),
      ...(hasUplink ? [LINK_CONSUMER] : []),
    ],
    ...{ clock, signals, reasons, log, random },
    ...signing,
  }
  const [historian, opened] = await Promise.allSettled([opening, openOrContinue(options, opening, hasUplink && !isRelay)])
  if (historian.status === 'fulfilled' && opened.status === 'fulfilled') return { ...opened.value, historian: historian.value }
  if (historian.status === 'fulfilled') await historian.value.close()
  if (opened.status === 'fulfilled') await opened.value.spool.close()
  throw historian.status === 'rejected' ? historian.reason : (opened as PromiseRejectedResult).reason
}

/** At most so many bytes of JSON go into every segment; a file that declares more is explained by the version alone. */
const DECLARED_BYTES = 1024 * 1024

function declaredIn({ config, connections }: LoadedConfig, mayLeave: StoresParts['mayLeave']): { declared?: Declared; outward?: Declared } {
  const clocks = Object.fromEntries(connections.map(({ name, clock }) => [name, { maxOffsetMs: clock.maxOffset }]))
  const { peers, maintenance, maintenanceRecords, calibrationRecords } = config
  const declared: Declared = { peers, maintenance, maintenanceRecords, calibrationRecords, clocks }
  if (Buffer.byteLength(JSON.stringify(declared)) > DECLARED_BYTES) return {}
  return { declared, ...(mayLeave && !namedIn(declared).every(mayLeave) && { outward: declaredFor(declared, mayLeave) }) }
}

/**
 * Earlier epochs of this node's log. What the historian has of one was in it, whatever became of its files; where a copy was put back, the next node had
 * more of it than this one, and said so.
 */
async function endedOf({ node, epoch }: Spool, continued: Continued | undefined, historian: Historian): Promise<EndedEpoch[]> {
  const own = (await historian.checkpoints()).filter((one) => one.node === node && one.epoch < epoch && one.sequence > 0)
  const ended = new Map(own.map((one) => [one.epoch, one.sequence]))
  if (continued) ended.set(continued.epoch, continued.after)
  for (const one of continued?.ended ?? []) ended.set(one.epoch, one.last)
  return [...ended]
    .map(([of, last]) => ({ epoch: of, last }))
    .sort((a, b) => a.epoch - b.epoch)
    .slice(-LIMITS.endedEpochs)
}

async function openOrContinue(
  options: SpoolOptions,
  opening: Historian | Promise<Historian>,
  isNaming: boolean,
): Promise<OpenedSpool & Pick<Stores, 'storedTo' | 'ended'>> {
  const { directory, node } = options
  if (await isEpochAskedFor(directory)) {
    const checkpoints = await (await opening).checkpoints()
    await beginEpoch(options, (epoch) => checkpoints.find((one) => one.node === node && one.epoch === epoch)?.sequence ?? 0)
  }
  const opened = await openSpool(options)
  const continued = await continuedFrom(directory)
  return { ...opened, storedTo: continued?.storedTo ?? 0, ended: isNaming ? await endedOf(opened.spool, continued, await opening) : [] }
}
