import type { LoadedConfig } from '../../config/index.ts'
import { conduitReason } from '../../core/policy.ts'
import { parseRecord } from '../../core/record-content.ts'
import { SignalTable } from '../../core/signals.ts'
import type { SpoolRecord } from '../../core/spool.ts'
import type { Clock } from '../../core/time.ts'
import { type Log, walk } from '../../gateway/spool/walk.ts'
import { policingOf } from './policing.ts'
import { Withhold } from './withhold.ts'

/** Nothing of the log may be carried to the next node; the message says why. */
export class CarryRefused extends Error {
  override name = 'CarryRefused'
}

export interface Carried {
  pass(record: SpoolRecord): SpoolRecord
  /** Samples, records and results withheld so far, by reason. */
  readonly refused: Readonly<Record<string, number>>
}

/**
 * A node's log as it may be carried to the next node by hand, from `from` on: under the conduits of the link that the file stands in for. Undefined where nothing is asked: without
 * zones, and within one. Throws CarryRefused.
 */
export async function carriedUnder(loaded: LoadedConfig, log: Log, from: number, clock: Clock): Promise<Carried | undefined> {
  const policing = policingOf(loaded, new SignalTable(), clock)
  if (!policing) return undefined
  const { node, link } = loaded.config
  const gate = policing.gateFor('link-out')
  if (!gate && node.zone !== undefined && link?.zone === node.zone) return undefined
  if (!gate) throw new CarryRefused(conduitReason('no-zone'))
  const { permitted, reason, conduit } = gate.whole()
  if (!permitted) throw new CarryRefused(`${conduit ? `conduit ${conduit}: ` : ''}${conduitReason(reason)}`)
  const ids = await idsIn(log, from)
  const withhold = new Withhold(gate, (stream) => (index) => (stream.node === log.node ? ids.get(index) : undefined))
  return { pass: (record) => withhold.pass([record])[0] as SpoolRecord, refused: gate.counts.refused }
}

/** What the indices mean: every segment explains its own, so the one that `from` lies in and all behind it are read. */
async function idsIn(log: Log, from: number): Promise<ReadonlyMap<number, string>> {
  const start = log.segments.findLast(({ firstSequence }) => firstSequence <= from)?.firstSequence ?? from
  const ids = new Map<number, string>()
  for await (const step of walk(log, start, Number.MAX_SAFE_INTEGER)) {
    if (step.what !== 'record' || step.record.kind !== 'signals') continue
    const content = parseRecord('signals', step.record.payload)
    if (content.kind === 'signals') for (const [index, { id }] of content.signals) ids.set(index, id)
  }
  return ids
}
