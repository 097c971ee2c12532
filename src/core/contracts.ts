import type { Severity } from './status.ts'
import type { Micros } from './time.ts'

/** What Écluse reads of one data contract: who answers for the data, what it may be used for, and what must hold while it flows. */
export interface Contract {
  readonly id: string
  readonly version: string
  /** ODCS knows proposed, draft, active, deprecated and retired; the standard allows any word. */
  readonly status: string
  readonly name: string | undefined
  /** Of its words, BCP 47; undefined when it does not say. */
  readonly language: string | undefined
  /** The file it was read from, as it was given. */
  readonly file: string
  readonly otOwner: string | undefined
  readonly itOwner: string | undefined
  readonly meaning: string | undefined
  readonly timestampRule: string | undefined
  readonly acceptanceEvidence: string | undefined
  readonly changeProcess: string | undefined
  readonly permittedUses: readonly string[]
  readonly forbiddenUses: readonly string[]
  readonly properties: readonly ContractProperty[]
  readonly service: readonly ServiceLevel[]
}

/** One property of the contract's schema, with what is promised of the signals bound to it. */
export interface ContractProperty {
  /** `object.property`, as in the standard's element paths. */
  readonly name: string
  /** Id or glob under the site; undefined when the property is bound to no signal. */
  readonly signal: string | undefined
  readonly logicalType: string | undefined
  /** UCUM code. */
  readonly unit: string | undefined
  readonly meaning: string | undefined
  readonly timestampRule: string | undefined
  readonly range: ContractRange
  /** Undefined: any. */
  readonly states: readonly string[] | undefined
  readonly required: boolean
  readonly unique: boolean
  /** Longest delay between the device's time and this node's, in microseconds. */
  readonly delayUs: Micros | undefined
  readonly minimumStatus: Severity | undefined
  /** Longest silence of the source, in microseconds: `freshness` where it is promised, else `frequency`. */
  readonly silenceUs: Micros | undefined
  readonly checks: readonly ContractCheck[]
}

/** Metrics of the standard's library that can be kept while data flows. */
export const CONTRACT_METRICS = ['nullValues', 'missingValues', 'invalidValues', 'rowCount'] as const
export type ContractMetric = (typeof CONTRACT_METRICS)[number]

/** One entry of `quality`: what a metric over the samples of one hour may be, `low` to `high`. */
export interface ContractCheck extends ContractRange {
  /** As its author named it, else metric, operators and limits. */
  readonly name: string
  readonly metric: ContractMetric
  /** True: per cent of the samples; false: samples. */
  readonly percent: boolean
  /** Valid values (invalidValues), or those that stand for a missing one (missingValues). */
  readonly values: readonly string[] | undefined
  /** A sample without value counts. */
  readonly nulls: boolean
}

/** Absent limits are infinite. `open` limits are not themselves valid. */
export interface ContractRange {
  readonly low: number
  readonly high: number
  readonly lowOpen: boolean
  readonly highOpen: boolean
}

/** One entry of slaProperties. */
export interface ServiceLevel {
  readonly property: string
  /** Element path; empty for the whole contract. */
  readonly element: string
  readonly value: string | number | boolean | null
  readonly unit: string | undefined
}

/** How a contract can be broken: by a sample, by a source that falls silent, by what one hour came to. */
export const CONTRACT_BREACHES = ['range', 'unit', 'state', 'delay', 'status', 'null', 'silence', 'check'] as const
export type ContractBreach = (typeof CONTRACT_BREACHES)[number]

/** One way in which one property's contract was broken, counted since this version of it was first kept. */
export interface ContractFinding {
  readonly contract: string
  readonly property: string
  readonly kind: ContractBreach
  /** Which check, of the kind `check`. */
  readonly check?: string
  /** By the device's clock. */
  readonly firstTime: Micros
  readonly lastTime: Micros
  readonly count: number
  /** Within the hour before it was asked for, by this node's clock. */
  readonly lastHour: number
  /** The newest ones, oldest first. */
  readonly examples: readonly ContractExample[]
}

export interface ContractExample {
  readonly signal: string
  readonly time: Micros
  /** Null where the sample had no value. */
  readonly value: number | string | null
}

/** One contract as it stands: the signals it is bound to now and what broke it. */
export interface ContractState {
  readonly contract: Contract
  /** False: written, but not judged (draft, proposed, retired). */
  readonly enforced: boolean
  /** Indices of the bound signals, by property; grows as signals come. */
  readonly bound: ReadonlyMap<string, ReadonlySet<number>>
  readonly findings: readonly ContractFinding[]
}

/** What a node knows of its contracts; `now` is this node's time. */
export type ContractFindings = (now: Micros) => readonly ContractState[]
