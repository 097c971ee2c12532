import type { Variable } from '../core/expression/index.ts'
import type { RecordKind, RecordVersion } from '../core/it-records.ts'
import type { SignalDefinition } from '../core/signals.ts'

export interface ClockSignals {
  readonly offset: string
  readonly uncertainty: string
}

/** What correlations and figures are given to work with. */
export interface CorrelateContext {
  /** Site id: the first segment of every whole signal id. */
  readonly site: string
  readonly kinds: ReadonlyMap<string, RecordKind>
  /** Names of the facts that may be joined (events, joins, figures), and the values they have. */
  readonly events: ReadonlyMap<string, Readonly<Record<string, Variable>>>
  /** Equipment path of a record; undefined where it is not known. */
  readonly placeOf: (record: RecordVersion) => string | undefined
  /** Whole ids of the signals in which it is stored how far the clock behind a signal is off, and how sure that is, in seconds; undefined: it is not measured. */
  readonly clockOf?: (signal: string) => ClockSignals | undefined
  /** Definition of a whole signal id. */
  readonly definitionOf?: (signal: string) => SignalDefinition | undefined
}

export interface JoinContext extends CorrelateContext {
  /** Fields of a kind in which a disagreement of sources matters here. */
  readonly fieldsUsed: (kind: string) => ReadonlySet<string>
}
