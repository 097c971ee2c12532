import type { FieldValue } from './it-records.ts'
import type { Micros } from './time.ts'

/** `event`: an event frame, from signals; `join`: what a correlation found for one record or event; `kpi`: a figure of one period. */
export const FACT_TYPES = ['event', 'join', 'kpi'] as const
export type FactType = (typeof FACT_TYPES)[number]

/** One value of a fact. Nothing clean comes of bad input: the status is the worst that the stated rule makes of the inputs'. */
export interface FactValue {
  /** Null only with a Bad status or GoodNoData. */
  readonly value: FieldValue
  /** UCUM. */
  readonly unit?: string
  /** OPC UA StatusCode. */
  readonly status: number
  /** Share of the time asked for that inputs really covered, 0 to 1; null where time plays no part. */
  readonly coverage: number | null
  /** Why the status is not Good: `coverage`, `clock-uncertainty`, `input-uncertain` ... */
  readonly reasons?: readonly string[]
}

/** Its coverage is that of what was held: a reading that was lost would not have been seen. */
export const PERIOD_UNKNOWN = 'period-unknown'

/** What a result was computed from, so that it can be followed back. */
export type FactInput =
  /** Samples of [from, to), those at its edges included, the newest of them from that ingest. */
  | { readonly signal: string; readonly from: Micros; readonly to: Micros; readonly samples: number; readonly newestIngest: number }
  | { readonly record: string; readonly key: string; readonly source: string; readonly revision: number }
  | { readonly fact: string; readonly key: string; readonly revision: number }

/**
 * Why there is a new revision. `declaration`: it, or a computed signal that it reads, is declared otherwise. `definition`: the same samples, records and results mean
 * something else, for what is known of its signals or places changed. `engine`: the same declaration is computed in another way by this version of the program.
 */
export const REVISION_CAUSES = [
  ...(['first', 'progress', 'late-samples', 'record', 'fact'] as const),
  ...(['declaration', 'definition', 'engine', 'recompute'] as const),
] as const
export type RevisionCause = (typeof REVISION_CAUSES)[number]

/** What was found for one record, event or period, at one time. A later one of the same definition and key takes its place; both are kept. */
export interface Fact {
  /** Name in the file. */
  readonly definition: string
  readonly type: FactType
  /** Of the declaration it was computed by. */
  readonly version: string
  /** Names one fact of the definition: the record's key, or equipment and start of an event. */
  readonly key: string
  /** Equipment path under the site. */
  readonly equipment?: string
  readonly from: Micros
  /** Null while it goes on. */
  readonly to: Micros | null
  /** It was published and does not hold any more: the samples or the record behind it say otherwise now. */
  readonly isWithdrawn?: boolean
  /** How far times may be apart and still count as the same, in microseconds. */
  readonly toleranceUs?: Micros
  readonly values: Readonly<Record<string, FactValue>>
  readonly inputs: readonly FactInput[]
  readonly cause: RevisionCause
}

export interface StoredFact extends Fact {
  /** 1, 2, 3 ... of this definition and key. */
  readonly revision: number
  /** When this node learnt it. */
  readonly knownTime: Micros
  readonly ingest: number
}

/** The version of a result: that of its declaration, and of what computes it (`correlate@2`), which is raised when the same declaration comes to something else. */
export const versionBy = (declaration: string, engine: string): string => `${declaration}+${engine}`

/** The part of a version that names the declaration. */
export const declarationOf = (version: string): string => version.split('+', 1)[0] as string

/** True when two computations read the same samples, records and results. */
export function readTheSame(a: readonly FactInput[], b: readonly FactInput[]): boolean {
  const named = (inputs: readonly FactInput[]) =>
    inputs.map((one) =>
      JSON.stringify(
        'signal' in one
          ? [one.signal, one.samples, one.newestIngest]
          : 'record' in one
            ? [one.record, one.key, one.source, one.revision]
            : [one.fact, one.key, one.revision],
      ),
    )
  return named(a).join() === named(b).join()
}

/** True when both say the same, whatever made them: then there is nothing to publish. */
export function saysTheSame(a: Fact, b: Fact): boolean {
  return said(a) === said(b)
}

function said({ version, from, to, equipment, isWithdrawn, toleranceUs, values, inputs }: Fact): string {
  // A newer revision of an input, or a later ingest, matters only where it changes what is said; which inputs there are always does.
  const named = inputs.map((input) =>
    'signal' in input ? input.signal : 'record' in input ? [input.record, input.key, input.source] : [input.fact, input.key],
  )
  return JSON.stringify([
    version,
    from,
    to,
    equipment,
    isWithdrawn ?? false,
    toleranceUs,
    // By name, whatever the order in which a value says what it says: what was stored comes back in another.
    Object.entries(values)
      .map(([name, { value, unit, status, coverage, reasons }]) => [name, value, unit, status, coverage, reasons ?? []] as const)
      .sort(([x], [y]) => (x < y ? -1 : 1)),
    named,
  ])
}
