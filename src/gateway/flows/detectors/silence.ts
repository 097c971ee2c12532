import { type Micros, SECOND } from '../../../core/time.ts'
import { type Baseline, flowName } from '../baseline.ts'
import type { DetectContext } from '../detector.ts'
import type { Raised } from '../findings.ts'
import type { FlowTable } from '../table.ts'

/** So many times as long as it ever was silent while it was learned. */
const TIMES = 2
const LEAST_S = 4

export interface SilenceParts {
  readonly baseline: Baseline
  readonly table: FlowTable
  /** When this program began to listen. */
  readonly started: Micros
  /** False for a sensor that reads nothing more: who does not listen hears nothing. */
  readonly isListening: (via: string) => boolean
  readonly context: DetectContext
}

/** Flows of the baseline that are silent for longer than they ever were. Before this program has run that long it cannot tell. */
export function silentFlows({ baseline, table, started, isListening, context }: SilenceParts, now: Micros): Raised[] {
  const raised: Raised[] = []
  for (const [key, flow] of baseline.flows()) {
    if (flow.silenceSeconds === undefined || !isListening(flow.via)) continue
    const silence = (now - Math.max(started, table.lastSeen(key) ?? 0)) / SECOND
    if (silence <= Math.max(LEAST_S, TIMES * flow.silenceSeconds)) continue
    const evidence = { seconds: Math.round(silence), usual: flow.silenceSeconds }
    raised.push({ code: 'silence', severity: 'high', subject: flowName(flow), owner: context.ownerOf(flow), evidence })
  }
  return raised
}
