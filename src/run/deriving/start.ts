import { join } from 'node:path'
import type { LoadedConfig } from '../../config/index.ts'
import type { SampleBatch } from '../../core/batch.ts'
import type { EquipmentNames } from '../../core/equipment.ts'
import type { Historian, WriterTables } from '../../core/historian.ts'
import type { RecordKind } from '../../core/it-records.ts'
import type { Logger } from '../../core/log.ts'
import type { DerivationView, NodeView, SignalOrigin } from '../../core/node-view.ts'
import type { ReasonSets } from '../../core/reasons.ts'
import { placeOfRecord } from '../../core/record-place.ts'
import type { SignalTable } from '../../core/signals.ts'
import type { Spool } from '../../core/spool.ts'
import type { Clock, Micros } from '../../core/time.ts'
import type { PassingClasses } from '../policy/classes.ts'
import { declaredDerivations, isComputing } from './declared.ts'
import { createDeriving } from './index.ts'

export interface StartDerivingParts {
  readonly loaded: LoadedConfig
  readonly kinds: ReadonlyMap<string, RecordKind>
  readonly equipmentNames: EquipmentNames
  readonly historian: Historian
  readonly writers: readonly WriterTables[]
  readonly spool: Spool
  /** Parts of a batch that must not share a record of the log; absent: all may. */
  readonly split?: ((batch: SampleBatch) => readonly SampleBatch[]) | undefined
  /** What must not share a record of the log, and what must not be named in it; absent: nothing is kept apart. */
  readonly classes?: Pick<PassingClasses, 'ofResult' | 'mayName'> | undefined
  /** The last sequence of the log that the historian has at the start. */
  readonly storedSequence: number
  readonly signals: SignalTable
  readonly reasons: ReasonSets
  readonly nodeOf: (index: number) => string | undefined
  readonly clock: Clock
  readonly log: Logger
  /** After a batch of derived samples is durable. */
  readonly onBatch: (batch: SampleBatch) => void
}

/** What the node keeps of it. */
export interface StartedDeriving {
  stored(sequence: number): void
  view(): readonly DerivationView[]
  originOf(signal: string, at: Micros): SignalOrigin | undefined
  behind: NodeView['behind']
  recompute(query: { readonly definition?: string; readonly from: Micros; readonly to: Micros }): Promise<readonly string[]>
  close(): Promise<void>
}

/** Computes what the file declares to be computed; undefined when it declares nothing. */
export async function startDeriving(parts: StartDerivingParts): Promise<StartedDeriving | undefined> {
  const { loaded, kinds, spool, clock, log, signals, historian, onBatch, classes } = parts
  const { config } = loaded
  // A relay keeps no history to compute from.
  if (config.node.role === 'relay' || !isComputing(config)) return undefined
  const placeOf = placeOfRecord(kinds, parts.equipmentNames, () => clock.now())
  const { derivations, about } = declaredDerivations({
    ...{ config, kinds, placeOf, signals },
    mayName: classes && ((signal, inputs) => classes.mayName(signal, inputs)),
  })
  const lateness = new Map(loaded.connections.map(({ name, lateness: ms }) => [name, ms * 1000]))
  const latest = Math.max(0, ...lateness.values())
  // Without a single sample stored: from now on.
  const { oldestTime } = await historian.stats()
  const deriving = await createDeriving({
    oldestSample: oldestTime ?? clock.now(),
    days: () => historian.days(),
    ...{ derivations, history: historian, spool, signals, clock, log, placeOf },
    ...{ reasons: parts.reasons, writers: parts.writers, storedSequence: parts.storedSequence, nodeOf: parts.nodeOf },
    append: async (batch) => {
      const [first = batch, ...others] = parts.split?.(batch) ?? [batch]
      let record = await spool.append(first)
      for (const part of others) record = await spool.append(part)
      onBatch(batch)
      return record
    },
    latenessUs: (connection) => lateness.get(connection) ?? latest,
    horizonUs: config.results.horizon * 1000,
    apart: classes && ((fact) => classes.ofResult(fact)),
    file: join(config.data, 'deriving', 'state'),
  })
  const stopping = new AbortController()
  return {
    stored: (sequence) => deriving.stored(sequence),
    view: () => deriving.view().derivations.map((one) => ({ ...one, ...(about.get(one.name) ?? { type: 'signal', declaration: {} }) })),
    originOf: (signal, at) => {
      for (const { name, origin } of derivations) {
        const inputs = origin?.(signal, at)
        if (inputs) return { definition: name, inputs }
      }
      return undefined
    },
    behind: deriving.behind,
    recompute: async ({ definition, from, to }) => {
      const names = derivations.map(({ name }) => name).filter((name) => definition === undefined || name === definition)
      deriving.recompute(definition, from, to, stopping.signal).catch((error: unknown) => {
        log.warn({ error: String(error) }, 'computing a period anew ended early')
      })
      return names
    },
    close: () => {
      stopping.abort()
      return deriving.close()
    },
  }
}
