import type { Variable } from '../core/expression/index.ts'
import type { RecordKind, RecordVersion } from '../core/it-records.ts'
import type { SignalDefinition } from '../core/signals.ts'
import type { Micros } from '../core/time.ts'

/** What correlations and figures are given to work with. */
export interface CorrelateContext {
  /** Site id: the first segment of every whole signal id. */
  readonly site: string
  readonly kinds: ReadonlyMap<string, RecordKind>
  /** Names of the facts that may be joined (events, joins, figures), and the values they have. */
  readonly events: ReadonlyMap<string, Readonly<Record<string, Variable>>>
  /** Equipment path of a record; undefined where it is not known. */
  readonly placeOf: (record: RecordVersion) => string | undefined
  /** How far the clock behind a signal is off, and how sure that is; undefined: not measured. */
  readonly clockOf?: (signal: string) => { readonly offsetUs: Micros; readonly uncertaintyUs: Micros } | undefined
  /** Definition of a whole signal id. */
  readonly definitionOf?: (signal: string) => SignalDefinition | undefined
}

export interface JoinContext extends CorrelateContext {
  /** Fields of a kind in which a disagreement of sources matters here. */
  readonly fieldsUsed: (kind: string) => ReadonlySet<string>
}
